"""A day beside the same weekdays before it: weekdays differ more than most changes do (metrics section 8)."""

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta

from django.db.models import Sum

from copilot.models.agent_day import AgentDay
from copilot.models.rollup import NOBODY
from copilot.monitor.adoption import CAME_LATE, WAS_SHOWN
from copilot.monitor.charts import Chart
from copilot.monitor.figures import Figure, Unit
from copilot.monitor.funnel import ANSWERED, VERSION, Cell, Late
from copilot.monitor.reading import Sums
from copilot.monitor.shares import share
from copilot.monitor.tables import Column, Table, kept
from copilot.statistics import intervals

N_BEFORE = 4  # same weekdays
COLUMNS = ("n_turns", "n_fallback", "n_opened", "n_ready", *(f"n_{name}" for name in (*Cell, *Late)))
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
class Kind:
    """A share of turns: `k` of `n` columns; of agents' doing, or of the system's, where turns stand for themselves."""

    name: str
    k: tuple[str, ...]
    n: tuple[str, ...]
    is_of_agents: bool = False


def _counts(names: Iterable[str]) -> tuple[str, ...]:
    return tuple(f"n_{name}" for name in names)


KINDS = (
    Kind(
        "On a screen, of those offered and answered", _counts(WAS_SHOWN), _counts(ANSWERED), is_of_agents=True
    ),
    Kind("Ready when its case was opened (aim: 95 %)", ("n_ready",), ("n_opened",), is_of_agents=True),
    Kind("Came late, of the same", _counts(CAME_LATE), _counts(ANSWERED), is_of_agents=True),
    Kind("Withheld with a reason", ("n_withheld",), ("n_turns",)),
    Kind("Failed", ("n_failed",), ("n_turns",)),
    Kind("The live release stood in", ("n_fallback",), ("n_turns",)),
)


def rows_of(day: date) -> list[Row]:
    """Return each figure of a day and of the one before it, beside the same weekdays before."""
    days = _days(compared(day) + compared(day - timedelta(days=1)))
    return [_counted(days, day), *(_shared(kind, days, day) for kind in KINDS)]


def table_of(rows: Sequence[Row], day: date) -> Chart:
    """Return the table of the rows; nothing is drawn of them."""
    yesterday = day - timedelta(days=1)
    parts = (
        ("today", "Today so far", lambda row: row.today),
        ("before_today", f"{day:%A}s before", lambda row: row.before_today),
        ("yesterday", "Yesterday", lambda row: row.yesterday),
        ("before_yesterday", f"{yesterday:%A}s before", lambda row: row.before_yesterday),
    )
    columns = [Column("Figure", "name", lambda row: row.name)]
    for key, name, part in parts:
        columns += _columns(key, name, part)
    return Chart(
        "days",
        "Today and yesterday",
        f"Each beside the same weekday of the {N_BEFORE} weeks before. What came in today still waits for replies.",
        Table(tuple(columns), rows),
        empty="Each figure with its 95 % interval, and of how many turns.",
    )


def is_apart(one: Figure, other: Figure) -> bool:
    """Whether the intervals of two figures leave each other out: rarer than one in twenty by chance."""
    if None in (one.low, one.high, other.low, other.high):
        return False
    return bool(one.low > other.high or other.low > one.high)  # type: ignore[operator]


def compared(day: date) -> list[date]:
    """Return a day and the same weekdays before it."""
    return [day - timedelta(weeks=back) for back in range(N_BEFORE + 1)]


def independent(name: str, k: int, n: int) -> Figure:
    if not n:
        return Figure(name, 0, k=0, note="no turns")
    found = intervals.wilson(k, n)
    return Figure(name, n, found.estimate, found.low, found.high, k=k, method=found.method)


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
    return independent(name, k, n)


def _days(days: Sequence[date]) -> Mapping[date, Agents]:
    found: dict[date, dict[int, Sums]] = {day: {} for day in days}
    turns = AgentDay.objects.filter(day__in=days).values_list("day", "agent")
    for day, agent, *sums in turns.annotate(**{f"sum_{name}": Sum(name) for name in COLUMNS}):
        found[day][agent] = dict(zip(COLUMNS, sums, strict=True))
    return found


def _row(name: str, figure_of: Callable[[list[date]], Figure], day: date) -> Row:
    yesterday = day - timedelta(days=1)
    return Row(
        name,
        figure_of([day]),
        figure_of(compared(day)[1:]),
        figure_of([yesterday]),
        figure_of(compared(yesterday)[1:]),
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


def _columns(key: str, name: str, part: Callable[[Row], Figure]) -> list[Column]:
    def told(row: Row) -> str:
        figure = part(row)
        if figure.value is None:
            return figure.note or "–"
        interval = f" ({figure.interval}), n\u00a0=\u00a0{figure.n:,}" if figure.has_interval else ""
        return f"{figure.written}{interval}"

    return [
        Column(name, "", told),
        *kept(part, value=f"{key}_value", prefix=f"{key}_", version=VERSION),
    ]
