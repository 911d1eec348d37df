"""Post-stratified accuracy: unbiased under oversampling, bounded, and never certain where labels are all alike."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from copilot.statistics.corrected import post_stratified

STRATUM = st.integers(2, 60).flatmap(
    lambda n: st.tuples(st.integers(0, n), st.just(n), st.integers(n, 2_000))
)


@given(st.lists(STRATUM, min_size=1, max_size=8))
def test_the_estimate_weighs_strata_by_their_rows(strata: list[tuple[int, int, int]]) -> None:
    k, n, rows = np.array(strata).T
    found = post_stratified(k, n, rows)
    assert found.estimate == pytest.approx(np.average(k / n, weights=rows))
    assert 0 <= found.low <= found.estimate + 1e-9
    assert found.estimate <= found.high + 1e-9 <= 1 + 1e-9
    assert found.n == n.sum()


def test_the_variance_is_cochrans() -> None:
    k, n, rows = np.array([400, 300]), np.array([500, 900]), np.array([20_000, 60_000])
    found = post_stratified(k, n, rows)
    p, w = k / n, rows / rows.sum()
    expected = np.sum(w**2 * (1 - n / rows) * p * (1 - p) / (n - 1))
    assert found.n_effective == pytest.approx(found.estimate * (1 - found.estimate) / expected, rel=0.01)


def test_where_every_row_has_a_label_nothing_is_left_to_chance() -> None:
    found = post_stratified([80, 10], [100, 50], [100, 50])
    assert found.high - found.low < 1e-6


def test_labels_that_are_all_alike_are_not_certain() -> None:
    found = post_stratified([20], [20], [10_000])
    assert found.estimate == 1
    assert found.low < 0.97


@pytest.mark.parametrize(
    ("k", "n", "rows", "message"),
    [
        ([], [], [], "share of no rows"),
        ([0], [0], [0], "share of no rows"),
        ([1], [1], [50], "stratum 0 has 1 labels: at least 2 are needed, merge it with another"),
        ([3], [2], [50], "each k must lie between 0 and its n"),
        ([3], [20], [10], "each n up to its rows"),
        ([3, 1], [20], [30], "give one of each per stratum"),
    ],
)
def test_labels_that_make_no_estimate_are_refused(
    k: list[int], n: list[int], rows: list[int], message: str
) -> None:
    with pytest.raises(ValueError, match=message):
        post_stratified(k, n, rows)


def test_a_stratum_without_rows_is_left_out() -> None:
    assert post_stratified([8, 0], [10, 0], [100, 0]).estimate == pytest.approx(0.8)
