"""Two variants of an experiment side by side: charts of what the second changes, in all, over time and by habit."""

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import date, timedelta

from django.utils import timezone

from copilot import match_versions
from copilot.models import Arm, Experiment, Variant
from copilot.monitor import case_reading, charts, effects
from copilot.monitor.case_reading import COUNTS, TIMES, Arms, Row, arms, logs
from copilot.monitor.charts import Chart, Series
from copilot.monitor.effects import BY_KEY, OUTCOMES, Look, Outcome
from copilot.monitor.figures import Figure, Unit, drawable, written
from copilot.monitor.foretelling import Earlier, foretell
from copilot.monitor.tables import table_of_figures
from copilot.statistics import cuped

WEEK = timedelta(days=7)
SINCE = (("Week 1", 0, 0), ("Week 2", 1, 1), ("Weeks 3–4", 2, 3), ("Week 5 and later", 4, 10_000))
QUANTILES = (("Median of handle time", 0.5), ("90th percentile of handle time", 0.9))


@dataclass(frozen=True)
class Pair:
    """A variant and the one it is compared with, of one experiment, with its figures by week and agent."""

    experiment: Experiment
    control: Variant
    treatment: Variant
    weeks: Sequence[Row]
    look: Look

    @property
    def numbers(self) -> tuple[int, int]:
        return self.control.pk, self.treatment.pk

    @property
    def outcome(self) -> Outcome:
        """What the experiment was planned to decide on."""
        return BY_KEY[self.experiment.primary_outcome]


@dataclass(frozen=True)
class Compared:
    """What is shown of two variants; `warnings` come before the charts."""

    finding: str
    seen: str
    warnings: tuple[str, ...]
    charts: tuple[Chart, ...]


def control_of(variants: Sequence[Variant]) -> Variant:
    """Return the variant that the others are compared with: what shows nothing, else the first."""
    return next((variant for variant in variants if variant.arm != Arm.OFFER), variants[0])


def compare(pair: Pair) -> Compared:
    """Return what the second variant changes."""
    found = arms(pair.weeks, pair.numbers, (*COUNTS, "n_decided"))
    matches = arms(case_reading.matches(pair.experiment.pk), pair.numbers, ("n_matched", "n_compared"))
    times, warnings = _times(pair, found)
    shares = [
        effects.effect(outcome, matches if outcome.key == "matched" else found, pair.look)
        for outcome in OUTCOMES
        if not outcome.is_time
    ]
    primary = next(row for row in (*times, *shares) if row.name == pair.outcome.name)
    shares[-1] = replace(shares[-1], version=f"match version {match_versions.current().pk}")
    against = f"{pair.treatment.name} against {pair.control.name}"
    return Compared(
        finding=_finding(pair, primary),
        seen=_seen(pair, found),
        warnings=tuple(warnings),
        charts=(
            _forest("times", "What it changes of times", times, f"{against}; left of the line is faster."),
            _forest("shares", "What it changes of shares", shares, f"In percentage points, {against}."),
            _sequence(pair, matches if pair.outcome.key == "matched" else None),
            _novelty(pair),
        ),
    )  # fmt: skip


def _times(pair: Pair, found: Arms) -> tuple[list[Figure], list[str]]:
    """Return the effects on times, plain and adjusted, with the tails that logs hide; and what is to be warned of."""
    rows: list[Figure] = []
    warnings: list[str] = []
    kinds = case_reading.by_kind(pair.experiment.pk)
    earlier = case_reading.before(timezone.localdate(pair.experiment.started_at))
    for outcome in (each for each in OUTCOMES if each.is_time):
        rows.append(effects.effect(outcome, found, pair.look))
        figure, known = effects.adjusted(outcome, _foretold(pair, outcome, kinds, earlier), pair.look)
        rows.append(figure)
        if known and known.imbalance.is_clear:
            warnings.append(
                f"By what was known before, {outcome.name.lower()} would differ between these variants without any "
                "effect: trust the adjusted row, and ask why one variant got other cases."
            )
    counts = case_reading.histograms(pair.experiment.pk, pair.numbers, counts="n_timed")
    for name, quantile in QUANTILES:
        figure, (first, second) = effects.quantile(name, counts, pair.look, quantile=quantile)
        if figure.value is not None:
            times = f"{written(first, Unit.SECONDS)} → {written(second, Unit.SECONDS)}"
            figure = replace(figure, note="; ".join(part for part in (times, figure.note) if part))
        rows.append(figure)
    return rows, warnings


def _foretold(pair: Pair, outcome: Outcome, kinds: Sequence[Row], earlier: Sequence[Row]) -> cuped.Sums:
    """Return the sums of an outcome with what was foretold of it; see `foretelling`.

    A topic is known before assignment only where both variants have it told by the same release.
    """
    has_topic = all(
        variant.release_id is None and variant.arm != Arm.OFF for variant in (pair.control, pair.treatment)
    )

    def kind(row: Row) -> object:
        return (row["channel"], row["topic"] if has_topic else None)

    expected = foretell(
        Earlier(row["agent"], kind(row), row[outcome.n], row[outcome.k] / case_reading.MILLION)
        for row in earlier
    )
    for row in kinds:
        x = expected(row["agent"], kind(row))
        row |= {"x": row[outcome.n] * x, "xx": row[outcome.n] * x**2, "xy": row[outcome.k] * x}
    found = arms(kinds, pair.numbers, (*TIMES, "x", "xx", "xy"))
    return cuped.Sums(
        n=found[outcome.n], y=logs(found[outcome.k]), x=found["x"], xx=found["xx"], xy=logs(found["xy"]),
        yy=logs(found[f"{outcome.k}_squares"]),
    )  # fmt: skip


def _forest(key: str, title: str, rows: Sequence[Figure], caption: str) -> Chart:
    known = drawable(rows)
    clear = [
        row for row in known if row.low is not None and row.high is not None and not row.low <= 0 <= row.high
    ]
    told = (
        "; ".join(f"{row.name.lower()} {row.written} ({row.interval})" for row in clear).capitalize() + "."
        if clear
        else "No change is clear: every interval holds zero."
    )
    return Chart(
        key,
        title,
        f"{told} {caption}" if known else "",
        table_of_figures("Outcome", rows, value="Change"),
        charts.forest(rows, title=title, reference=0.0) if known else None,
        empty="Nothing can be compared yet; the table says why.",
    )  # fmt: skip


def _sequence(pair: Pair, matches: Arms | None) -> Chart:
    """Draw the effect on the planned outcome after each week, with the interval that holds at all of them."""
    outcome = pair.outcome
    title = f"{outcome.name}: the effect so far, week by week"
    rows: dict[date, Figure] = {}
    if matches is None:
        for week in sorted({row["week"] for row in pair.weeks}):
            so_far = arms(
                [row for row in pair.weeks if row["week"] <= week], pair.numbers, (outcome.k, outcome.n)
            )
            day = week + WEEK - timedelta(days=1)
            rows[day] = effects.at_look(outcome, so_far, f"until {day}", n_planned=pair.experiment.n_planned)
    known = drawable(list(rows.values()))
    last = known[-1] if known else None
    told = f"So far {last.written} ({last.interval})." if last else ""
    return Chart(
        "sequence",
        title,
        f"{told} This interval may be looked at every week: it holds at all looks together." if known else "",
        table_of_figures("Week", list(rows.values()), value="Change"),
        charts.line_band([Series("", rows)], title=title, reference=0.0) if known else None,
        empty="A line begins once each variant has a hundred cases of five agents."
        if matches is None
        else "Of matches only the whole is compared.",
    )  # fmt: skip


def _novelty(pair: Pair) -> Chart:
    """Draw the effect by the weeks since each agent's first case of the experiment: what is new may wear off."""
    outcome = pair.outcome if pair.outcome.key != "matched" else BY_KEY["handle_time"]
    title = f"{outcome.name} by weeks since the agent's first case"
    first: dict[int, date] = {}
    for row in pair.weeks:
        first[row["agent"]] = min(row["week"], first.get(row["agent"], row["week"]))
    by: defaultdict[str, list[Row]] = defaultdict(list)
    for row in pair.weeks:
        since = (row["week"] - first[row["agent"]]) // WEEK
        by[next(name for name, low, high in SINCE if low <= since <= high)].append(row)
    rows = [_since(pair, outcome, name, by[name]) for name, _, _ in SINCE]
    known = drawable(rows)
    return Chart(
        "novelty",
        title,
        "What is new helps for being new, or hinders until it is learned: decide by week 3 and later." if known else "",
        table_of_figures("Since the first case", rows, value="Change"),
        charts.forest(rows, title=title, reference=0.0) if known else None,
        empty="No span has a hundred cases of each variant yet.",
    )  # fmt: skip


def _since(pair: Pair, outcome: Outcome, name: str, rows: Sequence[Row]) -> Figure:
    found = arms(rows, pair.numbers, (outcome.k, outcome.n))
    return effects.at_look(outcome, found, name, n_planned=pair.experiment.n_planned)


def _finding(pair: Pair, primary: Figure) -> str:
    name = primary.name[0].lower() + primary.name[1:]
    if primary.value is None:
        return f"Of the planned outcome, {name}, nothing can be said yet: {primary.note}."
    told = f"{pair.treatment.name} against {pair.control.name} changes {name} by {primary.written} ({primary.interval})"
    is_clear = primary.low is not None and primary.high is not None and not primary.low <= 0 <= primary.high
    so = "" if is_clear else ", which may be no change at all"
    when = "" if pair.look.is_planned else " So far; the interval may be looked at every day."
    return f"{told}{so}.{when}"


def _seen(pair: Pair, found: Arms) -> str:
    """Say which change the experiment can see with its cases; see `power`."""
    outcome = pair.outcome
    if outcome.key == "matched":
        return ""
    whole = pair.control.share + pair.treatment.share
    shares = (pair.control.share / whole, pair.treatment.share / whole)
    sight = effects.sight(outcome, found, shares=shares)
    if sight is None:
        return ""
    name = outcome.name[0].lower() + outcome.name[1:]
    size = f"{100 * sight.least:.{0 if outcome.is_time else 1}f} {'%' if outcome.is_time else 'points'}"
    told = f"With {sight.n:,} cases a change of {name} below {size} can't be seen (power 80 %)."
    if sight.needed <= sight.n:
        return told
    wanted = "5 %" if outcome.is_time else "5 points"
    return f"{told} To see {wanted}, about {round(sight.needed, -2):,} are needed."
