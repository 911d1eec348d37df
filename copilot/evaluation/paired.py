"""The difference of two releases over the same rows, with an interval: a paired bootstrap by case.

Cases are drawn with replacement, each with all of its rows and with what both releases said of them, so that rows of
one case are not taken for independent ones, and what is hard for both releases cancels out.
"""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray

Share = tuple[
    ArrayLike, ArrayLike
]  # two flags for each row: it holds, it counts; the share is of those that count

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


def paired_difference(old: Share, new: Share, cases: Sequence[str]) -> Difference | None:
    """Return how two shares differ; None if one of them is a share of nothing.

    >>> difference = paired_difference(([1, 0] * 50, [1] * 100), ([1, 1] * 50, [1] * 100), list(map(str, range(100))))
    >>> difference.estimate, 0.3 < difference.low < 0.5 < difference.high < 0.7
    (0.5, True)
    """
    return paired_differences([(old, new)], cases)[0]


def paired_differences(pairs: Sequence[tuple[Share, Share]], cases: Sequence[str]) -> list[Difference | None]:
    """Return how each pair of shares differs, all over the same draws of cases."""
    at = np.unique(np.array(cases, dtype=np.str_), return_inverse=True)[1]
    sums = np.hstack([_by_case(*share, at) for pair in pairs for share in pair])
    draws = np.vstack(list(_draws(sums)))
    wholes = np.split(sums.sum(axis=0), len(pairs))
    return [
        _difference(whole, drawn)
        for whole, drawn in zip(wholes, np.split(draws, len(pairs), axis=1), strict=True)
    ]


def drawn_differences(
    figures: Callable[[NDArray[np.intp]], NDArray[np.float64]], *, n: int
) -> list[Difference | None]:
    """Return how figures differ that are no shares, each of its draws measured anew.

    `figures` returns the differences, new less old, over some of n rows that are cases of their own: not a number where
    there is none. None for a figure that all rows do not have.

    >>> old, new = np.array([3.0, 1.0] * 50), np.array([4.0, 2.0] * 50)
    >>> [difference] = drawn_differences(lambda rows: np.array([np.median(new[rows]) - np.median(old[rows])]), n=100)
    >>> difference.estimate
    1.0
    """
    rng = np.random.default_rng(SEED)
    whole = figures(np.arange(n))
    draws = np.array([figures(rng.integers(0, n, n)) for _ in range(N_DRAWS)])
    return [
        None if np.isnan(estimate) else _interval(float(estimate), drawn[~np.isnan(drawn)])
        for estimate, drawn in zip(whole, draws.T, strict=True)
    ]


def _difference(whole: NDArray[np.float64], drawn: NDArray[np.float64]) -> Difference | None:
    """From [held, counted, held, counted] of all cases, and of each draw."""
    if not whole[1] or not whole[3]:
        return None
    held_old, n_old, held_new, n_new = drawn.T
    is_told = (n_old > 0) & (n_new > 0)  # a draw without a counted row says nothing
    differences = held_new[is_told] / n_new[is_told] - held_old[is_told] / n_old[is_told]
    return _interval(float(whole[2] / whole[3] - whole[0] / whole[1]), differences)


def _interval(estimate: float, drawn: NDArray[np.float64]) -> Difference:
    low, lower, upper, high = np.quantile(drawn, [0.025, 0.05, 0.95, 0.975]).tolist()
    return Difference(estimate=estimate, low=low, high=high, lower=lower, upper=upper)


def _by_case(holds: ArrayLike, counts: ArrayLike, at: NDArray[np.intp]) -> NDArray[np.float64]:
    """float64[cases, 2]: counted rows that hold, and counted rows."""
    counted = np.asarray(counts, dtype=np.float64)
    held = np.asarray(holds, dtype=np.float64) * counted
    return np.column_stack([np.bincount(at, weights=held), np.bincount(at, weights=counted)])


def _draws(sums: NDArray[np.float64]) -> Iterator[NDArray[np.float64]]:
    """The sums over as many cases as there are, drawn with replacement, again and again."""
    rng = np.random.default_rng(SEED)
    n = len(sums)
    for _ in range(N_DRAWS // CHUNK):
        times = [np.bincount(rng.integers(0, n, n), minlength=n) for _ in range(CHUNK)]
        yield np.stack(times).astype(np.float64) @ sums
