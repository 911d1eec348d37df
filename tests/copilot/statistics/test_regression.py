"""Least squares from sums agrees with least squares from rows, errors included."""

import numpy as np
import pytest
import statsmodels.api as sm
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray
from scipy.linalg import fractional_matrix_power

from copilot.statistics.regression import contrast

Array = NDArray[np.float64]
WEIGHTS = np.array([0.0, 1.0, 0.0])


def make_rows(seed: int, sizes: list[int]) -> tuple[Array, Array, NDArray[np.intp]]:
    rng = np.random.default_rng(seed)
    agent_of = np.repeat(np.arange(len(sizes)), sizes)
    x = np.column_stack(
        [np.ones(len(agent_of)), rng.random(len(agent_of)) < 0.5, rng.normal(size=len(agent_of))]
    )
    return x.astype(float), rng.normal(size=len(sizes))[agent_of] + rng.normal(size=len(agent_of)), agent_of


def sums_of(x: Array, y: Array, agent_of: NDArray[np.intp]) -> tuple[Array, Array]:
    parts = [agent_of == agent for agent in np.unique(agent_of)]
    return np.stack([x[at].T @ x[at] for at in parts]), np.stack([x[at].T @ y[at] for at in parts])


def by_rows(x: Array, y: Array, agent_of: NDArray[np.intp]) -> tuple[float, float]:
    """CR2 variance and Satterthwaite's degrees of freedom as their authors write them, over rows."""
    bread = np.linalg.inv(x.T @ x)
    hat = np.eye(len(y)) - x @ bread @ x.T
    residual = hat @ y
    columns = []
    for agent in np.unique(agent_of):
        at = np.flatnonzero(agent_of == agent)
        adjusted = np.real(fractional_matrix_power(hat[np.ix_(at, at)], -0.5))
        columns.append(hat[:, at] @ adjusted @ x[at] @ bread @ WEIGHTS)
        columns[-1] = (columns[-1], float((adjusted @ x[at] @ bread @ WEIGHTS) @ residual[at]))
    g = np.column_stack([column for column, _ in columns])
    values = np.linalg.eigvalsh(g.T @ g)
    return sum(pull**2 for _, pull in columns), values.sum() ** 2 / (values**2).sum()


@settings(max_examples=25)
@given(st.integers(0, 10_000), st.lists(st.integers(8, 20), min_size=4, max_size=7))
def test_variance_and_degrees_are_those_of_rows(seed: int, sizes: list[int]) -> None:
    rows = make_rows(seed, sizes)
    found = contrast(*sums_of(*rows), WEIGHTS)
    assert (float(found.variance), float(found.df)) == pytest.approx(by_rows(*rows), rel=1e-6)
    assert found.estimate == pytest.approx(sm.OLS(rows[1], rows[0]).fit().params[1])


def test_where_each_row_is_an_agent_it_is_hc2() -> None:
    x, y, _ = make_rows(3, [40])
    found = contrast(*sums_of(x, y, np.arange(40)), WEIGHTS)
    assert float(found.variance) ** 0.5 == pytest.approx(sm.OLS(y, x).fit(cov_type="HC2").bse[1])


def test_with_many_agents_it_is_the_usual_clustered_error() -> None:
    x, y, agent_of = make_rows(4, [5] * 400)
    found = contrast(*sums_of(x, y, agent_of), WEIGHTS)
    fit = sm.OLS(y, x).fit(cov_type="cluster", cov_kwds={"groups": agent_of})
    assert float(found.variance) ** 0.5 == pytest.approx(fit.bse[1], rel=0.01)


@given(st.floats(0.01, 1_000), st.integers(0, 100))
def test_units_do_not_matter(factor: float, seed: int) -> None:
    x, y, agent_of = make_rows(seed, [10, 12, 9, 11])
    found = contrast(*sums_of(x, y, agent_of), WEIGHTS)
    scaled = contrast(*sums_of(x * np.array([1, 1, factor]), y * factor, agent_of), WEIGHTS)
    assert scaled.estimate == pytest.approx(found.estimate * factor)
    assert scaled.variance == pytest.approx(found.variance * factor**2)
    assert scaled.df == pytest.approx(found.df)


def test_leading_axes_are_fits_apart() -> None:
    sums = [sums_of(*make_rows(seed, [10, 12, 9])) for seed in (1, 2)]
    both = contrast(np.stack([xx for xx, _ in sums]), np.stack([xy for _, xy in sums]), WEIGHTS)
    for at, one in enumerate(sums):
        assert both.variance[at] == pytest.approx(contrast(*one, WEIGHTS).variance)


def test_what_cannot_be_fitted_is_refused() -> None:
    x, y, agent_of = make_rows(1, [10, 10, 10])
    with pytest.raises(ValueError, match="columns of x depend on each other"):
        contrast(*sums_of(np.column_stack([x[:, :2], x[:, 0]]), y, agent_of), WEIGHTS)
    with pytest.raises(ValueError, match="a column of x is 0 throughout"):
        contrast(*sums_of(x * np.array([1, 0, 1]), y, agent_of), WEIGHTS)
    with pytest.raises(ValueError, match=r"give \[agents, p, p\]"):
        contrast(np.ones((3, 2, 2)), np.ones((3, 3)), WEIGHTS)
