"""The effect on handle time: bootstrap, quantiles and permutations agree with what they approximate."""

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from numpy.typing import NDArray
from scipy import stats

from copilot.statistics.differences import difference_of_means
from copilot.statistics.handle_time import (
    effect_on_log,
    permutation_p,
    quantile_differences,
    quantiles_of,
)

Array = NDArray[np.float64]


def make_sums(seed: int, *, n_agents: int = 25, effect: float = -0.1) -> tuple[Array, Array]:
    rng = np.random.default_rng(seed)
    n = rng.integers(20, 80, (n_agents, 2)).astype(float)
    mean = 4 + rng.normal(0, 0.3, (n_agents, 1)) + np.array([0, effect])
    return n * mean + rng.normal(0, 0.8, n.shape) * np.sqrt(n), n


def test_the_bootstrap_finds_the_error_that_the_regression_computes() -> None:
    total, n = make_sums(1, n_agents=60)
    found, expected = effect_on_log(total, n, seed=1, n_draws=20_000).log, difference_of_means(total, n)
    assert found.estimate == pytest.approx(expected.estimate)
    assert found.standard_error == pytest.approx(expected.standard_error, rel=0.03)
    assert found.df == pytest.approx(expected.df)


def test_the_effect_is_told_as_a_share() -> None:
    found = effect_on_log(*make_sums(2), seed=1)
    assert found.share == pytest.approx(math.exp(found.log.estimate) - 1)
    assert found.low < found.share < found.high < 0


def test_the_same_seed_gives_the_same_interval() -> None:
    sums = make_sums(3)
    assert effect_on_log(*sums, seed=4) == effect_on_log(*sums, seed=4)
    assert effect_on_log(*sums, seed=4) != effect_on_log(*sums, seed=5)


def test_another_unit_of_time_changes_nothing() -> None:
    total, n = make_sums(4)
    minutes = total - n * math.log(60)
    found, other = effect_on_log(total, n, seed=1), effect_on_log(minutes, n, seed=1)
    assert (other.low, other.high) == pytest.approx((found.low, found.high))


def test_draws_without_anybody_in_one_arm_are_left_out() -> None:
    n = np.array([[50, 0], [50, 0], [0, 50], [0, 50]])
    found = effect_on_log(n * [[4.0], [4.2], [4.1], [3.9]], n, seed=1).log
    assert math.isfinite(found.low)
    assert found.few_agents


def test_quantiles_are_those_of_the_cases() -> None:
    rng = np.random.default_rng(5)
    edges = np.linspace(0, 8, 65)
    rows = rng.normal([[4.0], [3.7]], 0.8, (2, 20_000)).clip(0.01, 7.99)
    histogram = np.stack(
        [np.stack([np.histogram(part, edges)[0] for part in np.split(arm, 20)]) for arm in rows], axis=1
    )
    both = quantile_differences(histogram, edges, quantiles=[0.5, 0.9], seed=1)
    for quantile, (first, second, change) in zip((0.5, 0.9), both, strict=True):
        expected = np.quantile(rows, quantile, axis=1)
        assert (first, second) == pytest.approx(expected, abs=0.02)
        assert change.low < -0.3 < change.high < 0


def test_sign_flips_are_scipys_permutation_test() -> None:
    total, n = make_sums(6, n_agents=8, effect=-0.15)
    pulls = n.prod(axis=1) / n.sum(axis=1) * (total[:, 1] / n[:, 1] - total[:, 0] / n[:, 0])
    expected = stats.permutation_test(
        (pulls,), np.sum, permutation_type="samples", n_resamples=np.inf, alternative="two-sided"
    )
    assert permutation_p(total, n) == pytest.approx(expected.pvalue)


def test_agents_in_one_arm_each_are_assigned_anew() -> None:
    means = np.array([4.0, 4.1, 4.2, 4.3, 3.0, 3.1, 3.2, 3.3])
    n = np.zeros((8, 2))
    n[:4, 0] = n[4:, 1] = 10
    expected = stats.permutation_test(
        (means[4:], means[:4]), lambda a, b: np.mean(a) - np.mean(b), n_resamples=np.inf, vectorized=False
    )
    assert permutation_p(means[:, None] * n, n) == pytest.approx(expected.pvalue)


@given(st.integers(0, 500), st.integers(2, 9))
def test_a_p_value_is_a_share_of_all_ways(seed: int, n_agents: int) -> None:
    p = permutation_p(*make_sums(seed, n_agents=n_agents))
    assert 2 / 2**n_agents <= p <= 1
    assert (p * 2**n_agents) == pytest.approx(round(p * 2**n_agents))


@pytest.mark.parametrize(
    ("n", "message"),
    [
        ([[5, 5], [5, 0], [0, 5]], "some agents have cases in both arms and some in one"),
        ([[5, 5]] * 21, "permutations of 21 agents: they are too many"),
        ([[5, 5]], "one has 1 agents"),
    ],
)
def test_what_cannot_be_permuted_is_refused(n: list[list[int]], message: str) -> None:
    with pytest.raises(ValueError, match=message):
        permutation_p(n, n)


def test_bad_arguments_are_refused() -> None:
    sums = make_sums(7)
    with pytest.raises(ValueError, match="1 draws: at least two are needed"):
        effect_on_log(*sums, seed=1, n_draws=1)
    histogram = np.ones((3, 2, 4))
    with pytest.raises(ValueError, match=r"give \[agents, 2, bins\] and rising \[bins \+ 1\]"):
        quantile_differences(histogram, [0, 1, 2], quantiles=[0.5], seed=1)
    with pytest.raises(ValueError, match="quantile 90: it must lie between 0 and 1"):
        quantile_differences(histogram, [0, 1, 2, 3, 4], quantiles=[0.5, 90], seed=1)


def test_the_quantile_of_all_agents_lies_in_its_interval() -> None:
    rng = np.random.default_rng(7)
    logs = rng.normal(5 + rng.normal(0, 0.3, (40, 1)), 0.8, (40, 200))
    edges = np.linspace(0, 10, 65)
    histogram = np.stack([np.histogram(row, edges)[0] for row in logs])
    [found] = quantiles_of(histogram, edges, quantiles=[0.9], seed=1)
    assert found.estimate == pytest.approx(float(np.quantile(logs, 0.9)), abs=0.05)
    assert found.low < found.estimate < found.high
    assert found.standard_error > 1.5 * 0.8 / math.sqrt(logs.size), "agents differ, and are drawn as a whole"


def test_a_quantile_of_one_agent_or_of_no_case_is_refused() -> None:
    for histogram in ([[1, 2]], [[0, 0], [3, 1]], np.zeros((0, 2))):
        with pytest.raises(ValueError, match="two are needed"):
            quantiles_of(histogram, [0, 1, 2], quantiles=[0.5], seed=1)
    with pytest.raises(ValueError, match="it must lie between 0 and 1"):
        quantiles_of([[1, 2]] * 3, [0, 1, 2], quantiles=[1.0], seed=1)
    with pytest.raises(ValueError, match="give \\[agents, bins\\]"):
        quantiles_of([1, 2], [0, 1, 2], quantiles=[0.5], seed=1)
