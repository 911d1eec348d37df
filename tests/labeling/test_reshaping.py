"""Topics are merged, split and retired: labels go along as proposed, as a whole, and come back."""

from datetime import datetime
from threading import Thread

import numpy as np
import pytest
from django.db import connection

from copilot import changing
from copilot.datasets import read
from copilot.models import CatalogChange, Topic
from helpdesk.models import Role, User
from labeling import reshaping
from labeling.freezing import freeze
from labeling.labels import labels_of
from labeling.models import Annotation, Item, LabelMove, TopicChange
from labeling.reshaping import ReshapingError
from labeling.sorting import Sorter, sorter_for
from tests.copilot.making import make_answer, make_topic
from tests.labeling.making import make_label
from tests.making import make_message, make_user
from tests.pipelines import FakeEncoder

pytestmark = pytest.mark.django_db

ENCODE = FakeEncoder().encode


@pytest.fixture
def old(db: None) -> Topic:
    return make_topic("Readers")


@pytest.fixture
def parts(db: None) -> list[Topic]:
    return [make_topic("Pairing"), make_topic("Paper")]


def standing() -> list[tuple[str, str]]:
    """What is said now, and by whom, of messages about topics."""
    rows = Annotation.objects.standing().filter(task="topic").order_by("message_id", "author__username")
    return [(row.label, row.author.username) for row in rows]


def begin(topic: Topic, kind: str, heirs: list[Topic], *, now: datetime) -> TopicChange:
    return reshaping.begin(topic=topic, kind=kind, heirs=heirs, by=None, now=now)


class TestMerging:
    def test_nothing_happens_before_it_is_applied(
        self, nadia: User, old: Topic, parts: list[Topic], now: datetime
    ) -> None:
        make_label("readers", author=nadia)
        change = begin(old, "merged", parts[:1], now=now)
        assert change.moves.get().label == "pairing"
        assert standing() == [("readers", "nadia")]
        assert not CatalogChange.objects.exists()

    def test_each_label_is_followed_by_one_of_the_same_person_and_time(
        self, nadia: User, old: Topic, parts: list[Topic], now: datetime
    ) -> None:
        label = make_label("readers", author=nadia, note="a note", group="several", picked_by="rare")
        reshaping.apply(begin(old, "merged", parts[:1], now=now), by=nadia, now=now)
        label.refresh_from_db()
        new = Annotation.objects.standing().get()
        assert label.undone_at == now
        assert (new.label, new.replaces, new.author, new.made_at) == ("pairing", label, nadia, label.made_at)
        assert (new.is_gold, new.mode, new.note, new.group, new.picked_by) == (
            True,
            "blind",
            "a note",
            "several",
            "rare",
        )
        assert new.topic_version == 1
        assert [each.slug for each in labels_of("topic")] == ["pairing", "paper"]

    def test_further_topics_are_renamed_too_and_named_once(
        self, nadia: User, old: Topic, parts: list[Topic], now: datetime
    ) -> None:
        make_label("paper", author=nadia, also=["readers"])
        make_label("pairing", author=nadia, also=["readers", "paper"])
        reshaping.apply(begin(old, "merged", parts[:1], now=now), by=nadia, now=now)
        found = Annotation.objects.standing().order_by("message_id").values_list("label", "also")
        assert list(found) == [("paper", ["pairing"]), ("pairing", ["paper"])]

    def test_what_was_labeled_since_the_proposal_goes_along(
        self, nadia: User, old: Topic, parts: list[Topic], now: datetime
    ) -> None:
        change = begin(old, "merged", parts[:1], now=now)
        make_label("readers", author=nadia, days_ago=0)
        reshaping.apply(change, by=nadia, now=now)
        assert standing() == [("pairing", "nadia")]

    def test_undoing_brings_topic_labels_and_answers_back(
        self, nadia: User, old: Topic, parts: list[Topic], now: datetime
    ) -> None:
        answer = make_answer("Paper rolls", topic=old).answer
        label = make_label("readers", author=nadia)
        change = begin(old, "merged", parts[:1], now=now)
        reshaping.apply(change, by=nadia, now=now)
        reshaping.undo_change(change.change, by=nadia, now=now)
        for row in (answer, label, old, change):
            row.refresh_from_db()
        assert (answer.topic, label.undone_at, old.retired_at, change.state) == (old, None, None, "undone")
        assert standing() == [("readers", "nadia")]

    def test_a_label_that_was_given_anew_since_stays(
        self, nadia: User, old: Topic, parts: list[Topic], now: datetime
    ) -> None:
        label = make_label("readers", author=nadia)
        change = begin(old, "merged", parts[:1], now=now)
        reshaping.apply(change, by=nadia, now=now)
        Annotation.objects.standing().update(undone_at=now)
        make_label("paper", author=nadia, message=label.message, days_ago=0)
        reshaping.undo_change(change.change, by=nadia, now=now)
        assert standing() == [("paper", "nadia")]

    def test_two_people_who_apply_at_once_apply_it_once(
        self, nadia: User, old: Topic, parts: list[Topic], now: datetime
    ) -> None:
        change = begin(old, "merged", parts[:1], now=now)
        reshaping.apply(change, by=nadia, now=now)
        with pytest.raises(ReshapingError, match="not under review"):
            reshaping.apply(change, by=nadia, now=now)
        assert CatalogChange.objects.count() == 1


class TestSplitting:
    def split(self, old: Topic, parts: list[Topic], *, now: datetime, **given: object) -> TopicChange:
        change = begin(old, "split", parts, now=now)
        examples = {parts[0].pk: "bluetooth will not pair", parts[1].pk: "paper roll is stuck"}
        assert reshaping.give_examples(change, **{"examples": examples, "answers": {}} | given)
        reshaping.propose(change, sorter=sorter_for(change, encode=ENCODE))
        return change

    def test_labels_go_to_the_nearest_examples_or_are_asked_again(
        self, nadia: User, old: Topic, parts: list[Topic], now: datetime
    ) -> None:
        for text in (
            "my bluetooth will not pair",
            "the paper roll is stuck",
            "any news",
        ):
            make_label("readers", author=nadia, message=make_message(text))
        change = self.split(old, parts, now=now)
        assert [(move.label, move.why) for move in change.moves.all()] == [
            ("pairing", "nearest"), ("paper", "nearest"), ("", "unsure"),
        ]  # fmt: skip
        reshaping.apply(change, by=nadia, now=now)
        assert standing() == [("pairing", "nadia"), ("paper", "nadia"), ("readers", "nadia")]
        left = Annotation.objects.stale().get()
        assert (left.label, left.stale_by) == ("readers", change.change)

    def test_a_label_goes_where_its_answer_goes(
        self, nadia: User, old: Topic, parts: list[Topic], now: datetime
    ) -> None:
        rolls = make_answer("Rolls", topic=old).answer
        message = make_message("bluetooth will not pair")
        make_label("readers", author=nadia, message=message)
        make_label("rolls", author=nadia, message=message, task="answer")
        change = self.split(old, parts, now=now, answers={rolls.pk: parts[1].pk})
        assert (change.moves.get().label, change.moves.get().why) == ("paper", "answer")
        reshaping.apply(change, by=nadia, now=now)
        rolls.refresh_from_db()
        assert rolls.topic == parts[1]

    def test_without_an_encoder_only_answers_tell(
        self, nadia: User, old: Topic, parts: list[Topic], now: datetime
    ) -> None:
        make_label("readers", author=nadia, message=make_message("bluetooth will not pair"))
        change = self.split(old, parts, now=now)
        reshaping.propose(change, sorter=sorter_for(change, encode=None))
        assert change.moves.get().why == "unsure"

    def test_a_person_has_the_last_word(
        self, nadia: User, old: Topic, parts: list[Topic], now: datetime
    ) -> None:
        make_label("readers", author=nadia)
        change = self.split(old, parts, now=now)
        with pytest.raises(ReshapingError, match="'fees' does not take the place of Readers"):
            reshaping.choose(change.moves.get(), "fees")
        reshaping.choose(change.moves.get(), "paper")
        reshaping.apply(change, by=nadia, now=now)
        assert standing() == [("paper", "nadia")]
        with pytest.raises(ReshapingError, match="not under review any more"):
            reshaping.choose(change.moves.get(), "pairing")

    def test_undoing_believes_again_what_was_to_be_asked(
        self, nadia: User, old: Topic, parts: list[Topic], now: datetime
    ) -> None:
        for text in ("my bluetooth will not pair", "any news"):
            make_label("readers", author=nadia, message=make_message(text))
        change = self.split(old, parts, now=now)
        reshaping.apply(change, by=nadia, now=now)
        reshaping.undo_change(change.change, by=nadia, now=now)
        assert standing() == [("readers", "nadia")] * 2
        assert not Annotation.objects.stale().exists()

    def test_gold_of_a_part_that_is_there_already_counts_as_examples(
        self, nadia: User, old: Topic, parts: list[Topic], now: datetime
    ) -> None:
        make_label("paper", author=nadia, message=make_message("torn receipts come out"))
        make_label("readers", author=nadia, message=make_message("receipts come out torn today"))
        change = self.split(old, parts, now=now)
        assert change.moves.get().label == "paper"

    def test_kept_items_are_read_instead_of_messages(
        self, nadia: User, old: Topic, parts: list[Topic], now: datetime
    ) -> None:
        label = make_label("readers", author=nadia, message=make_message("any news"))
        Item.objects.create(
            message=label.message, text="paper roll is stuck", channel="email", sent_at=now, key="k", draw=0.5
        )
        assert self.split(old, parts, now=now).moves.get().label == "paper"


class TestRetiring:
    def test_its_labels_and_those_of_its_answers_are_asked_again(
        self, nadia: User, old: Topic, now: datetime
    ) -> None:
        message = make_message()
        make_answer("Rolls", topic=old)
        make_label("readers", author=nadia, message=message)
        make_label("rolls", author=nadia, message=message, task="answer")
        change = begin(old, "retired", [], now=now)
        assert change.moves.get().why == "retired"
        reshaping.apply(change, by=nadia, now=now)
        assert set(Annotation.objects.stale().values_list("label", flat=True)) == {"readers", "rolls"}
        assert labels_of("topic") == []
        reshaping.undo_change(change.change, by=nadia, now=now)
        assert not Annotation.objects.stale().exists()

    def test_a_dataset_frozen_earlier_is_read_as_it_was(
        self, nadia: User, old: Topic, now: datetime, settings: object, tmp_path: object
    ) -> None:
        settings.DATASETS_ROOT = tmp_path
        message = make_message()
        make_label("question", author=nadia, message=message, task="validity")
        make_label("readers", author=nadia, message=message)
        folder = freeze("before", now=now).folder
        reshaping.apply(begin(old, "retired", [], now=now), by=nadia, now=now)
        assert [example.topic for example in read(folder).examples] == ["readers"]


@pytest.mark.parametrize(
    ("kind", "n", "message"),
    [("merged", 0, "one topic must"), ("merged", 2, "one topic must"), ("split", 1, "two topics or more"),
     ("retired", 1, "no topic must")],
)  # fmt: skip
def test_heirs_that_do_not_fit_are_refused(
    old: Topic, parts: list[Topic], kind: str, n: int, message: str, now: datetime
) -> None:
    with pytest.raises(ReshapingError, match=message):
        begin(old, kind, parts[:n], now=now)


def test_a_topic_takes_no_place_of_its_own_and_no_retired_one_takes_part(
    old: Topic, parts: list[Topic], now: datetime
) -> None:
    with pytest.raises(ReshapingError, match="its own place"):
        begin(old, "merged", [old], now=now)
    changing.reshape_topic(parts[0], kind="retired", heirs=[], answers={}, by=None, now=now)
    parts[0].refresh_from_db()
    with pytest.raises(ReshapingError, match="retired ones take no part"):
        begin(old, "merged", parts[:1], now=now)


def test_one_change_of_a_topic_is_open_at_a_time(old: Topic, parts: list[Topic], now: datetime) -> None:
    change = begin(old, "merged", parts[:1], now=now)
    with pytest.raises(ReshapingError, match="another change of Readers is open"):
        begin(old, "retired", [], now=now)
    reshaping.drop(change)
    begin(old, "retired", [], now=now)
    with pytest.raises(ReshapingError, match="not open any more"):
        reshaping.drop(change)


@pytest.mark.django_db(transaction=True)
def test_an_applied_change_stands_once_whoever_presses_first(
    old: Topic, parts: list[Topic], now: datetime
) -> None:
    nadia = make_user("nadia", role=Role.SME)
    make_label("readers", author=nadia)
    change = begin(old, "merged", parts[:1], now=now)
    refused: list[str] = []

    def press() -> None:
        try:
            reshaping.apply(TopicChange.objects.get(pk=change.pk), by=nadia, now=now)
        except ReshapingError as error:
            refused.append(str(error))
        finally:
            connection.close()

    threads = [Thread(target=press) for _ in range(2)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(refused) == 1
    assert standing() == [("pairing", "nadia")]
    assert LabelMove.objects.exclude(moved_to=None).count() == 1


def test_nothing_is_near_without_examples(nadia: User, old: Topic) -> None:
    sorter = Sorter(topic_of={}, examples={}, encode=lambda texts: np.zeros((len(texts), 1), np.float32))
    assert sorter.sort([make_label("readers", author=nadia)]) == [("", "unsure")]
