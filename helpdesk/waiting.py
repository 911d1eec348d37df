"""How long a customer may wait: a target for each priority, and how near a case is to missing it (pure)."""

from datetime import datetime, timedelta
from enum import StrEnum

from helpdesk.models import Case, Priority

TARGETS = {
    Priority.URGENT: timedelta(hours=1),
    Priority.HIGH: timedelta(hours=4),
    Priority.NORMAL: timedelta(hours=24),
    Priority.LOW: timedelta(hours=72),
}
SOON = 0.75  # share of the target after which a case is marked


class Lateness(StrEnum):
    IN_TIME = "in-time"
    SOON = "soon"
    LATE = "late"


def lateness(case: Case, *, now: datetime) -> Lateness | None:
    """Return how near the case's target is; None if its customer waits for nothing."""
    if case.awaiting_since is None:
        return None
    waited, target = now - case.awaiting_since, TARGETS[Priority(case.priority)]
    if waited >= target:
        return Lateness.LATE
    return Lateness.SOON if waited >= SOON * target else Lateness.IN_TIME
