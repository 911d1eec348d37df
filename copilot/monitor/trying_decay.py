"""The decay alarm, tried on invented desks of which two answers become wrong: does it find them, and no others."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray

from copilot.monitor.decaying import PAST, WINDOWS
from copilot.statistics import decay
from copilot.statistics.coverage import Result
from copilot.statistics.worlds import Volumes, volumes

Rows = NDArray[np.int16]
Flags = NDArray[np.bool_]
WORLDS = 200
AT_ONCE = 25  # worlds, for memory
SEED = 20_261_122
N_ANSWERS, N_AGENTS, N_DAYS = 87, 10, 84  # twelve weeks; one team answers what is asked about one answer
CHANGE = 49  # day on which two answers become wrong; agents hear of it within twelve days
WRONG = (0, 1)
FIRST_LOOK, LEAST_PAST = 28, 7  # days: before, an answer has no past to be held against
UNLIKELY = -4.0  # standard errors; an alarm takes about five, so less is not looked into


@dataclass(frozen=True)
class World:
    """Turns and matches by [world, answer, agent, day]."""

    n: Rows
    k: Rows


def try_alarm(*, worlds: int = WORLDS, seed: int = SEED) -> tuple[Result, ...]:
    """Return how often both wrong answers were flagged, another one was, and any was where none is wrong.

    As 20,000 cases give: 150 turns of each wrong answer after the change, hardly sent by who knows of it.
    """
    parts = [(min(AT_ONCE, worlds - at), seed + at) for at in range(0, worlds, AT_ONCE)]
    flagged = np.concatenate(
        [alarms(world(n, turns=160, wrong_turns=150, drop=0.9, seed=each)) for n, each in parts]
    )
    quiet = np.concatenate(
        [alarms(world(n, turns=1_500, wrong_turns=625, drop=0.0, seed=each + worlds)) for n, each in parts]
    )
    others = np.delete(flagged, WRONG, axis=1)
    return (
        _result("both answers that became wrong", flagged[:, WRONG].all(axis=1), seed, least=0.9),
        _result("any other answer", others.any(axis=1), seed, most=0.05),
        _result("any answer of a busy desk where none is wrong", quiet.any(axis=1), seed, most=0.05),
    )


def _result(
    what: str, found: ArrayLike, seed: int, *, least: float = 0.0, most: float | None = None
) -> Result:
    hits = np.asarray(found, dtype=np.float64)
    share = float(hits.mean())
    return Result(
        method=what,
        volumes=Volumes.ZIPF.value,
        agents=N_AGENTS,
        repeats=len(hits),
        share=round(share, 5),
        standard_error=round((share * (1 - share) / len(hits)) ** 0.5, 5),
        bar=least if most is None else most,
        is_alarm=most is not None,
        seed=seed,
    )


def world(worlds: int, *, turns: float, wrong_turns: float, drop: float, seed: int) -> World:
    """Agents differ in volume and rate, learn, and are away for weeks; two answers fall within twelve days.

    `turns` are those of an answer in all twelve weeks, `wrong_turns` those of a wrong one after the change.
    """
    rng = np.random.default_rng(seed)
    agents = volumes(rng, repeats=worlds, n_agents=N_AGENTS, kind=Volumes.ZIPF, mean=100).astype(float)
    agents /= agents.sum(axis=1, keepdims=True)
    demand = rng.lognormal(-0.32, 0.8, (worlds, N_ANSWERS)) * turns / N_DAYS
    demand[:, WRONG] = turns / N_DAYS
    mean = np.broadcast_to(
        demand[:, :, None, None] * agents[:, None, :, None], (worlds, N_ANSWERS, N_AGENTS, N_DAYS)
    ).copy()
    mean[:, WRONG, :, CHANGE:] *= wrong_turns / (turns / N_DAYS * (N_DAYS - CHANGE))
    away = rng.random((worlds, 1, N_AGENTS, N_DAYS // 7)) < 0.15
    n = rng.poisson(mean * ~np.repeat(away, 7, axis=3)).astype(np.int16)
    habit = rng.beta(6, 4, (worlds, 1, N_AGENTS, 1))
    rate = np.clip(habit + rng.normal(0, 0.08, (worlds, N_ANSWERS, N_AGENTS, 1)), 0.02, 0.95)
    rate = rate + np.linspace(0, 0.1, N_DAYS) * (1 - rate)
    heard = CHANGE + rng.uniform(0, 12, (worlds, 1, N_AGENTS, 1))
    is_wrong = np.isin(np.arange(N_ANSWERS), WRONG)[:, None, None] & (np.arange(N_DAYS) >= heard)
    return World(n, rng.binomial(n, np.where(is_wrong, rate * (1 - drop), rate)).astype(np.int16))


def alarms(found: World) -> Flags:
    """Look every day through every window; return which answers were flagged on any day [world, answer]."""
    zero = ((0, 0), (0, 0), (0, 0), (1, 0))
    n, k = (np.pad(each.cumsum(axis=3, dtype=np.int32), zero) for each in (found.n, found.k))
    at = decay.level(n_answers=N_ANSWERS, n_windows=len(WINDOWS))
    flagged = np.zeros(found.n.shape[:2], dtype=bool)
    for today in range(FIRST_LOOK, N_DAYS + 1):
        for start in (today - window for window in WINDOWS):
            if start < LEAST_PAST:
                continue
            past = max(0, start - PAST.days)
            sides = [
                np.stack([each[..., start] - each[..., past], each[..., today] - each[..., start]], -1)
                for each in (k, n)
            ]
            z, _ = decay.standardised(sides[0].astype(np.float32), sides[1].astype(np.float32))
            for where in zip(*np.nonzero((z < UNLIKELY) & ~flagged), strict=True):
                flagged[where] = decay.is_alarm(sides[0][where], sides[1][where], range(N_AGENTS), at=at)
    return flagged
