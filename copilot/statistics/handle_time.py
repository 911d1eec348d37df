"""The effect on handle time: on the log scale, where it is a share and long cases do not decide all.

Logs hide tails, so median and 90th percentile stand beside it, from histograms. Everything comes from sums by agent:
agents are drawn anew, not cases, whose naive interval covers 40 to 44 % where agents are the ones assigned.
"""

import math
from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache
from itertools import combinations

import numpy as np
from numpy.typing import ArrayLike, NDArray

from copilot.statistics.clusters import variance_of
from copilot.statistics.differences import arm_products, checked_arms
from copilot.statistics.estimates import Estimate, student
from copilot.statistics.intervals import Method
from copilot.statistics.regression import contrast

Array = NDArray[np.float64]
N_DRAWS = 2_000
FEWEST_AGENTS = 10  # below, the p-value of `permutation_p` is shown beside the interval
MOST_AGENTS = 20  # up to which all ways to flip or assign agents are gone through: 2^20 of them


@dataclass(frozen=True)
class Effect:
    """`log` is the difference of mean logs; `share`, `low` and `high` the same as a share: -0.1 is 10 % less time."""

    log: Estimate

    @property
    def share(self) -> float:
        return math.expm1(self.log.estimate)

    @property
    def low(self) -> float:
        return math.expm1(self.log.low)

    @property
    def high(self) -> float:
        return math.expm1(self.log.high)


def effect_on_log(
    total: ArrayLike, n: ArrayLike, *, seed: int, n_draws: int = N_DRAWS, confidence: float = 0.95
) -> Effect:
    """Return by how much the second arm changes handle time: `total[g, arm]` sums of ln seconds over `n[g, arm]` cases.

    delta = mean_T ln y - mean_C ln y, effect e^delta - 1. The cluster bootstrap draws agents with replacement
    (multinomial weights) `n_draws` times; the interval is delta ± t_df sqrt(G/(G-1)) sd of the draws. Percentiles of
    the draws cover only 90 to 92 % with 12 agents. The degrees of freedom are those of `regression.contrast` rather
    than agents less one: with 25 agents assigned to arms whose volumes follow Zipf's law, agents less one cover 90 %,
    these 93.

    Raises:
        ValueError: shapes other than [agents, 2], an arm with fewer than two agents, or fewer than two draws.

    >>> n = [[20, 20]] * 8
    >>> total = [[120, 118], [118, 115], [122, 121], [121, 118], [119, 118], [120, 117], [123, 120], [117, 116]]
    >>> found = effect_on_log(total, n, seed=1)
    >>> round(found.share, 3), found.low < -0.1 < found.high < 0
    (-0.101, True)
    """
    y_of, n_of = checked_arms(total, n)
    draws = _redrawn(y_of, n_of, seed=seed, n_draws=n_draws)
    return Effect(_estimate(float(_difference(y_of.sum(axis=0), n_of.sum(axis=0))), draws, n_of, confidence))


def quantile_differences(
    histogram: ArrayLike,
    edges: ArrayLike,
    *,
    quantiles: Sequence[float],
    seed: int,
    n_draws: int = N_DRAWS,
    confidence: float = 0.95,
) -> list[tuple[float, float, Estimate]]:
    """Return each quantile in both arms, and the second less the first with its interval; in the unit of `edges`.

    `histogram` [agents, 2, bins] counts cases, `edges` [bins + 1] are the bins' borders, such as 64 equal steps of
    ln seconds; within a bin cases are taken as spread evenly. The interval is that of `effect_on_log`.

    Raises:
        ValueError: as `effect_on_log`, edges that do not fit the bins, or a quantile not between 0 and 1.

    >>> counts = np.tile([[[5, 10, 5, 0], [10, 5, 5, 0]]], (9, 1, 1))
    >>> [(first, second, change)] = quantile_differences(counts, [0, 1, 2, 3, 4], quantiles=[0.5], seed=1)
    >>> first, second, change.estimate
    (1.5, 1.0, -0.5)
    """
    counts, borders = np.asarray(histogram, dtype=np.float64), np.asarray(edges, dtype=np.float64)
    if counts.ndim != 3 or borders.shape != (counts.shape[2] + 1,) or not np.all(np.diff(borders) > 0):
        raise ValueError(
            f"histogram of shape {counts.shape} with {borders.size} edges: give [agents, 2, bins] and rising [bins + 1]"
        )
    _check_quantiles(quantiles)
    n_of = checked_arms(counts.sum(axis=2), counts.sum(axis=2))[1]
    counts = counts[counts.sum(axis=(1, 2)) > 0]
    found = _quantiles(counts.sum(axis=0), borders, quantiles)
    drawn = _quantiles(_drawn(counts, n_draws, seed), borders, quantiles)
    return [
        (float(first), float(second), _estimate(float(second - first), draws[:, 1] - draws[:, 0], n_of, confidence))
        for (first, second), draws in zip(found, drawn, strict=True)
    ]  # fmt: skip


def quantiles_of(
    histogram: ArrayLike,
    edges: ArrayLike,
    *,
    quantiles: Sequence[float],
    seed: int,
    n_draws: int = N_DRAWS,
    confidence: float = 0.95,
) -> list[Estimate]:
    """Return each quantile of all cases with its interval, agents drawn anew; in the unit of `edges`.

    `histogram` [agents, bins] and `edges` [bins + 1] as in `quantile_differences`. The degrees of freedom are those of
    agents of such volumes (`clusters.variance_of`).

    Raises:
        ValueError: fewer than two agents, edges that do not fit the bins, or a quantile not between 0 and 1.

    >>> [found] = quantiles_of(np.tile([5, 10, 5, 0], (9, 1)), [0, 1, 2, 3, 4], quantiles=[0.5], seed=1)
    >>> found.estimate, found.n, found.n_agents
    (1.5, 180, 9)
    """
    counts, borders = np.asarray(histogram, dtype=np.float64), np.asarray(edges, dtype=np.float64)
    if counts.ndim != 2 or borders.shape != (counts.shape[1] + 1,) or not np.all(np.diff(borders) > 0):
        raise ValueError(
            f"histogram of shape {counts.shape} with {borders.size} edges: give [agents, bins] and rising [bins + 1]"
        )
    _check_quantiles(quantiles)
    counts = counts[counts.sum(axis=1) > 0]
    if len(counts) < 2:
        raise ValueError(
            f"quantile of {len(counts)} agents: two are needed to know how much agents differ, show why there is none"
        )
    n_of = counts.sum(axis=1)
    df = float(variance_of(np.zeros_like(n_of), n_of / n_of.sum())[1])
    found = _quantiles(counts.sum(axis=0), borders, quantiles)
    drawn = _quantiles(_drawn(counts, n_draws, seed), borders, quantiles)
    return [
        student(
            float(value),
            variance=_variance(draws, len(counts)),
            df=df,
            n=n_of.sum(),
            n_agents=len(counts),
            method=Method.CLUSTERED_BOOTSTRAP,
            confidence=confidence,
        )
        for value, draws in zip(found, drawn, strict=True)
    ]


def permutation_p(total: ArrayLike, n: ArrayLike) -> float:
    """Return the chance of so large a difference if the arm did nothing: exact, for few agents.

    Where agents have cases in both arms, each agent's difference of means (weighted by n_T n_C / (n_T + n_C)) keeps
    or changes its sign, in all 2^G ways (Fisher 1935). Where each agent is in one arm, agents are assigned anew in
    all ways, the difference of means of all cases as statistic. Five agents cannot give less than 2/32, so 5 % needs
    six.

    Raises:
        ValueError: as `effect_on_log`; agents of both kinds; or too many to go through.

    >>> permutation_p([[30, 20], [32, 20], [31, 24], [30, 22], [33, 21], [30, 27]], [[10, 10]] * 6)
    0.03125
    """
    y_of, n_of = checked_arms(total, n)
    in_both = np.all(n_of > 0, axis=1)
    if len(n_of) > MOST_AGENTS:
        raise ValueError(
            f"permutations of {len(n_of)} agents: they are too many and not needed, use effect_on_log"
        )
    if not in_both.any():
        return _p_of_assignments(y_of, n_of)
    if not in_both.all():
        raise ValueError(
            "permutations: some agents have cases in both arms and some in one; leave the latter out"
        )
    weight = n_of[:, 0] * n_of[:, 1] / n_of.sum(axis=1)
    return _p_of_signs(weight * _difference(y_of, n_of))


def _p_of_signs(pulls: Array) -> float:
    sums = np.zeros(1)
    for pull in pulls:
        sums = np.concatenate([sums + pull, sums - pull])
    return _share_as_large(sums, float(pulls.sum()))


def _p_of_assignments(y_of: Array, n_of: Array) -> float:
    y, n = y_of.sum(axis=1), n_of.sum(axis=1)
    chosen = np.array(list(combinations(range(len(n)), int((n_of[:, 1] > 0).sum()))))
    second = np.zeros((len(chosen), len(n)))
    np.put_along_axis(second, chosen, 1, axis=1)
    differences = second @ y / (second @ n) - (1 - second) @ y / ((1 - second) @ n)
    return _share_as_large(differences, float(_difference(y_of.sum(axis=0), n_of.sum(axis=0))))


def _share_as_large(values: Array, seen: float) -> float:
    return float(np.mean(np.abs(values) >= abs(seen) * (1 - 1e-9) - 1e-12))


def _difference(y_of: Array, n_of: Array) -> Array:
    means = y_of / n_of
    return np.asarray(means[..., 1] - means[..., 0])


def _redrawn(y_of: Array, n_of: Array, *, seed: int, n_draws: int) -> Array:
    weights = _weights(len(n_of), n_draws, seed)
    with np.errstate(divide="ignore", invalid="ignore"):
        return _difference(weights @ y_of, weights @ n_of)


@lru_cache(maxsize=16)
def _weights(n_agents: int, n_draws: int, seed: int) -> Array:
    """Return how often each draw has each agent [draws, agents]; the same for all figures of a page.

    Agents are drawn one by one and counted: that takes a tenth of the time of multinomial numbers, which are the same.
    """
    if n_draws < 2:
        raise ValueError(f"{n_draws} draws: at least two are needed, 2000 give two digits")
    drawn = np.random.default_rng(seed).integers(n_agents, size=(n_draws, n_agents))
    at = drawn + n_agents * np.arange(n_draws)[:, None]
    found = (
        np.bincount(at.ravel(), minlength=n_draws * n_agents).reshape(n_draws, n_agents).astype(np.float64)
    )
    found.flags.writeable = False
    return found


def _drawn(counts: Array, n_draws: int, seed: int) -> Array:
    """Return the histograms [draws, ..., bins] of all draws, from those of agents [agents, ..., bins]."""
    drawn = _weights(len(counts), n_draws, seed) @ counts.reshape(len(counts), -1)
    return drawn.reshape(n_draws, *counts.shape[1:])


def _quantiles(counts: Array, edges: Array, quantiles: Sequence[float]) -> list[Array]:
    """Return each quantile of the histograms [..., bins]; not a number where they are empty."""
    upper = np.cumsum(counts, axis=-1)
    return [_quantile(counts, upper, edges, quantile) for quantile in quantiles]


def _quantile(counts: Array, upper: Array, edges: Array, quantile: float) -> Array:
    wanted = quantile * upper[..., -1:]
    at = np.minimum((upper < wanted).sum(axis=-1, keepdims=True), counts.shape[-1] - 1)
    inside = np.take_along_axis(counts, at, axis=-1)
    below = np.take_along_axis(upper, at, axis=-1) - inside
    with np.errstate(divide="ignore", invalid="ignore"):
        part = (wanted - below) / inside
    return np.asarray((edges[at] + part * (edges[at + 1] - edges[at]))[..., 0])


def _check_quantiles(quantiles: Sequence[float]) -> None:
    for quantile in quantiles:
        if not 0 < quantile < 1:
            raise ValueError(f"quantile {quantile}: it must lie between 0 and 1, such as 0.9")


def _estimate(difference: float, draws: Array, n_of: Array, confidence: float) -> Estimate:
    return student(
        difference,
        variance=_variance(draws, len(n_of)),
        df=float(contrast(*arm_products(n_of, n_of), np.array([0.0, 1.0])).df),
        n=n_of.sum(),
        n_agents=len(n_of),
        method=Method.CLUSTERED_BOOTSTRAP,
        confidence=confidence,
    )


def _variance(draws: Array, n_agents: int) -> float:
    """Return the variance of an estimate from its draws: G agents drawn of G differ by (G - 1) / G too little."""
    known = draws[np.isfinite(draws)]  # a draw may have nobody in one arm
    return float(known.var(ddof=1)) * n_agents / (n_agents - 1)
