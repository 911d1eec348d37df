"""Intervals that may be looked at every day: they hold at all times at once, not at one planned time.

Whoever looks daily at ordinary intervals and stops when one leaves out 0 wins falsely in 30 % of experiments without
any effect. These pay for the freedom to look with about one and a half times the width at the planned number.
"""

from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray
from scipy.special import ndtr, stdtrit

Array = NDArray[np.float64]
FEWEST_IN_ARM = 100  # rows of each arm before the first look: the theory is one of large numbers
FEWEST_FOR_LINE = 2 * FEWEST_IN_ARM


@dataclass(frozen=True, eq=False)
class Sequence:
    """Limits for each look, in the unit of the estimates; -inf and inf before there are enough rows to say anything."""

    low: Array
    high: Array


def half_width(
    standard_error: ArrayLike,
    n: ArrayLike,
    *,
    planned_n: float,
    df: ArrayLike = np.inf,
    confidence: float = 0.95,
) -> Array:
    """Return how far the truth may be from each estimate, at all looks together.

    `standard_error` of the estimate after `n` rows (all arms), of clusters where rows cluster; arrays of one shape are
    looks. With s^2 = SE^2 n and rho chosen so that the interval is narrowest near the planned number of rows,

        s sqrt(2 (n rho^2 + 1) / (n rho)^2 ln(sqrt(n rho^2 + 1) / alpha))
        rho^2 = (-2 ln alpha + ln(1 - 2 ln alpha)) / planned_n

    which is equation 9 of Waudby-Smith, Arbour, Sinha, Kennedy and Ramdas 2024 (arXiv 2103.06476) as GrowthBook's
    gbstats has it.

    That is so many standard errors if these are known. Those of few agents are guesses themselves, and at every look
    the same agents' guess: with 8 agents 14 % win falsely instead of 5. So with `df` degrees of freedom the number of
    standard errors is that of Student's t which is exceeded as rarely.

    Raises:
        ValueError: planned_n or an n not above 0, or confidence not between 0 and 1.

    >>> round(float(half_width(0.02, 5000, planned_n=5000)), 4)
    0.0607
    """
    n_of = _checked(n, planned_n, confidence)
    alpha = 1 - confidence
    mixed = n_of * _squared_rho(alpha, planned_n) + 1
    return np.asarray(standard_error) * _of_t(_stretch(mixed, np.log(np.sqrt(mixed) / alpha)), df)


def lower_half_width(
    standard_error: ArrayLike,
    n: ArrayLike,
    *,
    planned_n: float,
    df: ArrayLike = np.inf,
    confidence: float = 0.95,
) -> Array:
    """Return how far the truth may be below each estimate, at all looks together: one side only, so nearer.

    s sqrt(2 (n rho^2 + 1) / (n rho)^2 ln(1 + sqrt(n rho^2 + 1) / (2 alpha))), equation 134 of the same paper, with
    rho for 2 alpha; few agents as there.

    Raises:
        ValueError: as `half_width`, or confidence not above 0.5.

    >>> round(float(lower_half_width(0.02, 5000, planned_n=5000)), 4)
    0.0556
    """
    n_of = _checked(n, planned_n, confidence)
    alpha = 1 - confidence
    if alpha >= 0.5:
        raise ValueError(f"confidence {confidence}: for one side it must lie between 0.5 and 1, such as 0.95")
    mixed = n_of * _squared_rho(2 * alpha, planned_n) + 1
    return np.asarray(standard_error) * _of_t(_stretch(mixed, np.log1p(np.sqrt(mixed) / (2 * alpha))), df)


def sequence(
    estimate: ArrayLike,
    standard_error: ArrayLike,
    n_by_arm: ArrayLike,
    *,
    planned_n: float,
    df: ArrayLike = np.inf,
    confidence: float = 0.95,
) -> Sequence:
    """Return the interval after each look at a difference of arms: estimate ± `half_width`.

    `n_by_arm` is [looks, arms], rows so far. Until each arm has 100 rows nothing is said.

    >>> found = sequence([0.3, 0.1], [0.1, 0.02], [[50, 60], [2500, 2500]], planned_n=5000)
    >>> found.low.round(3).tolist(), found.high.round(3).tolist()
    ([-inf, 0.039], [inf, 0.161])
    """
    by_arm = np.asarray(n_by_arm, dtype=np.float64)
    n = np.maximum(by_arm.sum(axis=-1), 1)
    half = half_width(standard_error, n, planned_n=planned_n, df=df, confidence=confidence)
    half = np.where(by_arm.min(axis=-1) >= FEWEST_IN_ARM, half, np.inf)
    return Sequence(np.asarray(estimate) - half, np.asarray(estimate) + half)


def lower_line(
    estimate: ArrayLike,
    standard_error: ArrayLike,
    n: ArrayLike,
    *,
    planned_n: float,
    df: ArrayLike = np.inf,
    confidence: float = 0.95,
) -> Array:
    """Return below which the truth is not, after each look: what an alert holds against a reference.

    `n` [looks] are rows so far. Until there are 200 nothing is said, and the line is at -inf.

    >>> lower_line([0.7, 0.7], [0.1, 0.02], [50, 5000], planned_n=5000).round(3).tolist()
    [-inf, 0.644]
    """
    n_of = np.asarray(n, dtype=np.float64)
    n = np.maximum(n_of, 1)
    half = lower_half_width(standard_error, n, planned_n=planned_n, df=df, confidence=confidence)
    return np.asarray(estimate) - np.where(n_of >= FEWEST_FOR_LINE, half, np.inf)


def _squared_rho(alpha: float, planned_n: float) -> float:
    return float((-2 * np.log(alpha) + np.log1p(-2 * np.log(alpha))) / planned_n)


def _stretch(mixed: Array, log_odds: Array) -> Array:
    """Return sqrt(n) sqrt(2 (n rho^2 + 1) / (n rho)^2 ln ...) with n rho^2 = mixed - 1: so many standard errors."""
    return np.sqrt(2 * mixed / (mixed - 1) * log_odds)


def _of_t(n_errors: Array, df: ArrayLike) -> Array:
    """Return how many standard errors Student's t exceeds as rarely as the normal exceeds these."""
    degrees = np.asarray(df, dtype=np.float64)
    tail = ndtr(-n_errors)
    known = np.where(np.isfinite(degrees) & (degrees > 0), degrees, 1)
    of_t = np.abs(stdtrit(known, tail))  # where the tail is too small for a number, infinitely many
    return np.where(degrees > 0, np.where(np.isinf(degrees), n_errors, of_t), np.inf)


def _checked(n: ArrayLike, planned_n: float, confidence: float) -> Array:
    n_of = np.asarray(n, dtype=np.float64)
    if not np.all(n_of > 0):
        raise ValueError("always-valid interval of no rows: it has no width, show why there is none instead")
    if not planned_n > 0:
        raise ValueError(f"planned number {planned_n}: give the rows expected when it is decided")
    if not 0 < confidence < 1:
        raise ValueError(f"confidence {confidence}: it must lie between 0 and 1, such as 0.95")
    return n_of
