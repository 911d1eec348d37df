"""A case that needs somebody else: flagged with when, by whom, to which team and why, until that is settled."""

from datetime import datetime

from django.core.exceptions import ValidationError
from django.db import transaction

from helpdesk import casework
from helpdesk.models import Case, CaseEvent, Team, User

ESCALATION = ("escalated_at", "escalated_by", "escalated_to", "escalation_reason")
LONGEST_REASON = 200


def escalate(*, case: Case, team: Team | None, reason: str, actor: User, now: datetime) -> None:
    """Flag a case, and give it to the team that is to look at it; without one it stays where it is.

    One that is escalated already goes on to another team or for another reason; it counts from the first time.

    Raises:
        ValidationError: no reason is given, or one of more than 200 characters.
    """
    reason = " ".join(reason.split())
    if not reason:
        raise ValidationError({"reason": "Say why: whoever looks at it next should not have to guess."})
    if len(reason) > LONGEST_REASON:
        raise ValidationError({"reason": f"At most {LONGEST_REASON} characters; the rest belongs in a note."})
    with transaction.atomic():
        row = Case.objects.lock(case.pk)
        if (team, reason) == (row.escalated_to, row.escalation_reason):
            return
        row.escalated_at = row.escalated_at or now
        row.escalated_by, row.escalated_to, row.escalation_reason = actor, team, reason
        row.save(update_fields=ESCALATION)
        told = f"to {team}: {reason}" if team else reason
        casework.record_event(row, CaseEvent.Type.ESCALATED, actor=actor, now=now, after=told)
        if team:
            casework.move(case=row, team=team, actor=actor, now=now)
        _show(case, row)


def settle(*, case: Case, actor: User, now: datetime) -> None:
    """Take the flag off again; the events still tell of it."""
    with transaction.atomic():
        row = Case.objects.lock(case.pk)
        if row.escalated_at is None:
            return
        before = row.escalation_reason
        row.escalated_at = row.escalated_by = row.escalated_to = None
        row.escalation_reason = ""
        row.save(update_fields=ESCALATION)
        casework.record_event(row, CaseEvent.Type.SETTLED, actor=actor, now=now, before=before)
        _show(case, row)


def _show(case: Case, row: Case) -> None:
    """Let the caller's case be as the stored one is."""
    for name in (*ESCALATION, "team", "assignee"):
        setattr(case, name, getattr(row, name))
