"""Accuracy corrected by a labelled sample: rows drawn at random within strata, weighted back (metrics section 5).

Strata are match kind x topic, or whatever the sample was drawn by. Which row of a stratum got a label must have been
left to chance, with a known probability: labels of complaints correct nothing.
"""

import numpy as np
from numpy.typing import ArrayLike, NDArray

from copilot.statistics.intervals import Interval, Method, share_interval

Array = NDArray[np.float64]
FEWEST_LABELS = 2  # of a stratum: one label does not tell how labels differ


def post_stratified(
    k: ArrayLike, n: ArrayLike, population: ArrayLike, *, confidence: float = 0.95
) -> Interval:
    """Return the share that is right in these very rows: `k[h]` right of `n[h]` labels, of `population[h]` rows.

    theta = sum_h W_h y_h with y_h = k_h / n_h and W_h = N_h / N;
    Var = sum_h W_h^2 (1 - n_h / N_h) s_h^2 / n_h, s_h^2 = n_h / (n_h - 1) q_h (1 - q_h) (Cochran 1977, 5.3 and 5.6).
    The variance takes q_h = (k_h + 1/2) / (n_h + 1), so that a stratum whose labels are all alike is not taken for
    certain. The interval is Wilson's on the number of rows that this is worth.

    It speaks of the period's rows. For what the copilot does with any agent's rows, see `prediction_powered`.

    Raises:
        ValueError: shapes that differ, a stratum with rows and fewer than two labels, or more labels than rows.

    >>> found = post_stratified(k=[48, 10], n=[50, 50], population=[900, 100])
    >>> round(found.estimate, 3), round(found.low, 3), round(found.high, 3)
    (0.884, 0.819, 0.928)
    """
    right, labels, rows = _checked(k, n, population)
    weight = rows / rows.sum()
    spread = _spread(right, labels) * (1 - labels / rows)
    return share_interval(
        float(weight @ (right / labels)),
        variance=float(np.sum(weight**2 * spread / labels)),
        df=float(labels.sum() - len(labels)),
        n=labels.sum(),
        method=Method.POST_STRATIFIED,
        confidence=confidence,
    )


def _spread(k: Array, n: Array) -> Array:
    """Return the variance of one label in each stratum, half a label of each kind added."""
    q = (k + 0.5) / (n + 1)
    return n / (n - 1) * q * (1 - q)


def _checked(k: ArrayLike, n: ArrayLike, population: ArrayLike) -> tuple[Array, Array, Array]:
    """Return the three arrays without strata that have no rows."""
    k_of, n_of, rows_of = (np.asarray(each, dtype=np.float64) for each in (k, n, population))
    if not (k_of.shape == n_of.shape == rows_of.shape) or n_of.ndim != 1:
        raise ValueError(
            f"labels by stratum: k has shape {k_of.shape}, n {n_of.shape} and population {rows_of.shape}; give one of "
            "each per stratum"
        )
    if not np.all((k_of >= 0) & (k_of <= n_of) & (n_of <= rows_of)):
        raise ValueError("labels by stratum: each k must lie between 0 and its n, and each n up to its rows")
    if not rows_of.sum() > 0:
        raise ValueError("share of no rows: it has no estimate, show why there are none instead")
    filled = rows_of > 0
    for stratum in np.flatnonzero(filled & (n_of < FEWEST_LABELS)).tolist():
        raise ValueError(
            f"stratum {stratum} has {n_of[stratum]:g} labels: at least {FEWEST_LABELS} are needed, "
            "merge it with another"
        )
    return k_of[filled], n_of[filled], rows_of[filled]
