"""Invented desks whose truth is known, all repeats at once: what intervals are tried on before anybody believes them.

Agents differ in volume (a few have most of it) and in how often they match, are right, and how long they take. Arrays
have the shape [repeats, agents, ...] and hold sums, as a rollup does. Nothing here is measured at a desk: the figures
are chosen to be as unkind as a real one may be.
"""

from dataclasses import dataclass
from enum import StrEnum

import numpy as np
from numpy.typing import NDArray
from scipy.special import ndtr

Array = NDArray[np.float64]
Generator = np.random.Generator


class Volumes(StrEnum):
    """How skewed the numbers of rows by agent are."""

    LOGNORMAL = "lognormal"  # sd of logs 0.8: the busiest fifth of agents has half of the rows
    ZIPF = "zipf"  # the second has a half of the first's, the third a third: of 25 agents one has a quarter


def volumes(rng: Generator, *, repeats: int, n_agents: int, kind: Volumes, mean: float) -> NDArray[np.int64]:
    """Return rows by agent, at least one, about `mean` on average."""
    if kind is Volumes.LOGNORMAL:
        return 1 + rng.lognormal(np.log(mean) - 0.32, 0.8, (repeats, n_agents)).astype(np.int64)
    share = 1 / np.arange(1, n_agents + 1)
    return 1 + rng.poisson(n_agents * mean * share / share.sum(), (repeats, n_agents))


def rates(rng: Generator, like: NDArray[np.int64], *, mean: float | Array, correlation: float = 0.1) -> Array:
    """Return a rate for each cell, beta distributed, so that two rows of a cell have that correlation."""
    weight = (1 - correlation) / correlation
    p = np.broadcast_to(mean, like.shape)
    return rng.beta(p * weight, (1 - p) * weight)


@dataclass(frozen=True, eq=False)
class Influenced:
    """Matches `k` of `n` turns by arm (shadow, offer): offering turns a part of what would not match into matches."""

    k: NDArray[np.int64]
    n: NDArray[np.int64]
    match_rate: float = 0.6
    difference: float = 0.08


def influenced(rng: Generator, rows: NDArray[np.int64], *, shadow_share: float) -> Influenced:
    """Draw both arms; agents differ in their match rate and in how far they follow what they see."""
    n_shadow = rng.binomial(rows, shadow_share)
    n = np.stack([n_shadow, rows - n_shadow], axis=-1)
    alone = rates(rng, rows, mean=0.6)
    followed = alone + rates(rng, rows, mean=0.2) * (1 - alone)
    return Influenced(rng.binomial(n, np.stack([alone, followed], axis=-1)), n)


SHADOW = 0.3  # of turns; more than a desk holds out, so that few agents have some of each kind
MIX = np.array([[0.6, 0.1, 0.3], [0.75, 0.05, 0.2]])  # matches, conflicts, others: held out, offered
RIGHT = np.array([0.95, 0.3, 0.5])  # suggestions, by what the reply made of them
UNSURE = np.array([0.4, 0.15])  # of low confidence, where wrong and where right
TIMES = np.array([4.0, 1.0])[:, None, None] * np.array([1.0, 4.0, 2.0])[:, None] * np.array([1.0, 1.5])
N_LABELS = 300


@dataclass(frozen=True, eq=False)
class Judged:
    """Turns [repeats, agents, arms, outcomes, surenesses, right], which of them were labelled, and with what chance."""

    turns: NDArray[np.int64]
    labelled: NDArray[np.int64]
    chance: Array
    match_rate: float = float(MIX[0, 0])  # where held out
    right: float = float(np.array([SHADOW, 1 - SHADOW]) @ MIX @ RIGHT)

    @property
    def right_here(self) -> Array:
        """The share that is right in these very turns [repeats]."""
        return self.turns[..., 1].sum(axis=(1, 2, 3, 4)) / self.turns.sum(axis=(1, 2, 3, 4, 5))


def judged(rng: Generator, rows: NDArray[np.int64]) -> Judged:
    """Draw turns of both arms and labels of some, more often where held out, other than suggested, or unsure.

    Agents differ in what they make of suggestions, and in how often these are right within each outcome.
    """
    shadow = rng.binomial(rows, SHADOW)
    mix = np.stack([rng.dirichlet(each * 20, rows.shape) for each in MIX], axis=2)
    n = rng.multinomial(np.stack([shadow, rows - shadow], axis=-1), mix)
    rate = rates(rng, n[:, :, 0], mean=RIGHT, correlation=0.05)
    right = rng.binomial(n, rate[:, :, None])
    told = np.stack([n - right, right], axis=-1)
    unsure = rng.binomial(told, UNSURE)
    turns = np.stack([told - unsure, unsure], axis=-2)
    n_of, chance = turns.sum(axis=(1, 5)), np.ones(TIMES.shape) * TIMES
    for _ in range(5):  # those that are sure to be drawn leave their part of the labels to others
        drawn = (n_of * chance).sum(axis=(1, 2, 3), keepdims=True)
        chance = np.minimum(1, chance * N_LABELS / drawn)
    return Judged(turns, rng.binomial(turns, chance[:, None, ..., None]), chance)


@dataclass(frozen=True, eq=False)
class Timed:
    """Sums of ln seconds `total` over `n` cases by arm (control, treatment)."""

    total: Array
    n: NDArray[np.int64]
    effect: float = -0.1


def arms(rng: Generator, rows: NDArray[np.int64], *, by_agent: bool, share: float = 0.5) -> NDArray[np.int64]:
    """Return cases by arm: each case gets one by chance, or each agent does, half of them each."""
    if by_agent:
        second = rng.random(rows.shape).argsort(axis=1) < rows.shape[1] // 2
        return np.stack([rows * ~second, rows * second], axis=-1)
    treated = rng.binomial(rows, share)
    return np.stack([rows - treated, treated], axis=-1)


def timed(rng: Generator, n: NDArray[np.int64], *, effect: float = -0.1, agents_differ: float = 0.1) -> Timed:
    """Draw handle times: agents are slow or quick (sd 0.3) and gain more or less; cases are skewed even as logs."""
    agent = rng.normal(4.0, 0.3, n.shape[:2])
    gain = rng.normal(effect, agents_differ, n.shape[:2])
    mean = np.stack([agent, agent + gain], axis=-1)
    return Timed(n * mean + 0.8 * (rng.gamma(np.maximum(n, 1e-9)) - n), n, effect)


@dataclass(frozen=True, eq=False)
class Reached:
    """Sums of ln seconds `total` over `n` cases by arm; in `k` a suggestion was seen, and `effect` is that of it."""

    total: Array
    k: NDArray[np.int64]
    n: NDArray[np.int64]
    effect: float = -0.15


def reached(rng: Generator, n: NDArray[np.int64], *, effect: float = -0.15) -> Reached:
    """Draw handle times of which only those change whose case is looked at: about six in ten, if it is offered.

    Agents differ in how often they look and in what they gain, and what they look at are quicker cases (by 0.3) in
    either arm. Two in a hundred see a suggestion although it is hidden.
    """
    agent, gain = rng.normal(4.0, 0.3, n.shape[:2]), rng.normal(effect, 0.1, n.shape[:2])
    looked_at = rng.binomial(n, rates(rng, n.sum(axis=-1), mean=0.6)[..., None])
    leaked = rng.binomial(looked_at[..., 0], 0.02 / 0.6)
    k = np.stack([leaked, looked_at[..., 1]], axis=-1)
    noise = 0.8 * (rng.gamma(np.maximum(n, 1e-9)) - n)
    return Reached(n * agent[..., None] - 0.3 * looked_at + k * gain[..., None] + noise, k, n, effect)


LOG_MEDIAN = 4.5
N_BINS = 64
LOG_SECONDS = (1.0, 8.0)  # edges of the histogram: 3 seconds to 50 minutes


def binned(rng: Generator, n: NDArray[np.int64]) -> tuple[NDArray[np.int64], Array, float]:
    """Return histograms of ln seconds [repeats, agents, arms, bins], their edges, and the true difference of medians.

    Each agent's times are normal on the log scale, and so are agents; so is their mixture, as long as all agents come
    with the same chance, and the medians differ by the mean gain.
    """
    effect = -0.1
    agent = rng.normal(LOG_MEDIAN, 0.3, n.shape[:2])
    mean = np.stack([agent, agent + rng.normal(effect, 0.1, n.shape[:2])], axis=-1)
    edges = np.linspace(*LOG_SECONDS, N_BINS + 1)
    shares = np.diff(ndtr((edges[1:-1] - mean[..., None]) / 0.8), axis=-1, prepend=0, append=1)
    return rng.multinomial(n, shares), edges, effect


@dataclass(frozen=True, eq=False)
class Foretold:
    """Sums by arm of an outcome y and of a covariate x known before: what `cuped.Sums` takes."""

    n: NDArray[np.int64]
    y: Array
    x: Array
    xx: Array
    xy: Array
    yy: Array
    effect: float = -0.1


def foretold(rng: Generator, n: NDArray[np.int64], *, effect: float = -0.1) -> Foretold:
    """Draw outcomes of which a covariate tells a part (correlation about 0.6), from the sums' own distribution.

    Within an agent's arm x and the rest of y are normal, so their sums are normal and their sums of products Wishart
    (Bartlett 1933): no rows are needed.
    """
    agent = rng.normal(0, 0.3, n.shape[:2])[..., None]
    gain = np.stack([np.zeros(n.shape[:2]), rng.normal(effect, 0.1, n.shape[:2])], axis=-1)
    at_least = np.maximum(n, 1)
    sum_x, sum_e = (np.where(n > 0, rng.normal(0, sd * np.sqrt(at_least)), 0) for sd in (0.6, 0.7))
    root_x = np.where(n > 1, 0.6 * np.sqrt(rng.chisquare(np.maximum(n - 1, 1))), 0)
    across = np.where(n > 1, 0.7 * rng.normal(size=n.shape), 0)
    rest = np.where(n > 2, 0.49 * rng.chisquare(np.maximum(n - 2, 1)), 0)
    xx = root_x**2 + sum_x**2 / at_least
    xe = root_x * across + sum_x * sum_e / at_least
    ee = across**2 + rest + sum_e**2 / at_least
    moved = 4.0 + agent + gain  # y = moved + 0.9 (agent + u) + e, x = agent + u
    x, xx = sum_x + agent * n, xx + 2 * agent * sum_x + agent**2 * n
    xe = xe + agent * sum_e
    y = moved * n + 0.9 * x + sum_e
    xy = moved * x + 0.9 * xx + xe
    yy = moved**2 * n + 0.81 * xx + ee + 2 * (0.9 * moved * x + moved * sum_e + 0.9 * xe)
    return Foretold(n, y, x, xx, xy, yy, effect)
