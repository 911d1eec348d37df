"""Drift: has what comes in changed since a release began to serve, and does it cost anything.

Compared are as many whole weeks of the release's beginning and of now, so that each weekday counts alike. What came in
is information; it is worth an alert only by what it costs: the accuracy to expect from confidence (CBPE).
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from itertools import pairwise

import numpy as np
from django.db.models import Min, QuerySet, Sum

from copilot.models import FloorDay, InputDay, Release, TurnDay
from copilot.monitor.charts import Chart
from copilot.monitor.drift_charts import change_chart, expected_chart, mixes_chart
from copilot.monitor.figures import Unit, written
from copilot.monitor.filters import Filters
from copilot.monitor.mixes import Counts, Mix
from copilot.monitor.rolling_inputs import LENGTHS
from copilot.statistics.differences import difference_of_rates
from copilot.statistics.estimates import Estimate
from copilot.statistics.label_free import Disagreement, Expected, disagreement, expected_accuracy

MOST_WEEKS = 4
LEAST_COST = 0.005  # half a point: less is nobody's concern, however sure
CONFIDENCE_STEP = 10  # hundredths of a bin of confidences
LENGTH_NAMES = (
    f"under {LENGTHS[0]}",
    *(f"{low} to {high - 1}" for low, high in pairwise(LENGTHS)),
    f"{LENGTHS[-1]} and more",
)
CONFIDENCE_NAMES = tuple(f"{low / 100:.1f} to {(low + 10) / 100:.1f}" for low in range(0, 100, 10))
KIND_NAMES = {
    "question": "A question", "out_of_scope": "Out of scope", "thanks": "Thanks or closing", "spam": "Spam",
    "auto_reply": "Automatic reply", "no_request": "No request", "other_language": "Another language",
}  # fmt: skip


@dataclass(frozen=True)
class Spans:
    """The days of the reference and those of now: as many whole weeks of each."""

    reference: tuple[date, ...]
    current: tuple[date, ...]

    @property
    def weeks(self) -> int:
        return len(self.current) // 7

    @property
    def told(self) -> str:
        first, last = self.reference[0], self.current[-1]
        return f"{first:%-d %b} to {self.reference[-1]:%-d %b %Y} with {self.current[0]:%-d %b} to {last:%-d %b %Y}"


@dataclass(frozen=True)
class Cost:
    """The accuracy to expect in the reference and now, and the change of the share of turns that pass the floor."""

    before: Expected
    now: Expected
    change: Disagreement
    passing_before: float
    passing: Estimate

    @property
    def told(self) -> str:
        """Say what it costs; nothing if it costs nothing that could be told from chance."""
        found = []
        for name, is_clear, change in (
            ("expected accuracy", self.change.is_alarm, self.change.estimate),
            ("the share of turns that pass the floor", self.passing.is_clear, self.passing.estimate),
        ):
            if is_clear and abs(change) > LEAST_COST:
                found.append(f"{name} {'fell' if change < 0 else 'rose'} by {abs(100 * change):.1f} points")
        return " and ".join(found)


@dataclass(frozen=True)
class DriftPage:
    """What the page shows; without two spans only the finding."""

    release: Release | None
    finding: str
    total: int = 0
    cost: str = ""
    spans: str = ""
    charts: Sequence[Chart] = ()


def drift(filters: Filters) -> DriftPage:
    """Return the page's figures for one release: the one that is asked for, or the live one."""
    release = _release(filters)
    if release is None:
        return DriftPage(None, "No release is live, so there is nothing to compare yet.")
    first = TurnDay.objects.filter(release=release).aggregate(first=Min("day"))["first"]
    spans = spans_of(first, last=filters.today - timedelta(days=1)) if first else None
    if spans is None:
        return DriftPage(
            release,
            f"Release {release.pk} has not served for two whole weeks yet: the second is compared with the first.",
        )  # fmt: skip
    floors = FloorDay.objects.filter(release=release, day__in=[*spans.reference, *spans.current])
    mixes = _mixes(release, floors, spans)
    cost = cost_of(floors, spans)
    version = f"release {release.pk}"
    return DriftPage(
        release=release,
        finding=_finding(mixes, cost),
        total=sum(mixes[0].n),
        cost=_told(cost),
        spans=f"Compared are {spans.told}: {spans.weeks} whole {'week' if spans.weeks == 1 else 'weeks'} each.",
        charts=(
            mixes_chart(mixes, version),
            expected_chart(
                FloorDay.objects.filter(release=release, day__gte=filters.first, reason=""), version
            ),
            *(change_chart(mix, version) for mix in mixes),
        ),
    )


def spans_of(first: date, *, last: date) -> Spans | None:
    """Return the first whole weeks and the last ones, at most four of each; None below two weeks.

    >>> spans = spans_of(date(2026, 3, 2), last=date(2026, 4, 1))
    >>> len(spans.reference), spans.reference[0].isoformat(), spans.current[0].isoformat()
    (14, '2026-03-02', '2026-03-19')
    """
    weeks = min(MOST_WEEKS, ((last - first).days + 1) // 14)
    if weeks < 1:
        return None
    days = range(7 * weeks)
    start = last - timedelta(days=7 * weeks - 1)
    return Spans(
        tuple(first + timedelta(days=day) for day in days), tuple(start + timedelta(days=day) for day in days)
    )


def cost_of(floors: "QuerySet[FloorDay]", spans: Spans) -> Cost | None:
    """Return what confidence says of the suggestions of both spans; None where one has none.

    Whether more or fewer turns pass is told with days as clusters.
    """
    offered = []
    for days in (spans.reference, spans.current):
        bins = (
            floors.filter(day__in=days, reason="")
            .values_list("bin")
            .annotate(n=Sum("n_turns"))
            .order_by("bin")
        )
        counts = dict(bins)
        if not counts:
            return None
        offered.append(expected_accuracy([(each + 0.5) / 100 for each in counts], list(counts.values())))
    before, now = offered
    k, n = _passing(floors, spans)
    return Cost(
        before=before,
        now=now,
        change=disagreement(now, corrected=before.accuracy, standard_error=before.standard_error),
        passing_before=float(k[:, 0].sum() / n[:, 0].sum()),
        passing=difference_of_rates(k, n),
    )


def _passing(floors: "QuerySet[FloorDay]", spans: Spans) -> tuple[Counts, Counts]:
    """Return the turns that pass the floor and all with an answer, [days, (reference, now)]."""
    days = {day: at for at, day in enumerate([*spans.reference, *spans.current])}
    k, n = np.zeros((len(days), 2)), np.zeros((len(days), 2))
    turns = (
        floors.filter(day__in=days).values_list("day", "reason").annotate(n=Sum("n_turns")).order_by("day")
    )
    for day, reason, n_turns in turns:
        at = days[day]
        arm = int(at >= len(spans.reference))
        n[at, arm] += n_turns
        k[at, arm] += 0 if reason else n_turns
    return k, n


def _release(filters: Filters) -> Release | None:
    releases = Release.objects.defer("learned_from")
    if filters.release is not None:
        return releases.filter(pk=filters.release).first()
    return releases.filter(state=Release.State.LIVE).first()


def _mixes(release: Release, floors: "QuerySet[FloorDay]", spans: Spans) -> list[Mix]:
    days = [*spans.reference, *spans.current]
    turns = TurnDay.objects.filter(release=release, day__in=days)
    inputs = InputDay.objects.filter(release=release, day__in=days)
    topics = (
        turns.exclude(topic=None).values_list("day", "topic__name").annotate(n=Sum("n_turns")).order_by("day")
    )
    languages = (
        turns.exclude(language="").values_list("day", "language").annotate(n=Sum("n_turns")).order_by("day")
    )
    by_part = {
        part: _counts(inputs.filter(part=part).values_list("day", "value", "n")) for part in InputDay.Part
    }
    lengths = {
        (day, LENGTH_NAMES[int(value)]): n for (day, value), n in by_part[InputDay.Part.LENGTH].items()
    }
    kinds = {
        (day, KIND_NAMES.get(value, value)): n for (day, value), n in by_part[InputDay.Part.KIND].items()
    }
    channels = {(day, value.capitalize()): n for (day, value), n in by_part[InputDay.Part.CHANNEL].items()}
    found: tuple[tuple[str, str, Mapping[tuple[date, str], int], Sequence[str]], ...] = (
        ("topic", "Topics", _counts(topics), ()),
        ("kind", "Questions and what else", kinds, ()),
        ("language", "Languages", _counts(languages), ()),
        ("channel", "Channels", channels, ()),
        ("length", "Lengths in characters", lengths, LENGTH_NAMES),
        ("confidence", "Confidence", _confidences(floors), CONFIDENCE_NAMES),
    )
    return [
        Mix.of(key, name, counts, reference=spans.reference, current=spans.current, order=order)
        for key, name, counts, order in found
    ]


def _counts(rows: Iterable[tuple[date, str, int]]) -> dict[tuple[date, str], int]:
    return {(day, value): n for day, value, n in rows}


def _confidences(floors: "QuerySet[FloorDay]") -> dict[tuple[date, str], int]:
    found: dict[tuple[date, str], int] = {}
    for day, in_bin, n in floors.values_list("day", "bin").annotate(n=Sum("n_turns")).order_by("day"):
        key = (day, CONFIDENCE_NAMES[in_bin // CONFIDENCE_STEP])
        found[key] = found.get(key, 0) + n
    return found


def _finding(mixes: Sequence[Mix], cost: Cost | None) -> str:
    known = [mix for mix in mixes if mix.is_known]
    drifted = [mix for mix in known if mix.has_drifted]
    if not known:
        return "Too few turns came in to say whether they have changed."
    if not drifted:
        said = f"None of {len(known)} mixes has changed by more than chance does."
    else:
        said = f"Changed by more than chance does: {', '.join(_change(mix) for mix in drifted)}."
    if cost is None:
        return said
    if cost.told:
        return f"{said} Since then {cost.told}: worth a look."
    return (
        f"{said} It costs nothing that confidence would show, so it is only information." if drifted else said
    )


def _change(mix: Mix) -> str:
    most = mix.changes()[0]
    before, now = mix.shares(most.name)
    share = f"{written(before, Unit.SHARE).removesuffix(' %')} to {written(now, Unit.SHARE)}"
    return f"{mix.name.lower()} (most: {most.name}, {share})"


def _told(cost: Cost | None) -> str:
    if cost is None:
        return "Nothing was suggested in one of both spans, so what a change costs can't be told."
    change, passing = cost.change, cost.passing
    return (
        f"By its own confidence {written(cost.now.accuracy, Unit.SHARE)} of what is suggested is right now, "
        f"{written(cost.before.accuracy, Unit.SHARE)} in the reference ({_in_points(change)}). Of the turns that have "
        f"an answer {written(cost.passing_before + passing.estimate, Unit.SHARE)} pass the floor, "
        f"{written(cost.passing_before, Unit.SHARE)} did ({_in_points(passing)}). Confidence tells as long as it is "
        "calibrated."
    )


def _in_points(found: Disagreement | Estimate) -> str:
    low, high = written(found.low, Unit.POINTS).removesuffix(" points"), written(found.high, Unit.POINTS)
    return f"{written(found.estimate, Unit.POINTS)}, {low} to {high}"
