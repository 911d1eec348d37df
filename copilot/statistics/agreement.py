"""How far two opinions on the same things agree beyond chance: Cohen's kappa, and Gwet's AC1 beside it.

Both are (p_o - p_e) / (1 - p_e), with p_o the share of agreement, and differ in what they take chance for. Kappa falls
where nearly everything is of one class though people are as careful as ever; AC1 does not.
"""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy.special import ndtri, stdtrit

from copilot.statistics.clusters import variance_of
from copilot.statistics.intervals import clopper_pearson

Codes = NDArray[np.int64]  # a class of each thing, 0 to k - 1
Clusters = NDArray[np.int64]  # whose each thing is: those of one agent resemble each other
Array = NDArray[np.float64]


@dataclass(frozen=True)
class Coefficient:
    """A coefficient of agreement with its 95 % interval and the number of things that it rests on."""

    value: float
    low: float
    high: float
    n: int


def kappa(first: Codes, second: Codes, *, clusters: Clusters | None = None) -> Coefficient | None:
    """Return Cohen's kappa (1960): chance is that two draw from their own classes; None if it explains all.

        p_e = sum_c p_c q_c, with p_c and q_c the shares of class c in the first and the second opinions

    The interval is that of Fleiss, Cohen and Everitt (1969) for things independent of each other, else as wide as
    clusters make it. Where all agree, or one says the same of all, the variance is 0 and says nothing: the lower limit
    is then that of the share of agreement (Clopper and Pearson), beyond the same chance, each cluster counted once.

    >>> found = kappa(np.array([0] * 25 + [1] * 25), np.array([0] * 20 + [1] * 5 + [0] * 10 + [1] * 15))
    >>> round(found.value, 2), round(found.low, 2), round(found.high, 2), found.n
    (0.4, 0.15, 0.65, 50)
    """
    if len(first) == 0:
        return None
    rows, columns = _shares(first, second, k=int(max(first.max(), second.max())) + 1)
    chance = float(rows @ columns)
    pulls = columns[first] + rows[second] - 2 * chance
    return _beyond(chance, first == second, pulls, clusters)


def kappa_by_class(first: Codes, second: Codes, *, k: int) -> list[Coefficient | None]:
    """Return for each class the kappa of "this one" against "another one"."""
    return [kappa((first == each).astype(np.int64), (second == each).astype(np.int64)) for each in range(k)]


def ac1(first: Codes, second: Codes, *, k: int, clusters: Clusters | None = None) -> Coefficient | None:
    """Return Gwet's AC1 (2008) over k classes: chance is that somebody guesses, and guesses as classes are spread.

        p_e = sum_c s_c (1 - s_c) / (k - 1), with s_c = (p_c + q_c) / 2

    Of Gwet, Computing inter-rater reliability and its variance in the presence of high agreement (British Journal of
    Mathematical and Statistical Psychology 61, 29-48). The interval is as that of `kappa`.

    Raises:
        ValueError: fewer than two classes, of which nobody can choose.

    >>> first, second = np.repeat([0, 0, 1, 1], [80, 5, 5, 10]), np.repeat([0, 1, 0, 1], [80, 5, 5, 10])
    >>> [round(found.value, 2) for found in (kappa(first, second), ac1(first, second, k=2))]
    [0.61, 0.87]
    """
    if k < 2:
        raise ValueError(f"AC1 of {k} classes: it takes two, among which somebody could choose")
    if len(first) == 0:
        return None
    spread = np.mean(_shares(first, second, k=k), axis=0)
    chance = float(spread @ (1 - spread)) / (k - 1)
    pulls = (1 - 2 * spread)[np.stack([first, second])].mean(axis=0)
    return _beyond(chance, first == second, (pulls - (1 - 2 * spread) @ spread) / (k - 1), clusters)


def _shares(first: Codes, second: Codes, *, k: int) -> tuple[Array, Array]:
    """Return what share of each opinion each class has."""
    return np.bincount(first, minlength=k) / len(first), np.bincount(second, minlength=k) / len(second)


def _beyond(
    chance: float, agreed: NDArray[np.bool_], pulls: Array, clusters: Clusters | None
) -> Coefficient | None:
    """Return (p_o - p_e) / (1 - p_e); `pulls` is by how much each thing pulls n p_e, to first order."""
    n = len(agreed)
    if chance >= 1:
        return None
    observed = float(agreed.mean())
    value = (observed - chance) / (1 - chance)
    influence = (agreed - observed - (1 - value) * pulls) / (1 - chance) / n
    each = np.arange(n) if clusters is None else np.unique(clusters, return_inverse=True)[1]
    sizes, of_cluster = (np.bincount(each, weights=some).astype(np.float64) for some in (None, influence))
    if float(np.abs(of_cluster).max()) < 1e-12:
        low = (clopper_pearson(observed * len(sizes), len(sizes)).low - chance) / (1 - chance)
        return Coefficient(value, max(-1.0, low), 1.0, n)
    if clusters is None:
        half = float(ndtri(0.975)) * float((influence @ influence) ** 0.5)
    else:
        variance, df = variance_of(of_cluster, sizes / n)
        half = float(stdtrit(df, 0.975)) * float(variance**0.5)
    return Coefficient(value, max(-1.0, value - half), min(1.0, value + half), n)
