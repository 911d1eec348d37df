"""Floors: the smallest that meets the target, bounded where there are enough examples."""

import numpy as np
import pytest
from scipy.stats import binomtest

from labeling.training.floors import FEWEST, choose_floor, upper_risk

P = np.linspace(0.0, 0.99, 100)
FOLD = np.arange(100) % 5


@pytest.mark.parametrize(
    ("n_wrong_below", "target", "value", "n_wrong", "is_bounded"),
    [
        (0.5, 0.1, 0.5, 0, True),  # one wrong is one too many without a fold
        (0.5, 0.02, 0.5, 0, False),  # no bound that low with so few
        (0.0, 0.05, 0.0, 0, True),
        (0.0, 0.01, 0.0, 0, False),
        (0.7, 0.1, 0.7, 0, True),
        (0.8, 0.1, 0.78, 2, False),
    ],
)
def test_the_smallest_floor_that_meets_the_target(
    n_wrong_below: float, target: float, value: float, n_wrong: int, is_bounded: bool
) -> None:
    floor = choose_floor(P, n_wrong_below > P, FOLD, target_risk=target)

    assert floor.value == pytest.approx(value, abs=0.003)
    assert (floor.n, floor.n_wrong, floor.is_bounded) == (100, n_wrong, is_bounded)
    assert floor.risk <= target
    assert floor.coverage == floor.n_passed / 100


def test_no_floor_meets_an_impossible_target() -> None:
    floor = choose_floor(P, np.ones(100, dtype=bool), FOLD, target_risk=0.1)

    assert (floor.value, floor.n_passed, floor.coverage, floor.risk) == (1.0, 0, 0.0, 0.0)


def test_equal_probabilities_pass_together() -> None:
    probabilities = np.repeat([0.9, 0.5], [30, 30])
    is_wrong = np.repeat([False, True, False], [30, 15, 15])

    assert choose_floor(probabilities, is_wrong, np.arange(60) % 5, target_risk=0.15).value == 0.9


def test_too_few_say_nothing() -> None:
    few = FEWEST - 1

    assert choose_floor(P[:few], np.zeros(few, dtype=bool), FOLD[:few], target_risk=0.5).value == 1.0
    assert choose_floor(*np.zeros((3, 0), dtype=int), target_risk=0.5).value == 1.0


def test_no_fold_alone_moves_a_floor_far() -> None:
    """All of them together choose 0.22, those without one fold 0.42, 0, 0.43, 0.42 and 0.42."""
    is_wrong = (P < 0.6) & (np.arange(100) % 10 == 1)

    assert choose_floor(P, is_wrong, FOLD, target_risk=0.1).value == pytest.approx(0.338)


def test_a_bound_that_all_examples_hold_is_kept() -> None:
    n = 59  # with not a wrong one among them at most 5 %; with fewer no bound is that low, and the risk itself counts
    probabilities = np.concatenate([np.linspace(0.9, 0.99, n), np.linspace(0.1, 0.8, 80)])
    is_wrong = np.concatenate([np.zeros(n, dtype=bool), np.arange(80) % 10 == 9])

    floor = choose_floor(probabilities, is_wrong, np.arange(n + 80) % 5, target_risk=0.05)

    assert (floor.value, floor.n_passed, floor.is_bounded) == (0.9, n, True)


@pytest.mark.parametrize(("k", "n"), [(0, 20), (1, 59), (7, 100), (50, 100), (99, 100), (100, 100)])
def test_the_bound_is_clopper_and_pearsons(k: int, n: int) -> None:
    expected = binomtest(k, n, alternative="less").proportion_ci(0.95, method="exact").high

    assert upper_risk(np.array([k]), np.array([n]))[0] == pytest.approx(expected)
