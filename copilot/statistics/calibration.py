"""Do probabilities mean what they say: Brier score, calibration error, and what chance alone would show.

The expected calibration error is never 0: it sums up absolute differences, which chance alone makes. So it is shown
beside its null value, the error of a model whose every probability is right (metrics section 7).
"""

from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray

from copilot.statistics.intervals import Interval, wilson

Numbers = NDArray[np.float64]

N_BINS = 10
N_DRAWS = 500


@dataclass(frozen=True)
class Bin:
    """Rows of similar probability: those in [low, high), the last bin closed. A point of the reliability chart."""

    low: float
    high: float
    n: int
    confidence: float
    accuracy: float

    @property
    def interval(self) -> Interval:
        """What the accuracy may be (Wilson): a point whose interval holds its confidence is no news."""
        return wilson(self.accuracy * self.n, self.n)


@dataclass(frozen=True)
class Null:
    """What a perfectly calibrated model's calibration error would be: on average, and at most in 95 of 100 cases."""

    mean: float
    upper: float


def brier(probabilities: ArrayLike, outcomes: ArrayLike) -> float:
    """Return the mean squared difference of probability and outcome (Brier 1950): 0 is best, 0.25 a constant 0.5.

    Raises:
        ValueError: no rows, different shapes, probabilities outside 0 to 1, or outcomes other than 0 and 1.

    >>> round(brier([0.9, 0.6, 0.2], [1, 1, 0]), 3)
    0.07
    """
    p, y = _checked(probabilities, outcomes)
    return float(np.mean((p - y) ** 2))


def rows_of(probabilities: ArrayLike, n: ArrayLike, n_right: ArrayLike) -> tuple[Numbers, Numbers]:
    """Return the rows of a histogram, as all functions here take them: `n[b]` rows of `probabilities[b]`.

    Raises:
        ValueError: shapes that differ, counts that are not whole, or more right ones than rows.

    >>> [each.tolist() for each in rows_of([0.1, 0.9], n=[1, 3], n_right=[0, 2])]
    [[0.1, 0.9, 0.9, 0.9], [0.0, 1.0, 1.0, 0.0]]
    """
    p, n_of, k_of = np.asarray(probabilities, dtype=np.float64), np.asarray(n), np.asarray(n_right)
    if not (p.shape == n_of.shape == k_of.shape) or p.ndim != 1:
        raise ValueError(
            f"histogram: probabilities have shape {p.shape}, rows {n_of.shape} and right ones {k_of.shape}, give one "
            "of each"
        )
    if not np.all((k_of >= 0) & (k_of <= n_of) & (n_of == np.round(n_of)) & (k_of == np.round(k_of))):
        raise ValueError("histogram: counts must be whole, and the right ones of a bin no more than its rows")
    counts = np.column_stack([k_of, n_of - k_of]).astype(np.intp).ravel()
    return np.repeat(p, n_of.astype(np.intp)), np.repeat(np.tile([1.0, 0.0], len(p)), counts)


def reliability(probabilities: ArrayLike, outcomes: ArrayLike, *, n_bins: int = N_BINS) -> tuple[Bin, ...]:
    """Return the rows in bins of equal mass: mean probability beside the share that came true.

    Equal probabilities are never parted, so there may be fewer bins, and the order of rows does not matter.

    Raises:
        ValueError: as `brier`, or fewer than one bin.

    >>> reliability([0.1, 0.2, 0.9, 1.0], [0, 0, 1, 0], n_bins=2)[1]
    Bin(low=0.55, high=1.0, n=2, confidence=0.95, accuracy=0.5)
    """
    p, y = _checked(probabilities, outcomes)
    edges = _edges(p, n_bins)
    bin_of = _bin_of(p, edges)
    n_of = np.bincount(bin_of)
    confidence = np.bincount(bin_of, weights=p) / n_of
    accuracy = np.bincount(bin_of, weights=y) / n_of
    return tuple(
        Bin(float(low), float(high), int(n), float(mean), float(share))
        for low, high, n, mean, share in zip(edges, edges[1:], n_of, confidence, accuracy, strict=False)
    )


def calibration_error(probabilities: ArrayLike, outcomes: ArrayLike, *, n_bins: int = N_BINS) -> float:
    """Return the expected calibration error: sum over bins of n_b/n times |accuracy - mean probability|.

    Raises:
        ValueError: as `reliability`.

    >>> round(calibration_error([0.1, 0.2, 0.9, 1.0], [0, 0, 1, 0], n_bins=2), 3)
    0.3
    """
    p, y = _checked(probabilities, outcomes)
    return _error(_bin_of(p, _edges(p, n_bins)), y - p)


def null_value(probabilities: ArrayLike, *, seed: int, n_bins: int = N_BINS, n_draws: int = N_DRAWS) -> Null:
    """Return the calibration error that these probabilities would show if each of them were right.

    Outcomes are drawn `n_draws` times from the probabilities themselves; `seed` makes the figure reproducible.

    Raises:
        ValueError: as `reliability`, or fewer than one draw.

    >>> null_value([0.5] * 100, seed=1).mean < null_value([0.5] * 25, seed=1).mean
    True
    """
    p, _ = _checked(probabilities, np.zeros(np.shape(probabilities)))
    if n_draws < 1:
        raise ValueError(f"{n_draws} draws: at least one is needed, 500 give two digits")
    rng = np.random.default_rng(seed)
    values, n_of = np.unique(
        p, return_counts=True
    )  # of a histogram few: rows of one probability are drawn at once
    bin_of = _bin_of(values, _edges(p, n_bins))
    draws = [
        float(np.abs(np.bincount(bin_of, weights=rng.binomial(n_of, values) - n_of * values)).sum() / len(p))
        for _ in range(n_draws)
    ]
    return Null(mean=float(np.mean(draws)), upper=float(np.quantile(draws, 0.95)))


def _edges(p: Numbers, n_bins: int) -> Numbers:
    """Return the borders of bins of equal mass; fewer where equal probabilities would make an empty one."""
    if n_bins < 1:
        raise ValueError(f"{n_bins} bins: at least one is needed, 10 are usual")
    edges = np.unique(np.quantile(p, np.linspace(0, 1, n_bins + 1)))
    inner = edges[1:-1]
    filled = np.unique(np.searchsorted(inner, p, side="right"))
    return np.concatenate([edges[:1], inner[filled[1:] - 1], edges[-1:]])


def _bin_of(p: Numbers, edges: Numbers) -> NDArray[np.intp]:
    return np.searchsorted(edges[1:-1], p, side="right")


def _error(bin_of: NDArray[np.intp], difference: Numbers) -> float:
    """Sum up the absolute differences of the bins; n_b/n |mean y - mean p| is |sum (y - p)| / n."""
    return float(np.abs(np.bincount(bin_of, weights=difference)).sum() / len(difference))


def _checked(probabilities: ArrayLike, outcomes: ArrayLike) -> tuple[Numbers, Numbers]:
    p, y = np.asarray(probabilities, dtype=np.float64), np.asarray(outcomes, dtype=np.float64)
    if p.shape != y.shape or p.ndim != 1:
        raise ValueError(
            f"calibration: probabilities have shape {p.shape} and outcomes {y.shape}, give one of each"
        )
    if not len(p):
        raise ValueError("calibration of no rows: it has no figure, show why there are none instead")
    if not np.all((p >= 0) & (p <= 1)):
        raise ValueError("calibration: each probability must lie between 0 and 1")
    if not np.all((y == 0) | (y == 1)):
        raise ValueError("calibration: each outcome must be 0 or 1")
    return p, y
