"""Floors, sets of candidates and gates: beside what scikit-learn and simulation say."""

from itertools import permutations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from sklearn.metrics import roc_auc_score

from copilot.statistics.selection import (
    area_under_curve,
    area_under_generalised_risk,
    area_under_risk,
    floor_for,
    recall_at_accuracy,
    risk_coverage,
    select,
    set_floor,
)


@given(st.lists(st.tuples(st.integers(0, 5), st.booleans()), min_size=1, max_size=40))
def test_a_floor_is_the_smallest_that_keeps_its_word(rows: list[tuple[int, bool]]) -> None:
    confidence, right = np.array([c / 5 for c, _ in rows]), np.array([r for _, r in rows])

    floor = floor_for(confidence, right, accuracy=0.8)

    kept = {value: right[confidence >= value].mean() for value in np.unique(confidence)}
    good = [value for value, share in kept.items() if share >= 0.8]
    assert floor == (min(good) if good else np.inf)


def test_nothing_passes_an_endless_floor() -> None:
    found = select(np.array([0.2, 0.9]), np.array([True, False]), floor=np.inf)

    assert (found.coverage, found.accuracy, found.n_passed) == (0.0, None, 0)


def test_sets_hold_the_right_class_as_often_as_promised() -> None:
    rng = np.random.default_rng(1)
    covered = []
    for _ in range(400):
        held_back, new = rng.beta(5, 2, size=100), rng.beta(5, 2, size=200)
        covered.append((new >= set_floor(held_back, coverage=0.9)).mean())

    assert 0.9 - 0.005 < np.mean(covered) < 0.9 + 0.02


def test_the_area_is_scikit_learns() -> None:
    rng = np.random.default_rng(2)
    positive = rng.random(200) < 0.3
    scores = np.round(rng.normal(size=200) + positive, 1)  # with ties

    assert area_under_curve(scores, positive) == pytest.approx(roc_auc_score(positive, scores))


def test_an_area_needs_rows_of_both_kinds() -> None:
    with pytest.raises(ValueError, match="rows of both kinds"):
        area_under_curve(np.array([0.1]), np.array([True]))


def test_an_accuracy_out_of_reach_has_no_recall() -> None:
    gate, right, in_scope = np.array([0.9, 0.8, 0.1]), np.array([True, False, False]), np.array([1, 1, 0]) > 0

    assert recall_at_accuracy(gate, right, in_scope, accuracy=0.9) is None
    assert recall_at_accuracy(gate, right, in_scope, accuracy=0.5) == 1.0


def test_the_curve_of_risk_never_parts_equal_confidences() -> None:
    confidence = np.array([0.9, 0.5, 0.5, 0.1])
    curve = risk_coverage(confidence, np.array([True, True, False, False]))
    assert [(at.floor, at.n_passed, at.accuracy) for at in curve] == [
        (0.9, 1, 1.0),
        (0.5, 3, 2 / 3),
        (0.1, 4, 0.5),
    ]
    assert curve[1] == select(confidence, np.array([True, True, False, False]), floor=0.5)


def test_the_curve_of_no_rows_is_empty() -> None:
    assert risk_coverage(np.array([]), np.array([], dtype=bool)) == ()


def test_the_area_under_risk_does_not_hang_on_the_order_of_ties() -> None:
    confidence, right = np.array([0.5, 0.5, 0.5, 0.5]), np.array([True, True, False, False])
    assert area_under_risk(confidence, right) == area_under_risk(confidence, right[::-1]) == 0.5


def test_the_generalised_area_is_the_mean_over_all_orders_of_ties() -> None:
    confidence, right = np.array([0.9, 0.8, 0.8, 0.8, 0.2]), np.array([True, False, True, False, True])
    areas = []
    for order in permutations(range(1, 4)):
        wrong = np.cumsum(~right[[0, *order, 4]])
        areas.append(float(np.mean(wrong / 5)))
    assert area_under_generalised_risk(confidence, right) == pytest.approx(np.mean(areas))
