"""Changes of the catalog: recorded once, told to who listens, undone."""

from collections.abc import Iterator
from datetime import datetime, timedelta

import pytest

from copilot import changing
from copilot.catalog import catalog_at, heirs_of_retired
from copilot.changing import ChangeError
from copilot.models import Answer, CatalogChange, Topic
from copilot.signals import catalog_change_undone, catalog_changed
from helpdesk.models import User
from tests.copilot.making import make_answer, make_topic

pytestmark = pytest.mark.django_db


@pytest.fixture
def heard() -> Iterator[list[tuple[str, int]]]:
    """What a listener was told: of which kind, and of how many topics."""
    told: list[tuple[str, int]] = []

    def note(change: CatalogChange, **_: object) -> None:
        told.append((change.kind, change.topics.count()))

    for signal in (catalog_changed, catalog_change_undone):
        signal.connect(note)
    yield told
    for signal in (catalog_changed, catalog_change_undone):
        signal.disconnect(note)


def test_an_announcement_is_told_with_its_topics(heard: list[object], nadia: User, now: datetime) -> None:
    change = changing.announce(
        kind="policy", topics=[make_topic("Returns"), make_topic("Fees")], since=now - timedelta(days=3), by=nadia,
        now=now,
    )  # fmt: skip
    changing.undo(change, by=nadia, now=now)
    assert heard == [("policy", 2), ("policy", 2)]
    assert change.undone_by == nadia


@pytest.mark.parametrize(
    ("days", "n", "message"), [(1, 1, "lies in the future"), (-1, 0, "affects no topic")]
)
def test_an_announcement_that_says_nothing_is_refused(days: int, n: int, message: str, now: datetime) -> None:
    topics = [make_topic()][:n]
    with pytest.raises(ChangeError, match=message):
        changing.announce(kind="policy", topics=topics, since=now + timedelta(days=days), by=None, now=now)


def test_an_answer_is_retired_and_brought_back(now: datetime) -> None:
    answer = make_answer().answer
    change = changing.retire_answer(answer, by=None, now=now)
    assert not Answer.objects.in_use().exists()
    with pytest.raises(ChangeError, match="retired already"):
        changing.retire_answer(answer, by=None, now=now)
    changing.undo(change, by=None, now=now)
    assert Answer.objects.in_use().get() == answer


def test_a_new_name_leaves_the_slug(now: datetime) -> None:
    topic = make_topic("Payout timing")
    change = changing.rename_topic(topic, "When payouts arrive", by=None, now=now)
    topic.refresh_from_db()
    assert (topic.slug, topic.name) == ("payout-timing", "When payouts arrive")
    changing.undo(change, by=None, now=now)
    topic.refresh_from_db()
    assert topic.name == "Payout timing"


def test_names_are_undone_newest_first(now: datetime) -> None:
    first = changing.rename_topic(make_topic(), "Two", by=None, now=now)
    changing.rename_topic(make_topic(), "Three", by=None, now=now)
    with pytest.raises(ChangeError, match="A topic has another name.* builds on it and stands"):
        changing.undo(first, by=None, now=now)


def test_a_guideline_that_means_something_else_has_a_new_version(now: datetime) -> None:
    topic = make_topic()
    assert changing.reword_guideline(topic, "Typo mended.", is_meaning=False, by=None, now=now) is None
    assert topic.version == 1
    changing.reword_guideline(topic, "Only weekends.", is_meaning=True, by=None, now=now)
    assert (topic.version, topic.guideline) == (2, "Only weekends.")
    assert CatalogChange.objects.get().was == "Typo mended."


def test_a_merged_topics_answers_go_along_and_come_back(now: datetime) -> None:
    old, heir = make_topic("Returns"), make_topic("Orders")
    answer = make_answer(topic=old).answer
    change = changing.reshape_topic(old, kind="merged", heirs=[heir], answers={}, by=None, now=now)
    answer.refresh_from_db()
    assert answer.topic == heir
    changing.undo(change, by=None, now=now)
    answer.refresh_from_db()
    assert (answer.topic, Topic.objects.get(pk=old.pk).retired_at) == (old, None)


def test_a_chain_of_merges_is_undone_from_its_end(now: datetime) -> None:
    one, two, three = make_topic("One"), make_topic("Two"), make_topic("Three")
    first = changing.reshape_topic(one, kind="merged", heirs=[two], answers={}, by=None, now=now)
    second = changing.reshape_topic(two, kind="merged", heirs=[three], answers={}, by=None, now=now)
    with pytest.raises(ChangeError, match="A topic went into another one.* builds on it"):
        changing.undo(first, by=None, now=now)
    for change in (second, first):
        changing.undo(change, by=None, now=now)
    assert not Topic.objects.exclude(retired_at=None).exists()


def test_a_split_sends_each_answer_where_it_belongs(now: datetime) -> None:
    old, one, two = make_topic("Returns"), make_topic("Labels"), make_topic("Refunds")
    first, second = make_answer("First", topic=old).answer, make_answer("Second", topic=old).answer
    changing.reshape_topic(old, kind="split", heirs=[one, two], answers={second.pk: two}, by=None, now=now)
    assert [Answer.objects.get(pk=each.pk).topic for each in (first, second)] == [one, two]


@pytest.mark.parametrize(
    ("kind", "n", "message"),
    [("merged", 0, "merged takes one"), ("merged", 2, "merged takes one"), ("split", 1, "two or more"),
     ("retired", 1, "retired takes no")],
)  # fmt: skip
def test_a_shape_that_does_not_fit_is_refused(kind: str, n: int, message: str, now: datetime) -> None:
    heirs = [make_topic("One"), make_topic("Two")][:n]
    with pytest.raises(ChangeError, match=message):
        changing.reshape_topic(make_topic(), kind=kind, heirs=heirs, answers={}, by=None, now=now)


def test_no_topic_takes_its_own_place(now: datetime) -> None:
    with pytest.raises(ChangeError, match="its own place"):
        changing.reshape_topic(
            make_topic(), kind="merged", heirs=[make_topic()], answers={}, by=None, now=now
        )


def test_a_change_is_undone_once(now: datetime) -> None:
    change = changing.retire_answer(make_answer().answer, by=None, now=now)
    changing.undo(change, by=None, now=now)
    with pytest.raises(ChangeError, match="undone already"):
        changing.undo(change, by=None, now=now)


def test_the_pipeline_is_told_which_topics_took_the_place_of_retired_ones(now: datetime) -> None:
    one, two, three, four = (make_topic(name) for name in ("One", "Two", "Three", "Four"))
    changing.reshape_topic(one, kind="merged", heirs=[two], answers={}, by=None, now=now)
    split = changing.reshape_topic(two, kind="split", heirs=[three, four], answers={}, by=None, now=now)
    assert heirs_of_retired() == {"one": ("three", "four"), "two": ("three", "four")}
    retired = changing.reshape_topic(four, kind="retired", heirs=[], answers={}, by=None, now=now)
    assert catalog_at(now).catalog.heirs == {"one": ("three",), "two": ("three",), "four": ()}
    changing.undo(retired, by=None, now=now)
    changing.undo(split, by=None, now=now)
    assert heirs_of_retired() == {"one": ("two",)}
