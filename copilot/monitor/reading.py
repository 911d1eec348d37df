"""Sums of the days' figures, by what a page compares and by agent."""

from collections import defaultdict
from collections.abc import Mapping, Sequence
from datetime import date, timedelta
from typing import Any

from django.db.models import F, Func, QuerySet, Sum

from copilot.monitor.funnel import Cell

Sums = Mapping[str, int]


def by_agent(turns: "QuerySet[Any]", *, by: str | Func, names: Sequence[str]) -> dict[Any, dict[int, Sums]]:
    """Return the sums of some columns by group and agent; `by` is a column, or "" for all in one group."""
    rows = turns.annotate(group=F(by)) if isinstance(by, str) and by else turns
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
    found: defaultdict[date, dict[int, dict[str, int]]] = defaultdict(dict)
    for day, agents in by_agent(turns, by="day", names=names).items():
        start = day - timedelta(days=day.weekday()) if per == "week" else day
        for agent, sums in agents.items():
            total = found[start].setdefault(agent, dict.fromkeys(names, 0))
            for name in names:
                total[name] += sums[name]
    return {day: {**found[day]} for day in sorted(found)}


def cells_of(turns: "QuerySet[Any]") -> dict[Cell, int]:
    """Return how many turns are in each cell of the funnel."""
    sums = turns.aggregate(**{cell: Sum(f"n_{cell}") for cell in Cell})
    return {cell: sums[cell] or 0 for cell in Cell}
