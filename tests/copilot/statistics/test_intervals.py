"""Intervals agree with scipy and statsmodels, and cover what they promise where replies cluster by agent."""

import numpy as np
import pytest
import statsmodels.api as sm
from hypothesis import assume, given
from hypothesis import strategies as st
from scipy import stats
from statsmodels.stats.proportion import proportion_confint

from copilot.statistics.intervals import Method, clopper_pearson, clustered_rate, design_effect, wilson

COUNTS = st.integers(1, 500).flatmap(lambda n: st.tuples(st.integers(0, n), st.just(n)))
AGENTS = st.lists(COUNTS, min_size=1, max_size=30)


@given(COUNTS, st.sampled_from([0.5, 0.9, 0.95, 0.99]))
def test_wilson_agrees_with_statsmodels(counts: tuple[int, int], confidence: float) -> None:
    k, n = counts
    interval = wilson(k, n, confidence=confidence)
    expected = proportion_confint(k, n, alpha=1 - confidence, method="wilson")
    assert (interval.low, interval.high) == pytest.approx(expected, abs=1e-9)


@given(COUNTS, st.sampled_from([0.5, 0.9, 0.95, 0.99]))
def test_clopper_pearson_agrees_with_scipy(counts: tuple[int, int], confidence: float) -> None:
    k, n = counts
    interval = clopper_pearson(k, n, confidence=confidence)
    expected = stats.binomtest(k, n).proportion_ci(confidence, method="exact")
    assert (interval.low, interval.high) == pytest.approx((expected.low, expected.high), abs=1e-9)


@given(st.lists(st.integers(0, 20), min_size=2, max_size=30), st.integers(20, 40))
def test_the_design_effect_is_that_of_cluster_robust_errors(k: list[int], n_rows: int) -> None:
    assume(0 < sum(k) < n_rows * len(k))
    rows = np.concatenate([np.arange(n_rows) < n_good for n_good in k]).astype(float)
    agent_of = np.repeat(np.arange(len(k)), n_rows)
    fit = sm.OLS(rows, np.ones(len(rows))).fit(cov_type="cluster", cov_kwds={"groups": agent_of})
    p = rows.mean()
    expected = max(1, float(fit.bse[0]) ** 2 * len(rows) / (p * (1 - p)))
    assert design_effect(k, [n_rows] * len(k)) == pytest.approx(expected, abs=1e-6)


@given(AGENTS)
def test_agents_of_unequal_volume_make_it_larger(agents: list[tuple[int, int]]) -> None:
    """An agent with much weight pulls the rate towards itself; the usual errors miss that."""
    k, n = np.array(agents).T
    assume(len(agents) > 1 and 0 < k.sum() < n.sum())
    rows = np.concatenate([np.arange(n_rows) < n_good for n_good, n_rows in agents]).astype(float)
    agent_of = np.repeat(np.arange(len(agents)), n)
    fit = sm.OLS(rows, np.ones(len(rows))).fit(cov_type="cluster", cov_kwds={"groups": agent_of})
    p, n_agents = rows.mean(), len(agents)
    uncorrected = float(fit.bse[0]) ** 2 * (n_agents - 1) / n_agents
    assert design_effect(k, n) >= max(1, uncorrected * len(rows) / (p * (1 - p))) - 1e-6


def test_agents_that_are_all_alike_but_for_chance_lose_only_the_t_correction() -> None:
    interval = clustered_rate([5] * 20, [10] * 20)
    t_to_z = (stats.norm.ppf(0.975) / stats.t.ppf(0.975, 19)) ** 2
    assert interval.method is Method.CLUSTERED_WILSON
    assert interval.n == 200
    assert interval.n_effective == pytest.approx(200 * t_to_z)
    expected = proportion_confint(interval.n_effective / 2, interval.n_effective, method="wilson")
    assert (interval.low, interval.high) == pytest.approx(expected)


@given(AGENTS)
def test_an_interval_holds_its_estimate(agents: list[tuple[int, int]]) -> None:
    k, n = np.array(agents).T
    interval = clustered_rate(k, n)
    assert 0 <= interval.low <= interval.estimate + 1e-12
    assert interval.estimate <= interval.high + 1e-12 <= 1 + 1e-12
    assert interval.n == n.sum()
    assert interval.n_effective <= interval.n


@given(AGENTS)
def test_agents_without_rows_and_the_order_of_agents_do_not_matter(agents: list[tuple[int, int]]) -> None:
    k, n = np.array(agents).T
    interval = clustered_rate(k, n)
    other = clustered_rate([*k[::-1], 0, 0], [*n[::-1], 0, 0])
    assert (other.low, other.high) == pytest.approx((interval.low, interval.high))


def test_clusters_widen_the_interval() -> None:
    k, n = [10, 0] * 10, [10] * 20
    clustered, naive = clustered_rate(k, n), wilson(sum(k), sum(n))
    assert clustered.high - clustered.low > 3 * (naive.high - naive.low)


@pytest.mark.parametrize(
    ("k", "n", "last_deff", "n_effective"),
    [
        ([3, 4], [10, 10], 2.0, 10.0),
        ([0] * 30, [100] * 30, 5.0, 600.0),
        ([100] * 30, [100] * 30, 0.5, 3000.0),
        ([0] * 30, [100] * 30, None, 30.0),
        ([7], [10], None, 1.0),
    ],
)
def test_few_agents_and_rows_that_are_all_alike_are_flagged(
    k: list[int], n: list[int], last_deff: float | None, n_effective: float
) -> None:
    interval = clustered_rate(k, n, last_deff=last_deff)
    assert interval.few_agents
    assert interval.method is Method.CLUSTERED_CLOPPER_PEARSON
    assert interval.n_effective == n_effective
    p = interval.estimate
    expected = proportion_confint(p * n_effective, n_effective, method="beta")
    assert (interval.low, interval.high) == pytest.approx(np.nan_to_num(expected, nan=p))


def test_eight_agents_are_enough_to_go_without_a_flag() -> None:
    assert clustered_rate([4] * 7, [10] * 7).few_agents
    assert not clustered_rate([4] * 8, [10] * 8).few_agents


@pytest.mark.parametrize(
    ("n_agents", "p", "correlation", "least"),
    [
        (8, 0.5, 0.1, 0.90),
        (12, 0.8, 0.1, 0.90),
        (25, 0.5, 0.1, 0.92),
        (25, 0.8, 0.1, 0.92),
        (60, 0.5, 0.05, 0.92),
    ],
)
def test_coverage_with_skewed_volumes(n_agents: int, p: float, correlation: float, least: float) -> None:
    """Acceptance of metrics section 17: coverage and two standard errors reach the bar, over 4,000 repeats."""
    rng = np.random.default_rng(20_260_101)
    weight = (1 - correlation) / correlation
    n_repeats = 4_000
    n_covered = 0
    for _ in range(n_repeats):
        n = 1 + rng.lognormal(np.log(40), 0.8, n_agents).astype(int)
        k = rng.binomial(n, rng.beta(p * weight, (1 - p) * weight, n_agents))
        interval = clustered_rate(k, n)
        n_covered += interval.low <= p <= interval.high
    coverage = n_covered / n_repeats
    assert coverage + 2 * (coverage * (1 - coverage) / n_repeats) ** 0.5 >= least


@pytest.mark.parametrize(
    ("k", "n", "message"),
    [
        ([], [], "share of no rows: it has no estimate"),
        ([0, 0], [0, 0], "share of no rows: it has no estimate"),
        ([1], [1, 2], "give one of each per agent"),
        ([3], [2], "each k must lie between 0 and its n"),
        ([-1], [2], "each k must lie between 0 and its n"),
        ([float("nan")], [2], "each k must lie between 0 and its n"),
    ],
)
def test_counts_that_make_no_share_are_refused(k: list[float], n: list[float], message: str) -> None:
    with pytest.raises(ValueError, match=message):
        clustered_rate(k, n)


@pytest.mark.parametrize("interval", [wilson, clopper_pearson])
def test_bad_arguments_are_refused(interval) -> None:  # type: ignore[no-untyped-def]
    with pytest.raises(ValueError, match="share of no rows: it has no estimate"):
        interval(0, 0)
    with pytest.raises(ValueError, match="share of 3 in 2 rows: k must lie between 0 and n"):
        interval(3, 2)
    with pytest.raises(ValueError, match=r"confidence 95: it must lie between 0 and 1, such as 0\.95"):
        interval(1, 2, confidence=95)


def test_a_design_effect_needs_agents_and_rows_that_differ() -> None:
    for k, n in (([3], [5]), ([0, 0], [5, 5]), ([5, 5], [5, 5])):
        with pytest.raises(ValueError, match="keep the last one instead"):
            design_effect(k, n)
