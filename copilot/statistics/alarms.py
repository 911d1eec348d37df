"""Alarms that may be asked every few minutes: each says how rarely it is raised though nothing is wrong.

Both begin anew with each period (a day, a month), so that what is new is not drowned in what was; within a period they
may be looked at as often as one likes.
"""

import math

import numpy as np
from numpy.typing import ArrayLike

from copilot.statistics.always_valid import FEWEST_FOR_LINE, lower_line
from copilot.statistics.clusters import variance_of
from copilot.statistics.sample_ratio import ALARM, log_bayes_factor

QUICK = 100.0  # concentration: eight failures in a row are enough, where few are allowed
SHARE_LEVEL = 1 / ALARM  # of a false alarm in a period


def is_above(k: int, n: int, *, limit: float) -> bool:
    """Return whether the true share of a period's rows is above a limit, as sure as `SHARE_LEVEL` asks for.

    The Bayes factor of `sample_ratio` against the limit itself, after which the share must also lie above it: at the
    limit it ever passes 1,000 in at most one of 1,000 periods, below it more rarely still. Rows must be independent:
    for rows that cluster, choose a limit well above what is usual.

    >>> is_above(8, 8, limit=0.02), is_above(12, 200, limit=0.02), is_above(30, 200, limit=0.02)
    (True, False, True)
    """
    if n == 0 or k <= limit * n:
        return False
    return bool(log_bayes_factor([k, n - k], [limit, 1 - limit], concentration=QUICK) > math.log(ALARM))


def upper_line(k: ArrayLike, n: ArrayLike, *, planned_n: float, level: float) -> float:
    """Return above which the true share of a period is not, however often it is asked: `k[g]` of agent g's `n[g]` rows.

    The always-valid lower line of the rows that are not counted, turned round. 1.0 until there are 200 rows of two
    agents.

    >>> round(upper_line([30] * 10, [60] * 10, planned_n=600, level=0.025), 2)
    0.5
    >>> round(upper_line([28, 32] * 5, [60] * 10, planned_n=600, level=0.025), 2)
    0.55
    """
    k_of, n_of = np.asarray(k, dtype=np.float64), np.asarray(n, dtype=np.float64)
    rows = float(n_of.sum())
    if rows < FEWEST_FOR_LINE or np.count_nonzero(n_of) < 2:
        return 1.0
    misses = 1 - float(k_of.sum()) / rows
    variance, df = variance_of(((n_of - k_of) - misses * n_of) / rows, n_of / rows)
    line = lower_line(
        [misses], [float(variance) ** 0.5], [rows], planned_n=planned_n, df=df, confidence=1 - level
    )
    return 1 - max(0.0, float(line[0]))
