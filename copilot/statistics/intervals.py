"""Intervals for a share: of independent rows, and of rows that cluster by agent (metrics section 4).

Every function refuses zero rows with a ValueError. A share of nothing has no estimate, and a page must say why it
shows no figure; an interval of [0, 1] around not-a-number would be drawn.

Quantiles come from scipy.special: scipy.stats would cost each web process 50 MB.
"""

import math
from dataclasses import dataclass
from enum import StrEnum

import numpy as np
from numpy.typing import ArrayLike, NDArray
from scipy.special import betaincinv, ndtri, stdtrit

from copilot.statistics.clusters import variance_of

Counts = NDArray[np.float64]

FEWEST_AGENTS = 8  # below, variance between agents is not known well enough for Wilson's interval


class Method(StrEnum):
    """How an interval was made; shown beside it."""

    WILSON = "wilson"
    CLOPPER_PEARSON = "clopper-pearson"
    CLUSTERED_WILSON = "clustered wilson"
    CLUSTERED_CLOPPER_PEARSON = "clustered clopper-pearson"
    POST_STRATIFIED = "post-stratified"
    PREDICTION_POWERED = "prediction-powered"
    CR2 = "cluster-robust (CR2)"
    ANDERSON_RUBIN = "Anderson-Rubin, clustered"
    CLUSTERED_BOOTSTRAP = "clustered bootstrap"
    SIGN_FLIPS = "sign flips of agents"
    ALWAYS_VALID = "always valid"


@dataclass(frozen=True)
class Interval:
    """A share with what is known about it. `n` is the number of rows, `n_effective` what they are worth.

    `few_agents` marks an interval that a page shows with a warning: too few agents, or all rows alike.
    """

    low: float
    high: float
    estimate: float
    n: int
    method: Method
    n_effective: float
    few_agents: bool = False


def wilson(k: float, n: float, *, confidence: float = 0.95) -> Interval:
    """Return Wilson's score interval for k of n independent rows (Wilson 1927). Neither need be whole.

    Raises:
        ValueError: n is not above 0, k is not in 0 to n, or confidence not between 0 and 1.

    >>> interval = wilson(8, 10)
    >>> round(interval.low, 3), round(interval.high, 3)
    (0.49, 0.943)
    """
    _check(k, n, confidence)
    low, high = _wilson_limits(k / n, n, confidence)
    return Interval(low, high, k / n, round(n), Method.WILSON, n_effective=n)


def clopper_pearson(k: float, n: float, *, confidence: float = 0.95) -> Interval:
    """Return the interval of Clopper and Pearson (1934), which never covers less than it promises.

    Raises:
        ValueError: as `wilson`.

    >>> round(clopper_pearson(0, 20).high, 3)  # twenty without a failure still allow 17 %
    0.168
    """
    _check(k, n, confidence)
    low, high = _clopper_pearson_limits(k, n, confidence)
    return Interval(low, high, k / n, round(n), Method.CLOPPER_PEARSON, n_effective=n)


def clustered_rate(
    k: ArrayLike, n: ArrayLike, *, confidence: float = 0.95, last_deff: float | None = None
) -> Interval:
    """Return the interval for a share of rows that cluster by agent: `k[g]` of agent g's `n[g]` rows.

    Rows of one agent resemble each other, so they are worth fewer: the ratio estimator's variance gives an effective
    number, corrected by Student's t for few agents, which goes into Wilson's interval. Naive intervals cover 31 to
    54 % here instead of 95. Variance and degrees of freedom are those of `clusters.variance_of`: plain ones cover only
    89 % where a few of 25 agents have most of the rows.

    With fewer than 8 agents, or where all rows are alike and the variance is 0, the variance cannot be trusted.
    Clopper and Pearson's interval then takes the rows at `last_deff`, the design effect of an earlier period (see
    `design_effect`). Without one it is this period's own, or, where all rows are alike, every agent counts once.

    Raises:
        ValueError: no rows, k and n of different shapes, or k not in 0 to n.

    >>> interval = clustered_rate([8, 9, 2, 6, 7, 1, 9, 5, 8], [10] * 9)
    >>> interval.n, round(interval.n_effective, 1), interval.method.value
    (90, 17.9, 'clustered wilson')
    >>> round(interval.low, 2), round(interval.high, 2)
    (0.39, 0.8)
    """
    k_of, n_of = _agents(k, n)
    n_rows, n_agents = float(n_of.sum()), len(n_of)
    p = float(k_of.sum()) / n_rows
    _check(p * n_rows, n_rows, confidence)
    is_unknown = p in (0, 1) or n_agents == 1
    own = 0.0
    if not is_unknown:
        variance, df = variance_of((k_of - p * n_of) / n_rows, n_of / n_rows)
        own = effective_number(p, variance=float(variance), df=float(df), most=n_rows, confidence=confidence)
    if n_agents >= FEWEST_AGENTS and not is_unknown:
        low, high = _wilson_limits(p, own, confidence)
        return Interval(low, high, p, round(n_rows), Method.CLUSTERED_WILSON, own)
    n_effective = own or float(n_agents)
    if last_deff is not None:
        n_effective = n_rows / max(1.0, last_deff)
    low, high = _clopper_pearson_limits(p * n_effective, n_effective, confidence)
    return Interval(
        low, high, p, round(n_rows), Method.CLUSTERED_CLOPPER_PEARSON, n_effective, few_agents=True
    )


def design_effect(k: ArrayLike, n: ArrayLike) -> float:
    """Return by how much clustering by agent inflates the variance of a share; never less than 1.

    It is v / (p (1 - p) / N) over N rows, with v = sum u_g^2 / (1 - n_g / N) and u_g = (k_g - p n_g) / N.

    Raises:
        ValueError: as `clustered_rate`, and where it is not defined: one agent, or all rows alike.

    >>> round(design_effect([8, 9, 2, 6, 7, 1, 9, 5, 8], [10] * 9), 1)
    3.6
    """
    k_of, n_of = _agents(k, n)
    if len(n_of) < 2 or k_of.sum() in (0, n_of.sum()):
        raise ValueError("design effect: it needs two agents and rows that differ; keep the last one instead")
    return _deff(k_of, n_of)


def share_interval(
    estimate: float,
    *,
    variance: float,
    df: float,
    n: float,
    method: Method,
    few_agents: bool = False,
    confidence: float = 0.95,
) -> Interval:
    """Return Wilson's interval for an estimated share whose variance is known with `df` degrees of freedom.

    The share is taken as one of `effective_number` independent rows, so the interval stays within 0 and 1 and is
    skewed near them, as it should be. An estimate beyond 0 or 1, which corrections can give, is held at the border.

    >>> found = share_interval(0.9, variance=0.0009, df=24, n=400, method=Method.POST_STRATIFIED)
    >>> round(found.low, 3), round(found.high, 3), round(found.n_effective, 1)
    (0.821, 0.946, 90.2)
    """
    p = min(1.0, max(0.0, estimate))
    n_effective = effective_number(p, variance=variance, df=df, most=math.inf, confidence=confidence)
    low, high = _wilson_limits(p, n_effective, confidence)
    return Interval(low, high, p, round(n), method, n_effective, few_agents)


def effective_number(p: float, *, variance: float, df: float, most: float, confidence: float = 0.95) -> float:
    """Return how many independent rows tell as much of a share: min(most, p(1-p)/v) (z/t_df)^2, at least one.

    A variance that itself is estimated from few agents is worth less: hence Student's t over the normal quantile.
    `most` is the number of rows, where clustering can only take away.

    >>> round(effective_number(0.5, variance=0.0025, df=7, most=1000), 1)
    68.7
    """
    upper = (1 + confidence) / 2
    n = p * (1 - p) / variance if variance > 0 else most
    return max(1.0, min(most, n) * float(ndtri(upper) / stdtrit(df, upper)) ** 2)


def _agents(k: ArrayLike, n: ArrayLike) -> tuple[Counts, Counts]:
    """Return both counts of the agents that have rows."""
    k_of, n_of = np.asarray(k, dtype=np.float64), np.asarray(n, dtype=np.float64)
    if k_of.shape != n_of.shape or k_of.ndim != 1:
        raise ValueError(
            f"counts by agent: k has shape {k_of.shape} and n {n_of.shape}, give one of each per agent"
        )
    if not np.all((k_of >= 0) & (k_of <= n_of)):
        raise ValueError("counts by agent: each k must lie between 0 and its n")
    if not n_of.sum() > 0:
        raise ValueError("share of no rows: it has no estimate, show why there are none instead")
    return k_of[n_of > 0], n_of[n_of > 0]


def _deff(k_of: Counts, n_of: Counts) -> float:
    n_rows = n_of.sum()
    p = k_of.sum() / n_rows
    variance, _ = variance_of((k_of - p * n_of) / n_rows, n_of / n_rows)
    return max(1.0, float(variance * n_rows / (p * (1 - p))))


def _wilson_limits(p: float, n: float, confidence: float) -> tuple[float, float]:
    z = float(ndtri((1 + confidence) / 2))
    centre = (p + z**2 / (2 * n)) / (1 + z**2 / n)
    half = z * (p * (1 - p) / n + z**2 / (4 * n**2)) ** 0.5 / (1 + z**2 / n)
    return max(0.0, centre - half), min(1.0, centre + half)


def _clopper_pearson_limits(k: float, n: float, confidence: float) -> tuple[float, float]:
    tail = (1 - confidence) / 2
    low = float(betaincinv(k, n - k + 1, tail)) if k > 0 else 0.0
    high = float(betaincinv(k + 1, n - k, 1 - tail)) if k < n else 1.0
    return low, high


def _check(k: float, n: float, confidence: float) -> None:
    if not n > 0:
        raise ValueError("share of no rows: it has no estimate, show why there are none instead")
    if not 0 <= k <= n:
        raise ValueError(f"share of {k} in {n} rows: k must lie between 0 and n")
    if not 0 < confidence < 1:
        raise ValueError(f"confidence {confidence}: it must lie between 0 and 1, such as 0.95")
