"""Floors: the smallest that meets the target, bounded where there are enough examples."""

import numpy as np
import pytest
from scipy.stats import binomtest

from labeling.training.floors import FEWEST, choose_floor, upper_risk

P = np.linspace(0.0, 0.99, 100)


@pytest.mark.parametrize(
    ("n_wrong_below", "target", "value", "n_wrong", "is_bounded"),
    [
        (0.5, 0.1, 0.49, 1, True),  # 1 of 51: at most 9 %
        (0.5, 0.02, 0.49, 1, False),  # no bound that low with so few
        (0.0, 0.05, 0.0, 0, True),
        (0.0, 0.01, 0.0, 0, False),
        (0.7, 0.1, 0.7, 0, True),
        (0.8, 0.1, 0.78, 2, False),
    ],
)
def test_the_smallest_floor_that_meets_the_target(
    n_wrong_below: float, target: float, value: float, n_wrong: int, is_bounded: bool
) -> None:
    floor = choose_floor(P, n_wrong_below > P, target_risk=target)

    assert floor.value == pytest.approx(value)
    assert (floor.n, floor.n_wrong, floor.is_bounded) == (100, n_wrong, is_bounded)
    assert floor.risk <= target
    assert floor.coverage == floor.n_passed / 100


def test_no_floor_meets_an_impossible_target() -> None:
    floor = choose_floor(P, np.ones(100, dtype=bool), target_risk=0.1)

    assert (floor.value, floor.n_passed, floor.coverage, floor.risk) == (1.0, 0, 0.0, 0.0)


def test_equal_probabilities_pass_together() -> None:
    probabilities = np.repeat([0.9, 0.5], [30, 30])
    is_wrong = np.repeat([False, True, False], [30, 15, 15])

    assert choose_floor(probabilities, is_wrong, target_risk=0.15).value == 0.9


def test_too_few_say_nothing() -> None:
    assert choose_floor(P[: FEWEST - 1], np.zeros(FEWEST - 1, dtype=bool), target_risk=0.5).value == 1.0
    assert choose_floor(np.zeros(0), np.zeros(0, dtype=bool), target_risk=0.5).value == 1.0


@pytest.mark.parametrize(("k", "n"), [(0, 20), (1, 59), (7, 100), (50, 100), (99, 100), (100, 100)])
def test_the_bound_is_clopper_and_pearsons(k: int, n: int) -> None:
    expected = binomtest(k, n, alternative="less").proportion_ci(0.95, method="exact").high

    assert upper_risk(np.array([k]), np.array([n]))[0] == pytest.approx(expected)
