"""What is gained by abstaining: floors, coverage, sets of candidates, and how well strangers are told from friends.

A floor trades coverage for accuracy; it is chosen on rows that were held back from training and judged on others.
"""

import math
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

Numbers = NDArray[np.float64]
Flags = NDArray[np.bool_]


@dataclass(frozen=True)
class Selection:
    """What a floor does to some rows: the share that passes it, and the share of those that are right."""

    floor: float
    coverage: float
    accuracy: float | None
    n_passed: int


def floor_for(confidence: Numbers, is_right: Flags, *, accuracy: float) -> float:
    """Return the smallest floor whose rows are right at least that often; above every confidence if there is none.

    >>> floor_for(np.array([0.9, 0.8, 0.7, 0.6]), np.array([True, True, False, True]), accuracy=0.75)
    0.6
    >>> floor_for(np.array([0.9, 0.8, 0.7, 0.6]), np.array([True, True, False, True]), accuracy=0.9)
    0.8
    """
    order = np.argsort(-confidence, kind="stable")
    values = confidence[order]
    share = np.cumsum(is_right[order]) / np.arange(1, len(order) + 1)
    is_last_of_ties = np.append(values[1:] != values[:-1], True)
    meets = np.flatnonzero(is_last_of_ties & (share >= accuracy))
    return float(values[meets[-1]]) if meets.size else math.inf


def select(confidence: Numbers, is_right: Flags, *, floor: float) -> Selection:
    """Return what a floor does to rows: confidence float64[n], is_right bool[n]."""
    passes = confidence >= floor
    n = int(passes.sum())
    return Selection(floor, n / len(passes), float(is_right[passes].mean()) if n else None, n)


def risk_coverage(confidence: Numbers, is_right: Flags) -> tuple[Selection, ...]:
    """Return what each floor does that tells rows apart, the highest first: the risk-coverage curve.

    >>> [(at.floor, at.coverage, at.accuracy) for at in risk_coverage(np.array([0.9, 0.5]), np.array([True, False]))]
    [(0.9, 0.5, 1.0), (0.5, 1.0, 0.5)]
    """
    order = np.argsort(-confidence, kind="stable")
    values, n_right = confidence[order], np.cumsum(is_right[order])
    lasts = (
        np.flatnonzero(np.append(values[1:] != values[:-1], True)) if len(values) else np.array([], np.intp)
    )
    return tuple(
        Selection(float(values[at]), (at + 1) / len(values), float(n_right[at] / (at + 1)), at + 1)
        for at in lasts.tolist()
    )


def area_under_risk(confidence: Numbers, is_right: Flags) -> float:
    """Return AURC: the mean, over all coverages, of the share that is wrong (metrics section 7); 0 is best.

    Rows of one confidence share its risk, so their order does not matter.

    >>> round(area_under_risk(np.array([0.9, 0.5]), np.array([True, False])), 3)
    0.25
    """
    curve = risk_coverage(confidence, is_right)
    starts = [0, *(point.n_passed for point in curve)]
    areas = (
        (point.n_passed - start) * (1 - (point.accuracy or 0.0))
        for start, point in zip(starts, curve, strict=False)
    )
    return sum(areas) / len(confidence)


def area_under_generalised_risk(confidence: Numbers, is_right: Flags) -> float:
    """Return AUGRC: the mean, over all coverages, of the share of all rows that pass and are wrong; 0 is best.

    Unlike AURC it does not hang on the few rows of the highest confidence (Traub and others 2024). Rows of one
    confidence are taken as evenly mixed.

    >>> round(area_under_generalised_risk(np.array([0.9, 0.5]), np.array([True, False])), 3)
    0.25
    """
    passed = wrong = area = 0.0
    for point in risk_coverage(confidence, is_right):
        n = point.n_passed - passed
        more = point.n_passed * (1 - (point.accuracy or 0.0)) - wrong
        area += n * wrong + more * (n + 1) / 2
        passed, wrong = point.n_passed, wrong + more
    return area / len(confidence) ** 2


def set_floor(probability_of_right: Numbers, *, coverage: float) -> float:
    """Return the probability from which on a class belongs to the set of candidates, so that sets hold the right one.

    Split conformal prediction with 1 - p as score (LAC; Sadinle, Lei and Wasserman 2019): of exchangeable new rows the
    set {class: p >= floor} holds the right class in at least that share. `probability_of_right` float64[n] is what
    held-back rows gave their right class. Zero, all classes, where the rows are too few for the promise.

    >>> round(set_floor(np.linspace(0.01, 1, 100), coverage=0.9), 2)
    0.1
    >>> set_floor(np.array([0.4, 0.9]), coverage=0.9)
    0.0
    """
    n = len(probability_of_right)
    rank = math.floor((n + 1) * (1 - coverage))  # how many held-back rows may fall below
    return float(np.sort(probability_of_right)[rank - 1]) if rank >= 1 else 0.0


def area_under_curve(scores: Numbers, is_positive: Flags) -> float:
    """Return the chance that a positive row has the higher score (Mann and Whitney 1947); ties count half.

    >>> area_under_curve(np.array([0.9, 0.4, 0.4, 0.1]), np.array([True, True, False, False]))
    0.875
    """
    _, inverse, counts = np.unique(scores, return_inverse=True, return_counts=True)
    upper = np.cumsum(counts)
    ranks = (upper - (counts - 1) / 2)[inverse]
    n, m = int(is_positive.sum()), int((~is_positive).sum())
    if not n or not m:
        raise ValueError("area under the curve: it needs rows of both kinds")
    return float((ranks[is_positive].sum() - n * (n + 1) / 2) / (n * m))


def recall_at_accuracy(
    gate: Numbers, is_right: Flags, is_in_scope: Flags, *, accuracy: float
) -> float | None:
    """Return the share of strangers refused by the strictest gate that leaves friends that accuracy.

    `gate` float64[n]: higher is let in; a friend that is refused counts as wrong. None where even an open gate does
    not leave so much.

    >>> gate, right = np.array([0.9, 0.8, 0.3, 0.5, 0.1]), np.array([True, True, True, False, False])
    >>> recall_at_accuracy(gate, right, np.array([True, True, True, False, False]), accuracy=2 / 3)
    1.0
    >>> recall_at_accuracy(gate, right, np.array([True, True, True, False, False]), accuracy=1.0)
    0.5
    """
    needed = math.ceil(accuracy * int(is_in_scope.sum()) - 1e-9)
    kept = np.sort(gate[is_in_scope & is_right])[::-1]
    if needed > len(kept):
        return None
    floor = kept[needed - 1] if needed else math.inf
    return float((gate[~is_in_scope] < floor).mean())
