"""Has what comes in changed: two samples over the same bins, beside what chance alone would show (metrics section 8).

Bins are topics, languages, or ranges of a number put together by the reference's deciles. A drift of input is
information; it becomes an alert by what it costs (see `label_free`). Compare the same weekdays, or a weekend is one.
"""

from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray
from scipy.special import chdtri

Array = NDArray[np.float64]
FEWEST_EXPECTED = 5.0  # rows of a bin in either sample
N_DRAWS = 2_000
UNSEEN = 0.99  # quantile of the reference's own distances from which on a text is unlike all of it


@dataclass(frozen=True)
class Drift:
    """A distance of two samples with the value that chance stays below in 99 of 100 cases, sparse bins merged."""

    value: float
    threshold: float
    n_bins: int

    @property
    def is_drift(self) -> bool:
        return self.value > self.threshold


def population_stability(reference: ArrayLike, current: ArrayLike, *, level: float = 0.01) -> Drift:
    """Return PSI = sum (c_b - r_b) ln(c_b / r_b) over counts by bin, half a row added to each, sparse bins merged.

    The threshold is chi^2_(B-1, 1-level) (1/n + 1/m) for n and m rows (Yurdakul and Naranjo 2020). The half rows keep
    it true: false alarms 0.6 to 1.1 % at 1 %, where filling empty bins by 0.0001 gives many more. Rows must be
    independent; where agents or days differ, `permutation_p` says what chance does.

    Raises:
        ValueError: counts of different length or below 0, or a sample without rows.

    >>> found = population_stability([300, 500, 200], [280, 480, 240])
    >>> round(found.value, 4), round(found.threshold, 4), found.is_drift
    (0.0095, 0.0184, False)
    """
    r, c = merged(reference, current)
    threshold = float(chdtri(len(r) - 1, level) * (1 / r.sum() + 1 / c.sum())) if len(r) > 1 else 0.0
    return Drift(float(_psi(r, c)), threshold, len(r))


def jensen_shannon(reference: ArrayLike, current: ArrayLike) -> float:
    """Return the Jensen-Shannon distance of two samples' shares, logarithms to base 2: 0 alike, 1 nothing in common.

    sqrt(KL(r || m) / 2 + KL(c || m) / 2), m = (r + c) / 2 (Endres and Schindelin 2003). scipy's default is base e.

    Raises:
        ValueError: as `population_stability`.

    >>> jensen_shannon([10, 0], [0, 7]), jensen_shannon([10, 30], [1, 3])
    (1.0, 0.0)
    """
    r, c = (each / each.sum() for each in _checked(reference, current))
    middle = (r + c) / 2
    return float(max(0.0, (_divergence(r, middle) + _divergence(c, middle)) / 2) ** 0.5)


def largest_change(reference: ArrayLike, current: ArrayLike) -> tuple[int, float]:
    """Return the bin whose share changed most, and by how much (current less reference): for many topics.

    Raises:
        ValueError: as `population_stability`.

    >>> at, change = largest_change([50, 30, 20], [50, 20, 30])
    >>> at, round(change, 2)
    (1, -0.1)
    """
    r, c = (each / each.sum() for each in _checked(reference, current))
    change = c - r
    at = int(np.argmax(np.round(np.abs(change), 12)))
    return at, float(change[at])


def decile_groups(reference: ArrayLike) -> NDArray[np.int64]:
    """Return for each of many narrow bins, in order, its group: each has about a tenth of the reference's rows.

    A group ends with the bin in which its tenth is full; there are fewer where one bin has several tenths.

    Raises:
        ValueError: the reference has no rows.

    >>> decile_groups([5, 5, 10, 60, 10, 10]).tolist()
    [0, 0, 1, 2, 3, 4]
    """
    counts = np.asarray(reference, dtype=np.float64)
    if not counts.sum() > 0:
        raise ValueError("groups by deciles: the reference has no rows, show why instead")
    ends = np.searchsorted(counts.cumsum(), counts.sum() * np.arange(1, 10) / 10) + 1
    return np.searchsorted(np.unique(ends), np.arange(len(counts)), side="right")


def merged(reference: ArrayLike, current: ArrayLike) -> tuple[Array, Array]:
    """Return the counts with all bins put together in which either sample expects fewer than five rows.

    Expected is by the pooled shares, so that a bin that is new in the current sample is not hidden if it is large.

    >>> [each.tolist() for each in merged([90, 6, 3, 1], [80, 14, 4, 2])]
    [[90.0, 6.0, 4.0], [80.0, 14.0, 6.0]]
    """
    r, c = _checked(reference, current)
    both = _merged(np.stack([r, c]), fewest=min(r.sum(), c.sum()))
    return both[0], both[1]


def permutation_p(counts: ArrayLike, is_current: ArrayLike, *, seed: int, n_draws: int = N_DRAWS) -> float:
    """Return the chance of so large a PSI if nothing changed, where rows cluster by day (or agent and week).

    `counts` [clusters, bins] and `is_current` [clusters]: whole clusters are dealt out anew to both samples, `n_draws`
    times; p = (1 + draws at least as large) / (1 + draws) (Phipson and Smyth 2010). Bins are merged as the whole says.

    Raises:
        ValueError: shapes that do not fit, or a sample without a cluster.

    >>> days = [[30, 10], [28, 12], [31, 9], [29, 11], [12, 28], [13, 27], [11, 29], [12, 28]]
    >>> permutation_p(days, [False] * 4 + [True] * 4, seed=1) < 0.05
    True
    """
    n_of, current = np.asarray(counts, dtype=np.float64), np.asarray(is_current, dtype=bool)
    if n_of.ndim != 2 or current.shape != (len(n_of),):
        raise ValueError(
            f"permutations: counts have shape {n_of.shape} and flags {current.shape}, give [clusters, bins] and "
            "[clusters]"
        )
    if current.all() or not current.any():
        raise ValueError("permutations: each sample needs a cluster, take more days")
    n_of = _merged(n_of, fewest=min(n_of[current].sum(), n_of[~current].sum()))
    orders = np.random.default_rng(seed).random((n_draws, len(n_of))).argsort(axis=1)
    drawn = current[orders].astype(np.float64) @ n_of
    seen = _psi(n_of[~current].sum(axis=0), n_of[current].sum(axis=0))
    n_as_large = int((_psi(n_of.sum(axis=0) - drawn, drawn) >= seen - 1e-12).sum())
    return (1 + n_as_large) / (1 + n_draws)


def unseen_limit(distances: ArrayLike) -> float:
    """Return the distance from which on a text counts as unseen: the 99th percentile of the reference's own.

    `distances` [rows] of reference texts to the nearest centroid, each left out of the centroid if it can be.

    >>> round(unseen_limit(range(101)), 1)
    99.0
    """
    return float(np.quantile(np.asarray(distances, dtype=np.float64), UNSEEN))


def _psi(reference: Array, current: Array) -> Array:
    """Return PSI of counts [..., bins], half a row added to each bin."""
    r, c = ((each + 0.5) / (each + 0.5).sum(axis=-1, keepdims=True) for each in (reference, current))
    return np.asarray(np.sum((c - r) * np.log(c / r), axis=-1))


def _divergence(p: Array, q: Array) -> float:
    seen = p > 0
    return float(np.sum(p[seen] * np.log2(p[seen] / q[seen])))


def _merged(n_of: Array, *, fewest: float) -> Array:
    """Return counts [rows, bins] with the bins in one that are sparse for a sample of so few rows; empty ones go."""
    n_of = n_of[:, n_of.sum(axis=0) > 0]
    sparse = n_of.sum(axis=0) / n_of.sum() * fewest < FEWEST_EXPECTED
    if not sparse.any():
        return n_of
    return np.column_stack([n_of[:, ~sparse], n_of[:, sparse].sum(axis=1)])


def _checked(reference: ArrayLike, current: ArrayLike) -> tuple[Array, Array]:
    r, c = np.asarray(reference, dtype=np.float64), np.asarray(current, dtype=np.float64)
    if r.shape != c.shape or r.ndim != 1:
        raise ValueError(
            f"drift: the reference has shape {r.shape} and the sample {c.shape}, give counts of each bin"
        )
    if not (np.all(r >= 0) and np.all(c >= 0)):
        raise ValueError("drift: counts must not be negative")
    if not (r.sum() > 0 and c.sum() > 0):
        raise ValueError("drift of no rows: one of both samples is empty, show why instead")
    return r, c
