"""The charts of the floors page: risk over coverage, confidence over replies, release by release."""

from collections.abc import Sequence
from dataclasses import dataclass

from copilot.models import BinDay, FloorDay
from copilot.monitor import charts
from copilot.monitor.charts import Chart
from copilot.monitor.figures import Figure, Unit, drawable, written
from copilot.monitor.filters import Filters
from copilot.monitor.floor_rows import GRID, Move, Risk, Rows, risk_at
from copilot.monitor.reading import by_agent, nobody
from copilot.monitor.shares import FEWEST_AGENTS, share
from copilot.monitor.tables import Column, Table, table_of_figures
from copilot.statistics.calibration import Bin, brier, calibration_error, null_value, reliability
from copilot.statistics.selection import Selection

FEWEST_JUDGED = 30  # replies below which a calibration says nothing
SEED = 1  # of the draws behind the calibration error's null
METHOD = "clustered wilson; clopper-pearson, Bonferroni over 20 floors"


@dataclass(frozen=True)
class FloorRow:
    """A row of the table of floors."""

    move: Move
    risk: Risk
    version: str


def risk_chart(rows: Rows, table: Sequence[FloorRow], *, best: Risk | None, current: float) -> Chart:
    title = "Share that is wrong by share that is offered"
    known = [row.risk for row in table if row.risk.risk is not None and row.risk.upper is not None]
    svg = None
    if known:
        curve = [_selection(risk) for risk in reversed(known)]
        grid = [risk for risk in known if risk.floor in GRID]
        svg = charts.risk_coverage(
            curve,
            chosen=_selection(at)
            if (at := risk_at(rows, floor=current, current=current)).risk is not None
            else None,
            title=title,
            upper=[(risk.coverage, risk.upper or 0.0) for risk in grid],
            suggested=_selection(best) if best else None,
        )
    return Chart(
        "floors",
        title,
        f"{_span(known)} The line is the estimate, the dashed one what it may be at most; wrong is a reply that says "
        "something else."
        if svg
        else "",
        Table(_COLUMNS, table),
        svg,
        empty="Five replies of five agents to held-out suggestions are needed, and as many to withheld ones.",
        note="A match is a lower bound of right: agents also say in their own words what was suggested rightly.",
    )


def _selection(risk: Risk) -> Selection:
    accuracy = None if risk.risk is None else 1 - risk.risk
    return Selection(risk.floor, risk.coverage, accuracy, risk.n_hidden)


def _span(known: Sequence[Risk]) -> str:
    """Tell between which shares the risk lies, whatever the floor."""
    risks = [risk.risk for risk in known if risk.risk is not None]
    return f"From {written(min(risks), Unit.SHARE)} to {written(max(risks), Unit.SHARE)} are wrong, by the floor."


_COLUMNS = (
    Column("Floor", "floor", lambda row: f"{row.move.floor:.2f}"),
    Column(
        "Suggestions a week",
        "turns_a_week",
        lambda row: round(row.move.turns, 2),
        lambda row: f"{row.move.turns:+,.1f}",
    ),
    Column("Wrong of them", "wrong_share", lambda row: _of(row, "estimate"), lambda row: _written(row, "estimate")),
    Column("", "wrong_low", lambda row: _of(row, "low")),
    Column("", "wrong_high", lambda row: _of(row, "high")),
    Column("95 % interval", "", lambda row: None, lambda row: _interval(row)),
    Column("n", "n", lambda row: row.move.n_hidden),
    Column("Agents", "agents", lambda row: row.move.n_agents if row.move.n_agents >= FEWEST_AGENTS else None),
    Column("Passing", "coverage", lambda row: row.risk.coverage, lambda row: written(row.risk.coverage, Unit.SHARE)),
    Column("Wrong of all offered", "risk", lambda row: row.risk.risk, lambda row: written(row.risk.risk, Unit.SHARE)),
    Column("At most", "risk_upper", lambda row: row.risk.upper, lambda row: written(row.risk.upper, Unit.SHARE)),
    Column("", "risk_n", lambda row: row.risk.n_hidden),
    Column("Note", "note", lambda row: row.move.note),
    Column("", "method", lambda row: METHOD),
    Column("", "version", lambda row: row.version),
)  # fmt: skip


def _of(row: FloorRow, name: str) -> float | None:
    return getattr(row.move.wrong, name) if row.move.wrong else None


def _written(row: FloorRow, name: str) -> str:
    return written(_of(row, name), Unit.SHARE)


def _interval(row: FloorRow) -> str:
    return f"{_written(row, 'low').removesuffix(' %')}–{_written(row, 'high')}" if row.move.wrong else "–"


def reliability_chart(rows: Rows, version: str) -> Chart:
    """Draw whether replies match as often as the confidence says."""
    title = "Is confidence what replies say?"
    confidence, matches = rows.judged()
    _, n = rows.by_agent(rows.n_hidden > 0)
    empty = ""
    if len(confidence) < FEWEST_JUDGED:
        empty = f"{len(confidence)} replies to texts that nobody saw: {FEWEST_JUDGED} are needed."
    elif len(n) < FEWEST_AGENTS:
        empty = f"Fewer than {FEWEST_AGENTS} agents: not shown."
    if empty:
        return Chart("reliability", title, "", table_of_figures("Confidence", []), empty=empty)
    every = reliability(confidence, matches)
    n_agents = [_n_agents(rows, found, is_last=found is every[-1]) for found in every]
    bins = [found for found, agents in zip(every, n_agents, strict=True) if agents >= FEWEST_AGENTS]
    if not bins:
        empty = f"No part of the confidences has {FEWEST_AGENTS} agents: not shown."
        return Chart("reliability", title, "", table_of_figures("Confidence", []), empty=empty)
    error, null = calibration_error(confidence, matches), null_value(confidence, seed=SEED)
    caption = (
        f"Confidence and match part by {100 * error:.1f} points on average; if confidence were right it would be "
        f"{100 * null.mean:.1f} (at most {100 * null.upper:.1f} in 95 of 100 cases). "
        f"Brier score {brier(confidence, matches):.3f}, n = {len(confidence):,}."
    )
    return Chart(
        "reliability",
        title,
        caption,
        table_of_figures("Confidence", [_of_bin(found, version) for found in bins], value="Match", k="Matches"),
        charts.reliability(bins, title=title, up="Match"),
        note="Confidence is the chance that an answer is right. Fewer match than are right, so that points below the "
        "diagonal are no proof of too much confidence; labels decide. Intervals by Wilson take turns as independent."
        + ("" if len(bins) == len(every) else " Points of fewer than five agents are not shown."),
    )  # fmt: skip


def _least_and_most(figures: Sequence[Figure]) -> str:
    """Tell the releases of whose suggestions least and most was said otherwise."""
    known = sorted(drawable(figures), key=lambda figure: figure.value or 0.0)
    return f"Least: {known[0].told}. Most: {known[-1].told}." if len(known) > 1 else ""


def _n_agents(rows: Rows, found: Bin, *, is_last: bool) -> int:
    """Return of how many agents the replies of a bin are; only the last bin holds its upper end."""
    below = rows.confidence <= found.high if is_last else rows.confidence < found.high
    return len(set(rows.agent[(rows.n_hidden > 0) & (rows.confidence >= found.low) & below].tolist()))


def _of_bin(found: Bin, version: str) -> Figure:
    return Figure(
        f"{found.low:.2f} to {found.high:.2f}", found.n, found.accuracy, found.interval.low, found.interval.high,
        k=round(found.accuracy * found.n), method=str(found.interval.method), version=version,
    )  # fmt: skip


def releases_chart(filters: Filters) -> Chart:
    """Draw, release by release, how many held-out suggestions above its floor agents would not have sent."""
    title = "Said otherwise, release by release"
    span = {"day__gte": filters.first, "day__lte": filters.today, "reason": ""}
    hidden = FloorDay.objects.filter(**span, n_hidden__gt=0)
    by = by_agent(hidden, by="release", names=("n_hidden", "n_matches"))
    served = BinDay.objects.filter(**span).values_list("release", "release__confidence_floor").distinct()
    figures = []
    for pk, floor in served.order_by("release"):
        agents = by.get(pk, nobody(("n_hidden", "n_matches")))
        wrong = agents["n_hidden"] - agents["n_matches"]
        name = f"Release {pk}, floor {floor:.2f}"
        figures.append(share(name, wrong, agents["n_hidden"], version=f"release {pk}"))
    few = "Only one release served in this span: there is none to compare its floor with."
    return Chart(
        "releases",
        title,
        few if len(figures) < 2 else f"Of replies to held-out suggestions. {_least_and_most(figures)}",
        table_of_figures("Release", figures, value="Said otherwise", k="Replies"),
        charts.forest(figures, title=title) if drawable(figures) else None,
        empty="Five held-out turns of five agents are needed.",
    )
