"""Accuracy to expect from calibrated confidence alone (CBPE), and whether labels still bear it out."""

from collections import defaultdict
from collections.abc import Mapping
from datetime import date

from django.db.models import Sum

from copilot.models import ConfidenceDay
from copilot.models.rollup import CONFIDENCE_BINS
from copilot.monitor.columns import Monday, Ordinal, columns_of
from copilot.monitor.figures import Figure
from copilot.monitor.filters import Filters
from copilot.monitor.shares import FEWEST
from copilot.statistics.label_free import Expected, disagreement, expected_accuracy
from copilot.statistics.prediction_powered import Corrected

NAME = "Expected from confidence (CBPE)"
SURE = 0.999  # looked at every day, so that chance seldom rings
Bins = Mapping[date, Mapping[int, int]]
METHOD = "mean confidence; the band is what outcomes do by chance"


def bins_by_time(filters: Filters) -> Bins:
    """Return how many turns have which confidence, by day or Monday; none of a topic or language alone."""
    by: defaultdict[date, defaultdict[int, int]] = defaultdict(lambda: defaultdict(int))
    if filters.topic or filters.language:
        return by
    starts = Monday("day") if filters.per == "week" else Ordinal("day")
    rows = filters.of_days(ConfidenceDay.objects.all()).values_list(starts, "bin").annotate(n=Sum("n"))
    for day, in_bin, n in sorted(zip(*(column.tolist() for column in columns_of(rows)), strict=True)):
        by[date.fromordinal(day)][in_bin] = n
    return by


def expected(by: Bins) -> Expected | None:
    """Return what confidence promises of all of them; None of none."""
    whole: defaultdict[int, int] = defaultdict(int)
    for bins in by.values():
        for in_bin, n in bins.items():
            whole[in_bin] += n
    return _of_bins(whole)


def figure_of(found: Expected | None, filters: Filters) -> Figure:
    """Return it as a mark beside the other estimates."""
    if found is None:
        partly = filters.topic or filters.language
        note = (
            "confidences are kept for all topics and languages together"
            if partly
            else "no turn with a confidence"
        )
        return Figure(NAME, 0, note=note)
    return _figure(NAME, found, filters)


def by_time(by: Bins, filters: Filters) -> dict[date, Figure]:
    """Return what confidence promises of each day or week."""
    found = {day: _of_bins(bins) for day, bins in by.items()}
    return {
        day: _figure(f"{day}", value, filters) for day, value in found.items() if value and value.n >= FEWEST
    }


def alarm(found: Expected | None, corrected: Corrected | None) -> str:
    """Say that confidence promises something else than labels bear out; nothing where chance may explain it.

    Of few agents nobody knows what chance makes.
    """
    if found is None or corrected is None or corrected.interval.few_agents:
        return ""
    parted = disagreement(
        found, corrected=corrected.interval.estimate, standard_error=corrected.standard_error, confidence=SURE
    )
    if not parted.is_alarm:
        return ""
    way = "more" if parted.estimate > 0 else "less"
    return (
        f"Confidence promises {100 * found.accuracy:.0f} %, labels bear out {100 * corrected.interval.estimate:.0f} %: "
        f"it promises {way} than chance explains. It is no longer calibrated, or answers have changed their meaning."
    )


def _of_bins(bins: Mapping[int, int]) -> Expected | None:
    if not sum(bins.values()):
        return None
    return expected_accuracy([(in_bin + 0.5) / CONFIDENCE_BINS for in_bin in bins], list(bins.values()))


def _figure(name: str, found: Expected, filters: Filters) -> Figure:
    return Figure(
        name,
        found.n,
        found.accuracy,
        found.low,
        found.high,
        note="holds while confidence is calibrated",
        method=METHOD,
        version=filters.releases,
    )
