"""Krippendorff's alpha for names of things (2011): any number of people, not all of whom labeled every message.

Its interval comes from drawing messages again, with a seed: what one person says of two messages is two opinions,
what two people say of one message is one matter.
"""

from dataclasses import replace

import numpy as np
from numpy.typing import NDArray

from copilot.statistics.agreement import Coefficient
from copilot.statistics.intervals import clopper_pearson

DRAWS = 500
CHUNK = 50  # draws at once: memory of 50 x messages
Counts = NDArray[np.float64]  # [messages, classes]: how many people gave each message each class


def alpha(counts: Counts, *, seed: int) -> Coefficient | None:
    """Return alpha over all classes; None if no two people labeled a message, or all say the same class always.

    >>> agreed = np.array([[2, 0], [2, 0], [0, 2], [1, 1]])
    >>> round(alpha(agreed, seed=1).value, 3)
    0.533
    """
    pairable = counts[counts.sum(axis=1) >= 2]
    people = pairable.sum(axis=1)
    if len(pairable) == 0:
        return None
    differ = (people**2 - (pairable**2).sum(axis=1)) / (people - 1)
    drawn = _draws(pairable, differ[:, None], seed=seed)
    weights = np.ones((1, len(pairable)))
    [value] = _alphas(weights, differ[:, None], pairable)
    found = _estimate(value, np.concatenate([_alphas(w, d, c) for w, d, c in drawn]), len(pairable))
    shares = pairable.sum(axis=0) / pairable.sum()
    return _widened(found, len(pairable), 1 - float(shares @ shares))


def alpha_by_class(counts: Counts, *, seed: int) -> list[Coefficient | None]:
    """Return for each class the alpha of "this one" against "another one"; n counts messages where somebody said it."""
    pairable = counts[counts.sum(axis=1) >= 2]
    if len(pairable) == 0:
        return [None] * counts.shape[1]
    people = pairable.sum(axis=1, keepdims=True)
    differ = 2 * pairable * (people - pairable) / (people - 1)
    values = _binary_alphas(np.ones((1, len(pairable))), differ, pairable)[0]
    drawn = np.concatenate([_binary_alphas(w, d, c) for w, d, c in _draws(pairable, differ, seed=seed)])
    touched = (pairable > 0).sum(axis=0)
    return [_estimate(values[each], drawn[:, each], int(touched[each])) for each in range(pairable.shape[1])]


def _draws(counts: Counts, differ: Counts, *, seed: int) -> list[tuple[Counts, Counts, Counts]]:
    """Return how often each message is drawn, some draws at a time."""
    chance = np.random.default_rng(seed)
    n = len(counts)
    shares = np.full(n, 1 / n)
    return [
        (chance.multinomial(n, shares, size=CHUNK).astype(np.float64), differ, counts)
        for _ in range(DRAWS // CHUNK)
    ]


def _alphas(weights: Counts, differ: Counts, counts: Counts) -> NDArray[np.float64]:
    """Return alpha for each row of weights: 1 - observed / expected disagreement."""
    named = weights @ counts
    n = named.sum(axis=1)
    observed = (weights @ differ)[:, 0] / n
    expected = (n**2 - (named**2).sum(axis=1)) / (n * (n - 1))
    return _ratio(observed, expected)


def _binary_alphas(weights: Counts, differ: Counts, counts: Counts) -> NDArray[np.float64]:
    named = weights @ counts
    n = named.sum(axis=1, keepdims=True)
    return _ratio(weights @ differ / n, 2 * named * (n - named) / (n * (n - 1)))


def _ratio(observed: NDArray[np.float64], expected: NDArray[np.float64]) -> NDArray[np.float64]:
    with np.errstate(divide="ignore", invalid="ignore"):
        return np.where(expected > 0, 1 - observed / expected, np.nan)


def _estimate(value: float, drawn: NDArray[np.float64], n: int) -> Coefficient | None:
    known = drawn[~np.isnan(drawn)]
    if np.isnan(value) or len(known) < DRAWS / 2:
        return None
    low, high = np.quantile(known, [0.025, 0.975])
    return Coefficient(float(value), float(low), float(high), n)


def _widened(found: Coefficient | None, n: int, expected: float) -> Coefficient | None:
    """Where nobody disagrees, drawing again finds nothing new: n messages still allow some (Clopper and Pearson)."""
    if found is None or found.value < 1:
        return found
    return replace(found, low=1 - (1 - clopper_pearson(n, n).low) / float(expected))
