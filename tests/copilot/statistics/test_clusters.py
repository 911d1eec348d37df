"""What agents are worth: as many as they are where volumes are equal, fewer where a few have most of the rows."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from copilot.statistics.clusters import variance_of
from copilot.statistics.regression import contrast

VOLUMES = st.lists(st.integers(1, 500), min_size=2, max_size=30)


@given(VOLUMES, st.integers(0, 1_000))
def test_it_is_the_regression_on_a_constant(volumes: list[int], seed: int) -> None:
    n = np.array(volumes, dtype=float)
    total = n * np.random.default_rng(seed).random(len(n))
    mean = total.sum() / n.sum()
    variance, df = variance_of((total - mean * n) / n.sum(), n / n.sum())
    found = contrast(n[:, None, None], total[:, None], np.ones(1))
    assert variance == pytest.approx(found.variance, rel=1e-6, abs=1e-12)
    assert df == pytest.approx(found.df, rel=1e-6)


@given(VOLUMES)
def test_skew_only_takes_degrees_of_freedom_away(volumes: list[int]) -> None:
    n = np.array(volumes, dtype=float)
    _, df = variance_of(np.zeros(len(n)), n / n.sum())
    assert 0 < df <= len(n) - 1 + 1e-9


def test_equal_volumes_give_the_usual_variance() -> None:
    u = np.array([0.3, -0.1, -0.2])
    variance, df = variance_of(u, np.full(3, 1 / 3))
    assert (float(variance), float(df)) == pytest.approx((1.5 * np.sum(u**2), 2))


def test_leading_axes_are_estimates_apart() -> None:
    rng = np.random.default_rng(1)
    u, w = rng.normal(size=(4, 6)), rng.dirichlet(np.ones(6), 4)
    both = variance_of(u, w)
    for at in range(4):
        one = variance_of(u[at], w[at])
        assert (both[0][at], both[1][at]) == (pytest.approx(one[0]), pytest.approx(one[1]))


def test_an_agent_alone_has_no_variance() -> None:
    variance, df = variance_of(np.zeros(1), np.ones(1))
    assert np.isnan(variance)
    assert df == 0
