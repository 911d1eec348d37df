"""The difference of two arms: agents that are in both cancel out, and what cannot be told is refused or flagged."""

import numpy as np
import pytest
import statsmodels.api as sm
from hypothesis import given
from hypothesis import strategies as st
from numpy.typing import NDArray

from copilot.statistics.differences import difference_of_means, difference_of_rates
from copilot.statistics.intervals import Method

CELL = st.integers(1, 60).flatmap(lambda n: st.tuples(st.integers(0, n), st.just(n)))
AGENTS = st.lists(st.tuples(CELL, CELL), min_size=2, max_size=25)


def counts(
    agents: list[tuple[tuple[int, int], tuple[int, int]]],
) -> tuple[NDArray[np.int_], NDArray[np.int_]]:
    cells = np.array(agents)
    return cells[..., 0], cells[..., 1]


@given(AGENTS)
def test_the_estimate_is_the_difference_of_both_rates(
    agents: list[tuple[tuple[int, int], tuple[int, int]]],
) -> None:
    k, n = counts(agents)
    found = difference_of_rates(k, n)
    first, second = k.sum(axis=0) / n.sum(axis=0)
    assert found.estimate == pytest.approx(second - first, abs=1e-9)
    assert found.low <= found.estimate + 1e-12
    assert found.estimate <= found.high + 1e-12
    assert found.low >= -1
    assert found.high <= 1
    assert (found.n, found.n_agents) == (n.sum(), len(agents))


@given(AGENTS)
def test_arms_that_change_places_change_the_sign(
    agents: list[tuple[tuple[int, int], tuple[int, int]]],
) -> None:
    k, n = counts(agents)
    found, turned = difference_of_rates(k, n), difference_of_rates(k[:, ::-1], n[:, ::-1])
    assert (turned.low, turned.high) == pytest.approx((-found.high, -found.low), abs=1e-9)


@given(AGENTS)
def test_the_order_of_agents_and_idle_ones_do_not_matter(
    agents: list[tuple[tuple[int, int], tuple[int, int]]],
) -> None:
    k, n = counts(agents)
    found = difference_of_rates(k, n)
    other = difference_of_rates([*k[::-1].tolist(), [0, 0]], [*n[::-1].tolist(), [0, 0]])
    assert (other.low, other.high, other.n_agents) == (
        pytest.approx(found.low, abs=1e-9),
        pytest.approx(found.high, abs=1e-9),
        found.n_agents,
    )


def test_it_agrees_with_a_regression_clustered_by_agent() -> None:
    rng = np.random.default_rng(1)
    n = rng.integers(5, 30, (300, 2))
    k = rng.binomial(n, rng.beta(3, 2, (300, 1)))
    rows = [(g, arm, y) for (g, arm), size in np.ndenumerate(n) for y in np.arange(size) < k[g, arm]]
    agent_of, arm_of, y = np.array(rows, dtype=float).T
    fit = sm.OLS(y, sm.add_constant(arm_of)).fit(cov_type="cluster", cov_kwds={"groups": agent_of})
    found = difference_of_rates(k, n)
    assert found.standard_error == pytest.approx(fit.bse[1], rel=0.01)


def test_what_an_agent_has_in_common_in_both_arms_cancels_out() -> None:
    rng = np.random.default_rng(2)
    base = rng.beta(1, 1, 12)
    k = np.stack([np.round(100 * base), np.round(100 * base) - 1], axis=-1).clip(0)
    within, apart = difference_of_rates(k, np.full((12, 2), 100)), []
    for arm in (0, 1):
        apart.append(np.where(np.arange(2) == arm, k[arm * 6 : arm * 6 + 6], 0))
    n_apart = np.where(np.concatenate(apart) > 0, 100, 0)
    assert within.standard_error < difference_of_rates(np.concatenate(apart), n_apart).standard_error / 5


def test_rows_that_are_all_alike_are_not_taken_for_certain() -> None:
    found = difference_of_rates([[20, 20]] * 12, [[20, 20]] * 12)
    assert found.estimate == pytest.approx(0)
    assert found.low < -0.2
    assert found.high > 0.2
    assert found.few_agents
    assert found.method is Method.CLUSTERED_CLOPPER_PEARSON


def test_no_limit_lies_where_no_difference_can() -> None:
    found = difference_of_rates([[0, 3], [1, 2], [0, 3]], [[3, 3]] * 3)
    assert found.estimate == pytest.approx(7 / 9)
    assert found.high == 1.0


def test_few_agents_are_flagged() -> None:
    assert difference_of_rates([[3, 4], [2, 6]], [[10, 10]] * 2).few_agents
    assert not difference_of_rates([[3, 4], [2, 6]] * 4, [[10, 10]] * 8).few_agents


@pytest.mark.parametrize(
    ("total", "n", "message"),
    [
        ([[1, 2]], [[2, 2]], "one has 1 agents, at least 2 are needed"),
        ([[1, 0], [2, 0]], [[2, 0], [3, 0]], "one has 0 agents"),
        ([], [], "have shape"),
        (np.zeros((0, 2)), np.zeros((0, 2)), "one has 0 agents"),
        ([1, 2], [2, 3], r"give \[agents, 2\] of each"),
        ([[1, 2]] * 2, [[-1, 2]] * 2, "counts must not be negative"),
        ([[float("nan"), 2]] * 2, [[2, 2]] * 2, "sums must be numbers"),
    ],
)
def test_sums_that_make_no_difference_are_refused(total: object, n: object, message: str) -> None:
    with pytest.raises(ValueError, match=message):
        difference_of_means(total, n)  # type: ignore[arg-type]


def test_more_matches_than_turns_are_refused() -> None:
    with pytest.raises(ValueError, match="each k must lie between 0 and its n"):
        difference_of_rates([[3, 1]] * 2, [[2, 2]] * 2)


def test_a_confidence_out_of_range_is_refused() -> None:
    with pytest.raises(ValueError, match=r"such as 0\.95"):
        difference_of_means([[1, 2]] * 3, [[2, 2]] * 3, confidence=95)
