"""Topics and answers: how much comes in about each, how often something is suggested, and how often it is sent.

Match rates are those of offered suggestions: use, which showing them has helped. What is held out is too little to be
told by answer; an answer's own page draws it where it is enough.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from functools import cached_property, partial
from typing import TypeVar

import numpy as np
from django.db.models import Sum
from django.urls import reverse
from django.utils.safestring import SafeString

from copilot import match_versions
from copilot.models import Answer, AnswerVersion, Topic
from copilot.monitor import charts
from copilot.monitor.answer_reading import (
    RATE,
    offered,
    topic_days,
    topic_weeks,
    version_days,
    version_weeks,
)
from copilot.monitor.charts import Chart
from copilot.monitor.decaying import Decay, decaying
from copilot.monitor.figures import Figure
from copilot.monitor.filters import Filters
from copilot.monitor.funnel import VERSION
from copilot.monitor.reading import Agents, nobody
from copilot.monitor.shares import design_effect, share
from copilot.monitor.tables import Column, Table, kept

OF_TOPIC = ("n_turns", "n_failed", "n_withheld", "n_off")
OF_ANSWER = ("n_shown", "n_used", *RATE)
Key = TypeVar("Key")
NO_TOPIC = "No topic"
NO_RATE = Figure("Match rate", 0, note="nothing was offered")


@dataclass(frozen=True)
class Row:
    """A topic or an answer: how many turns, what share of them got or used a suggestion, and the match rate."""

    name: str
    page: str
    pk: int | None
    about: str
    n: int
    find_coverage: Callable[[], Figure]
    match: Figure
    rates: Sequence[float | None]
    decay: Decay | None = None

    @cached_property
    def coverage(self) -> Figure:
        """Found when it is asked for: most rows of a long list are not shown."""
        return self.find_coverage()

    @property
    def address(self) -> str:
        return "" if self.pk is None else reverse(self.page, args=[self.pk])

    @property
    def weeks(self) -> SafeString:
        """Draw the match rate of each week; nothing where fewer than two have one."""
        known = [rate for rate in self.rates if rate is not None]
        if len(known) < 2:
            return SafeString("")
        title = f"Match rate by week, from {100 * known[0]:.0f} to {100 * known[-1]:.0f} %"
        return charts.spark(self.rates, title=title)


@dataclass(frozen=True)
class AnswerFigures:
    """What the page shows; the charts are tables with a CSV each."""

    total: int
    finding: str
    topics: Sequence[Row]
    answers: Sequence[Row]
    decays: Sequence[Decay]
    charts: tuple[Chart, ...]


def answer_figures(filters: Filters, *, now: datetime) -> AnswerFigures:
    """Return the page's figures for what an address asks; the alarm looks at all answers, whatever it asks."""
    decays = decaying(now)
    topics, answers = _topics(filters), _answers(filters, {each.answer.pk: each for each in decays})
    total = sum(row.n for row in topics)
    return AnswerFigures(
        total=total,
        finding=_finding(topics, answers, decays),
        topics=topics,
        answers=answers,
        decays=decays,
        charts=(
            _chart("topics", "By topic", "Topic", "offered", topics),
            _chart("answers", "By answer", "Answer", "used", answers),
        ),
    )


def weeks_of(filters: Filters) -> list[date]:
    """Return the Mondays of the weeks that are asked for."""
    n_weeks = (filters.today - filters.first).days // 7 + 1
    return [filters.first + timedelta(weeks=week) for week in range(n_weeks)]


def _topics(filters: Filters) -> list[Row]:
    sums = (
        topic_days(filters).values_list("topic").annotate(**{f"sum_{name}": Sum(name) for name in OF_TOPIC})
    )
    names = {topic.pk: topic for topic in Topic.objects.select_related("area")}
    found = offered(topic_weeks(filters), by="topic", weeks=weeks_of(filters))
    rates = match_rates(found.agents)
    rows = []
    for pk, *counts in sums.order_by():
        topic, of = names.get(pk), pk or 0
        rows.append(
            Row(
                name=topic.name if topic else NO_TOPIC,
                page="copilot:topic",
                pk=pk if topic else None,
                about=topic.area.name if topic else "",
                n=counts[0],
                find_coverage=partial(_coverage, dict(zip(OF_TOPIC, counts, strict=True))),
                match=rates.get(of, NO_RATE),
                rates=found.weeks.get(of, ()),
            )
        )
    return sorted(rows, key=lambda row: (row.name == NO_TOPIC, -row.n, row.name))


def _answers(filters: Filters, decays: Mapping[int, Decay]) -> list[Row]:
    sums = dict(version_days(filters).values_list("version__answer").annotate(Sum("n_suggested")).order_by())
    names = Answer.objects.select_related("topic").in_bulk(list(sums))
    versions = dict(AnswerVersion.objects.values_list("pk", "answer"))
    found = offered(
        version_weeks(filters), by="version", names=OF_ANSWER, weeks=weeks_of(filters), part_of=versions
    )
    rates = match_rates(found.agents)
    rows = [
        Row(
            name=names[pk].name,
            page="copilot:answer_figure",
            pk=pk,
            about=names[pk].topic.name,
            n=n,
            find_coverage=partial(_used, found.agents.get(pk, nobody(OF_ANSWER))),
            match=rates.get(pk, NO_RATE),
            rates=found.weeks.get(pk, ()),
            decay=decays.get(pk),
        )
        for pk, n in sums.items()
    ]
    return sorted(rows, key=lambda row: (row.decay is None, -row.n, row.name))


def _coverage(sums: Mapping[str, int]) -> Figure:
    """Return the share of turns that got a suggestion, of all but those for which none was to be computed.

    Who waits for a reply counts: what is offered waits, what is withheld is decided at once. All turns are counted, not
    a sample of them, and no agent has a part in it: so it has no interval.
    """
    n = sums["n_turns"] - sums["n_off"]
    k = n - sums["n_withheld"] - sums["n_failed"]
    return Figure("Offered", n, k / n if n else None, k=k)


def _used(agents: Agents) -> Figure:
    return share("Used", agents["n_used"], agents["n_shown"])


def match_rates(groups: Mapping[Key, Agents]) -> dict[Key, Figure]:
    """Return the match rate of each group from its agents' sums; all together tell how much agents differ."""
    every = [nobody(RATE), *groups.values()]
    deff = design_effect(*(np.concatenate([agents[name] for agents in every]) for name in RATE))
    version = _version()
    return {
        key: share("Match rate", *(agents[name] for name in RATE), last_deff=deff, version=version)
        for key, agents in groups.items()
    }


def _version() -> str:
    return f"{match_versions.current()}"


def _finding(topics: Sequence[Row], answers: Sequence[Row], decays: Sequence[Decay]) -> str:
    if not topics:
        return "No turn has come in yet."
    if len(decays) == 1:
        return f"The match rate of “{decays[0].answer.name}” has fallen by more than chance explains."
    if decays:
        return f"The match rates of {len(decays)} answers have fallen by more than chance explains."
    known = sorted(
        (row for row in answers if row.match.value is not None), key=lambda row: row.match.high or 0.0
    )
    if not known:
        return "No answer's match rate has fallen by more than chance explains; most have too few turns to show one."
    low = known[0]
    if len(known) == 1:
        return (
            "No answer's match rate has fallen by more than chance explains. One answer alone has turns enough to show "
            f"one: “{low.name}”, {low.match.written} ({low.match.interval}), n = {low.match.n:,}."
        )
    return (
        "No answer's match rate has fallen by more than chance explains. Lowest by the upper end of its interval: "
        f"“{low.name}”, {low.match.written} ({low.match.interval}), n = {low.match.n:,}."
    )


def _chart(key: str, title: str, heading: str, share_of: str, rows: Sequence[Row]) -> Chart:
    table = Table(
        (
            Column(heading, heading.lower(), lambda row: row.name),
            Column("", "about", lambda row: row.about),
            Column("", "turns", lambda row: row.n),
            *kept(lambda row: row.coverage, value=share_of, prefix=f"{share_of}_", version=VERSION),
            *kept(lambda row: row.match, value="match_rate", prefix="match_rate_", version=_version()),
            Column("", "decay", lambda row: row.decay.evidence if row.decay else ""),
        ),
        rows,
    )
    return Chart(key, title, "", table)
