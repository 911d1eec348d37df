"""The adjusted effect agrees with a regression over rows, and tells when assignment was not left to chance."""

import numpy as np
import pytest
import statsmodels.api as sm
from numpy.typing import NDArray

from copilot.statistics.cuped import Sums, adjusted_effect
from copilot.statistics.differences import difference_of_means

Array = NDArray[np.float64]


def make_rows(
    seed: int, *, n_agents: int = 20, moved: float = 0.0
) -> tuple[Array, Array, Array, NDArray[np.intp]]:
    rng = np.random.default_rng(seed)
    agent_of = np.repeat(np.arange(n_agents), rng.integers(20, 60, n_agents))
    arm = (rng.random(len(agent_of)) < 0.5).astype(float)
    x = 4 + rng.normal(0, 0.4, n_agents)[agent_of] + rng.normal(0, 0.6, len(agent_of)) + moved * arm
    y = 0.9 * x - 0.1 * arm + rng.normal(0, 0.5, len(agent_of))
    return y, x, arm, agent_of


def sums_of(y: Array, x: Array, arm: Array, agent_of: NDArray[np.intp]) -> Sums:
    def by(values: Array) -> Array:
        cells = [[values[(agent_of == g) & (arm == t)].sum() for t in (0, 1)] for g in np.unique(agent_of)]
        return np.array(cells)

    return Sums(by(np.ones(len(y))), by(y), by(x), by(x * x), by(x * y), by(y * y))


def test_it_is_lins_regression() -> None:
    y, x, arm, agent_of = make_rows(1, n_agents=120)
    centred = x - x.mean()
    design = np.column_stack([np.ones(len(y)), arm, centred, arm * centred])
    fit = sm.OLS(y, design).fit(cov_type="cluster", cov_kwds={"groups": agent_of})
    found = adjusted_effect(sums_of(y, x, arm, agent_of)).effect
    assert found.estimate == pytest.approx(fit.params[1])
    assert found.standard_error == pytest.approx(fit.bse[1], rel=0.02)


def test_the_variance_falls_by_the_square_of_the_correlation() -> None:
    y, x, arm, _ = make_rows(2, n_agents=200)
    rows = sums_of(y, x, arm, np.arange(len(y)))  # rows independent, so that the rule holds
    found, plain = adjusted_effect(rows), difference_of_means(rows.y, rows.n)
    left = (found.effect.standard_error / plain.standard_error) ** 2
    assert found.correlation == pytest.approx(np.corrcoef(x[arm == 0], y[arm == 0])[0, 1], abs=0.03)
    assert left == pytest.approx(1 - found.correlation**2, abs=0.02)


def test_the_unit_and_origin_of_the_covariate_do_not_matter() -> None:
    y, x, arm, agent_of = make_rows(3)
    found = adjusted_effect(sums_of(y, x, arm, agent_of)).effect
    other = adjusted_effect(sums_of(y, 1_000 * x + 50_000, arm, agent_of)).effect
    assert (other.low, other.high) == pytest.approx((found.low, found.high), rel=1e-4)


def test_a_covariate_that_differs_between_arms_is_told() -> None:
    assert not adjusted_effect(sums_of(*make_rows(4))).imbalance.is_clear
    assert adjusted_effect(sums_of(*make_rows(4, moved=0.3))).imbalance.is_clear


def test_a_covariate_that_tells_nothing_changes_next_to_nothing() -> None:
    y, x, arm, agent_of = make_rows(5)
    noise = np.random.default_rng(6).normal(size=len(x))
    rows = sums_of(y, noise, arm, agent_of)
    plain = difference_of_means(rows.y, rows.n)
    found = adjusted_effect(rows)
    assert found.effect.estimate == pytest.approx(plain.estimate, abs=0.02)
    assert abs(found.correlation) < 0.1


def test_what_cannot_be_adjusted_is_refused() -> None:
    y, x, arm, agent_of = make_rows(7)
    with pytest.raises(ValueError, match="leave it out|depend on each other"):
        adjusted_effect(sums_of(y, np.zeros(len(x)), arm, agent_of))
    with pytest.raises(ValueError, match="at least 2 are needed"):
        adjusted_effect(
            sums_of(y[agent_of == 0], x[agent_of == 0], arm[agent_of == 0], agent_of[agent_of == 0])
        )
