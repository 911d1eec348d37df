"""Floors: the smallest probability at which a stage speaks and is still right often enough.

They are chosen on cross-fitted predictions, never on the test split. Where enough examples allow it the floor holds
with a bound: the Clopper-Pearson upper limit of the risk is within the target. Else the risk itself is.
"""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy.special import betaincinv

ERROR_SHARE = 0.05  # of one-sided bounds
FEWEST = 20  # a floor that fewer examples pass says nothing


@dataclass(frozen=True)
class Floor:
    """A floor and how it did: of `n` examples `n_passed` pass, `n_wrong` of them wrong.

    `upper_risk` is the bound on n_wrong / n_passed; `is_bounded` says whether that is within `target_risk`, which older
    cards do not hold. A value of 1.0 with n_passed 0 means that no floor meets the target: the stage stays silent.
    """

    value: float
    n: int
    n_passed: int
    n_wrong: int
    upper_risk: float
    is_bounded: bool
    target_risk: float | None = None

    @property
    def risk(self) -> float:
        """Share of wrong ones among those that pass."""
        return self.n_wrong / self.n_passed if self.n_passed else 0.0

    @property
    def coverage(self) -> float:
        """Share that passes."""
        return self.n_passed / self.n if self.n else 0.0


def choose_floor(
    probabilities: NDArray[np.float64], is_wrong: NDArray[np.bool_], *, target_risk: float
) -> Floor:
    """Return the smallest floor whose risk meets the target: probabilities float64[n], is_wrong bool[n].

    >>> p = np.linspace(0.0, 0.99, 100)
    >>> floor = choose_floor(p, p < 0.5, target_risk=0.1)
    >>> round(floor.value, 2), floor.n_passed, floor.n_wrong, floor.is_bounded
    (0.49, 51, 1, True)
    """
    order = np.argsort(-probabilities, kind="stable")
    values, n_wrong = probabilities[order], np.cumsum(is_wrong[order], dtype=np.int64)
    n_passed = np.arange(1, len(order) + 1)
    upper = upper_risk(n_wrong, n_passed)
    is_last_of_ties = np.append(values[1:] != values[:-1], True)
    eligible = is_last_of_ties & (n_passed >= FEWEST)
    for is_bounded, risk in ((True, upper), (False, np.divide(n_wrong, n_passed))):
        meets = np.flatnonzero(eligible & (risk <= target_risk))
        if meets.size:
            at = int(meets[-1])
            return Floor(
                value=float(values[at]),
                n=len(order),
                n_passed=at + 1,
                n_wrong=int(n_wrong[at]),
                upper_risk=float(upper[at]),
                is_bounded=is_bounded,
                target_risk=target_risk,
            )
    return Floor(
        value=1.0,
        n=len(order),
        n_passed=0,
        n_wrong=0,
        upper_risk=1.0,
        is_bounded=False,
        target_risk=target_risk,
    )


def upper_risk(n_wrong: NDArray[np.int64], n: NDArray[np.int64]) -> NDArray[np.float64]:
    """Clopper-Pearson: the risks that would give so few wrong ones with a chance of ERROR_SHARE.

    >>> upper_risk(np.array([0, 3]), np.array([59, 3])).round(3).tolist()
    [0.05, 1.0]
    """
    n_right = np.maximum(n - n_wrong, 1)  # all wrong: the bound is 1, whatever this says
    return np.where(n_wrong >= n, 1.0, betaincinv(n_wrong + 1, n_right, 1 - ERROR_SHARE))
