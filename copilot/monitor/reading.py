"""Sums of the days' figures, by what a page compares and by agent: a column of numbers for each figure."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any

import numpy as np
from django.db.models import F, QuerySet, Sum, Value
from django.db.models.expressions import Combinable
from numpy.typing import NDArray

from copilot.models.agent_week import AgentWeek
from copilot.models.rollup import NOBODY
from copilot.monitor.columns import Monday, Numbers, Ordinal, columns_of, of_weeks, runs_of, summed
from copilot.monitor.filters import Filters
from copilot.monitor.funnel import Cell

Sums = Mapping[str, int]


@dataclass(frozen=True, eq=False)
class Agents:
    """Sums of some agents' figures: `agents["n_turns"]` has a number for each of `hashes`, which ascend."""

    hashes: Numbers
    sums: Mapping[str, Numbers]

    def __getitem__(self, name: str) -> Numbers:
        return self.sums[name]

    def __len__(self) -> int:
        return len(self.hashes)

    def only(self, chosen: "NDArray[np.bool_] | slice") -> "Agents":
        """Return the agents that are chosen by their places."""
        return Agents(self.hashes[chosen], {name: counts[chosen] for name, counts in self.sums.items()})

    @property
    def people(self) -> "Agents":
        """Leave out the turns that nobody has answered."""
        is_somebody = self.hashes != NOBODY
        return self if is_somebody.all() else self.only(is_somebody)


def nobody(names: Sequence[str]) -> Agents:
    """Return no agents at all."""
    return Agents(np.zeros(0, np.int64), {name: np.zeros(0, np.int64) for name in names})


def by_agent(rows: "QuerySet[Any]", *, by: str | Combinable = "", names: Sequence[str]) -> dict[int, Agents]:
    """Return the sums of some columns by group and agent; `by` is a column of numbers, "" for all in one group, 0.

    The database sums, so that as many numbers come over as are returned. What has no group is in the group 0.
    """
    group = (F(by) if isinstance(by, str) else by) if by else Value(0)
    found = rows.values_list(group, "agent").annotate(**{f"sum_{name}": Sum(name) for name in names})
    groups, agents, *counts = columns_of(found)
    return grouped(groups, agents, dict(zip(names, counts, strict=True)))


def by_time(rows: "QuerySet[Any]", *, per: str, names: Sequence[str]) -> dict[date, Agents]:
    """Return the sums of some columns by day, or by the Monday of each week, and agent."""
    found = by_agent(rows, by=Monday("day") if per == "week" else Ordinal("day"), names=names)
    return _dated(found)


def over_time(filters: Filters, *, names: Sequence[str], **only: str) -> dict[date, Agents]:
    """Return the sums of some columns of what an address asks, by what it asks; `only` is such as `arm="offer"`."""
    if filters.per == "day" or filters.topic:
        return by_time(filters.totals().filter(**only), per=filters.per, names=names)
    weeks = filters.of_weeks(AgentWeek.objects.filter(**only))
    mondays, agents, *counts = of_weeks(weeks, Ordinal("week"), names=names)
    return _dated(grouped(mondays, agents, dict(zip(names, counts, strict=True))))


def by_week(days: Mapping[date, Agents]) -> dict[date, Agents]:
    """Return the sums of days, or of weeks, by the Monday of each week."""
    weeks: dict[date, list[Agents]] = {}
    for day, agents in days.items():
        weeks.setdefault(date.fromordinal(day.toordinal() - day.weekday()), []).append(agents)
    return {week: joined(groups) for week, groups in weeks.items()}


def grouped(groups: Numbers, agents: Numbers, counts: Mapping[str, Numbers]) -> dict[int, Agents]:
    """Return the sums by group and agent; groups ascend."""
    (groups, agents), sums = summed([groups, agents], list(counts.values()))
    whole = Agents(agents, dict(zip(counts, sums, strict=True)))
    return {group: whole.only(run) for group, run in runs_of(groups).items()}


def joined(groups: Iterable[Agents]) -> Agents:
    """Return the sums of several groups by agent.

    >>> one = Agents(np.array([3, 5]), {"n": np.array([1, 2])})
    >>> both = joined([one, one.only(slice(1))])
    >>> both.hashes.tolist(), both["n"].tolist()
    ([3, 5], [2, 2])
    """
    some = list(groups)
    if len(some) < 2:
        return some[0] if some else nobody(())
    hashes = np.concatenate([agents.hashes for agents in some])
    counts = [np.concatenate([agents[name] for agents in some]) for name in some[0].sums]
    (hashes,), sums = summed([hashes], counts)
    return Agents(hashes, dict(zip(some[0].sums, sums, strict=True)))


def _dated(groups: Mapping[int, Agents]) -> dict[date, Agents]:
    return {date.fromordinal(day): agents for day, agents in groups.items()}


def cells_of(agents: Agents) -> dict[Cell, int]:
    """Return how many turns are in each cell of the funnel."""
    return {cell: int(agents[f"n_{cell}"].sum()) for cell in Cell}
