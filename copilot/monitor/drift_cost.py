"""What a drift costs: the accuracy to expect from confidence, and the turns that pass the floor, then and now."""

from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date
from typing import NamedTuple

import numpy as np
from django.db.models import Min, QuerySet

from copilot.models import BinDay, Release
from copilot.models.input_day import InputDay
from copilot.models.rollup import CONFIDENCE_BINS
from copilot.monitor.figures import Unit, written
from copilot.monitor.mixes import FEWEST_DAYS, Counts, Spans, spans_of
from copilot.statistics.differences import difference_of_rates
from copilot.statistics.estimates import Estimate
from copilot.statistics.label_free import Disagreement, Expected, disagreement, expected_accuracy

LEAST_COST = 0.005  # half a point: less is nobody's concern, however sure


class Turns(NamedTuple):
    """How many turns of a day have one confidence; those without a reason pass the floor."""

    day: date
    reason: str
    bin: int
    n: int

    @property
    def is_offered(self) -> bool:
        return not self.reason


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


def turns_of(bins: "QuerySet[BinDay]") -> list[Turns]:
    """Return the turns by day, reason and confidence: read once for all that the page says of them."""
    rows = bins.values_list("day", "reason", "bin", "n_turns").order_by("day", "reason", "bin")
    return [Turns(*row) for row in rows]


def expected_of(turns: Iterable[Turns]) -> Expected | None:
    """Return the accuracy to expect of what is offered; None if nothing is."""
    bins: Counter[int] = Counter()
    for each in turns:
        if each.is_offered:
            bins[each.bin] += each.n
    if not bins:
        return None
    return expected_accuracy([(each + 0.5) / CONFIDENCE_BINS for each in bins], list(bins.values()))


def spans_of_release(release: Release, *, last: date) -> Spans | None:
    """Return the whole weeks in which a release began and the last ones up to a day; None below two weeks."""
    first = InputDay.objects.filter(release=release).aggregate(first=Min("day"))["first"]
    return spans_of(first, last=last) if first else None


def likely_cost(release: Release, *, last: date) -> str:
    """Say what a change of what came in has cost so far, for an alert: without a cost it is only information."""
    if (spans := spans_of_release(release, last=last)) is None:
        return "What it costs can't be told before the release has served for two whole weeks."
    days = [*spans.reference, *spans.current]
    cost = cost_of(turns_of(BinDay.objects.filter(release=release, day__in=days)), spans)
    if cost is None:
        return "What it costs can't be told: nothing was suggested in one of both spans, or on one day alone."
    if cost.told:
        return f"Since the release began {cost.told}."
    return "So far it costs nothing that confidence would show, so it is only information."


def cost_of(turns: Sequence[Turns], spans: Spans) -> Cost | None:
    """Return what confidence says of the suggestions of both spans; None where one has none, or on one day alone.

    Whether more or fewer turns pass is told with days as clusters.
    """
    before, now = (
        expected_of(each for each in turns if each.day in days)
        for days in (frozenset(spans.reference), frozenset(spans.current))
    )
    if before is None or now is None:
        return None
    k, n = _passing(turns, spans)
    if (n > 0).sum(axis=0).min() < FEWEST_DAYS:
        return None
    return Cost(
        before=before,
        now=now,
        change=disagreement(now, corrected=before.accuracy, standard_error=before.standard_error),
        passing_before=float(k[:, 0].sum() / n[:, 0].sum()),
        passing=difference_of_rates(k, n),
    )


def _passing(turns: Sequence[Turns], spans: Spans) -> tuple[Counts, Counts]:
    """Return the turns that pass the floor and all with an answer, [days, (reference, now)]."""
    days = {day: at for at, day in enumerate([*spans.reference, *spans.current])}
    k, n = np.zeros((len(days), 2)), np.zeros((len(days), 2))
    for each in turns:
        if each.day in days:
            at = days[each.day]
            arm = int(at >= len(spans.reference))
            n[at, arm] += each.n
            k[at, arm] += each.n if each.is_offered else 0
    return k, n


def told(cost: Cost | None) -> str:
    """Say both figures, then and now."""
    if cost is None:
        return (
            "One of both spans has suggestions on one day or on none, so what a change costs can't be told."
        )
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
