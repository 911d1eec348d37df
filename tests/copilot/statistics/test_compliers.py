"""The effect on those reached is that of instrumental variables, and is not told where hardly anybody was."""

import numpy as np
import pytest
from numpy.typing import NDArray
from scipy.stats import t as student_t
from statsmodels.sandbox.regression.gmm import IV2SLS

from copilot.statistics.compliers import LEAST_DIFFERENCE, effect_on_compliers
from copilot.statistics.differences import difference_of_means

Array = NDArray[np.float64]
EFFECT = -0.3


def make_rows(
    seed: int, *, n_agents: int = 20, looks: float = 0.6, effect: float = EFFECT
) -> tuple[Array, Array, Array, NDArray[np.intp]]:
    """Return log times, who was reached, arms and agents of cases: those that are looked at are quicker anyway."""
    rng = np.random.default_rng(seed)
    agent_of = np.repeat(np.arange(n_agents), rng.integers(20, 60, n_agents))
    arm = (rng.random(len(agent_of)) < 0.5).astype(float)
    is_looked_at = rng.random(len(agent_of)) < np.clip(rng.normal(looks, 0.1, n_agents), 0, 1)[agent_of]
    d = is_looked_at * arm
    y = 5 + rng.normal(0, 0.3, n_agents)[agent_of] - 0.4 * is_looked_at + effect * d
    return y + rng.normal(0, 0.5, len(agent_of)), d, arm, agent_of


def sums_of(y: Array, d: Array, arm: Array, agent_of: NDArray[np.intp]) -> tuple[Array, Array, Array]:
    def by(values: Array) -> Array:
        cells = [[values[(agent_of == g) & (arm == t)].sum() for t in (0, 1)] for g in np.unique(agent_of)]
        return np.array(cells)

    return by(y), by(d), by(np.ones(len(y)))


def test_it_is_two_stage_least_squares() -> None:
    y, d, arm, agent_of = make_rows(1, n_agents=150)
    ones = np.ones(len(y))
    design, instruments = np.column_stack([ones, d]), np.column_stack([ones, arm])
    fit = IV2SLS(y, design, instruments).fit()
    found = effect_on_compliers(*sums_of(y, d, arm, agent_of)).effect
    assert found is not None
    assert found.estimate == pytest.approx(fit.params[1])
    influence = np.linalg.solve(instruments.T @ design, (instruments * fit.resid[:, None]).T)[1]
    clustered = np.bincount(agent_of, influence)
    assert found.standard_error == pytest.approx(np.sqrt(np.sum(clustered**2)), rel=0.02)


def test_each_end_of_the_interval_is_where_the_arms_just_do_not_differ() -> None:
    total, k, n = sums_of(*make_rows(2))
    found = effect_on_compliers(total, k, n).effect
    assert found is not None
    for end in (found.low, found.high):
        rest = difference_of_means(total - end * k, n)
        t = student_t.ppf(0.975, rest.df)
        assert abs(rest.estimate) / rest.standard_error == pytest.approx(t)


def test_who_looked_and_who_did_not_differ_anyway() -> None:
    y, d, arm, agent_of = make_rows(3, n_agents=200)
    found = effect_on_compliers(*sums_of(y, d, arm, agent_of)).effect
    assert found is not None
    as_treated = y[(arm == 1) & (d == 1)].mean() - y[(arm == 1) & (d == 0)].mean()
    assert found.estimate == pytest.approx(EFFECT, abs=0.06)
    assert as_treated < EFFECT - 0.3, "what comparing them would say"


def test_where_all_are_reached_it_is_the_effect_of_being_assigned() -> None:
    total, _, n = sums_of(*make_rows(4))
    k = n * np.array([0, 1])
    found, plain = effect_on_compliers(total, k, n), difference_of_means(total, n)
    assert found.effect is not None
    assert (found.reached.low, found.reached.high) == pytest.approx((1, 1))
    for name in ("estimate", "low", "high", "standard_error", "df"):
        assert getattr(found.effect, name) == pytest.approx(getattr(plain, name))


@pytest.mark.parametrize("effect", [0.0, -0.05, -0.1, -0.15, -0.3])
def test_it_is_clear_when_the_effect_of_being_assigned_is(effect: float) -> None:
    total, k, n = sums_of(*make_rows(5, effect=effect))
    found = effect_on_compliers(total, k, n).effect
    assert found is not None
    assert found.is_clear == difference_of_means(total, n).is_clear


def test_more_standard_errors_make_a_wider_interval() -> None:
    sums = sums_of(*make_rows(6))
    usual, wide = effect_on_compliers(*sums).effect, effect_on_compliers(*sums, n_errors=4.0).effect
    assert usual is not None
    assert wide is not None
    assert wide.low < usual.low < usual.estimate == wide.estimate < usual.high < wide.high


@pytest.mark.parametrize("looks", [0.0, 0.05, 0.11])
def test_too_few_reached_to_divide_by_give_no_effect(looks: float) -> None:
    found = effect_on_compliers(*sums_of(*make_rows(7, looks=looks)))
    assert found.effect is None
    assert found.reached.low < LEAST_DIFFERENCE


def test_an_arm_that_keeps_from_being_reached_gives_no_effect() -> None:
    total, k, n = sums_of(*make_rows(8))
    found = effect_on_compliers(total[:, ::-1], k[:, ::-1], n[:, ::-1])
    assert (found.effect, found.reached.high < 0) == (None, True)


def test_what_cannot_be_told_gives_no_effect() -> None:
    assert effect_on_compliers(*sums_of(*make_rows(9)), n_errors=np.inf).effect is None


def test_what_cannot_be_counted_is_refused() -> None:
    total, k, n = sums_of(*make_rows(10))
    with pytest.raises(ValueError, match="each k must lie between 0 and its n"):
        effect_on_compliers(total, n + 1, n)
    with pytest.raises(ValueError, match="at least 2 are needed"):
        effect_on_compliers(total[:1], k[:1], n[:1])
