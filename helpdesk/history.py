"""The one door to the history of statuses: whoever changes a case's status says here what it was before."""

from collections.abc import Iterable
from datetime import datetime

from helpdesk import copying
from helpdesk.models import Case, StatusChange, User


def note_status(*, case: Case, before: str, actor: User | None, at: datetime) -> None:
    """Keep that a case, which now has its new status, had another one before (none: it is new)."""
    note_statuses([StatusChange(case=case, before=before, after=case.status, actor=actor, at=at)])


def note_statuses(changes: Iterable[StatusChange]) -> None:
    """Keep many changes at once, less those that change nothing."""
    copying.insert([change for change in changes if change.before != change.after])
