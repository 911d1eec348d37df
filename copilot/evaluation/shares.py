"""Shares of stored rows with their intervals, where rows of one case count for what they are worth together (pure)."""

from collections import Counter, defaultdict
from collections.abc import Callable, Mapping, Sequence

from copilot.evaluation.backtest import Rate
from copilot.evaluation.rows import Row
from copilot.statistics.intervals import clustered_rate


def share_of(rows: Sequence[Row], holds: Callable[[Row], bool]) -> Rate:
    """Return how many of the rows hold; the interval takes cases as clusters.

    With few cases, or where all rows are alike, nobody knows how much those of a case resemble each other: each case
    then counts once.
    """
    n_of = Counter(row.case for row in rows)
    k_of = Counter(row.case for row in rows if holds(row))
    k = k_of.total()
    if not n_of:
        return Rate(k=0, n=0, interval=None)
    interval = clustered_rate(
        [k_of[case] for case in n_of], list(n_of.values()), last_deff=len(rows) / len(n_of)
    )
    return Rate(k=k, n=len(rows), interval=interval)


def parted(rows: Sequence[Row], value_of: Callable[[Row], str]) -> Mapping[str, list[Row]]:
    """Part rows by a value, in its order; those without one are left out."""
    parts: defaultdict[str, list[Row]] = defaultdict(list)
    for row in rows:
        if value := value_of(row):
            parts[value].append(row)
    return dict(sorted(parts.items()))
