"""The decay alarm finds what fell and leaves the rest alone: exact in small samples, and tried on invented desks."""

from dataclasses import dataclass

import numpy as np
import pytest
from numpy.typing import NDArray
from scipy import stats

from copilot.statistics import decay
from copilot.statistics.worlds import Volumes, volumes

Rows = NDArray[np.int64]
WINDOWS = (7, 14, 28, 56)
PAST = 182
N_ANSWERS, N_AGENTS, N_DAYS = (
    87,
    10,
    84,
)  # a world of twelve weeks; one team answers what is asked about one answer
CHANGE = 49  # day on which two answers become wrong; agents hear of it within twelve days
WRONG = (0, 1)


def test_one_stratum_is_fishers_test() -> None:
    found = decay.fall_of([[17, 0]], [[28, 9]])
    assert found is not None
    expected = stats.fisher_exact([[0, 9], [17, 11]], alternative="less").pvalue
    assert found.p == pytest.approx(expected)


def test_the_chance_is_that_of_all_ways_to_deal_the_matches_out() -> None:
    k, n = np.array([[9, 0], [6, 1], [8, 2]]), np.array([[10, 4], [9, 5], [10, 6]])
    rng = np.random.default_rng(7)
    sums = sum(
        rng.hypergeometric(k[s].sum(), (n[s] - k[s]).sum(), n[s, 1], size=400_000) for s in range(len(k))
    )
    found = decay.fall_of(k, n)
    assert found is not None
    assert found.p == pytest.approx(np.mean(sums <= k[:, 1].sum()), rel=0.15)


def test_the_change_is_that_within_strata() -> None:
    """Who matches seldom answers more of late: of all turns together the rate has fallen by 0.34."""
    k, n = [[90, 18], [10, 40]], [[100, 20], [50, 200]]
    found = decay.fall_of(k, n)
    assert found is not None
    assert (found.change, found.p > 0.4) == (0, True)


@pytest.mark.parametrize(
    ("k", "n"), [([[5, 0]], [[9, 0]]), ([[0, 3]], [[0, 9]]), (np.zeros((0, 2)), np.zeros((0, 2)))]
)
def test_without_turns_on_both_sides_nothing_is_said(k: Rows, n: Rows) -> None:
    assert decay.fall_of(k, n) is None
    assert not decay.is_alarm(k, n, np.zeros(len(n)), at=0.05)


@pytest.mark.parametrize(("k", "n"), [([5, 2], [9, 9]), ([[9, 2]], [[5, 9]]), ([[1, 2, 3]], [[5, 9, 9]])])
def test_counts_that_cannot_be_are_refused(k: list[int], n: list[int]) -> None:
    with pytest.raises(ValueError, match="counts by stratum and side"):
        decay.fall_of(k, n)


def test_all_alike_or_risen_is_no_fall() -> None:
    for k in ([[9, 9], [8, 8]], [[0, 0], [0, 0]], [[2, 9], [1, 8]]):
        assert not decay.is_alarm(k, [[9, 9], [8, 8]], [1, 2], at=0.05)


def test_what_one_agent_does_is_no_alarm() -> None:
    k, n = [[80, 0], *[[30, 15]] * 8], [[80, 80], *[[40, 20]] * 8]
    found = decay.fall_of(k, n)
    assert found is not None
    assert found.p < 1e-9
    assert not decay.is_alarm(k, n, range(9), at=1e-6)


def test_a_small_fall_is_no_alarm_however_sure() -> None:
    k, n = [[7_000, 6_400]] * 10, [[10_000, 10_000]] * 10
    found = decay.fall_of(k, n)
    assert found is not None
    assert found.p < 1e-9
    assert not decay.is_alarm(k, n, range(10), at=1e-6)


@dataclass(frozen=True)
class World:
    """Turns and matches by [seed, answer, agent, day]."""

    n: Rows
    k: Rows


def world(*, seeds: int, turns: float, wrong_turns: float, drop: float, seed: int) -> World:
    """Agents differ in volume and rate, learn, and are away for weeks; two answers fall within twelve days.

    `turns` are those of an answer in all twelve weeks, `wrong_turns` those of a wrong one after the change.
    """
    rng = np.random.default_rng(seed)
    agents = volumes(rng, repeats=seeds, n_agents=N_AGENTS, kind=Volumes.ZIPF, mean=100).astype(float)
    agents /= agents.sum(axis=1, keepdims=True)
    demand = rng.lognormal(-0.32, 0.8, (seeds, N_ANSWERS)) * turns / N_DAYS
    demand[:, WRONG] = turns / N_DAYS
    mean = np.broadcast_to(
        demand[:, :, None, None] * agents[:, None, :, None], (seeds, N_ANSWERS, N_AGENTS, N_DAYS)
    ).copy()
    mean[:, WRONG, :, CHANGE:] *= wrong_turns / (turns / N_DAYS * (N_DAYS - CHANGE))
    away = rng.random((seeds, 1, N_AGENTS, N_DAYS // 7)) < 0.15
    n = rng.poisson(mean * ~np.repeat(away, 7, axis=3)).astype(np.int16)
    habit = rng.beta(6, 4, (seeds, 1, N_AGENTS, 1))
    rate = np.clip(habit + rng.normal(0, 0.08, (seeds, N_ANSWERS, N_AGENTS, 1)), 0.02, 0.95)
    rate = rate + np.linspace(0, 0.1, N_DAYS) * (1 - rate)
    heard = CHANGE + rng.uniform(0, 12, (seeds, 1, N_AGENTS, 1))
    is_wrong = np.isin(np.arange(N_ANSWERS), WRONG)[:, None, None] & (np.arange(N_DAYS) >= heard)
    return World(n, rng.binomial(n, np.where(is_wrong, rate * (1 - drop), rate)).astype(np.int16))


def alarms(found: World) -> NDArray[np.bool_]:
    """Look every day through every window; return which answers were flagged on any day [seed, answer]."""
    zero = ((0, 0), (0, 0), (0, 0), (1, 0))
    n, k = (np.pad(each.cumsum(axis=3, dtype=np.int32), zero) for each in (found.n, found.k))
    at = decay.level(n_answers=N_ANSWERS, n_windows=len(WINDOWS))
    flagged = np.zeros(found.n.shape[:2], dtype=bool)
    for today in range(28, N_DAYS + 1):
        for window in WINDOWS:
            start = today - window
            if start < 7:
                continue
            sides = [
                np.stack([each[..., start] - each[..., max(0, start - PAST)], each[..., today] - each[..., start]], -1)
                for each in (k, n)
            ]  # fmt: skip
            z, _ = decay.standardised(sides[0].astype(np.float32), sides[1].astype(np.float32))
            for seed, answer in zip(*np.nonzero((z < -4) & ~flagged), strict=True):
                pair = sides[0][seed, answer], sides[1][seed, answer]
                flagged[seed, answer] = decay.is_alarm(*pair, range(N_AGENTS), at=at)
    return flagged


def test_it_finds_two_wrong_answers_and_hardly_ever_another() -> None:
    """As 20,000 cases give: 150 turns of each wrong answer after the change, hardly sent by who knows of it."""
    flagged = alarms(world(seeds=50, turns=160, wrong_turns=150, drop=0.9, seed=20_261_122))
    assert flagged[:, WRONG].all(axis=1).mean() >= 0.9
    assert np.delete(flagged, WRONG, axis=1).any(axis=1).mean() <= 0.05


def test_where_nothing_falls_a_busy_desk_is_left_alone() -> None:
    flagged = alarms(world(seeds=25, turns=1_500, wrong_turns=625, drop=0.0, seed=20_261_123))
    assert flagged.any(axis=1).mean() <= 0.05
