"""The queue is mixed by shares; chance keeps its sample whole, rules pick where a label is worth most."""

from collections import Counter
from datetime import datetime, timedelta

import numpy as np
import pytest
from django.db import IntegrityError, transaction

from copilot import match_versions
from copilot.models import Match, SuggestionEvent
from helpdesk.models import User
from labeling import queueing
from labeling.applying import apply_everything
from labeling.models import Act, Annotation, Item, QueueEntry, QueuePlan, QueueShare, Rule
from labeling.picking import RESERVED, candidates
from tests.copilot.making import make_answer, make_suggestion, make_topic
from tests.labeling.making import make_function
from tests.labeling.waiting import make_annotation, make_entry, make_item
from tests.making import make_reply

pytestmark = pytest.mark.django_db


def fill(now: datetime, *, size: int = 10, task: str = "topic", mode: str = "blind", seed: int = 1) -> int:
    return queueing.fill(task=task, mode=mode, now=now, seed=seed, size=size)


def test_without_any_suggestion_all_is_drawn_at_random_with_its_probability(now: datetime) -> None:
    items = [make_item(f"Number {n}?", draw=n / 40) for n in range(40)]
    assert fill(now) == 10
    entries = QueueEntry.objects.all()
    assert {entry.message_id for entry in entries} == {item.message_id for item in items[:10]}
    assert {(entry.rule, entry.inclusion_probability) for entry in entries} == {("random", 0.25)}
    assert QueuePlan.objects.get().sampled_below == 0.25
    assert fill(now) == 0, "the queue is full"


def test_the_sample_reaches_further_and_takes_what_has_come_below_it(now: datetime) -> None:
    for n in range(20):
        make_item(f"Number {n}?", draw=n / 20)
    fill(now, size=4)
    QueueEntry.objects.update(closed_at=now, n_labeled=1)
    late = make_item("Came later?", draw=0.01)
    fill(now, size=4)
    fresh = QueueEntry.objects.filter(closed_at=None)
    assert late.message_id in {entry.message_id for entry in fresh}
    assert all(entry.inclusion_probability == pytest.approx(0.2 + 4 / 21) for entry in fresh)


def test_after_an_import_the_sample_reaches_less_far(now: datetime, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(queueing, "MOST_DRAWN", 6)
    make_item("The first?", draw=0.4)
    fill(now, size=4)
    assert QueuePlan.objects.get().sampled_below == 1
    QueueEntry.objects.update(closed_at=now, n_labeled=1)
    for n in range(40):
        make_item(f"Imported {n}?", draw=n / 40)
    fill(now, size=4)
    entries = QueueEntry.objects.filter(closed_at=None)
    assert [entry.message.item.draw for entry in entries.order_by("place")] == [n / 40 for n in range(6)]
    assert {entry.inclusion_probability for entry in entries} == {6 / 40}
    assert QueuePlan.objects.get().sampled_below == 6 / 40


def test_what_a_rule_has_queued_is_moved_into_the_sample_that_reaches_it(now: datetime) -> None:
    entry = make_entry(message=make_item(draw=0.0).message, rule="uncertain")
    make_item(draw=0.9)
    fill(now)
    entry.refresh_from_db()
    assert (entry.rule, entry.inclusion_probability) == ("random", 1.0)


def test_rules_leave_a_share_of_the_items_to_chance(now: datetime) -> None:
    for draw in (0.0, RESERVED - 0.01, RESERVED, 0.7):
        make_suggestion(make_item(f"At {draw}?", draw=draw).message.case, topic_probability=0.4)
    found = candidates(Rule.UNCERTAIN, task="topic", mode="blind", n=10, now=now)
    assert len(found) == 2


def test_the_shares_mix_every_stretch_of_the_queue(now: datetime) -> None:
    for n in range(60):
        make_item(f"Number {n}?", draw=n / 120)
        case = make_item(f"Unsure {n}?", draw=0.5 + n / 120).message.case
        make_suggestion(case, topic_probability=0.3, topic=make_topic("Fees"))
    queueing.change_plan(
        task="topic",
        percents=dict.fromkeys(queueing.DEFAULT_PERCENT, 0) | {"random": 50, "uncertain": 50},
        overlap_percent=0,
        overlap_people=2,
    )
    fill(now, size=40)
    rules = [entry.rule for entry in QueueEntry.objects.order_by("place")]
    assert Counter(rules[:10]) == {"random": 5, "uncertain": 5}
    assert Counter(rules) == {"random": 20, "uncertain": 20}


def test_about_the_wanted_share_goes_to_several_people(now: datetime) -> None:
    for n in range(200):
        make_item(f"Number {n}?", draw=n / 200)
    fill(now, size=200)
    twice = QueueEntry.objects.filter(n_wanted=2).count()
    assert 0.06 <= twice / 200 <= 0.19


def test_what_is_confirmed_is_no_sample(now: datetime) -> None:
    make_item("Nothing was predicted", draw=0.5)
    predicted = make_item("Unsure?", draw=0.6)
    make_suggestion(predicted.message.case, topic_probability=0.4)
    fill(now, mode="confirm")
    assert [(entry.message_id, entry.n_wanted) for entry in QueueEntry.objects.all()] == [
        (predicted.message_id, 1)
    ]


def test_the_least_sure_comes_first(now: datetime) -> None:
    sure, unsure = make_item("Sure?"), make_item("Unsure?")
    make_suggestion(sure.message.case, topic_probability=0.9, validity_probability=0.55)
    make_suggestion(unsure.message.case, topic_probability=0.2, validity_probability=0.99)
    assert candidates(Rule.UNCERTAIN, task="topic", mode="blind", n=1, now=now) == [unsure.message_id]
    assert candidates(Rule.UNCERTAIN, task="validity", mode="blind", n=1, now=now) == [sure.message_id]


def test_needless_messages_are_not_asked_about(now: datetime, nadia: User) -> None:
    kinds = ["labeled", "no question", "waits", "flagged", "confirmed", "stale", "copy"]
    items = {kind: make_item(kind) for kind in kinds}
    items["copied"] = make_item("copied", key=items["copy"].key)
    for item in items.values():
        make_suggestion(item.message.case, topic_probability=0.5)
    make_annotation(items["labeled"].message, nadia, "fees")
    make_annotation(items["no question"].message, nadia, "thanks", task="validity")
    make_annotation(items["confirmed"].message, nadia, "fees", mode="confirm")
    make_annotation(items["stale"].message, nadia, "fees", stale_at=now)
    make_entry(message=items["waits"].message)
    Act.objects.create(
        person=nadia, message=items["flagged"].message, task="topic", mode="blind", kind="flagged",
        flag="ambiguous", at=now,
    )  # fmt: skip
    found = candidates(Rule.UNCERTAIN, task="topic", mode="blind", n=10, now=now)
    assert set(found) == {items[kind].message_id for kind in ("confirmed", "stale", "copy")}
    assert candidates(Rule.STALE, task="topic", mode="blind", n=10, now=now) == [items["stale"].message_id]


def test_a_stale_label_of_the_sample_stays_in_the_sample(now: datetime, nadia: User) -> None:
    item = make_item(draw=0.9)
    make_annotation(item.message, nadia, "fees", stale_at=now, inclusion_probability=0.05)
    QueuePlan.objects.create(task="topic")
    QueueShare.objects.create(plan=QueuePlan.objects.get(), rule="stale", percent=100)
    fill(now, size=1)
    entry = QueueEntry.objects.get()
    assert (entry.rule, entry.inclusion_probability) == ("random", 0.05)


def test_rare_topics_are_looked_for(now: datetime, nadia: User) -> None:
    for n in range(20):
        make_annotation(make_item(f"{n}").message, nadia, "fees", is_gold=True)
    common, rare = make_item("Common?"), make_item("Rare?")
    make_suggestion(common.message.case, topic=make_topic("Fees"))
    make_suggestion(rare.message.case, topic=make_topic("Tips"))
    assert candidates(Rule.RARE, task="topic", mode="blind", n=9, now=now) == [rare.message_id]


def test_conflicts_and_dismissals_come_from_the_inbox(now: datetime, nadia: User) -> None:
    item = make_item()
    suggestion = make_suggestion(item.message.case, answer=make_answer())
    reply = make_reply(item.message.case, "No, on Friday.")
    Match.objects.create(
        suggestion=suggestion, reply=reply, kind="conflict", similarity=0.5, retained=0.5, share=0.5, survival=0.5,
        kept_characters=3, n_reply_tokens=10, version=match_versions.current(), recorded_at=now,
    )  # fmt: skip
    SuggestionEvent.objects.create(
        suggestion=suggestion, type="dismissed", dismiss_reason="wrong_topic", at=now, client_seq="1"
    )
    found = {
        (rule, task): bool(candidates(rule, task=task, mode="blind", n=5, now=now))
        for rule in (Rule.CONFLICT, Rule.DISMISSED)
        for task in ("topic", "answer")
    }
    assert found == {
        (Rule.CONFLICT, "topic"): False, (Rule.CONFLICT, "answer"): True,
        (Rule.DISMISSED, "topic"): True, (Rule.DISMISSED, "answer"): False,
    }  # fmt: skip


def test_what_was_dismissed_is_asked_about_also_when_another_release_is_live(now: datetime) -> None:
    suggestion = make_suggestion(make_item().message.case)
    SuggestionEvent.objects.create(
        suggestion=suggestion, type="dismissed", dismiss_reason="wrong_answer", at=now, client_seq="1"
    )
    type(suggestion.release).objects.update(state="retired")
    assert candidates(Rule.DISMISSED, task="answer", mode="blind", n=5, now=now) == [suggestion.message_id]


def conflict(item: Item, now: datetime) -> int:
    """A reply to an item's message that says something else than the suggestion; the message's id."""
    case = item.message.case
    Match.objects.create(
        suggestion=make_suggestion(case, answer=make_answer()), reply=make_reply(case, "No, on Friday."),
        kind="conflict", similarity=0.5, retained=0.5, share=0.5, survival=0.5, kept_characters=3, n_reply_tokens=10,
        version=match_versions.current(), recorded_at=now,
    )  # fmt: skip
    return item.message_id


def test_conflicts_go_before_all_that_waits(now: datetime) -> None:
    for n in range(40):
        make_item(f"Number {n}?", draw=n / 40)
    assert fill(now, size=20, task="answer") == 20
    earlier = conflict(make_item("Which of both?", draw=0.9), now - timedelta(hours=1))
    newest = conflict(make_item("And which here?", draw=0.9), now)
    chance = conflict(make_item("Left to chance?", draw=0.19), now)
    assert fill(now, size=20, task="answer") == 2, "the queue is full, and they come all the same"
    queue = list(QueueEntry.objects.order_by("place"))
    assert [(entry.message_id, entry.rule) for entry in queue[:2]] == [
        (newest, "conflict"),
        (earlier, "conflict"),
    ]
    assert chance not in {entry.message_id for entry in queue}
    assert fill(now, size=20, task="answer") == 0


def test_very_many_conflicts_are_queued_up_to_their_share(now: datetime) -> None:
    for n in range(60):
        make_item(f"Number {n}?", draw=n / 200)
    for n in range(12):
        conflict(make_item(f"Conflict {n}?", draw=0.8 + n / 100), now)
    fill(now, size=40, task="answer")
    assert QueueEntry.objects.filter(rule="conflict").count() == 4
    assert fill(now, size=40, task="answer") == 0


def test_old_suggestions_are_not_looked_at(now: datetime) -> None:
    make_suggestion(make_item().message.case, created_at=now - timedelta(days=400))
    assert candidates(Rule.UNCERTAIN, task="topic", mode="blind", n=5, now=now) == []


def test_chance_always_has_a_share(now: datetime) -> None:
    queueing.plan_of("topic")
    with pytest.raises(IntegrityError), transaction.atomic():
        QueueShare.objects.filter(rule="random").update(percent=0)


def test_every_queue_is_filled(now: datetime) -> None:
    make_item(draw=0.0)
    assert queueing.fill_all(now=now, seed=1) == 3
    assert not Annotation.objects.exists()


def test_what_functions_dispute_is_asked_about(now: datetime) -> None:
    for name in ("Fees", "Tips", "Payout timing"):
        make_topic(name)
    both, one, none = (make_item(text) for text in ("fees on tips", "fees on cards", "hello"))
    against = make_item("fees on refunds")
    make_suggestion(against.message.case, topic=make_topic("Payout timing"))
    make_suggestion(one.message.case, topic=make_topic("Fees"))
    make_suggestion(none.message.case, topic=make_topic("Tips"))
    for word in ("fees", "tips"):
        make_function(word, label=word, spec={"any": [word]}, state="active")
    apply_everything(now=now)
    found = candidates(Rule.DISPUTED, task="topic", mode="blind", n=9, now=now)
    assert set(found) == {both.message_id, against.message_id}


def test_crowds_that_resemble_nothing_labeled_are_asked_about(now: datetime, nadia: User) -> None:
    basis = np.eye(384, dtype=np.float32)
    crowd = [make_item(f"new {n}") for n in range(5)]
    known, odd = make_item("known"), make_item("odd")
    others = [make_item(f"like the known {n}") for n in range(5)]
    axes = dict.fromkeys(crowd, 0) | dict.fromkeys([known, *others], 1) | {odd: 2}
    for item, axis in axes.items():
        make_suggestion(item.message.case, embedding=basis[axis])
    make_annotation(known.message, nadia, "fees")
    [found] = candidates(Rule.CLUSTER, task="topic", mode="blind", n=9, now=now)
    assert found in {item.message_id for item in crowd}
