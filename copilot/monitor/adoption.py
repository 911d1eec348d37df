"""Adoption: what became of every turn, how often suggestions are taken, and how much of them is kept.

Shares are over turns, agents as clusters. All three acceptance rates in use elsewhere stand side by side, because
each alone can be made to look good; and taken of *all* turns, so that a release that offers little can't look better
than one that helps more (metrics section 1).
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date

from django.db.models import Sum

from copilot.models.rollup import NOBODY
from copilot.monitor import charts, match_rates
from copilot.monitor.charts import Chart, Series
from copilot.monitor.figures import Figure, Unit, drawable
from copilot.monitor.filters import Filters
from copilot.monitor.funnel import VERSION, Cell
from copilot.monitor.reading import Sums, by_agent, by_time, cells_of
from copilot.monitor.shares import FEW_AGENTS, FEWEST_AGENTS, design_effect, share
from copilot.monitor.tables import table_of_figures

NAMES = {
    Cell.SENT_VERBATIM: "Sent as it stands",
    Cell.SENT_EDITED: "Sent with edits",
    Cell.INSERTED_THEN_REMOVED: "Inserted, then removed",
    Cell.DISMISSED: "Dismissed",
    Cell.IGNORED: "Seen and not used",
    Cell.LATE: "Came late",
    Cell.DISPLAYED: "On the page, not in sight",
    Cell.OFFERED: "Offered, never on a screen",
    Cell.SHADOW: "Held out",
    Cell.WITHHELD: "Withheld with a reason",
    Cell.FAILED: "Failed",
    Cell.OFF: "Switched off",
    Cell.WAITING: "Waiting for a reply",
    Cell.CENSORED: "No reply within 7 days",
}
DECIDED = tuple(cell for cell in Cell if cell not in {Cell.WAITING, Cell.CENSORED})
SEEN = (Cell.SENT_VERBATIM, Cell.SENT_EDITED, Cell.INSERTED_THEN_REMOVED, Cell.DISMISSED, Cell.IGNORED)
SHOWN = (*SEEN, Cell.DISPLAYED)
ANSWERED = (*SHOWN, Cell.LATE, Cell.OFFERED)  # offered, and what became of it is its reader's doing
COLUMNS = ("n_turns", "n_kept", "n_opened", "n_ready", *(f"n_{cell}" for cell in Cell))


@dataclass(frozen=True)
class Acceptance:
    """One way to count acceptance: what is counted, of what."""

    key: str
    name: str
    k: Callable[[Sums], int]
    n: Callable[[Sums], int]


def _people(agents: Mapping[int, Sums]) -> dict[int, Sums]:
    """Leave out the turns that nobody has answered."""
    return {agent: sums for agent, sums in agents.items() if agent != NOBODY}


def _of(*cells: Cell) -> Callable[[Sums], int]:
    return lambda sums: sum(sums[f"n_{cell}"] for cell in cells)


def _kept(sums: Sums) -> int:
    return sums["n_sent_verbatim"] + sums["n_kept"]


ACCEPTANCES = (
    Acceptance("strict", "As it stands, of those seen", _of(Cell.SENT_VERBATIM), _of(*SEEN)),
    Acceptance("inclusive", "Half or more kept, of those seen", _kept, _of(*SEEN)),
    Acceptance(
        "shown",
        "Sent or edited, of those shown",
        _of(Cell.SENT_VERBATIM, Cell.SENT_EDITED),
        _of(*SHOWN),
    ),
    Acceptance("all", "Half or more kept, of all answered", _kept, _of(*DECIDED)),
)
IN_TIME = (
    Acceptance(
        "ready",
        "Ready when its case was opened",
        lambda sums: sums["n_ready"],
        lambda sums: sums["n_opened"],
    ),
    Acceptance("late", "Came late, of those answered", _of(Cell.LATE), _of(*ANSWERED)),
)


@dataclass(frozen=True)
class Adoption:
    """What the page shows."""

    total: int
    finding: str
    sums: str
    charts: tuple[Chart, ...]


def adoption(filters: Filters) -> Adoption:
    """Return the page's figures for what an address asks."""
    turns = filters.totals()
    cells = cells_of(turns)
    total = turns.aggregate(n=Sum("n_turns"))["n"] or 0
    agents = _people(by_agent(turns, by="", names=COLUMNS).get("", {}))
    rates = [_rate(each, agents, each.name) for each in ACCEPTANCES]
    found = by_time(turns, per=filters.per, names=COLUMNS)
    named = f"{VERSION}, {match_rates.version()}"
    by = {day: _people(agents) for day, agents in found.items()}
    return Adoption(
        total=total,
        finding=_finding(total, dict(zip((each.key for each in ACCEPTANCES), rates, strict=True))),
        sums=_sums(cells, total),
        charts=(
            _funnel(_told(cells, agents, total), total, named),
            _rates(rates, named),
            _over_time(filters, by, named),
            _in_time(filters, by, named),
            _active(filters, named),
            _retained(filters, named),
        ),
    )


def _rate(of: Acceptance, agents: Mapping[int, Sums], name: str, *, deff: float | None = None) -> Figure:
    k, n = [of.k(sums) for sums in agents.values()], [of.n(sums) for sums in agents.values()]
    return share(name, k, n, last_deff=deff)


def _finding(total: int, rates: Mapping[str, Figure]) -> str:
    if not total:
        return "No turn has come in yet."
    seen, whole = rates["inclusive"], rates["all"]
    if seen.value is None or whole.value is None:
        return f"{total:,} turns came in, too few of them answered to say how suggestions are used."
    return (
        f"Of the suggestions that agents see, {seen.written} are sent with half of the text or more "
        f"({seen.interval}). Of all turns they answer, that is {whole.written} ({whole.interval})."
    )


def _sums(cells: Mapping[Cell, int], total: int) -> str:
    counted = sum(cells.values())
    if counted == total:
        return f"The cells exclude each other and sum to all {total:,} turns."
    return f"The cells sum to {counted:,} but there are {total:,} turns: the figures can't be trusted, run recompute."


def _told(cells: Mapping[Cell, int], agents: Mapping[int, Sums], total: int) -> list[Figure]:
    """Return each cell with its count; what fewer than five agents did is one count, which tells of nobody."""
    names, counts = dict(NAMES), dict(cells)
    found = []
    if 0 < sum(1 for sums in agents.values() if _of(*ANSWERED)(sums)) < FEWEST_AGENTS:
        n = sum(counts.pop(cell) for cell in ANSWERED)
        names = {cell: name for cell, name in names.items() if cell not in ANSWERED}
        note = f"what became of them: {FEW_AGENTS}"
        found = [Figure("Offered and answered", total, n / total if total else None, k=n, note=note)]
    return found + [
        Figure(name, total, counts[cell] / total if total else None, k=counts[cell])
        for cell, name in names.items()
    ]


def _funnel(figures: Sequence[Figure], total: int, named: str) -> Chart:
    largest = max(figures, key=lambda figure: figure.k or 0)
    return Chart(
        "funnel",
        "What became of each turn",
        f"Most often: {largest.name.lower()}, {largest.written} of {total:,} turns." if total else "",
        table_of_figures("Turn", figures, value="Share", k="Turns", version=named),
        charts.funnel(figures, title="What became of each turn") if total else None,
        empty="No turn has come in yet.",
    )


def _rates(rates: Sequence[Figure], named: str) -> Chart:
    title = "Acceptance, counted in four ways"
    return Chart(
        "acceptance",
        title,
        "; ".join(f"{rate.name}: {rate.written}" for rate in drawable(rates)) + "."
        if drawable(rates)
        else "",
        table_of_figures("Counted as", rates, value="Acceptance", k="Accepted", version=named),
        charts.forest(rates, title=title) if drawable(rates) else None,
        empty="Five turns of five agents are needed.",
    )


def _over_time(filters: Filters, by: Mapping[date, Mapping[int, Sums]], named: str) -> Chart:
    title = f"Acceptance by {filters.per}"
    pairs = ((ACCEPTANCES[1], "Of those seen"), (ACCEPTANCES[3], "Of all answered"))
    lines = [_line(of, name, by) for of, name in pairs]
    rows = [row for line in lines for row in line.by_day.values()]
    is_known = bool(drawable(rows))
    return Chart(
        "time",
        title,
        f"Half of the suggestion sent, or more. {charts.last_known(lines)}",
        table_of_figures(filters.per.capitalize(), rows, value="Acceptance", k="Accepted", version=named),
        charts.line_band(lines, title=title) if is_known else None,
        empty=f"No {filters.per} has five turns of five agents yet.",
    )


def _in_time(filters: Filters, by: Mapping[date, Mapping[int, Sums]], named: str) -> Chart:
    """Draw how often the suggestion was there when its case was opened, and how often its agent was ahead of it."""
    title = f"There in time, by {filters.per}"
    lines = [_line(of, of.name, by) for of in IN_TIME]
    rows = [
        replace(row, name=f"{row.name}, {line.name.lower()}")
        for line in lines
        for row in line.by_day.values()
    ]
    drawn = [line for line in lines if drawable(list(line.by_day.values()))]
    return Chart(
        "in-time",
        title,
        f"{charts.last_known(drawn)} The aim is to be ready in 95 % of openings." if drawn else "",
        table_of_figures(filters.per.capitalize(), rows, value="Share", k="Turns", version=named),
        charts.line_band(lines, title=title) if drawn else None,
        empty=f"No {filters.per} has five such turns of five agents yet.",
    )


def _line(of: Acceptance, name: str, by: Mapping[date, Mapping[int, Sums]]) -> Series:
    every = [sums for agents in by.values() for sums in agents.values()]
    deff = design_effect([of.k(sums) for sums in every], [of.n(sums) for sums in every])
    return Series(name, {day: _rate(of, agents, f"{day}", deff=deff) for day, agents in by.items()})


def _active(filters: Filters, named: str) -> Chart:
    """Draw how many of the agents who saw suggestions took one, week by week."""
    title = "Agents who took a suggestion, by week"
    rows = {}
    for day, agents in by_time(filters.totals(), per="week", names=COLUMNS).items():
        active = [sums for sums in agents.values() if _of(*SHOWN)(sums)]
        took = sum(1 for sums in active if sums["n_sent_verbatim"] + sums["n_sent_edited"])
        rows[day] = share(f"{day}", [int(i < took) for i in range(len(active))], [1] * len(active))
    is_known = bool(drawable(list(rows.values())))
    return Chart(
        "agents",
        title,
        f"Of the agents on whose page a suggestion was. {charts.last_known([Series('', rows)])}",
        table_of_figures(
            "Week", list(rows.values()), value="Adoption", k="Agents who took one", version=named
        ),
        charts.line_band([Series("", rows)], title=title) if is_known else None,
        empty="No week has five agents who saw a suggestion yet.",
    )


def _retained(filters: Filters, named: str) -> Chart:
    """Draw the characters of suggestions that were sent, per turn that came in."""
    title = f"Characters kept per turn, by {filters.per}"
    rows = {}
    for day, agents in by_time(
        filters.totals(), per=filters.per, names=("n_turns", "kept_characters")
    ).items():
        n = sum(sums["n_turns"] for sums in agents.values())
        kept = sum(sums["kept_characters"] for sums in agents.values())
        is_of_few = 0 < len(_people(agents)) < FEWEST_AGENTS
        value, note = (None, FEW_AGENTS) if is_of_few or not n else (kept / n, "")
        rows[day] = Figure(f"{day}", n, value, unit=Unit.COUNT, note=note)
    return Chart(
        "kept",
        title,
        "Counts how often something is offered, taken, and how much of it survives, at once. "
        f"{charts.last_known([Series('', rows)])}",
        table_of_figures(filters.per.capitalize(), list(rows.values()), value="Characters", version=named),
        charts.line_band([Series("", rows)], title=title) if drawable(list(rows.values())) else None,
        empty="No turn has come in yet.",
    )
