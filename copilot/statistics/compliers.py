"""The effect on those who were reached: of a treatment that is offered to more than take it.

An experiment assigns; what it can't do is make somebody look. The effect of being assigned (ITT) is thinned by all who
never saw anything. Comparing who looked with who did not is no way out, for they look at cases of other kinds.
"""

import math
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import ArrayLike, NDArray
from scipy.special import stdtrit

from copilot.statistics.differences import difference_of_means
from copilot.statistics.estimates import Estimate
from copilot.statistics.intervals import Method

Array = NDArray[np.float64]
LEAST_DIFFERENCE = 0.1


@dataclass(frozen=True)
class Compliers:
    """`reached` is by how much more the second arm was reached, `effect` that on whom only this reached.

    The effect is None where the first is too small to divide by.
    """

    reached: Estimate
    effect: Estimate | None


def effect_on_compliers(
    total: ArrayLike, k: ArrayLike, n: ArrayLike, *, n_errors: float | None = None, confidence: float = 0.95
) -> Compliers:
    """Return the effect of being reached: `total[g, arm]` over agent g's `n[g, arm]` cases, of which `k` were reached.

        CACE = (mean_T y - mean_C y) / (mean_T d - mean_C d), d = 1 if reached

    (complier average causal effect; Angrist, Imbens and Rubin 1996). It is that on the cases which are reached in the
    second arm and would not be in the first, if being assigned does nothing to a case but by reaching it, and keeps
    none from being reached.

    The interval holds each value c at which the arms don't differ in y - c d, by `n_errors` standard errors of agents
    as clusters (CR2, as `difference_of_means`); by default Student's t. So it covers however weakly assignment reaches
    (Fieller 1954; Anderson and Rubin 1949), where c ± t times the delta method's error does not; another number, such
    as that of an always-valid sequence, makes it hold at all looks. It leaves out 0 whenever the effect of being
    assigned does.

    Whatever is wrong with that effect, chance or a case that was helped unseen, is divided with it. Where the interval
    of the difference reached is not above 0.1, that may be by a tenth or less: there is no effect then. Above, the
    first stage is clear as well, so that the interval has two ends.

    Raises:
        ValueError: as `difference_of_means`, k not in 0 to n, or confidence not between 0 and 1.

    >>> n = [[20, 20]] * 8
    >>> k = [[0, reached] for reached in (10, 12, 8, 11, 9, 10, 12, 8)]
    >>> total = [[120, 120 - 0.4 * reached] for _, reached in k]
    >>> found = effect_on_compliers(total, k, n)
    >>> round(found.reached.estimate, 2), round(found.effect.estimate, 2), found.effect.is_clear
    (0.5, -0.4, True)
    >>> effect_on_compliers(total, [[0, 1]] * 8, n).effect is None
    True
    """
    y_of, d_of, n_of = (np.asarray(each, dtype=np.float64) for each in (total, k, n))
    if d_of.shape == n_of.shape and not np.all((d_of >= 0) & (d_of <= n_of)):
        raise ValueError("cases reached by agent and arm: each k must lie between 0 and its n")
    reached = difference_of_means(d_of, n_of, confidence=confidence)
    reach = float(stdtrit(reached.df, (1 + confidence) / 2)) if n_errors is None else n_errors
    half = reach * reached.standard_error
    reached = replace(reached, low=max(reached.estimate - half, -1.0), high=min(reached.estimate + half, 1.0))
    if not reached.low >= LEAST_DIFFERENCE:
        return Compliers(reached, None)
    ratio = difference_of_means(y_of, n_of).estimate / reached.estimate
    rest = difference_of_means(y_of - ratio * d_of, n_of)
    both = difference_of_means(y_of - ratio * d_of + d_of, n_of)
    below, above = _limits(reached, rest, both, reach)
    effect = replace(
        rest,
        estimate=ratio,
        low=ratio + below,
        high=ratio + above,
        standard_error=rest.standard_error / reached.estimate,
        method=Method.ANDERSON_RUBIN,
    )
    return Compliers(reached, effect)


def _limits(reached: Estimate, rest: Estimate, both: Estimate, reach: float) -> tuple[float, float]:
    """Return between which x the difference of rest - x d is within so many of its standard errors of 0.

    (x D)^2 <= t^2 (V_r - 2 x C + x^2 V_d): a quadratic, whose covariance C follows from the variance of rest + d.
    """
    v_d, v_r = reached.standard_error**2, rest.standard_error**2
    covariance = (both.standard_error**2 - v_r - v_d) / 2
    bend = reached.estimate**2 - reach**2 * v_d
    middle = -(reach**2) * covariance / bend
    half = math.sqrt(middle**2 + reach**2 * v_r / bend)
    return middle - half, middle + half
