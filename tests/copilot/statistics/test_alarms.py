"""Alarms are raised by chance as rarely as they say, looked at again and again, and soon where something is wrong."""

import numpy as np
import pytest

from copilot.monitor import alerting, checks
from copilot.statistics.alarms import SHARE_LEVEL, is_above, upper_line
from copilot.statistics.worlds import Volumes, rates, volumes

DAYS = 30
MONTHS = 500


def months(*, mean: float, since: float, seed: int, n_agents: int = 25) -> float:
    """Return in what share of months somebody is called, who looks every day; rates differ by agent, as volumes do."""
    rng = np.random.default_rng(seed)
    rows = volumes(rng, repeats=MONTHS, n_agents=n_agents, kind=Volumes.LOGNORMAL, mean=60)
    own = rates(rng, rows, mean=mean, correlation=0.1)
    before = rng.binomial(3 * rows, own)
    now = np.clip(own + since - mean, 0, 1)
    n_alarms = 0
    for month in range(MONTHS):
        daily = rng.poisson(rows[month] / DAYS, (DAYS, n_agents))
        k, n = rng.binomial(daily, now[month]).cumsum(axis=0), daily.cumsum(axis=0)
        reference = list(zip(before[month], 3 * rows[month], strict=True))
        n_alarms += any(
            checks.fall_of(reference, [(x, y) for x, y in zip(k[day], n[day], strict=True) if y])
            for day in range(3, DAYS, 3)
        )
    return n_alarms / MONTHS


@pytest.mark.parametrize("since", [0.6, 0.6 - checks.MARGIN])
def test_a_match_rate_that_did_not_fall_by_more_than_the_margin_calls_hardly_ever(since: float) -> None:
    found = months(mean=0.6, since=since, seed=1)
    error = (checks.LEVEL * (1 - checks.LEVEL) / MONTHS) ** 0.5
    assert found <= checks.LEVEL + 2 * error


@pytest.mark.parametrize(("since", "most"), [(0.3, 0.65), (0.2, 0.9)])
def test_a_match_rate_that_fell_far_calls_within_the_month(since: float, most: float) -> None:
    assert months(mean=0.6, since=since, seed=2) > most


@pytest.mark.parametrize("limit", [0.02, 0.2])
@pytest.mark.parametrize("of_limit", [1.0, 0.5])
@pytest.mark.parametrize("n", [40, 2000])
def test_a_share_at_its_limit_calls_in_fewer_than_one_of_a_thousand_days(
    limit: float, of_limit: float, n: int
) -> None:
    rng = np.random.default_rng(3)
    repeats, looks = 3000, 12
    daily = rng.binomial(n // looks, of_limit * limit, (repeats, looks)).cumsum(axis=1)
    sizes = n // looks * np.arange(1, looks + 1)
    alarms = sum(
        any(is_above(int(k), int(size), limit=limit) for k, size in zip(day, sizes, strict=True) if k > limit * size)
        for day in daily
    )  # fmt: skip
    assert alarms / repeats <= SHARE_LEVEL + 2 * (SHARE_LEVEL / repeats) ** 0.5


def test_what_fails_altogether_calls_at_once() -> None:
    assert not is_above(0, 0, limit=0.02)
    assert not is_above(1, 1, limit=0.02)
    assert is_above(8, 8, limit=0.02)


def test_too_few_rows_or_one_agent_call_nobody() -> None:
    assert upper_line([1], [400], planned_n=400, level=0.025) == 1.0
    assert upper_line([1, 1], [60, 60], planned_n=400, level=0.025) == 1.0
    assert checks.fall_of([], [(1, 400)]) is None
    assert checks.fall_of([(300, 400)], []) is None


def test_all_checks_together_keep_to_the_budget() -> None:
    assert alerting.budget() <= alerting.BUDGET
