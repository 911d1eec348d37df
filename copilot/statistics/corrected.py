"""Accuracy corrected by a labelled sample: rows drawn at random within strata, weighted back (metrics section 5).

Strata are match kind x topic, or whatever the sample was drawn by. Which row of a stratum got a label must have been
left to chance, with a known probability: labels of complaints correct nothing.
"""

import numpy as np
from numpy.typing import ArrayLike, NDArray

from copilot.statistics.clusters import variance_of
from copilot.statistics.intervals import FEWEST_AGENTS, Interval, Method, share_interval

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

    It speaks of the period's rows. For what the copilot does with any agent's rows, see `clustered_post_stratified`.

    Raises:
        ValueError: shapes that differ, a stratum with rows and fewer than two labels, or more labels than rows.

    >>> found = post_stratified(k=[48, 10], n=[50, 50], population=[900, 100])
    >>> round(found.estimate, 3), round(found.low, 3), round(found.high, 3)
    (0.884, 0.819, 0.928)
    """
    right, labels, rows = (each[0] for each in _checked(k, n, population, dimensions=1))
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


def clustered_post_stratified(
    k: ArrayLike, n: ArrayLike, population: ArrayLike, *, confidence: float = 0.95
) -> Interval:
    """Return the share that is right with agents like these: arrays [agents, strata] as in `post_stratified`.

    Agents differ in how often they are right within a stratum and in their mix of strata; so both are in the influence
    u_g = sum_h W_h (k_gh - y_h n_gh) / n_h + (y_h - theta) N_gh / N, whose variance is `clusters.variance_of` with
    weights in proportion to what independent rows would make of u_g^2.

    Raises:
        ValueError: as `post_stratified`, or fewer than two agents.

    >>> found = clustered_post_stratified([[9, 2]] * 5 + [[10, 3]] * 5, [[10, 10]] * 10, [[90, 10]] * 10)
    >>> round(found.estimate, 2), round(found.low, 2), round(found.high, 2)
    (0.88, 0.82, 0.92)
    """
    k_of, n_of, rows_of = _checked(k, n, population, dimensions=2)
    if len(n_of) < 2:
        raise ValueError("labels of one agent: they do not tell how agents differ, use post_stratified")
    labels, rows, whole = n_of.sum(axis=0), rows_of.sum(axis=0), rows_of.sum()
    weight, right = rows / whole, k_of.sum(axis=0) / labels
    theta = float(weight @ right)
    influence = ((k_of - right * n_of) * (weight / labels) + (right - theta) * rows_of / whole).sum(axis=1)
    spread = _spread(k_of.sum(axis=0), labels)
    expected = (n_of * spread * (weight / labels) ** 2 + rows_of * ((right - theta) / whole) ** 2).sum(axis=1)
    variance, df = variance_of(influence, expected / expected.sum())
    return share_interval(
        theta,
        variance=max(float(variance), float(np.sum(weight**2 * spread / labels))),
        df=float(df),
        n=labels.sum(),
        method=Method.POST_STRATIFIED,
        few_agents=len(n_of) < FEWEST_AGENTS,
        confidence=confidence,
    )


def _spread(k: Array, n: Array) -> Array:
    """Return the variance of one label in each stratum, half a label of each kind added."""
    q = (k + 0.5) / (n + 1)
    return n / (n - 1) * q * (1 - q)


def _checked(
    k: ArrayLike, n: ArrayLike, population: ArrayLike, *, dimensions: int
) -> tuple[Array, Array, Array]:
    """Return the three arrays as [agents, strata], without strata and agents that have no rows."""
    k_of, n_of, rows_of = (np.asarray(each, dtype=np.float64) for each in (k, n, population))
    if not (k_of.shape == n_of.shape == rows_of.shape) or n_of.ndim != dimensions:
        raise ValueError(
            f"labels by stratum: k has shape {k_of.shape}, n {n_of.shape} and population {rows_of.shape}; give one of "
            f"each per {'stratum' if dimensions == 1 else 'agent and stratum'}"
        )
    if not np.all((k_of >= 0) & (k_of <= n_of) & (n_of <= rows_of)):
        raise ValueError("labels by stratum: each k must lie between 0 and its n, and each n up to its rows")
    k_of, n_of, rows_of = np.atleast_2d(k_of), np.atleast_2d(n_of), np.atleast_2d(rows_of)
    if not rows_of.sum() > 0:
        raise ValueError("share of no rows: it has no estimate, show why there are none instead")
    labels, filled = n_of.sum(axis=0), rows_of.sum(axis=0) > 0
    for stratum in np.flatnonzero(filled & (labels < FEWEST_LABELS)).tolist():
        raise ValueError(
            f"stratum {stratum} has {labels[stratum]:g} labels: at least {FEWEST_LABELS} are needed, "
            "merge it with another"
        )
    worked = rows_of.sum(axis=1) > 0
    return k_of[worked][:, filled], n_of[worked][:, filled], rows_of[worked][:, filled]
