"""Two variants of an experiment side by side: charts of what the second changes, in all, over time and by habit."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date, timedelta

from django.utils import timezone

from copilot import match_versions
from copilot.models import Arm, Experiment, Variant
from copilot.monitor import case_reading, charts, effects, habits
from copilot.monitor.case_reading import Weeks, logs
from copilot.monitor.charts import Chart, Series
from copilot.monitor.covariates import Covariate, covariates
from copilot.monitor.effects import BY_KEY, OUTCOMES, SEEN, Arms, Look, Outcome
from copilot.monitor.figures import Figure, Unit, drawable, written
from copilot.monitor.tables import table_of_figures
from copilot.monitor.wrong_replies import WRONG, wrong_replies

WEEK = timedelta(days=7)
QUANTILES = {"Median of handle time": 0.5, "90th percentile of handle time": 0.9}


@dataclass(frozen=True)
class Pair:
    """A variant and the one it is compared with, of one experiment, with its figures by week and agent.

    Weeks count whose cases have had their time for an outcome: of a week under way only those would that were soon done
    with. Once the planned cases are there, and nothing of them can change any more, they alone decide; what may be
    looked at every day goes on with those that come later.
    """

    experiment: Experiment
    control: Variant
    treatment: Variant
    cases: Weeks
    matches: Weeks
    look: Look
    today: date

    @property
    def numbers(self) -> tuple[int, int]:
        return self.control.pk, self.treatment.pk

    @property
    def start(self) -> date:
        return timezone.localdate(self.experiment.started_at)

    @property
    def outcome(self) -> Outcome:
        """What the experiment was planned to decide on."""
        return BY_KEY[self.experiment.primary_outcome]

    def weeks(self, outcome: Outcome) -> Weeks:
        """Return the figures that an outcome is made of: those of cases, or of turns, of the weeks that are over."""
        return (self.cases if outcome.of == "cases" else self.matches).until(self.over(outcome))

    def over(self, outcome: Outcome) -> date:
        """Return the day before which the weeks begin whose cases have had their time."""
        return self.today - outcome.window - WEEK + timedelta(days=1)

    def end(self, outcome: Outcome) -> date:
        """Return the day before which the weeks begin by which it is decided."""
        return self.look.planned_end or self.over(outcome)

    def arms(self, outcome: Outcome) -> Arms:
        """Return the sums of an outcome over the weeks by which it is decided, by agent and arm."""
        names = [outcome.k, outcome.n] + [f"{outcome.k}_squares"] * outcome.is_time
        names += [outcome.seen] if outcome.seen else []
        weeks = self.weeks(outcome).until(self.end(outcome))
        return {name: weeks.pair(self.numbers, name).sum(axis=0) for name in names}

    def where_seen(self, outcome: Outcome) -> list[Figure]:
        """Return the effect where a suggestion was seen, if one variant alone shows any and it is known who saw it."""
        shows = self.treatment.arm == Arm.OFFER != self.control.arm
        return [effects.where_seen(outcome, self.arms(outcome), self.look)] if shows and outcome.seen else []


@dataclass(frozen=True)
class Compared:
    """What is shown of two variants; `warnings` come before the charts."""

    finding: str
    seen: str
    reached: str
    warnings: tuple[str, ...]
    charts: tuple[Chart, ...]


def control_of(variants: Sequence[Variant]) -> Variant:
    """Return the variant that the others are compared with: what shows nothing, else the first."""
    return next((variant for variant in variants if variant.arm != Arm.OFFER), variants[0])


def compare(pair: Pair) -> Compared:
    """Return what the second variant changes."""
    times, warnings = _times(pair)
    warnings += _unequal_views(pair)
    shares = [
        row
        for outcome in OUTCOMES
        if not outcome.is_time
        for row in (effects.effect(outcome, pair.arms(outcome), pair.look), *pair.where_seen(outcome))
    ]
    primary = next(row for row in (*times, *shares) if row.name == pair.outcome.name)
    shares[-1] = replace(shares[-1], version=f"match version {match_versions.current().pk}")
    shares.append(wrong_replies(pair.experiment, pair.numbers, end=pair.over(WRONG)))
    compared = habits.Compared(pair.outcome, pair.numbers, pair.over(pair.outcome), pair.experiment.n_planned)
    against = f"{pair.treatment.name} against {pair.control.name}"
    return Compared(
        finding=_finding(pair, primary),
        seen=_seen(pair),
        reached=_reached(pair),
        warnings=tuple(warnings),
        charts=(
            _forest("times", "What it changes of times", times, f"{against}; left of the line is faster."),
            _forest("shares", "What it changes of shares", shares, f"In percentage points, {against}."),
            _sequence(pair),
            habits.novelty(compared),
            habits.tenure(compared, pair.weeks(pair.outcome), start=pair.start),
        ),
    )  # fmt: skip


def _times(pair: Pair) -> tuple[list[Figure], list[str]]:
    """Return the effects on times, plain and adjusted, with the tails that logs hide; and what is to be warned of."""
    rows: list[Figure] = []
    warnings: list[str] = []
    foretold = _foretold(pair)
    for outcome in (each for each in OUTCOMES if each.is_time):
        found = pair.arms(outcome)
        rows.append(effects.effect(outcome, found, pair.look))
        sums = foretold[outcome.key].sums(
            found[outcome.n], logs(found[outcome.k]), logs(found[f"{outcome.k}_squares"])
        )
        figure, known = effects.adjusted(outcome, sums, pair.look)
        rows.append(figure)
        rows += pair.where_seen(outcome)
        if known and known.imbalance.is_clear:
            warnings.append(
                f"By what was known before, {outcome.name.lower()} would differ between these variants without any "
                "effect: trust the adjusted row, and ask why one variant got other cases."
            )
    counts = case_reading.handle_times(pair.numbers, end=pair.end(BY_KEY["handle_time"]))
    for figure, (first, second) in effects.quantiles(counts, pair.look, QUANTILES):
        if figure.value is None:
            rows.append(figure)
            continue
        times = f"{written(first, Unit.SECONDS)} → {written(second, Unit.SECONDS)}"
        rows.append(replace(figure, note="; ".join(part for part in (times, figure.note) if part)))
    return rows, warnings


def _unequal_views(pair: Pair) -> list[str]:
    """Warn where what is on a screen is in sight more often in one of two variants that show suggestions."""
    if not pair.control.arm == pair.treatment.arm == Arm.OFFER:
        return []
    found = effects.at_look(SEEN, pair.arms(SEEN), SEEN.name, n_planned=pair.experiment.n_planned)
    if not _is_clear(found):
        return []
    return [
        f"Of the suggestions on a screen not the same share is in sight: {pair.treatment.name} against "
        f"{pair.control.name} {found.written} ({found.interval}). Look whether one comes later or lies farther down: "
        "whatever is counted of those seen compares different turns."
    ]


def _foretold(pair: Pair) -> Mapping[str, Covariate]:
    """Return what was foretold of each time.

    A topic is known before assignment only where both variants have it told by the same release.
    """
    return covariates(
        start=pair.start,
        end=pair.end(BY_KEY["handle_time"]),
        variants=pair.numbers,
        agents=[pair.cases.agents[place] for place in pair.cases.people],
        has_topic=all(
            variant.release_id is None and variant.arm != Arm.OFF
            for variant in (pair.control, pair.treatment)
        ),
    )


def _forest(key: str, title: str, rows: Sequence[Figure], caption: str) -> Chart:
    known = drawable(rows)
    clear = [row for row in known if _is_clear(row)]
    told = (
        "; ".join(f"{row.name.lower()} {row.written} ({row.interval})" for row in clear).capitalize() + "."
        if clear
        else "No change is clear: every interval holds zero."
    )
    by_chance = f"Clear in {len(clear)} of {len(known)} rows, where chance alone makes {len(known) / 20:.1f}."
    return Chart(
        key,
        title,
        f"{told} {by_chance} {caption}" if known else "",
        table_of_figures("Outcome", rows, value="Change"),
        charts.forest(rows, title=title, reference=0.0) if known else None,
        empty="Nothing can be compared yet; the table says why.",
    )  # fmt: skip


def _is_clear(row: Figure) -> bool:
    return row.low is not None and row.high is not None and not row.low <= 0 <= row.high


def _sequence(pair: Pair) -> Chart:
    """Draw the effect on the planned outcome after each week, with the interval that holds at all of them."""
    outcome = pair.outcome
    title = f"{outcome.name}: the effect so far, week by week"
    weeks = pair.weeks(outcome)
    total, n = (weeks.pair(pair.numbers, name).cumsum(axis=0) for name in (outcome.k, outcome.n))
    rows: dict[date, Figure] = {}
    for place, week in enumerate(weeks.weeks):
        day, so_far = week + WEEK - timedelta(days=1), {outcome.k: total[place], outcome.n: n[place]}
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
        empty=f"A line begins once each variant has a hundred {outcome.of} of five agents.",
    )


def _finding(pair: Pair, primary: Figure) -> str:
    name = primary.name[0].lower() + primary.name[1:]
    if primary.value is None:
        return f"Of the planned outcome, {name}, nothing can be said yet: {primary.note}."
    told = f"{pair.treatment.name} against {pair.control.name} changes {name} by {primary.written} ({primary.interval})"
    so = "" if _is_clear(primary) else ", which may be no change at all"
    end = pair.look.planned_end
    when = (
        f" Decided by the cases opened before {end:%-d %B %Y}, as many as were planned: later ones change nothing."
        if end
        else " So far; the interval may be looked at every day."
    )
    return f"{told}{so}.{when}"


def _reached(pair: Pair) -> str:
    """Say what seeing a suggestion does to the planned outcome; nothing where neither or both variants show any."""
    for row in pair.where_seen(pair.outcome):
        name = pair.outcome.name[0].lower() + pair.outcome.name[1:]
        if row.value is None:
            return f"What seeing a suggestion does to {name} can't be told: {row.note}."
        return (
            f"Among cases whose reader saw the suggestion because it was offered, {name} changes by {row.written} "
            f"({row.interval}). A suggestion was {row.note}."
        )
    return ""


def _seen(pair: Pair) -> str:
    """Say which change the experiment can see with its cases; see `power`."""
    outcome = pair.outcome
    whole = pair.control.share + pair.treatment.share
    shares = (pair.control.share / whole, pair.treatment.share / whole)
    sight = effects.sight(outcome, pair.arms(outcome), shares=shares)
    if sight is None:
        return ""
    name = outcome.name[0].lower() + outcome.name[1:]
    size = f"{100 * sight.least:.{0 if outcome.is_time else 1}f} {'%' if outcome.is_time else 'points'}"
    told = f"With {sight.n:,} {outcome.of} a change of {name} below {size} can't be seen (power 80 %)."
    if sight.needed <= sight.n:
        return told
    wanted = "5 %" if outcome.is_time else "5 points"
    return f"{told} To see {wanted}, about {round(sight.needed, -2):,} are needed."
