"""Has a match rate fallen against its own past, however often one looks: the alarm of answers that went out of date.

For one answer a desk has some dozens or hundreds of turns, too few for the intervals of `always_valid` (200 rows before
the first look). So the test is exact. Turns are compared within strata, such as an agent in an arm: how an agent
differs from others, who is away this week, and how the arms are mixed then make no fall. If no stratum's rate has
changed, any of its turns may have been the matching ones, and the number of matches among the later turns is a sum of
hypergeometric ones: the exact conditional test of Cochran, Mantel and Haenszel (Cochran 1954, Mantel and Haenszel
1959).

Looks are paid for by a budget (Bonferroni): of all looks of a year at all answers through all windows together, at most
`BUDGET` raise an alarm by chance. That holds whatever depends on what, and for as many years as one looks.
"""

from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray
from scipy.special import gammaln, ndtr

Array = NDArray[np.float64]
BUDGET = 0.2  # false alarms a year, over all answers: one in five years
LOOKS = 365  # a year
SURE_ENOUGH = -2.5  # standard errors from which on the exact chance is computed
OF_THE_REST = 0.001  # chance, below which the others fell too when the agent who fell most is left out
LEAST_FALL = 0.10  # a smaller one is not worth anybody's time, however sure


@dataclass(frozen=True)
class Fall:
    """A change of rate within strata, later less earlier, and the chance of so few matches if nothing had changed."""

    change: float
    p: float
    before: float
    after: float
    n_before: int
    n_after: int


def level(*, n_answers: int, n_windows: int = 1, budget: float = BUDGET, looks: int = LOOKS) -> float:
    """Return the chance below which one look at one answer through one window is an alarm.

    >>> f"{level(n_answers=100, n_windows=4):.1e}"
    '1.4e-06'
    """
    return budget / (looks * max(1, n_answers) * n_windows)


def fall_of(k: ArrayLike, n: ArrayLike) -> Fall | None:
    """Return how a rate has changed: `k[s, side]` of `n[s, side]` turns of stratum s, sides earlier and later.

    The change is Mantel and Haenszel's: sum (k_s1 n_s0 - k_s0 n_s1) / N_s over sum n_s0 n_s1 / N_s. Rates and numbers
    are of the strata with turns on both sides, which alone tell anything; None if there is no such.

    Raises:
        ValueError: shapes other than [strata, 2], or k not in 0 to n.

    >>> fall = fall_of([[9, 1], [8, 0], [7, 1]], [[10, 5], [10, 5], [10, 5]])
    >>> round(fall.change, 2), f"{fall.p:.5f}"
    (-0.67, '0.00003')
    """
    k_of, n_of = checked(k, n)
    both = n_of.min(axis=-1) > 0
    k_of, n_of = k_of[both], n_of[both]
    if not len(n_of):
        return None
    z, change = standardised(k_of, n_of)
    sums, rows = k_of.sum(axis=0), n_of.sum(axis=0)
    return Fall(
        change=float(change),
        p=chance_of_as_few(k_of, n_of) if z < SURE_ENOUGH else float(ndtr(z)),
        before=float(sums[0] / rows[0]),
        after=float(sums[1] / rows[1]),
        n_before=int(rows[0]),
        n_after=int(rows[1]),
    )


def is_alarm(k: ArrayLike, n: ArrayLike, agents: ArrayLike, *, at: float) -> bool:
    """Whether a rate has fallen by a tenth or more, surely enough, and not by one agent's doing.

    `agents[s]` says whose stratum s is. The agent who lost the most is left out, and the rest must have fallen too.
    """
    k_of, n_of = checked(k, n)
    whole = fall_of(k_of, n_of)
    if whole is None or whole.p > at or whole.change > -LEAST_FALL:
        return False
    others = np.asarray(agents) != _most_fallen(k_of, n_of, np.asarray(agents))
    rest = fall_of(k_of[others], n_of[others])
    return rest is not None and rest.p <= OF_THE_REST and rest.change <= -LEAST_FALL


def standardised(k: Array, n: Array) -> tuple[Array, Array]:
    """Return the matches among later turns in standard errors from what is expected, and the change within strata.

    Counts are [..., strata, sides]; 0 and 0 where no stratum has turns on both sides. Half a match is granted, as for
    any count that is held against the normal curve.

    >>> z, change = standardised(np.array([[9.0, 1.0]]), np.array([[10.0, 5.0]]))
    >>> round(float(z), 2), round(float(change), 2)
    (-2.06, -0.7)
    """
    size = np.maximum(n.sum(axis=-1), 1)
    matches = k.sum(axis=-1)
    weight = n[..., 0] * n[..., 1] / size
    off = ((k[..., 1] * n[..., 0] - k[..., 0] * n[..., 1]) / size).sum(axis=-1)
    spread = weight * matches * (size - matches) / (size * np.maximum(size - 1, 1))
    variance, total = spread.sum(axis=-1), weight.sum(axis=-1)
    z = np.minimum(0, off + 0.5) / np.sqrt(np.where(variance > 0, variance, 1))
    return np.where(variance > 0, z, 0.0), off / np.where(total > 0, total, 1)


def chance_of_as_few(k: Array, n: Array) -> float:
    """Return the chance of so few matches among the later turns, given each stratum's turns and matches.

    >>> found = chance_of_as_few(np.array([[9.0, 1.0]]), np.array([[10.0, 5.0]]))
    >>> round(found, 5)  # (C(5, 0) C(10, 10) + C(5, 1) C(10, 9)) / C(15, 10)
    0.01698
    """
    spread, least = np.ones(1), 0
    for (k_before, k_after), (n_before, n_after) in zip(k, n, strict=True):
        matches = k_before + k_after
        first, last = max(0.0, matches - n_before), min(matches, n_after)
        later = np.arange(first, last + 1)
        ways = _log_choose(n_after, later) + _log_choose(n_before, matches - later)
        spread = np.convolve(spread, np.exp(ways - _log_choose(n_before + n_after, matches)))
        least += int(first)
    return float(min(1.0, spread[: int(k[:, 1].sum()) - least + 1].sum()))


def checked(k: ArrayLike, n: ArrayLike) -> tuple[Array, Array]:
    """Return both counts as numbers.

    Raises:
        ValueError: as `fall_of`.
    """
    k_of, n_of = np.asarray(k, dtype=np.float64), np.asarray(n, dtype=np.float64)
    if k_of.shape != n_of.shape or n_of.ndim != 2 or n_of.shape[1] != 2:
        raise ValueError(
            f"counts by stratum and side: k has shape {k_of.shape} and n {n_of.shape}, give [strata, 2] of each"
        )
    if not np.all((k_of >= 0) & (k_of <= n_of)):
        raise ValueError("counts by stratum and side: each k must lie between 0 and its n")
    return k_of, n_of


def _most_fallen(k: Array, n: Array, agents: NDArray[np.int64]) -> np.int64:
    """Return the agent whose later turns lack the most matches."""
    lacking = k.sum(axis=1) * n[:, 1] / np.maximum(n.sum(axis=1), 1) - k[:, 1]
    names, places = np.unique(agents, return_inverse=True)
    return np.int64(names[int(np.argmax(np.bincount(places.ravel(), weights=lacking)))])


def _log_choose(n: ArrayLike, k: ArrayLike) -> Array:
    n_of, k_of = np.asarray(n), np.asarray(k)
    return np.asarray(gammaln(n_of + 1) - gammaln(k_of + 1) - gammaln(n_of - k_of + 1))
