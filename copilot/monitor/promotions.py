"""Promotions and rollbacks as marks in charts over time: another release can move a line."""

from collections.abc import Sequence
from datetime import datetime, time, timedelta

from django.utils import timezone

from copilot.models.release import Promotion
from copilot.monitor.charts import Mark
from copilot.monitor.filters import Filters


def said_of(marks: Sequence[Mark]) -> str:
    """Say below a chart what its marks are; nothing where there are none."""
    return "Dotted: a release became live, such as r7 release 7." if marks else ""


def promotions(filters: Filters) -> list[Mark]:
    """Return those of the span, each at its day, or at the Monday of its week where weeks are drawn.

    Named shortly, as v2 marks an answer's version: some weeks have several.
    """
    first, end = (
        datetime.combine(day, time(), tzinfo=timezone.get_default_timezone())
        for day in (filters.first, filters.today + timedelta(days=1))
    )
    found = Promotion.objects.filter(at__gte=first, at__lt=end).order_by("at", "pk")
    marks = []
    for at, release in found.values_list("at", "release"):
        day = timezone.localdate(at)
        back = timedelta(days=day.weekday()) if filters.per == "week" else timedelta(0)
        marks.append(Mark(day - back, f"r{release}"))
    return marks
