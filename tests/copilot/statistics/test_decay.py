"""The decay alarm is exact in small samples; how it does on invented desks is in test_trying_decay.py."""

import numpy as np
import pytest
from numpy.typing import NDArray
from scipy import stats

from copilot.statistics import decay

Rows = NDArray[np.int64]


def test_one_stratum_is_fishers_test() -> None:
    found = decay.fall_of([[17, 0]], [[28, 9]])
    assert found is not None
    expected = stats.fisher_exact([[0, 9], [17, 11]], alternative="less").pvalue
    assert found.p == pytest.approx(expected)


def test_the_chance_is_that_of_all_ways_to_deal_the_matches_out() -> None:
    k, n = np.array([[9, 0], [6, 1], [8, 2]]), np.array([[10, 4], [9, 5], [10, 6]])
    rng = np.random.default_rng(7)
    sums = sum(
        rng.hypergeometric(k[s].sum(), (n[s] - k[s]).sum(), n[s, 1], size=400_000) for s in range(len(k))
    )
    found = decay.fall_of(k, n)
    assert found is not None
    assert found.p == pytest.approx(np.mean(sums <= k[:, 1].sum()), rel=0.15)


def test_the_change_is_that_within_strata() -> None:
    """Who matches seldom answers more of late: of all turns together the rate has fallen by 0.34."""
    k, n = [[90, 18], [10, 40]], [[100, 20], [50, 200]]
    found = decay.fall_of(k, n)
    assert found is not None
    assert (found.change, found.p > 0.4) == (0, True)


@pytest.mark.parametrize(
    ("k", "n"), [([[5, 0]], [[9, 0]]), ([[0, 3]], [[0, 9]]), (np.zeros((0, 2)), np.zeros((0, 2)))]
)
def test_without_turns_on_both_sides_nothing_is_said(k: Rows, n: Rows) -> None:
    assert decay.fall_of(k, n) is None
    assert not decay.is_alarm(k, n, np.zeros(len(n)), at=0.05)


@pytest.mark.parametrize(("k", "n"), [([5, 2], [9, 9]), ([[9, 2]], [[5, 9]]), ([[1, 2, 3]], [[5, 9, 9]])])
def test_counts_that_cannot_be_are_refused(k: list[int], n: list[int]) -> None:
    with pytest.raises(ValueError, match="counts by stratum and side"):
        decay.fall_of(k, n)


def test_all_alike_or_risen_is_no_fall() -> None:
    for k in ([[9, 9], [8, 8]], [[0, 0], [0, 0]], [[2, 9], [1, 8]]):
        assert not decay.is_alarm(k, [[9, 9], [8, 8]], [1, 2], at=0.05)


def test_what_one_agent_does_is_no_alarm() -> None:
    k, n = [[80, 0], *[[30, 15]] * 8], [[80, 80], *[[40, 20]] * 8]
    found = decay.fall_of(k, n)
    assert found is not None
    assert found.p < 1e-9
    assert not decay.is_alarm(k, n, range(9), at=1e-6)


def test_a_small_fall_is_no_alarm_however_sure() -> None:
    k, n = [[7_000, 6_400]] * 10, [[10_000, 10_000]] * 10
    found = decay.fall_of(k, n)
    assert found is not None
    assert found.p < 1e-9
    assert not decay.is_alarm(k, n, range(10), at=1e-6)
