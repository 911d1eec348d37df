"""The difference of two releases over the same rows, with an interval: a paired bootstrap by case.

Cases are drawn with replacement, each with all of its rows and with what both releases said of them, so that rows of
one case are not taken for independent ones, and what is hard for both releases cancels out.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray

N_DRAWS = 2_000
CHUNK = 200  # draws at once: memory stays small with many cases
SEED = 20_250_106  # the same rows give the same interval


@dataclass(frozen=True)
class Difference:
    """New less old: `low` to `high` hold the true one in 95 of 100 cases; `lower` and `upper` each on its own side."""

    estimate: float
    low: float
    high: float
    lower: float
    upper: float


def paired_difference(
    old: tuple[ArrayLike, ArrayLike], new: tuple[ArrayLike, ArrayLike], cases: Sequence[str]
) -> Difference | None:
    """Return how two shares differ; None if one of them is a share of nothing.

    Each side is (holds, counts), two flags for each row; the share is that of the counted rows which hold.

    >>> difference = paired_difference(([1, 0] * 50, [1] * 100), ([1, 1] * 50, [1] * 100), list(map(str, range(100))))
    >>> difference.estimate, 0.3 < difference.low < 0.5 < difference.high < 0.7
    (0.5, True)
    """
    at = np.unique(np.array(cases, dtype=np.str_), return_inverse=True)[1]
    sums = np.column_stack([_by_case(holds, counts, at) for holds, counts in (old, new)])
    totals = sums.sum(axis=0)
    if not totals[1] or not totals[3]:
        return None
    draws = _draws(sums)
    low, lower, upper, high = np.nanquantile(draws, [0.025, 0.05, 0.95, 0.975])
    return Difference(
        estimate=float(totals[2] / totals[3] - totals[0] / totals[1]),
        low=float(low),
        high=float(high),
        lower=float(lower),
        upper=float(upper),
    )


def _by_case(holds: ArrayLike, counts: ArrayLike, at: NDArray[np.intp]) -> NDArray[np.float64]:
    """float64[cases, 2]: counted rows that hold, and counted rows."""
    counted = np.asarray(counts, dtype=np.float64)
    held = np.asarray(holds, dtype=np.float64) * counted
    return np.column_stack([np.bincount(at, weights=held), np.bincount(at, weights=counted)])


def _draws(sums: NDArray[np.float64]) -> NDArray[np.float64]:
    rng = np.random.default_rng(SEED)
    n = len(sums)
    drawn = [rng.multinomial(n, np.full(n, 1 / n), size=CHUNK) @ sums for _ in range(N_DRAWS // CHUNK)]
    held_old, n_old, held_new, n_new = np.vstack(drawn).T
    with np.errstate(invalid="ignore", divide="ignore"):  # a draw without a counted row says nothing
        differences: NDArray[np.float64] = held_new / n_new - held_old / n_old
    return np.where(np.isfinite(differences), differences, np.nan)
