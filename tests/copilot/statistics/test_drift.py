"""Distances of two samples: their formulas, and that chance alone raises the alarm as often as said."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy.spatial.distance import jensenshannon

from copilot.statistics.drift import (
    decile_groups,
    jensen_shannon,
    largest_change,
    merged,
    permutation_p,
    population_stability,
    unseen_limit,
)

SAMPLES = st.integers(2, 12).flatmap(
    lambda n: st.tuples(*[st.lists(st.integers(0, 300), min_size=n, max_size=n).filter(any)] * 2)
)


@given(SAMPLES)
def test_jensen_shannon_is_scipys_to_base_two(samples: tuple[list[int], list[int]]) -> None:
    found = jensen_shannon(*samples)
    assert found == pytest.approx(np.nan_to_num(jensenshannon(*samples, base=2)), abs=1e-6)
    assert 0 <= found <= 1 + 1e-12


@given(SAMPLES)
def test_distances_are_symmetric_and_0_between_the_same(samples: tuple[list[int], list[int]]) -> None:
    r, c = samples
    assert population_stability(r, c).value == pytest.approx(population_stability(c, r).value)
    assert jensen_shannon(r, c) == pytest.approx(jensen_shannon(c, r))
    assert abs(largest_change(r, c)[1]) == pytest.approx(abs(largest_change(c, r)[1]))
    assert population_stability(r, r).value == pytest.approx(0)
    assert not population_stability(r, r).is_drift


@given(SAMPLES)
def test_merging_loses_no_row(samples: tuple[list[int], list[int]]) -> None:
    r, c = merged(*samples)
    assert (r.sum(), c.sum()) == (sum(samples[0]), sum(samples[1]))
    assert len(r) == len(c) <= len(samples[0])


def test_stability_is_the_sum_over_shares_with_half_a_row_more() -> None:
    r, c = np.array([300, 500, 200]), np.array([250, 480, 270])
    p, q = (r + 0.5) / (r + 0.5).sum(), (c + 0.5) / (c + 0.5).sum()
    assert population_stability(r, c).value == pytest.approx(np.sum((q - p) * np.log(q / p)))


@pytest.mark.parametrize(("n_bins", "n", "m"), [(10, 1_000, 1_000), (30, 1_000, 200), (20, 5_000, 400)])
def test_chance_raises_the_alarm_in_one_of_a_hundred(n_bins: int, n: int, m: int) -> None:
    """Metrics section 8: half counts keep the threshold true, from 0.6 to 1.1 % at nominal 1 %."""
    rng = np.random.default_rng(1)
    shares = rng.dirichlet(np.full(n_bins, 5.0))
    pairs = zip(rng.multinomial(n, shares, 4_000), rng.multinomial(m, shares, 4_000), strict=True)
    rate = np.mean([population_stability(*pair).is_drift for pair in pairs])
    assert 0.004 < rate < 0.015


def test_a_shift_is_seen() -> None:
    rng = np.random.default_rng(2)
    shares = np.full(10, 0.1)
    moved = shares + np.array([0.08, -0.08, *[0] * 8])
    assert population_stability(rng.multinomial(1_000, shares), rng.multinomial(1_000, moved)).is_drift


def test_a_new_topic_is_not_hidden_by_merging() -> None:
    assert population_stability([500, 500, 0], [400, 400, 200]).is_drift


def test_one_bin_never_drifts() -> None:
    found = population_stability([50], [80])
    assert (found.value, found.is_drift, found.n_bins) == (0, False, 1)


def test_whole_days_are_dealt_out_anew() -> None:
    """Days that differ for no reason: rows taken for independent alarm always, days rarely."""
    rng = np.random.default_rng(3)
    current = np.arange(28) >= 14
    found, naive = [], []
    for _ in range(200):
        days = np.array([rng.multinomial(100, shares) for shares in rng.dirichlet([4, 4, 4], 28)])
        found.append(permutation_p(days, current, seed=1, n_draws=200) < 0.05)
        naive.append(population_stability(days[~current].sum(axis=0), days[current].sum(axis=0)).is_drift)
    assert np.mean(naive) > 0.3
    assert np.mean(found) < 0.1


def test_the_same_seed_gives_the_same_p_value() -> None:
    days = np.random.default_rng(4).integers(5, 50, (10, 4))
    current = np.arange(10) > 6
    assert permutation_p(days, current, seed=1) == permutation_p(days, current, seed=1)


def test_one_text_in_a_hundred_is_unseen_by_chance() -> None:
    distances = np.random.default_rng(5).random(20_000)
    limit = unseen_limit(distances[:10_000])
    assert (distances[10_000:] > limit).sum() == pytest.approx(100, abs=40)


@pytest.mark.parametrize(
    ("reference", "groups"),
    [
        ([1] * 20, [at // 2 for at in range(20)]),
        ([90, 10], [0, 1]),
        ([0, 100, 0], [0, 0, 1]),
        ([100], [0]),
    ],
)
def test_narrow_bins_are_put_together_by_tenths_of_the_reference(
    reference: list[int], groups: list[int]
) -> None:
    assert decile_groups(reference).tolist() == groups


def test_without_a_reference_there_are_no_tenths() -> None:
    with pytest.raises(ValueError, match="groups by deciles: the reference has no rows"):
        decile_groups([0, 0])


@pytest.mark.parametrize(
    ("reference", "current", "message"),
    [
        ([], [], "drift of no rows"),
        ([1, 2], [0, 0], "drift of no rows"),
        ([1, 2], [1], "give counts of each bin"),
        ([1, -2], [1, 2], "counts must not be negative"),
    ],
)
def test_samples_that_cannot_be_compared_are_refused(
    reference: list[int], current: list[int], message: str
) -> None:
    for distance in (population_stability, jensen_shannon, largest_change):
        with pytest.raises(ValueError, match=message):
            distance(reference, current)


def test_clusters_of_one_sample_only_are_refused() -> None:
    with pytest.raises(ValueError, match="each sample needs a cluster"):
        permutation_p([[1, 2], [3, 4]], [True, True], seed=1)
    with pytest.raises(ValueError, match=r"give \[clusters, bins\] and \[clusters\]"):
        permutation_p([[1, 2], [3, 4]], [True], seed=1)
