"""Floors of scope and confidence are chosen together, from what was said of each example."""

from dataclasses import replace

import numpy as np
from numpy.typing import NDArray

from labeling.training.judged import FEWEST_OUTSIDE, SCOPE_RISK, Judged, choose_floors

QUESTIONS, N = 400, 500
ALWAYS = np.ones(N, dtype=bool)


def judged(*, n_outside: int = N - QUESTIONS) -> Judged:
    """Questions that are right nine times in ten, and others that fit an answer just as well."""
    rng = np.random.default_rng(2)
    is_question = np.arange(N) < QUESTIONS
    is_right = is_question & (rng.random(N) < 0.9)
    certain = np.where(is_right, 2.5, np.where(is_question, -1.0, 2.5)) + rng.normal(0, 0.5, N)
    return Judged(
        fold=np.arange(N) % 5,
        validity=np.where(is_question, rng.uniform(0.7, 1.0, N), rng.uniform(0.4, 0.9, N)),
        topic=np.full(N, 0.9),
        answer=np.full(N, 0.9),
        odds=np.column_stack([np.zeros(N), certain, np.zeros(N)]),
        is_open=ALWAYS,
        is_new=ALWAYS,
        is_question=is_question,
        is_judged=ALWAYS,
        is_outside=~is_question & (np.arange(N) < QUESTIONS + n_outside),
        is_topic_right=is_question,
        is_answer_right=is_right,
        can_offer=ALWAYS,
    )


def offered(rows: Judged, *, scope: float, confidence: float) -> NDArray[np.bool_]:
    whole, _ = choose_floors(rows, target_risk=0.3)
    said = rows.validity / (1 + np.exp(-(rows.odds @ whole.weights + whole.bias)))
    return (rows.validity >= scope) & (said >= confidence)


def test_what_is_out_of_scope_is_stopped_by_a_floor_of_its_own() -> None:
    rows = judged()
    _, floors = choose_floors(rows, target_risk=0.3)
    scope, confidence = floors["scope"], floors["confidence"]

    without = offered(rows, scope=floors["validity"].value, confidence=0.0)
    found = offered(rows, scope=scope.value, confidence=confidence.value)

    assert without[rows.is_outside].mean() > 0.1
    assert found[rows.is_outside].mean() <= 2 * SCOPE_RISK  # floors were chosen on cross-fitted confidences
    assert scope.n_wrong <= SCOPE_RISK * scope.n
    assert found[rows.is_question].mean() > 0.3


def test_too_few_messages_out_of_scope_choose_no_floor() -> None:
    _, floors = choose_floors(judged(n_outside=FEWEST_OUTSIDE - 1), target_risk=0.3)

    assert floors["scope"].value == 0.0


def test_each_floor_says_what_it_was_chosen_for() -> None:
    _, floors = choose_floors(judged(), target_risk=0.3)

    targets = {name: floor.target_risk for name, floor in floors.items()}

    assert targets == {"validity": 0.1, "topic": 0.6, "answer": 0.6, "scope": SCOPE_RISK, "confidence": 0.3}


def test_the_last_floors_are_chosen_behind_those_that_are_kept() -> None:
    rows = judged()
    _, floors = choose_floors(rows, target_risk=0.3)
    kept = replace(floors["validity"], value=0.95)

    _, behind = choose_floors(rows, target_risk=0.3, kept={"validity": kept})

    assert behind["validity"] is kept
    assert behind["confidence"].n == (rows.validity >= 0.95).sum() < floors["confidence"].n


def test_who_asks_nothing_of_what_is_out_of_scope_offers_more() -> None:
    _, strict = choose_floors(judged(), target_risk=0.3)
    _, free = choose_floors(judged(), target_risk=0.3, scope_risk=1.0)

    assert free["scope"].target_risk == 1.0
    assert free["confidence"].n_passed > strict["confidence"].n_passed
