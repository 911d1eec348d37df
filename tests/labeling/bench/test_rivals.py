"""What else could be built: rivals that are good, and a difference that tells who is better."""

import re
from dataclasses import replace

import numpy as np
import pytest
from django.core.management import CommandError, call_command

from copilot.datasets import Example
from labeling.bench.rivals import Said, ask_hybrid, ask_stack, differences
from tests.labeling.bench.test_intents import ROWS, STRANGERS, measured
from tests.pipelines import FakeEncoder

EVERYTHING = [*ROWS, *STRANGERS]
FRIENDS_FIRST = np.arange(400) < 300


def said(*, right: float, friendly: float = 0.0, seed: int) -> Said:
    """Somebody who is right so often, and whose gate is so much higher for friends."""
    rng = np.random.default_rng(seed)
    is_right = (rng.random(400) < right) & FRIENDS_FIRST
    return Said(is_right, rng.standard_normal(400) + friendly * FRIENDS_FIRST)


def test_the_hybrid_tells_topics_apart() -> None:
    assert ask_hybrid(ROWS, [], ROWS, FakeEncoder()).is_right.mean() > 0.9


def test_the_hybrid_never_names_a_topic_it_has_not_seen() -> None:
    strange = [replace(row, topic="unheard") for row in ROWS]

    assert not ask_hybrid(ROWS, [], strange, FakeEncoder()).is_right.any()


def test_rivals_learn_of_no_row_whose_topic_nobody_said() -> None:
    more = [replace(row, topic=None, answer=None) for row in ROWS] * 3

    for ask in (ask_hybrid, ask_stack):
        assert ask([*ROWS, *more, *STRANGERS], ROWS, ROWS, FakeEncoder()).is_right.mean() > 0.9


def test_the_stack_tells_strangers_from_friends() -> None:
    found = ask_stack(ROWS, [*ROWS[::2], *STRANGERS[::2]], EVERYTHING, FakeEncoder())

    assert found.is_right[: len(ROWS)].mean() > 0.9
    assert found.gate[: len(ROWS)].mean() > found.gate[len(ROWS) :].mean() + 0.3


@pytest.mark.parametrize(
    ("train", "error"),
    [
        (ROWS, "the stack learns from rows held back, in scope and out of it: give --validation too"),
        (
            [*(row for row in ROWS if row.topic != "reader"), *STRANGERS],
            "the stack tells 3 topics apart at least",
        ),
    ],
)
def test_a_stack_that_cannot_be_trained_says_why(train: list[Example], error: str) -> None:
    with pytest.raises(ValueError, match=re.escape(error)):
        ask_stack(train, ROWS[:10], ROWS, FakeEncoder())


def test_who_is_better_is_told_with_an_interval() -> None:
    better, worse = said(right=0.99, friendly=4, seed=1), said(right=0.97, friendly=1, seed=2)
    found = differences(better, worse, FRIENDS_FIRST, accuracies=(0.9,))

    assert found["accuracy over rival"] == pytest.approx((better.is_right.sum() - worse.is_right.sum()) / 300)
    assert (
        0
        < found["out-of-scope recall at 90% over rival low"]
        < found["out-of-scope recall at 90% over rival"]
    )


def test_equals_do_not_differ() -> None:
    same = said(right=0.95, friendly=2, seed=3)

    assert set(differences(same, same, FRIENDS_FIRST, accuracies=(0.9,)).values()) == {0.0}


def test_an_accuracy_that_nobody_reaches_is_not_compared() -> None:
    poor = said(right=0.5, seed=4)

    assert (
        differences(poor, poor, FRIENDS_FIRST, accuracies=(0.9,))["out-of-scope recall at 90% over rival"]
        is None
    )


@pytest.mark.parametrize(("rival", "is_gated"), [(ask_hybrid, False), (ask_stack, True)])
def test_the_bench_tells_the_difference_of_what_both_have(rival: object, is_gated: bool) -> None:
    figures = measured(EVERYTHING, EVERYTHING, validation=EVERYTHING, against=(rival, FakeEncoder()))

    assert figures["accuracy over rival low"] <= figures["accuracy over rival"]
    assert ("out-of-scope recall at 90% over rival" in figures) is is_gated


def test_an_unknown_rival_is_refused() -> None:
    with pytest.raises(CommandError, match="invalid choice: 'ghost'"):
        call_command("bench", "intents", "--against", "ghost")
