"""Shares of stored rows, and rows by a value (pure)."""

from collections import defaultdict
from collections.abc import Callable, Mapping, Sequence

from copilot.evaluation.backtest import Rate
from copilot.evaluation.rows import Row


def share_of(rows: Sequence[Row], holds: Callable[[Row], bool]) -> Rate:
    """Return how many of the rows hold."""
    return Rate.of((row.case, holds(row)) for row in rows)


def parted(rows: Sequence[Row], value_of: Callable[[Row], str]) -> Mapping[str, list[Row]]:
    """Part rows by a value, in its order; those without one are left out."""
    parts: defaultdict[str, list[Row]] = defaultdict(list)
    for row in rows:
        if value := value_of(row):
            parts[value].append(row)
    return dict(sorted(parts.items()))
