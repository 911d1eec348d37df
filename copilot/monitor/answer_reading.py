"""Figures of topics and answers by agent and by week, from the sums of weeks."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any

import numpy as np
from django.db.models import QuerySet

from copilot.models.agent_week import TopicWeek, VersionWeek
from copilot.models.rollup import AnswerDay
from copilot.models.suggestion import Arm
from copilot.models.topic_day import TopicDay, VersionDay
from copilot.monitor.columns import Numbers, Ordinal, of_weeks, parts_of, summed
from copilot.monitor.filters import Filters
from copilot.monitor.reading import Agents, grouped
from copilot.monitor.shares import FEWEST, FEWEST_AGENTS

RATE = ("n_matches", "n_compared")
Rates = list[float | None]


def answer_days(filters: Filters) -> "QuerySet[AnswerDay]":
    """Return the rows by answer that an address asks for."""
    return _of_answers(filters, AnswerDay.objects.all())


def version_days(filters: Filters) -> "QuerySet[VersionDay]":
    """Return the same without agents."""
    return _of_answers(filters, VersionDay.objects.all())


def topic_days(filters: Filters) -> "QuerySet[TopicDay]":
    """Return the rows by topic, without agents, that an address asks for."""
    found = filters.of_days(TopicDay.objects.all())
    if filters.topic:
        found = found.filter(topic__slug=filters.topic)
    return found.filter(language=filters.language) if filters.language else found


def topic_weeks(filters: Filters) -> "QuerySet[TopicWeek]":
    """Return the weeks by topic and agent that an address asks for."""
    found: QuerySet[TopicWeek] = filters.of_weeks(TopicWeek.objects.all())
    return found.filter(topic__slug=filters.topic) if filters.topic else found


def version_weeks(filters: Filters) -> "QuerySet[VersionWeek]":
    """Return the weeks by answer and agent that an address asks for."""
    found: QuerySet[VersionWeek] = filters.of_weeks(VersionWeek.objects.all())
    return found.filter(version__answer__topic__slug=filters.topic) if filters.topic else found


@dataclass(frozen=True)
class Offered:
    """What became of offered suggestions: sums by agent and match rates by week, each by what is compared."""

    agents: Mapping[int, Agents]
    weeks: Mapping[int, Rates]


def offered(
    rows: "QuerySet[TopicWeek] | QuerySet[VersionWeek]",
    *,
    by: str,
    names: Sequence[str] = RATE,
    weeks: Sequence[date],
    part_of: Mapping[int, int] | None = None,
) -> Offered:
    """Return what became of offered suggestions by a column, or by what `part_of` says that its values are part of.

    All rows are read once, and summed here by agent and by week.
    """
    offers = rows.filter(arm=Arm.OFFER)
    groups, mondays, agents, *counts = of_weeks(offers, by, Ordinal("week"), names=names)
    if part_of is not None:
        groups = parts_of(groups, part_of)
    columns = dict(zip(names, counts, strict=True))
    rates = weekly_rates(groups, mondays, agents, columns, weeks=weeks)
    return Offered(grouped(groups, agents, columns), rates)


def weekly_rates(
    groups: Numbers,
    mondays: Numbers,
    agents: Numbers,
    counts: Mapping[str, Numbers],
    *,
    weeks: Sequence[date],
) -> Mapping[int, Rates]:
    """Return the match rate of each week by group; None where a week has too few turns or agents to show one."""
    is_any = counts["n_compared"] > 0
    (groups, mondays, _), sums = summed(
        [groups[is_any], mondays[is_any], agents[is_any]], [counts[name][is_any] for name in RATE]
    )
    (groups, mondays), (k, n, n_agents) = summed([groups, mondays], [*sums, np.ones_like(groups)])
    is_shown = (n >= FEWEST) & (n_agents >= FEWEST_AGENTS)
    place = {week.toordinal(): at for at, week in enumerate(weeks)}
    rates: dict[int, Rates] = {}
    shown = zip(*(column[is_shown].tolist() for column in (groups, mondays, k, n)), strict=True)
    for group, monday, n_matches, n_compared in shown:
        rates.setdefault(group, [None] * len(weeks))[place[monday]] = n_matches / n_compared
    return rates


def _of_answers(filters: Filters, rows: "QuerySet[Any]") -> "QuerySet[Any]":
    found = filters.of_days(rows)
    if filters.topic:
        found = found.filter(version__answer__topic__slug=filters.topic)
    return found.filter(language=filters.language) if filters.language else found
