"""Cohen's kappa of two opinions (Cohen 1960), with the large-sample interval of Fleiss, Cohen and Everitt (1969)."""

import numpy as np
from numpy.typing import NDArray
from scipy.special import ndtri

from copilot.statistics.intervals import clopper_pearson
from labeling.agreement.estimates import Estimate

Codes = NDArray[np.int64]  # a class of each message, 0 to k - 1


def kappa(first: Codes, second: Codes) -> Estimate | None:
    """Return the agreement of two opinions on the same messages beyond chance; None if chance alone explains it all.

    Where nobody disagrees the variance is 0 and says nothing: the lower limit is then that of the share of agreement
    (Clopper and Pearson), beyond the same chance.

    >>> found = kappa(np.array([0] * 25 + [1] * 25), np.array([0] * 20 + [1] * 5 + [0] * 10 + [1] * 15))
    >>> round(found.value, 2), round(found.low, 2), round(found.high, 2), found.n
    (0.4, 0.15, 0.65, 50)
    """
    if len(first) == 0:
        return None
    k = int(max(first.max(), second.max())) + 1
    table = np.zeros((k, k))
    np.add.at(table, (first, second), 1)
    return _of_table(table)


def kappa_by_class(first: Codes, second: Codes, *, k: int) -> list[Estimate | None]:
    """Return for each class the kappa of "this one" against "another one"."""
    return [kappa((first == each).astype(np.int64), (second == each).astype(np.int64)) for each in range(k)]


def _of_table(table: NDArray[np.float64]) -> Estimate | None:
    n = float(table.sum())
    p = table / n
    rows, columns = p.sum(axis=1), p.sum(axis=0)
    observed, chance = float(np.trace(p)), float(rows @ columns)
    if chance >= 1:
        return None
    value = (observed - chance) / (1 - chance)
    error = float(_variance(p, rows, columns, value, chance, n) ** 0.5)
    if error == 0:
        low = (clopper_pearson(observed * n, n).low - chance) / (1 - chance)
        return Estimate(value, low, 1.0, int(n))
    half = float(ndtri(0.975)) * error
    return Estimate(value, max(-1.0, value - half), min(1.0, value + half), int(n))


def _variance(
    p: NDArray[np.float64],
    rows: NDArray[np.float64],
    columns: NDArray[np.float64],
    value: float,
    chance: float,
    n: float,
) -> float:
    """Return the variance of kappa when it is not 0 (equation 1 of Fleiss, Cohen and Everitt)."""
    agreed = np.diag(p) @ (1 - (rows + columns) * (1 - value)) ** 2
    apart = p * (columns[:, None] + rows[None, :]) ** 2
    differed = (1 - value) ** 2 * (apart.sum() - np.trace(apart))
    return max(0.0, float(agreed + differed - (value - chance * (1 - value)) ** 2)) / (n * (1 - chance) ** 2)
