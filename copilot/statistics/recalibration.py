"""Make probabilities mean what they say, from labelled rows: isotonic regression, or Platt's curve where they are few.

Fitted on rows it has seen, any curve flatters itself; `crossfit` gives each row the curve of the other folds, with all
rows of a case in one fold. A curve never says 0 or 1: n labels that are all right still allow one wrong in n + 2.
"""

from dataclasses import dataclass
from typing import Protocol

import numpy as np
from numpy.typing import ArrayLike, NDArray
from scipy.special import expit, logit

Array = NDArray[np.float64]
FEWEST_FOR_ISOTONIC = 300  # labels; below it follows chance, and Platt's two numbers do better
N_FOLDS = 5
N_STEPS = 100  # of Newton's method, far more than it takes


class Curve(Protocol):
    """Turns confidence into probability; never falls."""

    def apply(self, confidence: ArrayLike) -> Array: ...


@dataclass(frozen=True, eq=False)
class Isotonic:
    """Straight lines between knots, level beyond them."""

    knots: Array
    values: Array

    def apply(self, confidence: ArrayLike) -> Array:
        return np.asarray(np.interp(np.asarray(confidence, dtype=np.float64), self.knots, self.values))


@dataclass(frozen=True)
class Platt:
    """expit(slope logit(confidence) + offset); slope 1 and offset 0 leave it as it was."""

    slope: float
    offset: float
    least: float

    def apply(self, confidence: ArrayLike) -> Array:
        found = expit(self.slope * _logit(confidence) + self.offset)
        return np.asarray(np.clip(found, self.least, 1 - self.least))


def fit(confidence: ArrayLike, is_right: ArrayLike) -> Isotonic | Platt:
    """Return the curve for these labelled rows: isotonic from 300 on, Platt's below.

    Raises:
        ValueError: no rows, shapes that differ, or a confidence not in 0 to 1.

    >>> type(fit([0.2, 0.8], [False, True])).__name__
    'Platt'
    """
    chosen = fit_isotonic if np.size(confidence) >= FEWEST_FOR_ISOTONIC else fit_platt
    return chosen(confidence, is_right)


def fit_isotonic(confidence: ArrayLike, is_right: ArrayLike) -> Isotonic:
    """Return the rising curve nearest to the outcomes in squares, by pooling adjacent violators (Ayer et al. 1955).

    Raises:
        ValueError: as `fit`.

    >>> fit_isotonic([0.1, 0.2, 0.3, 0.4], [0, 1, 0, 1]).apply([0.1, 0.25, 0.4]).round(2).tolist()
    [0.17, 0.5, 0.83]
    """
    p, y = _checked(confidence, is_right)
    knots, where, n_at = np.unique(p, return_inverse=True, return_counts=True)
    means = np.bincount(where, weights=y) / n_at
    pools: list[tuple[float, float, int]] = []  # mean, rows, knots
    for mean, rows in zip(means.tolist(), n_at.tolist(), strict=True):
        pool = (mean, float(rows), 1)
        while pools and pools[-1][0] >= pool[0]:
            before = pools.pop()
            both = before[1] + pool[1]
            pool = ((before[0] * before[1] + pool[0] * pool[1]) / both, both, before[2] + pool[2])
        pools.append(pool)
    values = np.repeat([mean for mean, _, _ in pools], [n for _, _, n in pools])
    least = 1 / (len(p) + 2)
    return Isotonic(knots, np.clip(values, least, 1 - least))


def fit_platt(confidence: ArrayLike, is_right: ArrayLike) -> Platt:
    """Return the logistic curve over log-odds of the confidence (Platt 1999), by Newton's method.

    Outcomes are taken as (n_right + 1) / (n_right + 2) and 1 / (n_wrong + 2) instead of 1 and 0, as Platt does, so that
    few rows never give an endless slope. A slope below 0 is held at 0: more confidence must not mean less.

    Raises:
        ValueError: as `fit`.

    >>> found = fit_platt([0.6, 0.7, 0.8, 0.9] * 10, [0, 0, 1, 1] * 10)
    >>> found.slope > 1, round(float(found.apply(0.9)), 2)
    (True, 0.98)
    """
    p, y = _checked(confidence, is_right)
    n_right = float(y.sum())
    target = np.where(y > 0, (n_right + 1) / (n_right + 2), 1 / (len(y) - n_right + 2))
    x = np.column_stack([_logit(p), np.ones(len(p))])
    least = 1 / (len(p) + 2)
    slope, offset = _logistic(x, target)
    if slope < 0:
        return Platt(0.0, float(logit(target.mean())), least)
    return Platt(slope, offset, least)


def crossfit(
    confidence: ArrayLike, is_right: ArrayLike, case: ArrayLike, *, seed: int, n_folds: int = N_FOLDS
) -> Array:
    """Return each row's probability by the curve of rows in other folds; rows of one case share a fold.

    Raises:
        ValueError: as `fit`, or fewer than two folds or fewer cases than folds.

    >>> p = np.linspace(0.1, 0.9, 50)
    >>> crossfit(p, p > 0.5, np.arange(50), seed=1).shape
    (50,)
    """
    p, y = _checked(confidence, is_right)
    cases, of_case = np.unique(np.asarray(case), return_inverse=True)
    if of_case.shape != p.shape:
        raise ValueError(f"calibration: {p.size} rows and {of_case.size} cases, give one of each")
    if not 2 <= n_folds <= len(cases):
        raise ValueError(f"{n_folds} folds of {len(cases)} cases: give at least two and no more than cases")
    fold = (np.random.default_rng(seed).permutation(len(cases)) % n_folds)[of_case]
    found = np.empty(len(p))
    for each in range(n_folds):
        held_out = fold == each
        found[held_out] = fit(p[~held_out], y[~held_out]).apply(p[held_out])
    return found


def _logistic(x: Array, target: Array) -> tuple[float, float]:
    """Return slope and offset of greatest likelihood; steps are halved while they make it worse."""
    weights = np.array([1.0, 0.0])
    loss = _loss(x, target, weights)
    for _ in range(N_STEPS):
        p = expit(x @ weights)
        curvature = (x * (p * (1 - p))[:, None]).T @ x + 1e-10 * np.eye(2)
        step = np.linalg.solve(curvature, x.T @ (p - target))
        while _loss(x, target, weights - step) > loss + 1e-12 and np.abs(step).max() > 1e-10:
            step = step / 2
        weights = weights - step
        loss = _loss(x, target, weights)
        if np.abs(step).max() < 1e-9:
            break
    return float(weights[0]), float(weights[1])


def _loss(x: Array, target: Array, weights: Array) -> float:
    scores = x @ weights
    return float(np.sum(np.logaddexp(0, scores) - target * scores))


def _logit(confidence: ArrayLike) -> Array:
    return np.asarray(logit(np.clip(np.asarray(confidence, dtype=np.float64), 1e-6, 1 - 1e-6)))


def _checked(confidence: ArrayLike, is_right: ArrayLike) -> tuple[Array, Array]:
    p, y = np.asarray(confidence, dtype=np.float64), np.asarray(is_right, dtype=np.float64)
    if p.shape != y.shape or p.ndim != 1:
        raise ValueError(
            f"calibration: confidence has shape {p.shape} and outcomes {y.shape}, give one of each"
        )
    if not len(p):
        raise ValueError("calibration of no rows: label some first")
    if not np.all((p >= 0) & (p <= 1)):
        raise ValueError("calibration: each confidence must lie between 0 and 1")
    return p, y
