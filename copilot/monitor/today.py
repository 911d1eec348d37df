"""Today: what of yesterday and today is other than on the same weekdays before, and what somebody has to look at.

What differs is told by `weekdays`, what is wrong by `alerting`.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime, timedelta

import numpy as np
from django.db.models import Sum
from django.utils import timezone

from copilot.models import Arm
from copilot.models.agent_day import AgentDay
from copilot.models.rollup import ReasonDay, RollupState
from copilot.models.suggestion import Reason, State
from copilot.monitor import charts, touching
from copilot.monitor.answer_reading import RATE
from copilot.monitor.charts import Chart, Series
from copilot.monitor.figures import Figure, drawable
from copilot.monitor.filters import Filters
from copilot.monitor.funnel import VERSION, Cell
from copilot.monitor.match_rates import version
from copilot.monitor.promotions import promotions, said_of
from copilot.monitor.reading import Agents, by_time, nobody
from copilot.monitor.shares import design_effect, share
from copilot.monitor.tables import table_of_figures
from copilot.monitor.weekdays import Row, compared, independent, is_apart, rows_of, table_of
from helpdesk.models import Case

WEEKS = 12
CHECKED = 28  # days in which the cells must sum


@dataclass(frozen=True)
class Today:
    """What the page shows."""

    finding: str
    sums: str
    rolled: str
    waiting: str
    charts: tuple[Chart, ...]


def today(now: datetime) -> Today:
    """Return what the page shows at a time."""
    day = timezone.localdate(now)
    rows = rows_of(day)
    return Today(
        finding=_finding(rows, day),
        sums=_sums(day),
        rolled=_rolled(now),
        waiting=_waiting(),
        charts=(table_of(rows, day), _reasons(day), _match_rate(day)),
    )


def _finding(rows: Sequence[Row], day: date) -> str:
    turns, before = rows[0].yesterday, rows[0].before_yesterday
    if not any(figure.n for figure in (turns, before, rows[0].today, rows[0].before_today)):
        return "No turn has come in yet."
    yesterday = day - timedelta(days=1)
    said = f"Yesterday {turns.written} turns came in, on {yesterday:%A}s before {before.written} on average"
    apart = [row for row in rows[1:] if is_apart(row.yesterday, row.before_yesterday)]
    if not apart:
        return f"{said}; nothing else is further apart than chance puts it."
    told = "; ".join(
        f"{row.name.lower()}, {row.yesterday.written} instead of {row.before_yesterday.written}"
        for row in apart
    )
    return f"{said}. Further apart than chance puts them: {told}."


def _reasons(day: date) -> Chart:
    """Draw why turns of the last two days got no suggestion, beside the same weekdays before."""
    title = "Why there was no suggestion, yesterday and today"
    both = [day, day - timedelta(days=1)]
    before = [each for one in both for each in compared(one)[1:]]
    counts, turns = _by_reason(both), _turns(both)
    counts_before, turns_before = _by_reason(before), _turns(before)
    names = {key: Reason(key[1]).label.capitalize() for key in counts_before | counts}
    rows = [independent(names[key], counts.get(key, 0), turns) for key in names]
    earlier = [independent(names[key], counts_before.get(key, 0), turns_before) for key in names]
    earlier = [replace(row, name=f"{row.name}, same weekdays before") for row in earlier]
    pairs = sorted(zip(rows, earlier, strict=True), key=lambda pair: -(pair[0].k or 0))
    drawn = [row for row, _ in pairs if row.value is not None]
    most = f"Most often: {drawn[0].name.lower()}, {drawn[0].written} of {turns:,} turns." if drawn else ""
    return Chart(
        "reasons",
        title,
        most,
        table_of_figures(
            "Reason",
            [row for pair in pairs for row in pair],
            value="Share of turns",
            k="Turns",
            version=VERSION,
        ),
        charts.bars(drawn, title=title) if drawn else None,
        empty="Every turn of these days got a suggestion, or none has come in.",
    )


def _by_reason(days: Sequence[date]) -> dict[tuple[str, str], int]:
    rows = ReasonDay.objects.filter(day__in=days).exclude(state=State.OFF).values_list("state", "reason")
    return {
        (state, reason): n for state, reason, n in rows.annotate(sum=Sum("n")).order_by("state", "reason")
    }


def _turns(days: Sequence[date]) -> int:
    return AgentDay.objects.filter(day__in=days).aggregate(n=Sum("n_turns"))["n"] or 0


def _match_rate(day: date) -> Chart:
    """Draw the match rate of the last weeks: of what nobody saw, and of what was shown."""
    title = "Match rate by week"
    monday = day - timedelta(days=day.weekday())
    first = monday - timedelta(weeks=WEEKS - 1)
    marks = promotions(Filters(today=day, days=7 * WEEKS))
    lines = []
    for arm, name in ((Arm.SHADOW, "Unseen"), (Arm.OFFER, "Shown")):
        turns = AgentDay.objects.filter(arm=arm, is_replayed=False, day__gte=first, day__lte=day)
        by_week = by_time(turns, per="week", names=RATE)
        lines.append(Series(name, _weeks(by_week, name)))
    rows = [row for line in lines for row in line.by_day.values()]
    known = drawable(rows)
    return Chart(
        "match",
        title,
        f"{charts.last_known(lines)} What nobody saw bounds accuracy from below; "
        "what was shown shapes the reply.",
        table_of_figures("Week", rows, value="Match rate", k="Matches"),
        charts.line_band(lines, title=title, marks=marks) if known else None,
        empty="No week has five compared replies of five agents yet.",
        note=said_of(marks),
    )


def _weeks(by_week: Mapping[date, Agents], arm: str) -> dict[date, Figure]:
    people = {week: agents.people for week, agents in by_week.items()}
    everyone = [nobody(RATE), *people.values()]
    deff = design_effect(*(np.concatenate([agents[name] for agents in everyone]) for name in RATE))
    named = version()
    return {
        week: share(
            f"{arm}, {week}", agents["n_matches"], agents["n_compared"], last_deff=deff, version=named
        )
        for week, agents in people.items()
    }


def _sums(day: date) -> str:
    """Say whether the cells of the last weeks sum to the turns; against what is stored, a check looks (`checks`)."""
    turns = AgentDay.objects.filter(day__gt=day - timedelta(days=CHECKED), day__lte=day)
    sums = turns.aggregate(n=Sum("n_turns"), **{f"sum_{cell}": Sum(f"n_{cell}") for cell in Cell})
    n, cells = sums["n"] or 0, sum(sums[f"sum_{cell}"] or 0 for cell in Cell)
    if n != cells:
        return f"The cells of the last {CHECKED} days sum to {cells:,}, but there are {n:,} turns: run recompute."
    return f"The cells of the last {CHECKED} days exclude each other and sum to all {n:,} turns."


def _rolled(now: datetime) -> str:
    state, n_waiting = RollupState.objects.first(), len(touching.touched())
    if state is None:
        return "No figures were made yet: a worker makes them every two minutes."
    left = (
        f"; {n_waiting} more days wait for it"
        if n_waiting > 1
        else "; one day waits for it"
        if n_waiting
        else ""
    )
    minutes = int((now - state.seen_until).total_seconds() // 60)
    late = f". That is {minutes:,} minutes ago: no worker seems to run" if minutes > 10 else ""
    return f"Rolled up until {timezone.localtime(state.seen_until):%-d %B, %H:%M}{left}{late}."


def _waiting() -> str:
    n, n_open = Case.objects.awaiting_reply().count(), Case.objects.all_open().count()
    return f"{n_open:,} cases are open, in {n:,} of them a customer waits for a reply."
