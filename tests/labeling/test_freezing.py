"""Freezing: what goes in, what is left out and why, and a manifest that says so."""

import json
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from django.core.management import CommandError, call_command
from django.utils import timezone

from copilot import datasets
from copilot.datasets import DatasetError, Source, Split
from copilot.models import AnswerVersion, Topic
from helpdesk.models import Message, User
from labeling import frozen
from labeling.freezing import Frozen, Recipe, Takes, freeze
from labeling.jobs import DIED
from labeling.models import Annotation, FrozenDataset, Item, Task
from labeling.weak_examples import WeakLabel, WeakLabels
from tests.copilot.making import make_answer, make_topic
from tests.making import make_message

pytestmark = pytest.mark.django_db

NOW = timezone.now()
WORDS = "payout printer reader refund invoice battery login receipt drawer scanner".split()


@pytest.fixture(autouse=True)
def root(settings: Any, tmp_path: Path) -> Path:
    settings.DATASETS_ROOT = tmp_path
    for slug in ("fees", "tips"):
        make_topic(slug)
    return tmp_path


def annotate(
    message: Message, author: User, label: str = "fees", *, is_gold: bool = True, **fields: Any
) -> None:
    rows = (
        [(Task.VALIDITY, "question"), (Task.TOPIC, label)] if label != "thanks" else [(Task.VALIDITY, label)]
    )
    for task, said in rows:
        Annotation.objects.create(
            message=message, author=author, task=task, label=said, is_gold=is_gold, made_at=NOW, **fields
        )


def make_items(number: int, **fields: Any) -> Message:
    """A message of an own case, `number` hours before the newest, with its item."""
    text = fields.pop(
        "body", f"my {WORDS[number % 10]} number {WORDS[number // 10]} is broken since {number} days"
    )
    message = make_message(text, sent_at=NOW - timedelta(hours=number), **fields)
    Item.objects.create(
        message=message, text=text, channel="email", sent_at=message.sent_at, key=str(number), draw=0.5
    )
    return message


@pytest.fixture
def messages(nadia: User) -> list[Message]:
    """Ten labeled messages, newest first: of two topics in turn, and one thanks."""
    made = [make_items(number) for number in range(10)]
    for number, message in enumerate(made):
        annotate(message, nadia, "thanks" if number == 9 else ("fees", "tips")[number % 2])
    return made


def weak_of(*messages: Message, label: str = "fees", weight: float = 0.8) -> WeakLabels:
    rows = [WeakLabel(message.pk, Task.TOPIC, label, weight) for message in messages]
    return WeakLabels(rows, {"says-fee@2": "abc"}, {"kind": "vote"})


def left_out(made: Frozen) -> dict[str, int]:
    return dict(made.left_out)


def test_what_came_after_a_moment_can_be_left_out(messages: list[Message], root: Path) -> None:
    answer = make_answer(topic=Topic.objects.get(slug="fees")).answer
    AnswerVersion.objects.create(answer=answer, number=2, body="New.", created_at=NOW, approved_at=NOW)
    frozen_then = freeze("then", now=NOW, until=messages[3].sent_at)
    kept = {example.message for example in datasets.read(root / "then").examples}
    assert kept == {str(message.pk) for message in messages[4:]}
    card = datasets.read_card(root / "then")
    assert card["until"] == messages[3].sent_at.isoformat()
    assert [entry.key for entry in datasets.read_catalog(root / "then").answers] == [f"{answer.slug}@1"]
    assert "until" not in datasets.read_card(freeze("now", now=NOW).folder)
    assert frozen_then.manifest.answers == (f"{answer.slug}@1",)


def test_the_latest_cases_are_the_test_split(messages: list[Message]) -> None:
    made = freeze("ours", now=NOW)
    dataset = datasets.read(made.folder)
    assert made.manifest.test == (str(messages[0].pk),)
    assert len(made.manifest.training) == 9
    assert {example.source for example in dataset.examples} == {Source.GOLD}
    assert dataset.sha256 == made.sha256


def test_the_same_labels_and_seed_give_the_same_manifest(messages: list[Message]) -> None:
    first, again = freeze("one", now=NOW), freeze("two", now=NOW + timedelta(days=3))
    assert (first.manifest.sha256, first.sha256) == (again.manifest.sha256, again.sha256)
    assert freeze("three", now=NOW, recipe=Recipe(seed=2)).manifest.sha256 != first.manifest.sha256
    Annotation.objects.filter(message=messages[4], task=Task.TOPIC).update(undone_at=NOW)
    assert freeze("four", now=NOW).manifest.sha256 != first.manifest.sha256


def test_the_manifest_stands_beside_the_examples_with_its_hash(messages: list[Message]) -> None:
    made = freeze("ours", now=NOW)
    told = json.loads((made.folder / "manifest.json").read_text())
    assert told["sha256"] == made.manifest.sha256 == datasets.read_card(made.folder)["manifest"]
    assert sorted(told["labels"]) == sorted(Annotation.objects.values_list("pk", flat=True))
    assert (told["takes"], told["seed"], len(told["training"])) == ("gold", 1, 9)


def test_answers_of_the_catalog_are_part_of_the_manifest(messages: list[Message]) -> None:
    before = freeze("one", now=NOW).manifest
    make_answer(topic=make_topic("fees"))
    after = freeze("two", now=NOW).manifest
    assert (before.answers, after.answers) == ((), ("payout-schedule@1",))


def test_what_is_retired_or_flagged_is_left_out_with_its_reason(messages: list[Message]) -> None:
    Annotation.objects.filter(message=messages[7], task=Task.TOPIC).update(label="unheard-of")
    Topic.objects.filter(slug="fees").update(retired_at=NOW)
    made = freeze("ours", now=NOW, flagged=[messages[3].pk])
    assert left_out(made) == {"flagged": 1, "retired topic": 5, "topic that the catalog does not know": 1}


def test_what_is_stale_is_learned_from_with_less_weight_and_judges_nobody(messages: list[Message]) -> None:
    Annotation.objects.filter(message=messages[0], task=Task.TOPIC).update(stale_at=NOW)
    Annotation.objects.filter(message=messages[5], task=Task.TOPIC).update(stale_at=NOW)
    made = freeze("ours", now=NOW)
    assert left_out(made) == {"stale, so it judges nobody": 1}
    stale = {example.message: example.stale for example in datasets.read(made.folder).examples}
    assert stale[str(messages[5].pk)] == ("topic",)
    assert str(messages[0].pk) not in stale
    assert "1 rows weigh less" in str(datasets.read_card(made.folder)["holes"])


def test_what_was_said_under_a_topics_name_is_learned_from_and_judges_nobody(
    messages: list[Message], sana: User
) -> None:
    Annotation.objects.filter(message__in=[messages[0], messages[5]]).update(topic_filter="fees")
    annotate(messages[1], sana, "tips", is_gold=False, topic_filter="tips")
    annotate(messages[5], sana, "tips", is_gold=False)
    made = freeze("ours", now=NOW)
    assert left_out(made) == {"labeled with a topic's name above it, so it judges nobody": 1}
    assert made.manifest.test == ()
    assert str(messages[5].pk) in made.manifest.training
    anchored = {example.message for example in datasets.read(made.folder).examples if example.anchored}
    assert anchored == {str(messages[5].pk)}
    seconds = {example.message: example.second for example in datasets.read(made.folder).examples}
    assert seconds[str(messages[1].pk)] is None, "who was told a topic gives no second opinion"
    agreement = datasets.read_card(made.folder)["agreement"]
    assert {task: judged["n"] for task, judged in agreement.items()} == {"validity": 0, "topic": 0}


def test_an_answer_whose_topic_is_disputed_is_not_learned_from(nadia: User) -> None:
    message = make_items(1)
    annotate(message, nadia)
    Annotation.objects.create(
        message=message, author=nadia, task=Task.ANSWER, label="none", is_gold=True, made_at=NOW
    )
    Annotation.objects.filter(task=Task.TOPIC).update(is_gold=False)
    [example] = datasets.read(freeze("ours", now=NOW).folder).examples
    assert (example.reason, example.topic, example.answer) == (None, None, None)


def test_copies_of_test_texts_leave_the_training_split(messages: list[Message], nadia: User) -> None:
    annotate(make_items(20, body=messages[0].body.upper()), nadia)
    made = freeze("ours", now=NOW)
    assert left_out(made) == {"near-copy of a test text": 1}
    assert datasets.read_card(made.folder)["near_copies_left_out"] == 1


def test_cases_are_never_parted(messages: list[Message], nadia: User) -> None:
    annotate(make_items(40, case_id=messages[0].case_id), nadia)
    made = freeze("ours", now=NOW)
    assert len(made.manifest.test) == 2


def test_weak_labels_are_learned_from_and_never_judge(messages: list[Message]) -> None:
    weak = [make_items(30 + number) for number in range(3)]
    made = freeze("both", now=NOW, recipe=Recipe(takes=Takes.BOTH), weak=weak_of(*weak))
    dataset = datasets.read(made.folder)
    assert {example.source for example in dataset.only(Split.TEST).examples} == {Source.GOLD}
    said = [(example.topic, example.weight) for example in dataset.examples if example.source is Source.WEAK]
    assert said == [("fees", 0.8)] * 3
    assert made.manifest.functions == {"says-fee@2": "abc"}
    assert made.manifest.label_model == {"kind": "vote"}


def test_weak_alone_still_judges_by_gold(messages: list[Message]) -> None:
    made = freeze("weak", now=NOW, recipe=Recipe(takes=Takes.WEAK), weak=weak_of(*messages))
    dataset = datasets.read(made.folder)
    assert made.manifest.test == (str(messages[0].pk),)
    assert {example.source for example in dataset.only(Split.TRAIN).examples} == {Source.WEAK}
    assert left_out(made) == {
        "gold that was not to be learned from": 9,
        "weak label of a message that has gold": 1,
    }
    assert len(made.manifest.labels) == 2  # those of the test split


def test_nothing_is_learned_of_the_test_splits_time_and_cases(messages: list[Message]) -> None:
    newest = make_message("what of the new thing", sent_at=NOW + timedelta(hours=1))
    Item.objects.create(
        message=newest,
        text="what of the new thing",
        channel="email",
        sent_at=newest.sent_at,
        key="n",
        draw=0.5,
    )
    same_case = make_items(41, case_id=messages[0].case_id)
    weak = weak_of(newest, same_case, messages[1])
    made = freeze("both", now=NOW, recipe=Recipe(takes=Takes.BOTH), weak=weak)
    assert left_out(made) == {
        "weak label of a case of the test split": 1,
        "weak label of a message that has gold": 1,
        "weak label of the test split's time": 1,
    }


def test_weak_labels_of_a_gone_topic_are_left_out(messages: list[Message]) -> None:
    made = freeze(
        "both", now=NOW, recipe=Recipe(takes=Takes.BOTH), weak=weak_of(make_items(30), label="gone")
    )
    assert left_out(made) == {"topic that the catalog does not know": 1}


def test_without_weak_labels_none_can_be_taken(root: Path) -> None:
    with pytest.raises(DatasetError, match="run a label model, or take gold only"):
        freeze("weak", now=NOW, recipe=Recipe(takes=Takes.WEAK))
    assert not (root / "weak").exists()


def test_the_card_says_how_many_how_old_how_sure_and_what_is_missing(
    messages: list[Message], sana: User
) -> None:
    make_topic("unasked")
    for number in (1, 2, 3):
        annotate(messages[number], sana, "tips", is_gold=False)
    Annotation.objects.filter(message=messages[1]).update(made_at=NOW - timedelta(days=400))
    card = datasets.read_card(freeze("ours", now=NOW).folder)
    assert card["classes"]["fees"] == {"train": 4, "test": 1}
    assert card["classes"]["thanks"] == {"train": 1, "test": 0}
    assert card["ages"]["older"] == 4
    assert card["agreement"] == {"validity": {"k": 3, "n": 3}, "topic": {"k": 2, "n": 3}}
    holes = "\n".join(card["holes"])
    assert "topics without any row: unasked" in holes
    assert "fewer than 8 rows to learn from: fees, thanks, tips" in holes
    assert "none in the test split, so nothing is known of its quality: thanks, tips" in holes


def test_a_freeze_is_ordered_done_and_counted(messages: list[Message], sana: User) -> None:
    ordered = frozen.order(name="ours", recipe=Recipe(), by=sana, now=NOW)
    told: list[tuple[str, float]] = []
    row = frozen.run(ordered.pk, tell=lambda step, share: told.append((step, share)))
    assert (row.state, row.n_train, row.n_test, row.share) == ("finished", 9, 1, 1.0)
    assert row.sha256 == datasets.read_card(row_folder("ours"))["sha256"]
    assert [share for _, share in told] == sorted(share for _, share in told)
    assert frozen.run(ordered.pk).ended_at == row.ended_at, "a second run does nothing"


def row_folder(name: str) -> Path:
    from django.conf import settings

    return Path(settings.DATASETS_ROOT) / name


def test_what_was_frozen_stays_and_a_freeze_under_way_holds_its_name(messages: list[Message]) -> None:
    freeze("ours", now=NOW)
    with pytest.raises(frozen.FreezeRefusedError, match="choose another name"):
        frozen.order(name="ours", recipe=Recipe(), by=None, now=NOW)
    frozen.order(name="next", recipe=Recipe(), by=None, now=NOW)
    with pytest.raises(frozen.FreezeRefusedError, match="being frozen already"):
        frozen.order(name="next", recipe=Recipe(), by=None, now=NOW)


@pytest.mark.parametrize("name", ["", "../x", ".hidden", "a/b", "x" * 101])
def test_a_name_that_leads_elsewhere_is_refused(name: str) -> None:
    with pytest.raises(frozen.FreezeRefusedError, match="no name for a dataset"):
        frozen.order(name=name, recipe=Recipe(), by=None, now=NOW)


def test_a_freeze_without_weak_labels_fails_in_words(messages: list[Message]) -> None:
    ordered = frozen.order(name="weak", recipe=Recipe(takes=Takes.WEAK), by=None, now=NOW)
    row = frozen.run(ordered.pk)
    assert row.state == "failed"
    assert "there are no weak labels to take" in row.problem


def test_the_sweep_ends_a_freeze_whose_process_died(now: datetime) -> None:
    row = FrozenDataset.objects.create(name="dead", test_share=0.1, state="running", ordered_at=now)
    assert frozen.JOBS.sweep(now=now) == 1
    row.refresh_from_db()
    assert (row.state, row.problem) == ("failed", DIED)


def test_the_command_says_what_it_left_out(
    messages: list[Message], capsys: pytest.CaptureFixture[str]
) -> None:
    Annotation.objects.filter(message=messages[0]).update(stale_at=NOW)
    call_command("freeze", "ours")
    call_command("freeze", "ours")
    told = capsys.readouterr().out
    assert "1 left out: stale, so it judges nobody." in told
    assert "9 to learn from, 0 to test, manifest " in told
    with pytest.raises(CommandError, match="no weak labels"):
        call_command("freeze", "weak", "--take", "weak")
    with pytest.raises(CommandError, match="a share between 0 and 1"):
        call_command("freeze", "ours", "--test-share", "1")
