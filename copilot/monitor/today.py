"""Today: what of yesterday and today is other than on the same weekdays before, and what somebody has to look at.

Weekdays differ more than most changes, so each day stands beside the four same weekdays before it (metrics section 8).
"""

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime, timedelta

from django.db.models import Sum
from django.utils import timezone

from copilot.models import Arm, Match
from copilot.models.rollup import NOBODY, ReasonDay, RollupState, TurnDay
from copilot.models.suggestion import Reason, State
from copilot.monitor import charts, touching
from copilot.monitor.adoption import SHOWN
from copilot.monitor.charts import Chart, Series
from copilot.monitor.figures import Figure, Unit, drawable
from copilot.monitor.funnel import Cell
from copilot.monitor.reading import Sums, by_time
from copilot.monitor.shares import design_effect, share
from copilot.monitor.tables import Column, Table, table_of_figures
from copilot.statistics import intervals
from helpdesk.models import Case

N_BEFORE = 4  # same weekdays
WEEKS = 12
CHECKED = 28  # days in which the cells must sum
OFFERED = (*SHOWN, Cell.LATE, Cell.OFFERED)  # and answered
COLUMNS = ("n_turns", "n_fallback", "n_opened", "n_ready", *(f"n_{cell}" for cell in Cell))
MATCHES = tuple(f"n_{kind}" for kind in Match.MATCHING)
SETTLED = tuple(f"n_{kind}" for kind in Match.Kind.values)
Agents = Mapping[int, Sums]


@dataclass(frozen=True)
class Row:
    """One figure of today and yesterday, each beside the same weekdays before."""

    name: str
    today: Figure
    before_today: Figure
    yesterday: Figure
    before_yesterday: Figure


@dataclass(frozen=True)
class Today:
    """What the page shows."""

    finding: str
    sums: str
    rolled: str
    waiting: str
    charts: tuple[Chart, ...]


@dataclass(frozen=True)
class Kind:
    """A share of turns: `k` of `n` columns; of agents' doing, or of the system's, where turns stand for themselves."""

    name: str
    k: tuple[str, ...]
    n: tuple[str, ...]
    is_of_agents: bool = False


def _cells(cells: Iterable[Cell]) -> tuple[str, ...]:
    return tuple(f"n_{cell}" for cell in cells)


READY = Kind("Ready when its case was opened (aim: 95 %)", ("n_ready",), ("n_opened",), is_of_agents=True)
KINDS = (
    Kind("On a screen, of those offered and answered", _cells(SHOWN), _cells(OFFERED), is_of_agents=True),
    READY,
    Kind("Came late, of the same", ("n_late",), _cells(OFFERED), is_of_agents=True),
    Kind("Withheld with a reason", ("n_withheld",), ("n_turns",)),
    Kind("Failed", ("n_failed",), ("n_turns",)),
    Kind("The live release stood in", ("n_fallback",), ("n_turns",)),
)


def today(now: datetime) -> Today:
    """Return what the page shows at a time."""
    day = timezone.localdate(now)
    days = _days(_compared(day) + _compared(day - timedelta(days=1)))
    rows = [_counted(days, day), *(_shared(kind, days, day) for kind in KINDS)]
    return Today(
        finding=_finding(rows, day),
        sums=_sums(day),
        rolled=_rolled(now),
        waiting=_waiting(),
        charts=(_table(rows, day), _reasons(day), _match_rate(day)),
    )


def share_of(kind: Kind, agents: Iterable[Agents], name: str) -> Figure:
    """Return a share of some days' turns, with the interval that is right for it."""
    by_agent: dict[int, list[int]] = {}
    for sums_by_agent in agents:
        for agent, sums in sums_by_agent.items():
            pair = by_agent.setdefault(agent, [0, 0])
            pair[0] += sum(sums[column] for column in kind.k)
            pair[1] += sum(sums[column] for column in kind.n)
    if kind.is_of_agents:
        people = [pair for agent, pair in by_agent.items() if agent != NOBODY]
        return share(name, [k for k, _ in people], [n for _, n in people])
    k, n = (sum(pair[place] for pair in by_agent.values()) for place in (0, 1))
    return _independent(name, k, n)


def _independent(name: str, k: int, n: int) -> Figure:
    if not n:
        return Figure(name, 0, k=0, note="no turns")
    found = intervals.wilson(k, n)
    return Figure(name, n, found.estimate, found.low, found.high, k=k, method=found.method)


def _compared(day: date) -> list[date]:
    """Return a day and the same weekdays before it."""
    return [day - timedelta(weeks=back) for back in range(N_BEFORE + 1)]


def _days(days: Sequence[date]) -> dict[date, Agents]:
    found: dict[date, dict[int, Sums]] = {day: {} for day in days}
    turns = TurnDay.objects.filter(day__in=days).values("day", "agent")
    for row in turns.annotate(**{f"sum_{name}": Sum(name) for name in COLUMNS}):
        found[row["day"]][row["agent"]] = {name: row[f"sum_{name}"] for name in COLUMNS}
    return found


def _row(name: str, figure_of: Callable[[list[date]], Figure], day: date) -> Row:
    yesterday = day - timedelta(days=1)
    return Row(
        name,
        figure_of([day]),
        figure_of(_compared(day)[1:]),
        figure_of([yesterday]),
        figure_of(_compared(yesterday)[1:]),
    )


def _shared(kind: Kind, days: Mapping[date, Agents], day: date) -> Row:
    return _row(kind.name, lambda which: share_of(kind, [days[each] for each in which], kind.name), day)


def _counted(days: Mapping[date, Agents], day: date) -> Row:
    """Return the turns of a day, and the mean of those days before on which there were any."""

    def figure_of(which: list[date]) -> Figure:
        counts = [sum(sums["n_turns"] for sums in days[each].values()) for each in which]
        counts = [n for n in counts if n] or [0]
        return Figure("Turns", sum(counts), sum(counts) / len(counts), unit=Unit.COUNT)

    return _row("Turns that came in", figure_of, day)


def _finding(rows: Sequence[Row], day: date) -> str:
    turns, before = rows[0].yesterday, rows[0].before_yesterday
    if not any(figure.n for figure in (turns, before, rows[0].today, rows[0].before_today)):
        return "No turn has come in yet."
    yesterday = day - timedelta(days=1)
    said = f"Yesterday {turns.written} turns came in, on {yesterday:%A}s before {before.written} on average"
    apart = [row for row in rows[1:] if _is_apart(row.yesterday, row.before_yesterday)]
    if not apart:
        return f"{said}; nothing else is further apart than chance puts it."
    told = "; ".join(
        f"{row.name.lower()}, {row.yesterday.written} instead of {row.before_yesterday.written}"
        for row in apart
    )
    return f"{said}. Further apart than chance puts them: {told}."


def _is_apart(one: Figure, other: Figure) -> bool:
    """Whether the intervals of two figures leave each other out: rarer than one in twenty by chance."""
    if None in (one.low, one.high, other.low, other.high):
        return False
    return bool(one.low > other.high or other.low > one.high)  # type: ignore[operator]


def _table(rows: Sequence[Row], day: date) -> Chart:
    yesterday = day - timedelta(days=1)
    parts = (
        ("today", "Today so far", lambda row: row.today),
        ("before_today", f"{day:%A}s before", lambda row: row.before_today),
        ("yesterday", "Yesterday", lambda row: row.yesterday),
        ("before_yesterday", f"{yesterday:%A}s before", lambda row: row.before_yesterday),
    )
    columns = [Column("", "name", lambda row: row.name, lambda row: row.name)]
    for key, name, part in parts:
        columns += _columns(key, name, part)
    columns[0] = replace(columns[0], name="Figure")
    return Chart(
        "days",
        "Today and yesterday",
        f"Each beside the same weekday of the {N_BEFORE} weeks before. What came in today still waits for replies.",
        Table(tuple(columns), rows),
        empty="Each figure with its 95 % interval, and of how many turns.",
    )


def _columns(key: str, name: str, part: Callable[[Row], Figure]) -> list[Column]:
    def told(row: Row) -> str:
        figure = part(row)
        if figure.value is None:
            return figure.note or "–"
        interval = f" ({figure.interval}), n = {figure.n:,}" if figure.has_interval else ""
        return f"{figure.written}{interval}"

    fields = ("value", "low", "high", "n", "k", "method", "note")
    return [
        Column(name, "", lambda row: None, told),
        *(
            Column("", f"{key}_{field}", lambda row, field=field: getattr(part(row), field))
            for field in fields
        ),
    ]


def _reasons(day: date) -> Chart:
    """Draw why turns of the last two days got no suggestion, beside the same weekdays before."""
    title = "Why there was no suggestion, yesterday and today"
    both = [day, day - timedelta(days=1)]
    before = [each for one in both for each in _compared(one)[1:]]
    counts, turns = _by_reason(both), _turns(both)
    counts_before, turns_before = _by_reason(before), _turns(before)
    names = {key: Reason(key[1]).label.capitalize() for key in counts_before | counts}
    rows = [_independent(names[key], counts.get(key, 0), turns) for key in names]
    earlier = [_independent(names[key], counts_before.get(key, 0), turns_before) for key in names]
    earlier = [replace(row, name=f"{row.name}, same weekdays before") for row in earlier]
    pairs = sorted(zip(rows, earlier, strict=True), key=lambda pair: -(pair[0].k or 0))
    drawn = [row for row, _ in pairs if row.value is not None]
    most = f"Most often: {drawn[0].name.lower()}, {drawn[0].written} of {turns:,} turns." if drawn else ""
    return Chart(
        "reasons",
        title,
        most,
        table_of_figures(
            "Reason", [row for pair in pairs for row in pair], value="Share of turns", k="Turns"
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
    return TurnDay.objects.filter(day__in=days).aggregate(n=Sum("n_turns"))["n"] or 0


def _match_rate(day: date) -> Chart:
    """Draw the match rate of the last weeks: of what nobody saw, and of what was shown."""
    title = "Match rate by week"
    monday = day - timedelta(days=day.weekday())
    first = monday - timedelta(weeks=WEEKS - 1)
    lines = []
    for arm, name in ((Arm.SHADOW, "Unseen"), (Arm.OFFER, "Shown")):
        turns = TurnDay.objects.filter(arm=arm, day__gte=first, day__lte=day)
        by_week = by_time(turns, per="week", names=SETTLED)
        lines.append(Series(name, _weeks(by_week, name)))
    rows = [row for line in lines for row in line.by_day.values()]
    known = drawable(rows)
    return Chart(
        "match",
        title,
        "How often the reply is what was suggested. What nobody saw bounds accuracy from below; what was shown shapes "
        "the reply.",
        table_of_figures("Week", rows, value="Match rate", k="Matches"),
        charts.line_band(lines, title=title) if known else None,
        empty="No week has five settled replies of five agents yet.",
    )


def _weeks(by_week: Mapping[date, Agents], arm: str) -> dict[date, Figure]:
    pairs = {
        week: [
            (sum(sums[name] for name in MATCHES), sum(sums[name] for name in SETTLED))
            for agent, sums in agents.items()
            if agent != NOBODY
        ]
        for week, agents in by_week.items()
    }
    everyone = [pair for agents in pairs.values() for pair in agents]
    deff = design_effect([k for k, _ in everyone], [n for _, n in everyone])
    return {
        week: share(f"{arm}, {week}", [k for k, _ in agents], [n for _, n in agents], last_deff=deff)
        for week, agents in pairs.items()
    }


def _sums(day: date) -> str:
    """Say whether the cells of the last weeks sum to the turns; against what is stored, a check looks (`checks`)."""
    turns = TurnDay.objects.filter(day__gt=day - timedelta(days=CHECKED), day__lte=day)
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
