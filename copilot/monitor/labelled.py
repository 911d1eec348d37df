"""The turns and confidences of the labelled weeks: of others labels say nothing, so that estimates take these alone."""

from collections.abc import Sequence
from datetime import date, timedelta

from copilot.models import Arm
from copilot.monitor import label_free
from copilot.monitor.correcting import Arms
from copilot.monitor.filters import Filters
from copilot.monitor.label_free import Bins
from copilot.monitor.labels import Label
from copilot.monitor.match_rates import COLUMNS
from copilot.monitor.reading import by_time, joined, nobody
from copilot.statistics.prediction_powered import Corrected

ARMS = (Arm.SHADOW, Arm.OFFER)


def labelled_arms(filters: Filters, labels: Sequence[Label]) -> Arms:
    """Return the turns of the labelled weeks by arm."""
    if not labels:
        return {}
    weeks = _weeks(labels)
    turns = filters.totals().filter(day__gte=min(weeks), day__lt=max(weeks) + timedelta(days=7))
    found = {arm: by_time(turns.filter(arm=arm), per="week", names=COLUMNS) for arm in ARMS}
    return {
        arm: joined([nobody(COLUMNS), *(of[week] for week in of if week in weeks)]).people
        for arm, of in found.items()
    }


def alarm(confidences: Bins, labels: Sequence[Label], corrected: Corrected | None) -> str:
    """Say that confidence promised something else of the labelled weeks than labels bear out; else nothing."""
    weeks = _weeks(labels)
    promised = {day: bins for day, bins in confidences.items() if _monday(day) in weeks}
    return label_free.alarm(label_free.expected(promised), corrected)


def _weeks(labels: Sequence[Label]) -> set[date]:
    return {label.week for label in labels}


def _monday(day: date) -> date:
    return day - timedelta(days=day.weekday())
