"""Accuracy from few labels and many judgments: the PPI++ estimate (metrics section 5).

A judge (or the match itself) speaks of every row, a person of some drawn at random. The judge's mean over all rows is
put right by how far judge and person differ where both spoke; `power` (lambda) is how much the judge is listened to:
with 0 the labels stand alone, so a bad judge does little harm.

Angelopoulos, Duchi and Zrnic 2023 (PPI++); by strata: Fisch et al. 2024 (StratPPI); clusters: the same by agents' sums.
With fewer than 100 labels intervals are too short (40 cover 91 %): take Wilson's on the labels.
"""

from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray

from copilot.statistics.clusters import variance_of
from copilot.statistics.intervals import FEWEST_AGENTS, Interval, Method, share_interval

Array = NDArray[np.float64]
FEWEST_LABELS = 2  # of a stratum


@dataclass(frozen=True, eq=False)
class Judged:
    """Sums over all rows, the labelled ones among them (they are taken off): rows, the judge's f (0 to 1) and f^2.

    Each array is [strata], or [agents, strata]; a plain number is one stratum.
    """

    n: ArrayLike
    f: ArrayLike
    ff: ArrayLike


@dataclass(frozen=True, eq=False)
class Labelled:
    """Sums over labelled rows: rows, the person's y (0 or 1, so that y^2 is y), and of the same rows f, f^2 and y f."""

    n: ArrayLike
    y: ArrayLike
    f: ArrayLike
    ff: ArrayLike
    yf: ArrayLike


@dataclass(frozen=True, eq=False)
class Corrected:
    """The estimate, and of each stratum how much the judge was listened to, 0 to 1."""

    interval: Interval
    power: tuple[float, ...]
    standard_error: float


def prediction_powered(judged: Judged, labelled: Labelled, *, confidence: float = 0.95) -> Corrected:
    """Return the share that is right, rows independent; over strata weighted by their rows.

    In each stratum, with n labelled and N other rows,

        lambda = clip(Cov(y, f) / ((1 + n/N) Var f), 0, 1)
        theta = lambda mean_N f + mean_n(y - lambda f)
        SE^2 = lambda^2 Var_N(f) / N + Var_n(y - lambda f) / n

    and over strata theta = sum W_h theta_h, SE^2 = sum W_h^2 SE_h^2 + sum W_h (theta_h - theta)^2 / (N + n), the last
    because the next rows come in another mix of strata. N leaves the labelled rows out, else both terms would share
    them: with 300 labels of 800 rows the interval would cover 91 %. Variances take half a label of each kind more.

    Raises:
        ValueError: shapes that differ, a stratum with fewer than two labels or with more labels than rows.

    >>> judged = Judged(n=2000, f=1500, ff=1500)
    >>> labelled = Labelled(n=200, y=160, f=150, ff=150, yf=140)
    >>> found = prediction_powered(judged, labelled)
    >>> round(found.interval.estimate, 3), round(found.power[0], 2), round(found.standard_error, 4)
    (0.8, 0.48, 0.0239)
    """
    every, few = _sums(judged, labelled)
    _check(every, few)
    power, theta, variance = _of_strata(every, few)
    whole = every[0].sum()
    weight = every[0] / whole
    estimate = float(weight @ theta)
    squares = float(np.sum(weight**2 * variance) + weight @ (theta - estimate) ** 2 / whole)
    interval = share_interval(
        estimate,
        variance=squares,
        df=float(few[0].sum() - few.shape[1]),
        n=few[0].sum(),
        method=Method.PREDICTION_POWERED,
        confidence=confidence,
    )
    return Corrected(interval, tuple(power.tolist()), squares**0.5)


def clustered_prediction_powered(
    judged: Judged, labelled: Labelled, *, confidence: float = 0.95
) -> Corrected:
    """Return the same estimate for agents like these: arrays [agents, strata].

    Agent g pulls by u_g = sum_h W_h [lambda_h (F_gh - f_h N_gh) / N_h + (Y_gh - lambda_h f_gh - m_h n_gh) / n_h]
    + (theta_h - theta) N_gh / N, with m_h the mean of y - lambda f over labels; the variance is `clusters.variance_of`
    with weights in proportion to what independent rows would make of u_g^2. It is never less than that of rows.

    Raises:
        ValueError: as `prediction_powered`, or fewer than two agents.
    """
    each, told = _sums(judged, labelled)
    if each.ndim != 3 or each.shape[1] < 2:
        raise ValueError(
            f"judgments by agent have shape {each.shape[1:]}: give [agents, strata] of at least two agents, or use "
            "prediction_powered"
        )
    every, few = each.sum(axis=1), told.sum(axis=1)
    _check(every, few)
    power, theta_of, variance_of_rows = _of_strata(every, few)
    whole = every[0].sum()
    weight = every[0] / whole
    theta = float(weight @ theta_of)
    rest = (few[1] - power * few[2]) / few[0]
    unlabelled, n_all = _unlabelled(each, told), np.maximum(every[0] - few[0], 1)
    mean_f, spread_f = _moments(_unlabelled(every, few))
    by_judge = power * (unlabelled[1] - mean_f * unlabelled[0]) / n_all
    by_label = (told[1] - power * told[2] - rest * told[0]) / few[0]
    by_mix = (theta_of - theta) * each[0] / whole
    influence = (weight * (by_judge + by_label) + by_mix).sum(axis=1)
    expected = (
        weight**2 * power**2 * spread_f * unlabelled[0] / n_all**2
        + weight**2 * _spread(few, power) * told[0] / few[0] ** 2
        + each[0] * ((theta_of - theta) / whole) ** 2
    ).sum(axis=1)
    variance, df = variance_of(influence, expected / expected.sum())
    squares = max(float(variance), float(np.sum(weight**2 * variance_of_rows)))
    interval = share_interval(
        theta,
        variance=squares,
        df=float(df),
        n=few[0].sum(),
        method=Method.PREDICTION_POWERED,
        few_agents=each.shape[1] < FEWEST_AGENTS,
        confidence=confidence,
    )
    return Corrected(interval, tuple(power.tolist()), squares**0.5)


def _of_strata(every: Array, few: Array) -> tuple[Array, Array, Array]:
    """Return power, estimate and squared standard error of each stratum."""
    n, n_all = few[0], every[0] - few[0]
    mean_f, spread_f = _moments(_unlabelled(every, few))
    covariance = (few[4] - few[1] * few[2] / n) / (n - 1)
    scale = (n_all + n) * spread_f  # 0 where all rows are labelled, and where the judge always says the same
    power = np.clip(np.divide(n_all * covariance, scale, out=np.zeros_like(scale), where=scale > 0), 0, 1)
    theta = power * mean_f + (few[1] - power * few[2]) / n
    return power, theta, power**2 * spread_f / np.maximum(n_all, 1) + _spread(few, power) / n


def _spread(few: Array, power: Array) -> Array:
    """Return the variance of y - lambda f over labels, with half a label of each kind added."""
    n, y, f, ff, yf = few
    padded, ones = n + 1, y + 0.5
    squares = ones - 2 * power * (yf + f / n / 2) + power**2 * (ff + ff / n)
    mean = (ones - power * (f + f / n)) / padded
    return np.maximum(0, squares / padded - mean**2) * n / (n - 1)


def _unlabelled(every: Array, few: Array) -> Array:
    """Return the sums (n, f, f^2) of rows that have no label."""
    return every - few[[0, 2, 3]]


def _moments(sums: Array) -> tuple[Array, Array]:
    """Return mean and variance of f; 0 of no rows."""
    n = np.maximum(sums[0], 1)
    mean = sums[1] / n
    return mean, np.maximum(0, sums[2] / n - mean**2)


def _sums(judged: Judged, labelled: Labelled) -> tuple[Array, Array]:
    sums = [judged.n, judged.f, judged.ff, labelled.n, labelled.y, labelled.f, labelled.ff, labelled.yf]
    arrays = [np.atleast_1d(np.asarray(each, dtype=np.float64)) for each in sums]
    if len({each.shape for each in arrays}) > 1:
        raise ValueError(
            f"sums of judgments: shapes {[each.shape for each in arrays]} differ, give one of each"
        )
    return np.stack(arrays[:3]), np.stack(arrays[3:])


def _check(every: Array, few: Array) -> None:
    if every.ndim != 2:
        raise ValueError(f"sums of judgments have shape {every.shape[1:]}: give one number per stratum")
    for stratum in np.flatnonzero(few[0] < FEWEST_LABELS).tolist():
        raise ValueError(
            f"stratum {stratum} has {few[0, stratum]:g} labels: at least {FEWEST_LABELS} are needed, "
            "merge it with another"
        )
    if not np.all(few[0] <= every[0]):
        raise ValueError("sums of judgments: there are more labels than rows, count labelled rows among all")
    if not np.all((few[1] >= 0) & (few[1] <= few[0])):
        raise ValueError("sums of labels: each y must lie between 0 and its n")
