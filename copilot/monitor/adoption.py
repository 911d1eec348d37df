"""Adoption: what became of every turn, how often suggestions are taken, and how much of them is kept.

Shares are over turns, agents as clusters. All three acceptance rates in use elsewhere stand side by side, because
each alone can be made to look good; and taken of *all* turns, so that a release that offers little can't look better
than one that helps more (metrics section 1).
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date

import numpy as np

from copilot.monitor import charts, keeping, match_rates
from copilot.monitor.charts import Chart, Series
from copilot.monitor.columns import Numbers
from copilot.monitor.figures import Figure, drawable
from copilot.monitor.filters import Filters
from copilot.monitor.funnel import ANSWERED, SEEN, SHOWN, VERSION, Cell, Late
from copilot.monitor.reading import Agents, by_week, cells_of, joined, nobody, over_time
from copilot.monitor.shares import FEW_AGENTS, FEWEST_AGENTS, design_effect, share
from copilot.monitor.tables import table_of_figures
from copilot.monitor.taking_up import Count, by_tenure, spread

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
WAS_SEEN, WAS_SHOWN = (*SEEN, Late.SEEN), (*SHOWN, Late.SHOWN)
CAME_LATE = (Cell.LATE, Late.ACTED)
COLUMNS = (
    "n_turns", "n_kept", "n_opened", "n_ready", *keeping.COLUMNS,
    *(f"n_{name}" for name in (*Cell, *Late)),
)  # fmt: skip


@dataclass(frozen=True)
class Acceptance:
    """One way to count acceptance: what is counted, of what."""

    key: str
    name: str
    k: Count
    n: Count


def _of(*names: str) -> Count:
    return lambda agents: np.sum([agents[f"n_{name}"] for name in names], axis=0)


def _kept(agents: Agents) -> Numbers:
    return agents["n_sent_verbatim"] + agents["n_kept"]


ACCEPTANCES = (
    Acceptance("strict", "As it stands, of those seen", _of(Cell.SENT_VERBATIM), _of(*WAS_SEEN)),
    Acceptance("inclusive", "Half or more kept, of those seen", _kept, _of(*WAS_SEEN)),
    Acceptance(
        "shown",
        "Sent or edited, of those shown",
        _of(Cell.SENT_VERBATIM, Cell.SENT_EDITED),
        _of(*WAS_SHOWN),
    ),
    Acceptance("all", "Half or more kept, of all answered", _kept, _of(*DECIDED)),
)
IN_TIME = (
    Acceptance(
        "ready",
        "Ready when its case was opened",
        lambda agents: agents["n_ready"],
        lambda agents: agents["n_opened"],
    ),
    Acceptance("late", "Came late, of those answered", _of(*CAME_LATE), _of(*ANSWERED)),
    Acceptance("seen", "In sight, of those on the page", _of(*WAS_SEEN), _of(*WAS_SHOWN)),
)


@dataclass(frozen=True)
class Adoption:
    """What the page shows."""

    total: int
    finding: str
    sums: str
    said: tuple[str, ...]
    charts: tuple[Chart, ...]


def adoption(filters: Filters) -> Adoption:
    """Return the page's figures for what an address asks."""
    by = over_time(filters, names=COLUMNS)
    whole = joined([nobody(COLUMNS), *by.values()])
    cells, total = cells_of(whole), int(whole["n_turns"].sum())
    rates = [_rate(each, whole.people, each.name) for each in ACCEPTANCES]
    people = {day: agents.people for day, agents in by.items()}
    weeks = by_week(people)
    named, used = f"{VERSION}, {match_rates.version()}", ACCEPTANCES[1]
    return Adoption(
        total=total,
        finding=_finding(total, dict(zip((each.key for each in ACCEPTANCES), rates, strict=True))),
        sums=_sums(cells, total),
        said=(keeping.frames(whole.people), keeping.by_hand(filters)),
        charts=(
            _funnel(_told(cells, whole.people, total), total, named),
            _rates(rates, named),
            _over_time(people, filters.per, named),
            _in_time(people, filters.per, named),
            _active(weeks, named),
            by_tenure(weeks, used.k, used.n, names=COLUMNS, version=named),
            spread(whole.people, used.k, used.n, version=named),
            keeping.characters(by, filters.per, named),
            keeping.texts(people, filters.per, named),
        ),
    )


def _rate(of: Acceptance, agents: Agents, name: str, *, deff: float | None = None) -> Figure:
    return share(name, of.k(agents), of.n(agents), last_deff=deff)


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


def _told(cells: Mapping[Cell, int], agents: Agents, total: int) -> list[Figure]:
    """Return each cell with its count; what fewer than five agents did is one count, which tells of nobody."""
    names, counts = dict(NAMES), dict(cells)
    found = []
    if 0 < np.count_nonzero(_of(*ANSWERED)(agents)) < FEWEST_AGENTS:
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


def _over_time(people: Mapping[date, Agents], per: str, named: str) -> Chart:
    title = f"Acceptance by {per}"
    pairs = ((ACCEPTANCES[1], "Of those seen"), (ACCEPTANCES[3], "Of all answered"))
    lines = [_line(of, name, people) for of, name in pairs]
    rows = [row for line in lines for row in line.by_day.values()]
    is_known = bool(drawable(rows))
    return Chart(
        "time",
        title,
        f"Half of the suggestion sent, or more. {charts.last_known(lines)}",
        table_of_figures(per.capitalize(), rows, value="Acceptance", k="Accepted", version=named),
        charts.line_band(lines, title=title) if is_known else None,
        empty=f"No {per} has five turns of five agents yet.",
    )


def _in_time(people: Mapping[date, Agents], per: str, named: str) -> Chart:
    """Draw how often it was there when its case was opened, how often its agent was ahead, how often it was seen."""
    title = f"There in time and in sight, by {per}"
    lines = [_line(of, of.name, people) for of in IN_TIME]
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
        table_of_figures(per.capitalize(), rows, value="Share", k="Turns", version=named),
        charts.line_band(lines, title=title) if drawn else None,
        empty=f"No {per} has five such turns of five agents yet.",
    )


def _line(of: Acceptance, name: str, by: Mapping[date, Agents]) -> Series:
    k, n = ([count(agents) for agents in by.values()] for count in (of.k, of.n))
    deff = design_effect(np.concatenate(k), np.concatenate(n)) if by else None
    return Series(name, {day: _rate(of, agents, f"{day}", deff=deff) for day, agents in by.items()})


def _active(weeks: Mapping[date, Agents], named: str) -> Chart:
    """Draw how many of the agents who saw suggestions took one, week by week."""
    title = "Agents who took a suggestion, by week"
    rows = {}
    for day, agents in weeks.items():
        active = agents.only(_of(*WAS_SHOWN)(agents) > 0)
        took = int((active["n_sent_verbatim"] + active["n_sent_edited"] > 0).sum())
        rows[day] = share(f"{day}", np.arange(len(active)) < took, np.ones(len(active)))
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
