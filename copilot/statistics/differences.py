"""The difference of two arms whose rows cluster by agent: match rates (influence), outcomes of an experiment."""

import math
from dataclasses import replace

import numpy as np
from numpy.typing import ArrayLike, NDArray

from copilot.statistics.estimates import Estimate, student
from copilot.statistics.intervals import Method, clustered_rate
from copilot.statistics.regression import contrast

Array = NDArray[np.float64]
FEWEST_IN_ARM = 2  # agents, below which an arm says nothing of how much agents differ


def difference_of_rates(k: ArrayLike, n: ArrayLike, *, confidence: float = 0.95) -> Estimate:
    """Return the rate in the second arm less that in the first: `k[g, arm]` of agent g's `n[g, arm]` rows.

    Influence is the case MR_offer - MR_shadow (metrics section 4), with arms in the order shadow, offer. Agents may
    have rows in both arms or in one.

    Where the rows of an arm are all alike, its variance is 0 and says nothing: the limits are then put together from
    those of both rates (Newcombe 1998), with every agent counted once. No limit lies beyond -1 or 1, where no
    difference of two rates can.

    Raises:
        ValueError: as `difference_of_means`, or k not in 0 to n.

    >>> k = [[3, 6], [4, 7], [2, 5], [5, 5], [3, 6], [4, 6], [3, 7], [2, 6]]
    >>> found = difference_of_rates(k, [[10, 10]] * 8)
    >>> round(found.estimate, 3), round(found.low, 3), round(found.high, 3)
    (0.275, 0.168, 0.382)
    """
    k_of, n_of = np.asarray(k, dtype=np.float64), np.asarray(n, dtype=np.float64)
    if k_of.shape == n_of.shape and not np.all((k_of >= 0) & (k_of <= n_of)):
        raise ValueError("counts by agent and arm: each k must lie between 0 and its n")
    found = difference_of_means(k_of, n_of, confidence=confidence)
    is_unknown = np.any((k_of.sum(axis=0) == 0) | (k_of.sum(axis=0) == n_of.sum(axis=0)))
    found = _of_rows_all_alike(found, k_of, n_of, confidence) if is_unknown else found
    return replace(found, low=max(found.low, -1.0), high=min(found.high, 1.0))


def difference_of_means(total: ArrayLike, n: ArrayLike, *, confidence: float = 0.95) -> Estimate:
    """Return the mean in the second arm less that in the first, from sums: `total[g, arm]` over `n[g, arm]` rows.

    delta = sum_g y_g1 / sum_g n_g1 - sum_g y_g0 / sum_g n_g0, with the variance and degrees of freedom of least
    squares on the arm (`regression.contrast`): what an agent has in common in both arms cancels out.

    Raises:
        ValueError: shapes other than [agents, 2], or an arm with fewer than two agents.
    """
    y_of, n_of = checked_arms(total, n)
    found = contrast(*arm_products(y_of, n_of), np.array([0.0, 1.0]))
    return student(
        float(found.estimate),
        variance=float(found.variance),
        df=float(found.df),
        n=n_of.sum(),
        n_agents=len(n_of),
        method=Method.CR2,
        confidence=confidence,
    )


def _of_rows_all_alike(found: Estimate, k_of: Array, n_of: Array, confidence: float) -> Estimate:
    first, second = (clustered_rate(k_of[:, arm], n_of[:, arm], confidence=confidence) for arm in (0, 1))
    below = math.hypot(second.estimate - second.low, first.high - first.estimate)
    above = math.hypot(second.high - second.estimate, first.estimate - first.low)
    return replace(
        found,
        low=found.estimate - below,
        high=found.estimate + above,
        method=Method.CLUSTERED_CLOPPER_PEARSON,
        few_agents=True,
    )


def checked_arms(total: ArrayLike, n: ArrayLike) -> tuple[Array, Array]:
    """Return sums and counts [agents, 2] of the agents that have rows.

    Raises:
        ValueError: as `difference_of_means`.
    """
    y_of, n_of = np.asarray(total, dtype=np.float64), np.asarray(n, dtype=np.float64)
    if y_of.shape != n_of.shape or n_of.ndim != 2 or n_of.shape[1] != 2:
        raise ValueError(
            f"sums by agent and arm: they have shape {y_of.shape} and counts {n_of.shape}, give [agents, 2] of each"
        )
    if not (np.all(n_of >= 0) and np.all(np.isfinite(y_of))):
        raise ValueError("sums by agent and arm: counts must not be negative and sums must be numbers")
    fewest = int((n_of > 0).sum(axis=0).min()) if len(n_of) else 0
    if fewest < FEWEST_IN_ARM:
        raise ValueError(
            f"difference of arms: one has {fewest} agents, at least {FEWEST_IN_ARM} are needed to know how much agents "
            "differ; wait for more or show why there is none"
        )
    has_rows = n_of.sum(axis=1) > 0
    return y_of[has_rows], n_of[has_rows]


def arm_products(y_of: Array, n_of: Array) -> tuple[Array, Array]:
    """Return the sums of products of the columns (1, arm), from sums [..., agents, 2]: what `contrast` takes.

    >>> arm_products(np.array([[1.0, 3.0]]), np.array([[2.0, 4.0]]))[0].tolist()
    [[[6.0, 4.0], [4.0, 4.0]]]
    """
    both, second = n_of.sum(axis=-1), n_of[..., 1]
    xx = np.stack([np.stack([both, second], -1), np.stack([second, second], -1)], -2)
    return xx, np.stack([y_of.sum(axis=-1), y_of[..., 1]], -1)
