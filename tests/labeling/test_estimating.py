"""The live release is judged by what was drawn at random, and by nothing else."""

from typing import Any

import numpy as np
import pytest
from django.test import Client

from helpdesk.models import User
from labeling.estimating import accuracy_of_live, weighted_share
from labeling.models import QueueEntry
from tests.copilot.making import make_answer, make_suggestion, make_topic
from tests.labeling.waiting import make_annotation, make_entry

QUEUE = "/labeling/annotate/queue/"


def judged(
    author: User, gold: str, said: str | None, *, probability: float | None = 0.1, **fields: Any
) -> QueueEntry:
    """A message with gold of which the live release said a topic, or nothing."""
    entry = make_entry()
    topic = make_topic(said) if said else None
    make_suggestion(entry.message.case, topic=topic, topic_probability=0.9 if said else None)
    rule = "random" if probability else "uncertain"
    fields = {"is_gold": True, "inclusion_probability": probability, "picked_by": rule} | fields
    make_annotation(entry.message, author, gold, **fields)
    return entry


def test_the_estimate_holds_for_the_whole_whatever_the_probabilities() -> None:
    rng = np.random.default_rng(1)
    is_right = rng.random(20_000) < np.where(np.arange(20_000) < 10_000, 0.9, 0.3)
    probability = np.where(np.arange(20_000) < 10_000, 0.01, 0.08)
    shares = []
    for _ in range(200):
        drawn = rng.random(20_000) < probability
        shares.append(weighted_share(is_right[drawn].tolist(), probability[drawn].tolist()))
    truth = is_right.mean()
    assert np.mean([share.estimate for share in shares]) == pytest.approx(truth, abs=0.01)
    assert np.mean([share.low <= truth <= share.high for share in shares]) >= 0.93
    assert abs(np.mean([is_right[rng.random(20_000) < probability].mean() for _ in range(50)]) - truth) > 0.1


def test_equal_probabilities_give_the_plain_share() -> None:
    share = weighted_share([True] * 8 + [False] * 2, [0.02] * 10)
    assert (round(share.low, 3), round(share.estimate, 3), round(share.high, 3)) == (0.49, 0.8, 0.943)


@pytest.mark.django_db
def test_only_what_was_drawn_enters(nadia: User) -> None:
    judged(nadia, "fees", "Fees")
    judged(nadia, "fees", "Tips")
    judged(nadia, "fees", None)
    judged(nadia, "fees", "Tips", probability=None)
    judged(nadia, "fees", "Tips", is_gold=False)
    make_annotation(make_entry().message, nadia, "fees", is_gold=True, inclusion_probability=0.1)

    found = accuracy_of_live("topic")
    assert found.right
    assert found.right.estimate == pytest.approx(1 / 3)
    assert (found.n, found.n_silent, found.n_undecided) == (3, 1, 1)


@pytest.mark.django_db
def test_any_label_that_gold_holds_for_right_is_right(nadia: User) -> None:
    judged(nadia, "fees", "Tips", also=["tips"])
    assert accuracy_of_live("topic").right.estimate == 1.0


@pytest.mark.django_db
def test_no_answer_is_right_where_there_is_none(nadia: User) -> None:
    for label in ("none", "refund-how"):
        entry = make_entry(task="answer")
        make_suggestion(
            entry.message.case,
            topic=make_topic("Refunds"),
            answer=None,
            state="withheld",
            reason="answer_unsure",
        )
        make_annotation(entry.message, nadia, label, task="answer", is_gold=True, inclusion_probability=0.5)
    make_answer("Refund how", topic=make_topic("Refunds"))
    assert accuracy_of_live("answer").right.estimate == 0.5


@pytest.mark.django_db
def test_the_queue_page_tells_it_with_n(client: Client, sana: User, nadia: User) -> None:
    client.force_login(sana)
    assert "No message that was drawn at random" in client.get(f"{QUEUE}?task=topic").text
    judged(nadia, "fees", "Fees")
    judged(nadia, "fees", "Tips")
    text = client.get(f"{QUEUE}?task=topic").text
    assert "50 %" in text
    assert "n = 2" in text


@pytest.mark.django_db
def test_who_was_told_a_topic_does_not_judge_the_release(nadia: User) -> None:
    judged(nadia, "fees", "Fees")
    judged(nadia, "fees", "Fees", topic_filter="fees")
    found = accuracy_of_live("topic")
    assert found.n == 1


@pytest.mark.django_db
def test_what_was_drawn_and_left_without_gold_widens_what_the_share_may_be(
    client: Client, nadia: User, sana: User
) -> None:
    for _ in range(4):
        judged(nadia, "fees", "Fees")
    drawn = {"rule": "random", "inclusion_probability": 0.1}
    skipped, waiting, none = (make_entry(**drawn) for _ in range(3))
    not_decided = make_entry(**drawn, seen_by=[nadia.pk])
    for entry in (skipped, none):
        QueueEntry.objects.filter(pk=entry.pk).update(seen_by=[nadia.pk])
    for entry in (skipped, waiting, none):
        make_suggestion(entry.message.case, topic=make_topic("Fees"), topic_probability=0.9)
    make_annotation(none.message, nadia, "thanks", task="validity", is_gold=True)
    assert not_decided.seen_by

    found = accuracy_of_live("topic")
    alone, wrong = weighted_share([True] * 4, [0.1] * 4), weighted_share([True] * 4 + [False], [0.1] * 5)
    assert found.right == alone
    assert found.n_missing == 1, "what waits, was not decided or is no question is not missing"
    assert (found.lowest, found.highest) == (wrong.low, 1.0)
    client.force_login(sana)
    assert "1 more was drawn and has no gold that counts" in client.get(f"{QUEUE}?task=topic").text
