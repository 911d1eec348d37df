"""Accuracy without labels, from calibrated confidence alone (CBPE), and when not to believe it any more.

If each confidence p is the chance to be right, the mean of p is the accuracy, known at once and for every topic. It
holds only as long as calibration does: where it and the estimate from labels part, the copilot has drifted.
"""

from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray
from scipy.special import ndtri

Array = NDArray[np.float64]


@dataclass(frozen=True)
class Expected:
    """The accuracy to expect, and the band in which what really comes true lies if every confidence is right."""

    accuracy: float
    low: float
    high: float
    standard_error: float
    n: int


@dataclass(frozen=True)
class Confusion:
    """Rows to expect of each kind: offered and right, offered and wrong, withheld though right, withheld and wrong."""

    offered_right: float
    offered_wrong: float
    withheld_right: float
    withheld_wrong: float


@dataclass(frozen=True)
class Disagreement:
    """Expected less corrected accuracy with its interval; `is_alarm` where chance does not explain it."""

    estimate: float
    low: float
    high: float
    is_alarm: bool


def expected_accuracy(
    probabilities: ArrayLike, n: ArrayLike | None = None, *, confidence: float = 0.95
) -> Expected:
    """Return the mean probability over rows, or over a histogram: `n[b]` rows of `probabilities[b]`.

    A = sum n_b p_b / N; the band is A ± z sqrt(sum n_b p_b (1 - p_b)) / N: what outcomes do by chance.

    Raises:
        ValueError: no rows, shapes that differ, or a probability not in 0 to 1.

    >>> found = expected_accuracy([0.5, 0.9], [100, 300])
    >>> round(found.accuracy, 3), round(found.low, 3), round(found.high, 3)
    (0.8, 0.765, 0.835)
    """
    p, n_of = _checked(probabilities, n)
    rows = float(n_of.sum())
    accuracy = float(p @ n_of) / rows
    error = float(np.sum(n_of * p * (1 - p))) ** 0.5 / rows
    half = float(ndtri((1 + confidence) / 2)) * error
    return Expected(accuracy, max(0.0, accuracy - half), min(1.0, accuracy + half), error, round(rows))


def expected_confusion(probabilities: ArrayLike, n: ArrayLike | None = None, *, floor: float) -> Confusion:
    """Return how many rows of each kind a floor makes, if every probability is right: TP = sum p 1[p >= floor].

    Raises:
        ValueError: as `expected_accuracy`.

    >>> expected_confusion([0.5, 0.9], [100, 300], floor=0.6)
    Confusion(offered_right=270.0, offered_wrong=30.0, withheld_right=50.0, withheld_wrong=50.0)
    """
    p, n_of = _checked(probabilities, n)
    offered = p >= floor
    right = p * n_of
    return Confusion(
        offered_right=float(right[offered].sum()),
        offered_wrong=float((n_of - right)[offered].sum()),
        withheld_right=float(right[~offered].sum()),
        withheld_wrong=float((n_of - right)[~offered].sum()),
    )


def disagreement(
    expected: Expected, *, corrected: float, standard_error: float, confidence: float = 0.95
) -> Disagreement:
    """Return how far expected accuracy is from the one corrected by labels, beside both standard errors.

    The interval is the difference ± z sqrt(SE_expected^2 + SE_corrected^2). Where it leaves out 0 the confidence is no
    longer calibrated, or answers have changed their meaning (concept drift). Looked at weekly, take 0.999.

    >>> found = disagreement(expected_accuracy([0.8], [900]), corrected=0.72, standard_error=0.03)
    >>> round(found.estimate, 2), found.is_alarm
    (0.08, True)
    """
    gap = expected.accuracy - corrected
    half = float(ndtri((1 + confidence) / 2)) * (expected.standard_error**2 + standard_error**2) ** 0.5
    return Disagreement(gap, gap - half, gap + half, is_alarm=abs(gap) > half)


def _checked(probabilities: ArrayLike, n: ArrayLike | None) -> tuple[Array, Array]:
    p = np.asarray(probabilities, dtype=np.float64)
    n_of = np.ones(p.shape) if n is None else np.asarray(n, dtype=np.float64)
    if p.shape != n_of.shape or p.ndim != 1:
        raise ValueError(
            f"expected accuracy: probabilities have shape {p.shape} and counts {n_of.shape}, give one of each"
        )
    if not n_of.sum() > 0:
        raise ValueError("expected accuracy of no rows: it has no estimate, show why there are none instead")
    if not (np.all((p >= 0) & (p <= 1)) and np.all(n_of >= 0)):
        raise ValueError("expected accuracy: each probability must lie between 0 and 1, and no count below 0")
    return p, n_of
