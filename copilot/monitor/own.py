"""An agent's own figures: what became of the suggestions in the turns that they answered, for their eyes alone.

No page shows these figures to anybody else, and this one compares nobody: whoever is measured against colleagues begins
to work for the figure. All turns are one person's, so that they stand for themselves: Wilson.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date

from django.db.models import QuerySet, Sum

from copilot.models import Arm
from copilot.models.agent_day import AgentDay
from copilot.monitor import charts
from copilot.monitor.adoption import ACCEPTANCES, COLUMNS, NAMES, Acceptance
from copilot.monitor.agents import agent_hash
from copilot.monitor.charts import Chart, Series
from copilot.monitor.figures import Figure, drawable
from copilot.monitor.filters import Filters
from copilot.monitor.funnel import VERSION, Cell
from copilot.monitor.match_rates import version
from copilot.monitor.reading import Agents, by_time, cells_of, joined, nobody
from copilot.monitor.shares import FEWEST
from copilot.monitor.tables import table_of_figures
from copilot.monitor.weekdays import independent

METHOD = "Intervals: 95 %, Wilson, which takes each turn as independent of the others"
CELLS = tuple(cell for cell in NAMES if cell not in {Cell.WAITING, Cell.CENSORED})
ARMS = ((Arm.SHADOW, "Held out, and not seen by you"), (Arm.OFFER, "Offered to you"))
EMPTY = f"{FEWEST} turns are needed."


@dataclass(frozen=True)
class OwnFigures:
    """What the page shows."""

    total: int
    finding: str
    charts: tuple[Chart, ...]


def own_figures(user_id: int, filters: Filters) -> OwnFigures:
    """Return one agent's figures of a span of days; those of nobody else are read."""
    agent = agent_hash(user_id)
    turns = AgentDay.objects.filter(agent=agent, day__gte=filters.first, day__lte=filters.today)
    weeks = by_time(turns, per="week", names=COLUMNS)
    own = joined([nobody(COLUMNS), *weeks.values()])
    cells = cells_of(own)
    total = sum(cells[cell] for cell in CELLS)
    rates = [_rate(each, own, each.name) for each in ACCEPTANCES]
    matches = [_match_rate(name, turns.filter(arm=arm)) for arm, name in ARMS]
    return OwnFigures(
        total=total,
        finding=_finding(total, rates[1]),
        charts=(
            _cells(cells, total),
            _forest("acceptance", "How you use what you see", rates, "Accepted", "Acceptance"),
            _over_time(weeks),
            _forest("matches", "How often your reply is the suggestion", matches, "Matches", "Match rate"),
        ),
    )  # fmt: skip


def _rate(of: Acceptance, own: Agents, name: str) -> Figure:
    return _share(name, int(of.k(own).sum()), int(of.n(own).sum()))


def _match_rate(name: str, turns: "QuerySet[AgentDay]") -> Figure:
    found = turns.aggregate(k=Sum("n_matches", default=0), n=Sum("n_compared", default=0))
    return replace(_share(name, found["k"], found["n"]), version=version())


def _share(name: str, k: int, n: int) -> Figure:
    """Return a share of one's own turns; counts are shown however few they are, for they are one's own."""
    if n < FEWEST:
        return Figure(name, n, k=k, note=f"fewer than {FEWEST} turns: too few to say")
    return independent(name, k, n)


def _finding(total: int, seen: Figure) -> str:
    if not total:
        return "You have answered no turn in this span of time."
    answered = f"You answered {total:,} turn{'' if total == 1 else 's'}."
    if seen.value is None:
        return f"{answered} You saw too few suggestions to say how you use them."
    return (
        f"{answered} Of the {seen.n:,} suggestions that you saw, you sent half of the text or more in {seen.written} "
        f"({seen.interval})."
    )


def _cells(cells: Mapping[Cell, int], total: int) -> Chart:
    title = "What became of the suggestions in the turns you answered"
    figures = [
        Figure(NAMES[cell], total, cells[cell] / total if total else None, k=cells[cell]) for cell in CELLS
    ]
    largest = max(figures, key=lambda figure: figure.k or 0)
    return Chart(
        "turns",
        title,
        f"Most often: {largest.name.lower()}, {largest.written} of {total:,} turns." if total else "",
        table_of_figures("Turn", figures, value="Share", k="Turns", version=VERSION),
        charts.funnel(figures, title=title) if total else None,
        empty="You have answered no turn in this span of time.",
    )


def _forest(key: str, title: str, rates: Sequence[Figure], k: str, value: str) -> Chart:
    known = drawable(rates)
    return Chart(
        key,
        title,
        "; ".join(f"{rate.name}: {rate.written}" for rate in known) + "." if known else "",
        table_of_figures("Counted as", rates, value=value, k=k, version=VERSION),
        charts.forest(rates, title=title) if known else None,
        empty=EMPTY,
    )


def _over_time(weeks: Mapping[date, Agents]) -> Chart:
    title = "Half of the suggestion sent or more, by week"
    rows = {week: _rate(ACCEPTANCES[1], own, f"{week}") for week, own in weeks.items()}
    known = drawable(list(rows.values()))
    return Chart(
        "time",
        title,
        "Of the suggestions that you saw. A week is few turns: look at the band before the line."
        if known
        else "",
        table_of_figures("Week", list(rows.values()), value="Acceptance", k="Accepted", version=VERSION),
        charts.line_band([Series("", rows)], title=title) if known else None,
        empty=f"No week has {FEWEST} suggestions that you saw.",
    )
