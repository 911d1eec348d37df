"""Sums of the figures of cases, as experiments and the support page take them."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date, timedelta
from functools import cached_property
from typing import Any, TypeAlias

import numpy as np
from django.db.models import Aggregate, BinaryField, DateField, F, Min, QuerySet, Sum
from django.db.models.functions import Cast, TruncWeek
from numpy.typing import NDArray

from copilot.models import AgentDay, BacklogDay, CaseDay, CaseWeek
from copilot.models.case_day import BINS, COUNTS, LAST_LOG, TIME_BINS
from copilot.models.rollup import NOBODY
from copilot.monitor.case_filters import CaseFilters
from copilot.monitor.case_rolling import MILLION
from copilot.monitor.columns import Numbers, Ordinal, columns_of
from copilot.monitor.funnel import SEEN, Cell

Array: TypeAlias = NDArray[np.float64]
Row: TypeAlias = dict[str, Any]
EDGES: Array = np.linspace(0, LAST_LOG, TIME_BINS + 1)
WEEK = Cast(TruncWeek("day"), DateField())  # which reads sooner than the time that it is otherwise
DERIVED = {"n_decided": F("n_closed") + F("n_censored")}
OF_SEEN = tuple(f"n_{cell}" for cell in Cell if cell in SEEN)
OF_MATCHES = ("n_matches", "n_compared", *OF_SEEN, f"n_{Cell.DISPLAYED}")


class Joined(Aggregate):
    """The bytes of all rows, one after the other."""

    function = "string_agg"
    template = "%(function)s(%(expressions)s, '')"
    output_field = BinaryField()


@dataclass(frozen=True, eq=False)
class Weeks:
    """Sums of an experiment's figures by column [weeks, variants, agents], of all that has rows.

    The column `n_rows` says where they have: 1 there, 0 elsewhere.
    """

    weeks: tuple[date, ...]
    variants: tuple[int, ...]
    agents: tuple[int, ...]
    sums: Mapping[str, Array]

    def __getitem__(self, name: str) -> Array:
        return self.sums[name]

    @cached_property
    def people(self) -> NDArray[np.intp]:
        """Where agents stand; nobody is no agent."""
        return np.flatnonzero([agent != NOBODY for agent in self.agents])

    def pair(self, variants: tuple[int, int], name: str) -> Array:
        """Return the sums of two variants [weeks, agents, 2], the first of them first."""
        found = np.zeros((len(self.weeks), len(self.people), 2))
        for arm, variant in enumerate(variants):
            if variant in self.variants:
                found[..., arm] = self[name][:, self.variants.index(variant)][:, self.people]
        return found

    def until(self, end: date) -> "Weeks":
        """Leave out the weeks that begin on a day or later."""
        n = sum(week < end for week in self.weeks)
        return replace(self, weeks=self.weeks[:n], sums={name: rows[:n] for name, rows in self.sums.items()})

    def end_of(self, n_cases: int) -> date | None:
        """Return the day after the first week with which there are so many cases; None if there are fewer."""
        so_far = zip(self.weeks, self["n_cases"].sum(axis=(1, 2)).cumsum(), strict=True)
        return next((week + timedelta(days=7) for week, n in so_far if n >= n_cases), None)

    def total(self, variant: int, name: str) -> int:
        """Return the sum of all of a variant."""
        return int(self[name][:, self.variants.index(variant)].sum()) if variant in self.variants else 0


def by_week(experiment_id: int) -> Weeks:
    """Return the sums of an experiment's cases."""
    rows = CaseWeek.objects.filter(variant__experiment=experiment_id)
    found = _weeks(rows.values_list("week", "variant", "agent", *COUNTS), COUNTS)
    return _with(found, n_decided=found["n_closed"] + found["n_censored"])


def matches(experiment_id: int) -> Weeks:
    """Return how many replies of an experiment match the suggestion, and how many suggestions on a screen were seen."""
    rows = AgentDay.objects.filter(variant__experiment=experiment_id, is_replayed=False).annotate(week=WEEK)
    sums = (
        rows.values_list("week", "variant", "agent").annotate(*(Sum(name) for name in OF_MATCHES)).order_by()
    )
    found = _weeks(sums, OF_MATCHES)
    n_seen = np.sum([found[name] for name in OF_SEEN], axis=0)
    return _with(found, n_seen=n_seen, n_shown=n_seen + found[f"n_{Cell.DISPLAYED}"])


def releases_by_variant(experiment_id: int) -> dict[int, list[int]]:
    """Return which releases answered for each variant of an experiment so far, the oldest first."""
    rows = AgentDay.objects.filter(variant__experiment=experiment_id, release__isnull=False)
    found: dict[int, list[int]] = {}
    for variant, release in rows.values_list("variant", "release").distinct().order_by("release"):
        found.setdefault(variant, []).append(release)
    return found


def n_cases_by_experiment() -> dict[int, int]:
    """Return how many cases of each experiment are in the figures."""
    found = CaseWeek.objects.filter(variant__isnull=False).values_list("variant__experiment")
    return dict(found.annotate(n=Sum("n_cases")).order_by())


def by_day(
    rows: "QuerySet[Any]", variants: tuple[int, int], names: Sequence[str], *, end: date
) -> list[Numbers]:
    """Return the days, variants and agents of an experiment's rows before a day, and the sums of some columns.

    Days are as `date.toordinal` counts them; what nobody has replied to is left out.
    """
    found = rows.filter(variant__in=variants, day__lt=end).exclude(agent=NOBODY)
    sums = {f"sum_{name}": Sum(DERIVED.get(name, F(name))) for name in names}
    return columns_of(found.values_list(Ordinal("day"), "variant", "agent").annotate(**sums))


def first_weeks() -> dict[int, date]:
    """Return the Monday of the week in which each agent was first the one to reply."""
    rows = CaseWeek.objects.filter(variant=None, channel="").exclude(agent=NOBODY).values_list("agent")
    return dict(rows.annotate(first=Min("week")).order_by())


def handle_times(variants: tuple[int, int], *, end: date) -> Array:
    """Return how many cases of the weeks before a day took how long, by agent, variant and bin [agents, 2, bins]."""
    rows = CaseWeek.objects.filter(variant__in=variants, week__lt=end).exclude(agent=NOBODY)
    found = list(rows.values_list("agent", "variant").annotate(bins=Joined("handle_bins")).order_by("agent"))
    at = {agent: place for place, agent in enumerate(dict.fromkeys(agent for agent, _, _ in found))}
    counts = np.zeros((len(at), 2, TIME_BINS))
    for agent, variant, bins in found:
        counts[at[agent], variants.index(variant)] = histograms([bins])[0]
    return counts


def weeks_of(filters: CaseFilters, names: Sequence[str]) -> list[Row]:
    """Return the sums and the bins of the cases that are asked for, by week and agent."""
    if not filters.topic:
        weeks = CaseWeek.objects.filter(variant=None, channel=filters.channel, week__gte=filters.first)
        return list(weeks.order_by("week", "agent").values("week", "agent", *BINS, *names))
    found = filters.of(CaseDay.objects.annotate(week=WEEK))
    sums = {f"sum_{name}": Sum(name) for name in names} | {f"all_{name}": Joined(name) for name in BINS}
    rows = found.values_list("week", "agent").annotate(**sums).order_by("week", "agent")
    return [dict(zip(("week", "agent", *names, *BINS), row, strict=True)) for row in rows]


def backlog(filters: CaseFilters) -> dict[date, int]:
    """Return how many cases were open at the end of each week; of all topics."""
    grew = Sum(F("n_opened") - F("n_closed"))
    flow = BacklogDay.objects.filter(channel=filters.channel) if filters.channel else BacklogDay.objects.all()
    before = flow.filter(day__lt=filters.first).aggregate(n=grew)["n"] or 0
    weeks = filters.of(flow, has_topic=False).annotate(week=WEEK).values_list("week").annotate(n=grew)
    found, open_now = {}, before
    for week, n in weeks.order_by("week"):
        open_now += n
        found[week] = open_now
    return found


def histograms(rows: Sequence[bytes]) -> Array:
    """Return how many cases of each row are in each bin [rows, bins].

    >>> histograms([bytes([1, 1, 2]), bytes([2])])[:, :4].tolist()
    [[0.0, 2.0, 1.0, 0.0], [0.0, 0.0, 1.0, 0.0]]
    """
    at = np.repeat(np.arange(len(rows)), [len(row) for row in rows]) * TIME_BINS
    counts = np.bincount(at + np.frombuffer(b"".join(rows), np.uint8), minlength=len(rows) * TIME_BINS)
    return counts.reshape(len(rows), TIME_BINS).astype(np.float64)


def logs(rows: Array) -> Array:
    """Return sums of millionths as logs."""
    return rows / MILLION


def _weeks(rows: "QuerySet[Any, tuple[Any, ...]]", names: Sequence[str]) -> Weeks:
    """Return rows of a week, a variant, an agent and its sums as arrays."""
    found = list(rows)
    weeks, variants, agents = axes = [tuple(sorted({row[axis] for row in found})) for axis in range(3)]
    places = [{value: place for place, value in enumerate(axis)} for axis in axes]
    at = [np.array([place[row[axis]] for row in found], np.intp) for axis, place in enumerate(places)]
    sums = np.zeros((*map(len, axes), len(names) + 1))
    sums[tuple(at)] = [(*row[3:], 1) for row in found] or 0
    by_name = {name: sums[..., place] for place, name in enumerate((*names, "n_rows"))}
    return Weeks(weeks, variants, agents, by_name)


def _with(weeks: Weeks, **sums: Array) -> Weeks:
    return replace(weeks, sums={**weeks.sums, **sums})
