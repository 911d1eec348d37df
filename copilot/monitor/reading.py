"""Sums of the days' figures, by what a page compares and by agent."""

from collections import defaultdict
from collections.abc import Mapping, Sequence
from datetime import date
from typing import Any

from django.db.models import F, Func, QuerySet, Sum
from django.db.models.functions import TruncWeek

from copilot.monitor.funnel import Cell

Sums = Mapping[str, int]


def by_agent(turns: "QuerySet[Any]", *, by: str | Func, names: Sequence[str]) -> dict[Any, dict[int, Sums]]:
    """Return the sums of some columns by group and agent; `by` is a column, or "" for all in one group."""
    rows = turns.annotate(group=F(by) if isinstance(by, str) else by) if by else turns
    fields = ["group", "agent"] if by else ["agent"]
    found: defaultdict[Any, dict[int, Sums]] = defaultdict(dict)
    for row in (
        rows.values(*fields).annotate(**{f"sum_{name}": Sum(name) for name in names}).order_by(*fields)
    ):
        group = row["group"] if by else ""
        found[group][row["agent"]] = {name: row[f"sum_{name}"] for name in names}
    return dict(found)


def by_time(turns: "QuerySet[Any]", *, per: str, names: Sequence[str]) -> dict[date, dict[int, Sums]]:
    """Return the sums of some columns by day, or by the Monday of each week, and agent."""
    return by_agent(turns, by=TruncWeek("day") if per == "week" else "day", names=names)


def cells_of(turns: "QuerySet[Any]") -> dict[Cell, int]:
    """Return how many turns are in each cell of the funnel."""
    sums = turns.aggregate(**{cell: Sum(f"n_{cell}") for cell in Cell})
    return {cell: sums[cell] or 0 for cell in Cell}
