"""Which labels a change makes stale, since when, and what is believed again once it is undone."""

from datetime import datetime, timedelta

import pytest

from copilot import approving, changing, datasets
from copilot.models import Answer, CatalogChange, Topic
from helpdesk.models import Role, User
from labeling import staleness
from labeling.freezing import freeze
from labeling.models import Annotation
from tests.copilot.making import make_answer, make_topic
from tests.labeling.making import make_label
from tests.making import make_message, make_user

pytestmark = pytest.mark.django_db


@pytest.fixture
def returns(db: None) -> Topic:
    return make_topic("Returns")


@pytest.fixture
def window(returns: Topic) -> Answer:
    return make_answer("Window", "You have 30 days.", topic=returns).answer


def stale() -> set[tuple[str, str]]:
    return set(Annotation.objects.stale().values_list("task", "label"))


def announce(topics: list[Topic], *, now: datetime, days_ago: float = 0, **more: object) -> CatalogChange:
    since = now - timedelta(days=days_ago)
    return changing.announce(kind="policy", topics=topics, since=since, by=None, now=now, **more)


def test_a_policy_makes_doubtful_which_answer_is_right(
    nadia: User, returns: Topic, window: Answer, now: datetime
) -> None:
    about, elsewhere = make_message(), make_message()
    make_label("returns", author=nadia, message=about)
    make_label("none", author=nadia, message=about, task="answer")
    make_label("window", author=nadia, task="answer")
    make_label("fees", author=nadia, message=elsewhere)
    make_label("fee-table", author=nadia, message=elsewhere, task="answer")
    make_label("question", author=nadia, message=about, task="validity")
    change = announce([returns], now=now, days_ago=3)
    assert stale() == {("answer", "none"), ("answer", "window")}
    rows = Annotation.objects.stale()
    assert {row.stale_at for row in rows} == {change.since}
    assert {row.stale_by for row in rows} == {change}


def test_what_belongs_to_a_topic_is_doubtful_only_if_that_is_said(
    nadia: User, returns: Topic, now: datetime
) -> None:
    make_label("returns", author=nadia)
    make_label("fees", author=nadia, also=["returns"])
    announce([returns], now=now)
    assert stale() == set()
    announce([returns], now=now, is_topic_affected=True)
    assert stale() == {("topic", "returns"), ("topic", "fees")}


def test_who_labeled_after_it_knew_of_it(nadia: User, returns: Topic, window: Answer, now: datetime) -> None:
    make_label("window", author=nadia, task="answer", days_ago=2)
    announce([returns], now=now, days_ago=3)
    assert stale() == set()


def test_what_was_taken_back_is_left_alone(
    nadia: User, returns: Topic, window: Answer, now: datetime
) -> None:
    make_label("window", author=nadia, task="answer", undone_at=now)
    announce([returns], now=now)
    assert not Annotation.objects.exclude(stale_at=None).exists()


def test_a_new_meaning_asks_again_who_chose_the_answer(nadia: User, window: Answer, now: datetime) -> None:
    make_label("window", author=nadia, task="answer")
    make_label("other", author=nadia, task="answer")
    version = approving.draft(
        answer=window, body="You have 14 days.", change="meaning", author=nadia, now=now
    )
    assert stale() == set(), "a draft says nothing yet"
    approving.approve(version, by=make_user("tomasz", role=Role.SME), now=now)
    assert stale() == {("answer", "window")}


def test_a_new_answer_asks_again_where_none_fitted(nadia: User, returns: Topic, now: datetime) -> None:
    for topic in ("returns", "fees"):
        message = make_message()
        make_label(topic, author=nadia, message=message)
        make_label("none", author=nadia, message=message, task="answer")
    answer = Answer.objects.create(topic=returns, slug="window", name="Window")
    version = approving.draft(answer=answer, body="14 days.", change="meaning", author=nadia, now=now)
    approving.approve(version, by=make_user("tomasz", role=Role.SME), now=now)
    assert Annotation.objects.stale().count() == 1


def test_a_retired_answer_and_a_new_guideline_do_so_too(
    nadia: User, returns: Topic, window: Answer, now: datetime
) -> None:
    make_label("window", author=nadia, task="answer")
    make_label("returns", author=nadia)
    changing.retire_answer(window, by=nadia, now=now)
    assert stale() == {("answer", "window")}
    changing.reword_guideline(returns, "Only readers.", is_meaning=True, by=nadia, now=now)
    assert stale() == {("answer", "window"), ("topic", "returns")}


def test_a_new_name_makes_nothing_stale(nadia: User, returns: Topic, now: datetime) -> None:
    make_label("returns", author=nadia)
    changing.rename_topic(returns, "Sending back", by=nadia, now=now)
    assert stale() == set()


def test_undoing_believes_again(nadia: User, returns: Topic, window: Answer, now: datetime) -> None:
    make_label("window", author=nadia, task="answer")
    change = announce([returns], now=now)
    changing.undo(change, by=nadia, now=now)
    label = Annotation.objects.get()
    assert (label.stale_at, label.stale_by) == (None, None)


def test_what_another_change_doubts_too_stays_doubtful(
    nadia: User, returns: Topic, window: Answer, now: datetime
) -> None:
    make_label("window", author=nadia, task="answer")
    first, second = announce([returns], now=now, days_ago=9), announce([returns], now=now, days_ago=2)
    changing.undo(first, by=nadia, now=now)
    label = Annotation.objects.get()
    assert (label.stale_by, label.stale_at) == (second, second.since)
    changing.undo(second, by=nadia, now=now)
    assert stale() == set()


def test_a_preview_counts_what_an_announcement_would_mark(
    nadia: User, returns: Topic, window: Answer, now: datetime
) -> None:
    for days_ago in (10, 5, 1):
        make_label("window", author=nadia, task="answer", days_ago=days_ago)
    since = now - timedelta(days=3)
    assert staleness.affected([returns], since=since, is_topic_affected=False).count() == 2


def test_a_frozen_dataset_says_what_is_stale_and_judges_by_none_of_it(
    nadia: User, returns: Topic, window: Answer, now: datetime, settings: object, tmp_path: object
) -> None:
    settings.DATASETS_ROOT = tmp_path
    for number in range(20):
        message = make_message(f"May I send number {number} back?", sent_at=now - timedelta(days=40 - number))
        for task, label in (("validity", "question"), ("topic", "returns"), ("answer", "window")):
            make_label(label, author=nadia, task=task, message=message)
    Annotation.objects.filter(message__sent_at__lt=now - timedelta(days=30)).update(made_at=now)
    announce([returns], now=now, days_ago=1)
    dataset = datasets.read(freeze("ours", now=now).folder)
    assert {example.stale for example in dataset.only(datasets.Split.TRAIN).examples} == {(), ("answer",)}
    assert dataset.only(datasets.Split.TEST).examples == ()
    assert dataset.card["left_out"]["stale, so it judges nobody"] == 2
