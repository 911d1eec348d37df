"""An effect adjusted for what was known before assignment: the same answer from fewer cases (CUPED, Lin 2013).

The covariate must have been made before the case got its arm: the agent's mean of an earlier period, a prediction from
topic, channel and priority. What the arm may have changed is no covariate.
"""

from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray

from copilot.statistics.differences import checked_arms
from copilot.statistics.estimates import Estimate, student
from copilot.statistics.intervals import Method
from copilot.statistics.regression import contrast

Array = NDArray[np.float64]


@dataclass(frozen=True, eq=False)
class Sums:
    """Sums [agents, arms] over cases of the outcome y and one covariate x; arms in the order control, treatment."""

    n: ArrayLike
    y: ArrayLike
    x: ArrayLike
    xx: ArrayLike
    xy: ArrayLike
    yy: ArrayLike


@dataclass(frozen=True)
class Adjusted:
    """The adjusted effect; `correlation` of y and x within arms: 1 - correlation^2 of the variance should be left.

    `imbalance` is the difference of the covariate itself. It was known before assignment, so where its interval leaves
    out 0 assignment is in doubt, and the page says so.
    """

    effect: Estimate
    correlation: float
    imbalance: Estimate


def adjusted_effect(sums: Sums, *, confidence: float = 0.95) -> Adjusted:
    """Return the effect on the mean of y, adjusted for x with a slope of its own in each arm.

    Least squares of y on 1, T, x - X and T (x - X), X the mean of x over all cases; the effect is T's coefficient (Lin
    2013), which never has more variance than the plain difference in large samples. With one slope for both arms it is
    CUPED's mean_T(y - theta x) - mean_C(y - theta x), theta = Cov(y, x) / Var x (Deng et al. 2013). Standard error and
    degrees of freedom are cluster-robust (CR2, `regression.contrast`).

    Raises:
        ValueError: shapes other than [agents, 2], an arm with fewer than two agents, or a covariate that never varies.

    >>> n = np.full((9, 2), 10.0)
    >>> x = np.linspace(10, 50, 9)[:, None] + np.array([0.0, 3.0])  # an agent's pre-period mean, summed over ten cases
    >>> y = 2 * x + np.array([0.0, -5.0]) + np.cos(np.arange(18)).reshape(9, 2)
    >>> xx, xy, yy = x**2 / 10 + 5, x * y / 10 + 10, y**2 / 10 + 20
    >>> found = adjusted_effect(Sums(n, y, x, xx, xy, yy))
    >>> round(found.effect.estimate, 2), round(found.correlation, 2)
    (-0.5, 1.0)
    """
    n, y, x, xx, xy, yy = _checked(sums)
    centre = x.sum() / n.sum()
    xx, xy, x = xx - 2 * centre * x + centre**2 * n, xy - centre * y, x - centre * n
    products, with_y = _products(n, x, xx), _with(y, xy)
    found = contrast(products, with_y, np.array([0.0, 1.0, 0.0, 0.0]))
    balance = contrast(products[:, :2, :2], np.stack([x.sum(axis=1), x[:, 1]], axis=-1), np.array([0.0, 1.0]))
    return Adjusted(
        effect=_estimate(found.estimate, found.variance, found.df, n, confidence),
        correlation=_correlation(n, x, xx, y, xy, yy),
        imbalance=_estimate(balance.estimate, balance.variance, balance.df, n, confidence),
    )


def _products(n: Array, x: Array, xx: Array) -> Array:
    """Return the sums of products of the columns (1, T, x, T x): [agents, 4, 4]."""
    all_n, all_x, all_xx = (each.sum(axis=1) for each in (n, x, xx))
    (n1, x1, xx1) = (each[:, 1] for each in (n, x, xx))
    rows = [[all_n, n1, all_x, x1], [n1, n1, x1, x1], [all_x, x1, all_xx, xx1], [x1, x1, xx1, xx1]]
    return np.moveaxis(np.array(rows), -1, 0)


def _with(y: Array, xy: Array) -> Array:
    return np.stack([y.sum(axis=1), y[:, 1], xy.sum(axis=1), xy[:, 1]], axis=-1)


def _correlation(n: Array, x: Array, xx: Array, y: Array, xy: Array, yy: Array) -> float:
    """Return the correlation of x and y about the means of their arms."""
    n_of, x_of, y_of = n.sum(axis=0), x.sum(axis=0), y.sum(axis=0)
    varied_x = float((xx.sum(axis=0) - x_of**2 / n_of).sum())
    varied_y = float((yy.sum(axis=0) - y_of**2 / n_of).sum())
    together = float((xy.sum(axis=0) - x_of * y_of / n_of).sum())
    return together / (varied_x * varied_y) ** 0.5 if varied_x > 0 and varied_y > 0 else 0.0


def _estimate(estimate: Array, variance: Array, df: Array, n: Array, confidence: float) -> Estimate:
    return student(
        float(estimate),
        variance=float(variance),
        df=float(df),
        n=n.sum(),
        n_agents=len(n),
        method=Method.CR2,
        confidence=confidence,
    )


def _checked(sums: Sums) -> tuple[Array, ...]:
    y, n = checked_arms(sums.y, sums.n)
    others = (checked_arms(each, sums.n)[0] for each in (sums.x, sums.xx, sums.xy, sums.yy))
    return n, y, *others
