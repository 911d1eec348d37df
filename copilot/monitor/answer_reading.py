"""Sums of the days' figures by answer, by topic, by week."""

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any

from django.db.models import Count, F, Q, QuerySet, Sum
from django.db.models.functions import TruncWeek

from copilot.models.rollup import AnswerDay, TurnDay
from copilot.models.suggestion import Arm
from copilot.monitor.filters import Filters
from copilot.monitor.reading import Sums
from copilot.monitor.shares import FEWEST, FEWEST_AGENTS

MATCHES = ("n_exact", "n_near", "n_retained", "n_semantic")
COMPARED = (*MATCHES, "n_conflict", "n_none")


def answer_days(filters: Filters) -> "QuerySet[AnswerDay]":
    """Return the rows by answer that an address asks for."""
    found = AnswerDay.objects.filter(day__gte=filters.first, day__lte=filters.today)
    if filters.release is not None:
        found = found.filter(release=filters.release)
    if filters.topic:
        found = found.filter(version__answer__topic__slug=filters.topic)
    if filters.language:
        found = found.filter(language=filters.language)
    return found


def matches_of(sums: Sums) -> int:
    return sum(sums[name] for name in MATCHES)


def compared_of(sums: Sums) -> int:
    return sum(sums[name] for name in COMPARED)


@dataclass(frozen=True)
class AgentSums:
    """The sums of each agent, by what is compared: of all turns, and of those in the arm OFFER."""

    whole: Mapping[Any, Mapping[int, Sums]]
    offered: Mapping[Any, Mapping[int, Sums]]


def sums_by_agent(
    rows: "QuerySet[TurnDay] | QuerySet[AnswerDay]", *, by: str, names: Sequence[str]
) -> AgentSums:
    """Return the sums of some columns by a column and agent, in one query."""
    whole: defaultdict[Any, dict[int, dict[str, int]]] = defaultdict(dict)
    offered: defaultdict[Any, dict[int, Sums]] = defaultdict(dict)
    totals = {f"sum_{name}": Sum(name) for name in names}
    found: Iterable[Any] = (
        rows.values_list(F(by), "agent", "arm").annotate(**totals).order_by(by, "agent", "arm")
    )
    for group, agent, arm, *counts in found:
        sums = dict(zip(names, counts, strict=True))
        if arm == Arm.OFFER:
            offered[group][agent] = sums
        earlier = whole[group].get(agent)
        whole[group][agent] = {name: earlier[name] + sums[name] for name in names} if earlier else sums
    return AgentSums(dict(whole), dict(offered))


def weekly_rates(
    rows: "QuerySet[TurnDay] | QuerySet[AnswerDay]", *, by: str, weeks: Sequence[date]
) -> Mapping[Any, list[float | None]]:
    """Return the match rate of each week by a column; None where a week has too few turns or agents to show one."""
    k, n = (
        sum((F(name) for name in MATCHES[1:]), F(MATCHES[0])),
        sum((F(name) for name in COMPARED[1:]), F(COMPARED[0])),
    )
    found = (
        rows.annotate(k=k, n=n)
        .values(group=F(by), week=TruncWeek("day"))
        .annotate(n_matches=Sum("k"), n_compared=Sum("n"), n_agents=Count("agent", distinct=True, filter=Q(n__gt=0)))
        .order_by()
    )  # fmt: skip
    rates: defaultdict[Any, list[float | None]] = defaultdict(lambda: [None] * len(weeks))
    place = {week: at for at, week in enumerate(weeks)}
    for row in found:
        if row["n_compared"] >= FEWEST and row["n_agents"] >= FEWEST_AGENTS:
            rates[row["group"]][place[row["week"]]] = row["n_matches"] / row["n_compared"]
    return rates
