"""The charts of the drift page: each mix's distance beside what chance does, its changes, and expected accuracy."""

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date, timedelta

from django.db.models import QuerySet

from copilot.models import FloorDay
from copilot.monitor import charts
from copilot.monitor.charts import Chart, Series
from copilot.monitor.drift_cost import Turns, expected_of
from copilot.monitor.figures import Figure, Unit, drawable, written
from copilot.monitor.mixes import FEWEST, Mix
from copilot.monitor.reading import by_time
from copilot.monitor.shares import design_effect, share
from copilot.monitor.tables import Column, Table, kept, table_of_figures
from copilot.statistics.intervals import clustered_rate

FEWEST_UNSEEN = 20  # questions of a week below which their share says nothing
MOST_ROWS = 12  # of a chart; the table has all of them
CBPE = "expected by confidence (CBPE)"
METHOD = "PSI with half counts; threshold chi-squared at 1 %, p by permuted days"


@dataclass(frozen=True)
class MixRow:
    """A row of the table of mixes."""

    mix: Mix
    figure: Figure

    @property
    def threshold(self) -> float | None:
        return self.mix.drift.threshold if self.mix.is_known else None

    @property
    def p(self) -> float | None:
        return self.mix.p if self.mix.is_known else None

    @property
    def distance(self) -> float | None:
        return self.mix.distance if self.mix.is_known else None

    @property
    def largest(self) -> float | None:
        return self.mix.largest if self.mix.is_known else None


@dataclass(frozen=True)
class ChangeRow:
    """A row of the table of one mix: a value's change and both shares."""

    figure: Figure
    before: float
    now: float


def mixes_chart(mixes: Sequence[Mix], version: str) -> Chart:
    """Draw how far each mix is from its reference."""
    title = "How much has changed"
    rows = [MixRow(mix, _distance(mix, version)) for mix in mixes]
    known = drawable([row.figure for row in rows])
    drifted = [mix.name.lower() for mix in mixes if mix.has_drifted]
    said = f"More than chance does: {', '.join(drifted)}." if drifted else "Nothing by more than chance does."
    return Chart(
        "mixes",
        title,
        said if known else "",
        Table(_MIXES, rows),
        charts.bars([row.figure for row in rows], title=title) if known else None,
        empty=f"{FEWEST} turns in either span are needed.",
        note="Population stability index; a mix has drifted if it is above its threshold for independent turns and if "
        "dealing out whole days at random gives as much in less than 1 of 100 cases.",
    )  # fmt: skip


def _distance(mix: Mix, version: str) -> Figure:
    """Return how far a mix is; its threshold and its p stand where others have an interval."""
    of_both = Figure(mix.name, sum(mix.n), unit=Unit.NUMBER, method=METHOD, version=version)
    if mix.unknown:
        return replace(of_both, note=mix.unknown)
    return replace(of_both, value=mix.drift.value, note="drifted" if mix.has_drifted else "")


def _short(value: float | None) -> str:
    return "–" if value is None else f"{value:.3f}"


_MIXES = (
    Column("Mix", "name", lambda row: row.mix.name),
    Column("PSI", "", lambda row: _short(row.figure.value)),
    Column("Threshold", "threshold", lambda row: row.threshold, lambda row: _short(row.threshold)),
    Column("p by days", "p", lambda row: row.p, lambda row: _short(row.p)),
    Column("Jensen-Shannon", "jensen_shannon_base_2", lambda row: row.distance, lambda row: _short(row.distance)),
    Column("Largest change", "l_infinity", lambda row: row.largest, lambda row: _short(row.largest)),
    Column("Bins", "bins", lambda row: row.mix.drift.n_bins if row.mix.is_known else None),
    Column("n then", "n_reference", lambda row: row.mix.n[0]),
    Column("n now", "n_now", lambda row: row.mix.n[1]),
    Column("Note", "", lambda row: row.figure.note),
    *kept(lambda row: row.figure, value="psi"),
)  # fmt: skip


def change_chart(mix: Mix, version: str) -> Chart:
    """Draw the values of a mix whose shares changed most."""
    if mix.unknown:
        return Chart(mix.key, mix.name, "", Table(_CHANGES, []), empty=f"{mix.unknown.capitalize()}.")
    rows = [ChangeRow(replace(figure, version=version), *mix.shares(figure.name)) for figure in mix.changes()]
    most = rows[0]
    more = f" The {MOST_ROWS} largest of {len(rows)} changes are drawn." if len(rows) > MOST_ROWS else ""
    return Chart(
        mix.key,
        mix.name,
        f"Largest change: {most.figure.name}, {written(most.before, Unit.SHARE)} then, "
        f"{written(most.now, Unit.SHARE)} now.{more}",
        Table(_CHANGES, rows),
        charts.forest([row.figure for row in rows[:MOST_ROWS]], title=f"{mix.name}: change of shares", reference=0.0),
    )  # fmt: skip


_CHANGES = (
    Column("Value", "name", lambda row: row.figure.name),
    Column("Then", "share_reference", lambda row: row.before, lambda row: written(row.before, Unit.SHARE)),
    Column("Now", "share_now", lambda row: row.now, lambda row: written(row.now, Unit.SHARE)),
    Column("Change", "", lambda row: row.figure.written),
    Column("95 % interval", "", lambda row: row.figure.interval),
    Column("n", "", lambda row: row.figure.n),
    *kept(lambda row: row.figure, value="change"),
)  # fmt: skip


def expected_chart(
    turns: Sequence[Turns], floors: "QuerySet[FloorDay]", version: str, *, since: date
) -> Chart:
    """Draw the accuracy to expect from confidence by week, beside how often replies matched that saw nothing."""
    title = "Accuracy to expect, by week"
    expected, matches = _expected(turns, version, since=since), _matches(floors, version)
    lines = [Series("Expected by confidence", expected)]
    if drawable(list(matches.values())):
        lines.append(Series("Match, unseen texts", matches))
    rows = [*expected.values(), *matches.values()]
    return Chart(
        "expected",
        title,
        f"{charts.last_known(lines)} The band is what outcomes do by chance if confidence is right. Matches lie below, "
        "since not all that is right is sent; where both part more than before, confidence is no longer calibrated."
        if expected
        else "",
        Table(_EXPECTED, rows),
        charts.line_band(lines, title=title) if expected else None,
        empty="Nothing was suggested in this span.",
    )  # fmt: skip


_EXPECTED = (
    Column("Week", "name", lambda row: row.name),
    Column("What", "what", lambda row: CBPE if row.method == CBPE else "matches"),
    Column("Share", "", lambda row: row.written),
    Column("95 % interval", "", lambda row: row.interval),
    Column("n", "", lambda row: row.n),
    Column("Agents", "", lambda row: row.n_agents),
    *kept(lambda row: row),
)


def unseen_chart(rows: Mapping[date, tuple[int, int]], version: str) -> Chart:
    """Draw the share of questions that are unlike all of the release's first weeks, of (unseen, all) by day."""
    title = "Unlike all before, by week"
    weeks: defaultdict[date, list[tuple[int, int]]] = defaultdict(list)
    for day, pair in rows.items():
        weeks[_monday(day)].append(pair)
    deff = design_effect([k for k, _ in rows.values()], [n for _, n in rows.values()])
    figures = {
        week: unseen_share(f"{week}", pairs, version, last_deff=deff) for week, pairs in sorted(weeks.items())
    }
    return Chart(
        "unseen",
        title,
        f"{charts.last_known([Series('', figures)])} Farther from the middle of every topic than 99 of 100 questions "
        "of the first four weeks: 1 % is chance."
        if figures
        else "",
        table_of_figures("Week", list(figures.values()), value="Unseen", k="Questions"),
        charts.line_band([Series("", figures)], title=title) if drawable(list(figures.values())) else None,
        empty="What a release has seen is known after its first four weeks with two hundred questions.",
    )


def unseen_share(
    name: str, pairs: Sequence[tuple[int, int]], version: str, *, last_deff: float | None
) -> Figure:
    """Return the share of (unseen, all) by day, days as clusters; `last_deff` is the design effect of all days."""
    k, n = sum(k for k, _ in pairs), sum(n for _, n in pairs)
    if n < FEWEST_UNSEEN:
        note = f"fewer than {FEWEST_UNSEEN} questions: too few to say"
        return Figure(name, n, k=k, note=note, version=version)
    found = clustered_rate([k for k, _ in pairs], [n for _, n in pairs], last_deff=last_deff)
    return Figure(
        name, n, found.estimate, found.low, found.high, k=k, method=f"{found.method}, days as clusters", version=version
    )  # fmt: skip


def _expected(turns: Sequence[Turns], version: str, *, since: date) -> dict[date, Figure]:
    weeks: defaultdict[date, list[Turns]] = defaultdict(list)
    for each in turns:
        if each.day >= since:
            weeks[_monday(each.day)].append(each)
    found = {}
    for week, of_week in weeks.items():
        if at := expected_of(of_week):
            found[week] = Figure(f"{week}", at.n, at.accuracy, at.low, at.high, method=CBPE, version=version)
    return found


def _matches(floors: "QuerySet[FloorDay]", version: str) -> dict[date, Figure]:
    weeks = by_time(floors.filter(n_hidden__gt=0), per="week", names=("n_matches", "n_hidden"))
    people = {week: agents.people for week, agents in weeks.items()}
    return {
        week: share(f"{week}", agents["n_matches"], agents["n_hidden"], version=version)
        for week, agents in people.items()
        if len(agents)
    }


def _monday(day: date) -> date:
    return day - timedelta(days=day.weekday())
