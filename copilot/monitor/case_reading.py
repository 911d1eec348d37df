"""Sums of the figures of cases, as experiments and the support page take them."""

from collections import defaultdict
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any, TypeAlias

import numpy as np
from django.db import connection
from django.db.models import F, QuerySet, Sum
from django.db.models.functions import TruncWeek
from numpy.typing import NDArray

from copilot.models import BacklogDay, CaseDay, CaseTimeDay, TurnDay
from copilot.models.case_day import LAST_LOG, TIME_BINS
from copilot.models.rollup import NOBODY
from copilot.monitor.case_filters import CaseFilters
from copilot.monitor.case_rolling import MILLION

Array: TypeAlias = NDArray[np.float64]
Row: TypeAlias = dict[str, Any]
COUNTS = tuple(column.name for column in CaseDay._meta.concrete_fields[7:])
TIMES = ("n_replied", "reply_log", "reply_log_squares", "n_timed", "handle_log", "handle_log_squares")
MEASURED = ("n_replied", "n_timed")  # whose times are in histograms
EDGES: Array = np.linspace(0, LAST_LOG, TIME_BINS + 1)
BEFORE = timedelta(days=84)  # earlier cases by which a case's time is foretold


@dataclass(frozen=True, eq=False)
class Arms:
    """Sums of columns by agent and arm [agents, 2], control first; nobody is no agent."""

    agents: tuple[int, ...]
    sums: Mapping[str, Array]

    def __getitem__(self, name: str) -> Array:
        return self.sums[name]

    def with_rows(self, name: str) -> int:
        """Return how many agents have rows in a count."""
        return int((self[name].sum(axis=1) > 0).sum())


def arms(rows: Iterable[Row], variants: tuple[int, int], names: Sequence[str]) -> Arms:
    """Return sums of rows, which name their variant and their agent, by agent and arm."""
    kept = [row for row in rows if row["agent"] != NOBODY and row["variant"] in variants]
    agents = tuple(sorted({row["agent"] for row in kept}))
    at = {agent: place for place, agent in enumerate(agents)}
    sums = {name: np.zeros((len(agents), 2)) for name in names}
    for row in kept:
        for name in names:
            sums[name][at[row["agent"]], variants.index(row["variant"])] += row[name]
    return Arms(agents, sums)


def by_week(experiment_id: int) -> list[Row]:
    """Return the sums of an experiment's cases by week, variant and agent."""
    found = CaseDay.objects.filter(variant__experiment=experiment_id).annotate(week=TruncWeek("day"))
    rows = _sums(found, ("week", "variant", "agent"), COUNTS)
    return [row | {"n_decided": row["n_closed"] + row["n_censored"]} for row in rows]


def n_cases_by_experiment() -> dict[int, int]:
    """Return how many cases of each experiment are in the figures."""
    found = CaseDay.objects.filter(variant__isnull=False).values_list("variant__experiment")
    return dict(found.annotate(n=Sum("n_cases")).order_by())


def by_kind(experiment_id: int) -> list[Row]:
    """Return the sums of times of an experiment's cases by variant, agent, channel and topic."""
    found = CaseDay.objects.filter(variant__experiment=experiment_id)
    return _sums(found, ("variant", "agent", "channel", "topic"), TIMES)


def before(day: date) -> list[Row]:
    """Return the sums of times by agent, channel and topic of the weeks before a day."""
    found = CaseDay.objects.filter(day__gte=day - BEFORE, day__lt=day).exclude(agent=NOBODY)
    return _sums(found, ("agent", "channel", "topic"), TIMES)


def matches(experiment_id: int) -> list[Row]:
    """Return how many replies of an experiment match the suggestion, by variant and agent."""
    kinds = ("n_exact", "n_near", "n_retained", "n_semantic", "n_conflict", "n_none")
    found = _sums(TurnDay.objects.filter(variant__experiment=experiment_id), ("variant", "agent"), kinds)
    for row in found:
        row["n_compared"] = sum(row[kind] for kind in kinds)
        row["n_matched"] = sum(row[kind] for kind in kinds[:4])
    return found


def histograms(experiment_id: int, variants: tuple[int, int], *, counts: str) -> Array:
    """Return how many cases took how long, by agent, arm and bin [agents, 2, bins]."""
    found = CaseTimeDay.objects.filter(variant__in=variants).exclude(agent=NOBODY)
    return histograms_of(
        _sums(found, ("agent", "variant", "bin"), (counts,)), counts, lambda row: variants.index(row["variant"]), 2
    )  # fmt: skip


def weeks_of(filters: CaseFilters, names: Sequence[str]) -> list[Row]:
    """Return the sums of the cases that are asked for, by week and agent."""
    found = filters.of(CaseDay.objects.annotate(week=TruncWeek("day")))
    return _sums(found, ("week", "agent"), names)


def histograms_by_week(filters: CaseFilters) -> dict[date, dict[str, Array]]:
    """Return how many cases of each week took how long by both times, by agent and bin [agents, bins].

    The database sends the bins of an agent and a week as one row, so that a page does not handle them one by one.
    """
    bins = filters.of(CaseTimeDay.objects.annotate(week=TruncWeek("day"))).exclude(agent=NOBODY)
    sums = {f"sum_{name}": Sum(name) for name in MEASURED}
    sql, values = bins.values("week", "agent", "bin").annotate(**sums).order_by().query.sql_with_params()
    found: defaultdict[date, defaultdict[str, list[Array]]] = defaultdict(lambda: defaultdict(list))
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT week::date, array_agg(bin), array_agg(sum_n_replied), array_agg(sum_n_timed) "  # noqa: S608
            f"FROM ({sql}) AS bins GROUP BY week, agent ORDER BY week, agent",
            values,
        )
        for week, at, *counts in cursor.fetchall():
            for name, n in zip(MEASURED, counts, strict=True):
                if any(n):
                    of_agent = np.zeros(TIME_BINS)
                    of_agent[at] = n
                    found[week][name].append(of_agent)
    return {week: {name: np.stack(rows) for name, rows in of_week.items()} for week, of_week in found.items()}


def backlog(filters: CaseFilters) -> dict[date, int]:
    """Return how many cases were open at the end of each week; of all topics."""
    grew = Sum(F("n_opened") - F("n_closed"))
    flow = BacklogDay.objects.filter(channel=filters.channel) if filters.channel else BacklogDay.objects.all()
    before = flow.filter(day__lt=filters.first).aggregate(n=grew)["n"] or 0
    weeks = (
        filters.of(flow, has_topic=False).annotate(week=TruncWeek("day")).values_list("week").annotate(n=grew)
    )
    found, open_now = {}, before
    for week, n in weeks.order_by("week"):
        open_now += n
        found[week] = open_now
    return found


def histograms_of(rows: Sequence[Row], counts: str, place: Callable[[Row], int], n_places: int) -> Array:
    """Return counts by agent, place and bin."""
    at: defaultdict[int, int] = defaultdict(lambda: len(at))
    for row in rows:
        at[row["agent"]]
    found = np.zeros((len(at), n_places, TIME_BINS))
    for row in rows:
        found[at[row["agent"]], place(row), row["bin"]] += row[counts]
    return found


def logs(rows: Array) -> Array:
    """Return sums of millionths as logs."""
    return rows / MILLION


def _sums(found: "QuerySet[Any]", by: Sequence[str], names: Sequence[str]) -> list[Row]:
    rows = found.values(*by).annotate(**{f"sum_{name}": Sum(name) for name in names}).order_by(*by)
    return [{key: row[key] for key in by} | {name: row[f"sum_{name}"] for name in names} for row in rows]
