"""Two cases of one customer become one.

Messages, replies, notes, files and ratings move to the case that is kept, in one line of time; tags and drafts join its
own. The merged case stays, closed and empty, as a number that leads to the kept one (`access.get_case`,
`Case.objects.lock`, the intake). Its events, its history and the time spent on it stay with it: they are about it.
"""

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from django.core.exceptions import ValidationError
from django.db import transaction
from django.db.models import CharField, F, Value
from django.db.models.functions import Cast, Concat, Left

from helpdesk import casework, drafting, history, live
from helpdesk.escalating import ESCALATION
from helpdesk.models import (
    Attachment,
    Case,
    CaseEvent,
    CaseMerge,
    CaseTag,
    Draft,
    Message,
    Note,
    Priority,
    Reply,
    SatisfactionRating,
    Status,
    User,
)
from helpdesk.models.case import IMPORT
from helpdesk.signals import cases_merged

LIVELIEST_FIRST = [Status.OPEN, Status.WAITING, Status.SNOOZED, Status.CLOSED]
SETTLED = [
    "status", "snoozed_until", "awaiting_since", "last_activity_at", "subject", "attributes", *ESCALATION
]  # fmt: skip
LONGEST_KEY = 180  # of a client's key that is told apart by the case's number


def merge_cases(*, kept: Case, merged: Case, actor: User, now: datetime) -> Case:
    """Let one case go on in another and return the kept one; the actor may answer both (see `access`).

    Raises:
        ValidationError: they are one case already, are of two customers (replies go to one address, and each would
            read what the other wrote), or are texts that nobody sent.
    """
    with transaction.atomic():
        rows = Case.objects.select_for_update().order_by("pk").in_bulk([kept.pk, merged.pk])
        kept, merged = rows[kept.pk], rows[merged.pk]
        _check(kept, merged)
        record = CaseMerge(kept=kept, merged=merged, actor=actor, at=now)
        record.messages, record.replies, record.notes, record.ratings = (
            _move(model, kept, merged) for model in (Message, Reply, Note, SatisfactionRating)
        )
        Attachment.objects.filter(case=merged).update(case=kept)
        record.tags = _join_tags(kept, merged)
        record.save(force_insert=True)
        _join_drafts(kept, merged)
        casework.record_event(kept, CaseEvent.Type.MERGED, actor=actor, now=now, before=str(merged))
        _settle(kept, merged, actor=actor, now=now)
        _take_care(kept, merged, actor=actor, now=now)
        cases_merged.send(sender=Case, kept=kept, merged=merged)
        live.tell([merged.pk])
    return kept


def _check(kept: Case, merged: Case) -> None:
    numbers = f"#{merged.number} and #{kept.number}"
    if kept.pk in (merged.pk, merged.merged_into_id) or kept.merged_into_id == merged.pk:
        raise ValidationError({"into": f"{numbers} are one case already."})
    if gone := next((case for case in (kept, merged) if case.merged_into_id), None):
        raise ValidationError({"into": f"#{gone.number} goes on in #{gone.merged_into_id}: choose that one."})
    if kept.customer_id != merged.customer_id:
        raise ValidationError(
            {"into": f"{numbers} are of two customers, and each would read what the other wrote."}
        )
    if IMPORT in (kept.channel, merged.channel):
        raise ValidationError({"into": f"{numbers}: texts that were imported to be labeled can't be merged."})


def _move(model: Any, kept: Case, merged: Case) -> Sequence[int]:
    """Move what was said, and return its numbers; a client's key that both cases know gets the old case's number."""
    rows = model.objects.filter(case=merged)
    numbers = list(rows.order_by("pk").values_list("pk", flat=True))
    if issubclass(model, Reply | Note):
        known = model.objects.filter(case=kept).values("client_key")
        key = Concat(Left("client_key", LONGEST_KEY), Value("#"), Cast(F("case_id"), CharField()))
        rows.filter(client_key__in=known).update(client_key=key)
    rows.update(case=kept)
    return numbers


def _join_tags(kept: Case, merged: Case) -> list[int]:
    """Put the merged case's tags on the kept one, and return those that are new to it."""
    known = set(CaseTag.objects.filter(case=kept).values_list("tag_id", flat=True))
    brought = [tag for tag in merged.tags.values_list("pk", flat=True) if tag not in known]
    kept.tags.add(*brought)
    return brought


def _join_drafts(kept: Case, merged: Case) -> None:
    """Keep what anybody has typed on either case."""
    for draft in Draft.objects.filter(case=merged):
        drafting.add_to_draft(
            case=kept, author=draft.author, kind=Draft.Kind(draft.kind), body=draft.body, now=draft.saved_at
        )
    Draft.objects.filter(case=merged).delete()


def _settle(kept: Case, merged: Case, *, actor: User, now: datetime) -> None:
    """Let the kept case await what either awaited; the merged one is closed for good."""
    both = (kept, merged)
    before = {case: case.status for case in both}
    waiting = [case.awaiting_since for case in both if case.awaiting_since and not case.is_closed]
    times = [case.snoozed_until for case in both if case.snoozed_until]
    kept.status = min((Status(case.status) for case in both), key=LIVELIEST_FIRST.index)
    kept.snoozed_until = min(times) if kept.status == Status.SNOOZED else None
    kept.awaiting_since = min(waiting, default=None)
    kept.last_activity_at = max(kept.last_activity_at, merged.last_activity_at)
    kept.subject = kept.subject or merged.subject
    kept.attributes = merged.attributes | kept.attributes
    if merged.escalated_at and not kept.escalated_at:
        for name in ESCALATION:
            setattr(kept, name, getattr(merged, name))
    kept.save(update_fields=SETTLED)
    merged.status, merged.snoozed_until, merged.awaiting_since = Status.CLOSED, None, None
    merged.merged_into = kept
    merged.save(update_fields=["status", "snoozed_until", "awaiting_since", "merged_into"])
    Case.objects.filter(merged_into=merged).update(merged_into=kept)
    for case, status in before.items():
        history.note_status(case=case, before=status, actor=actor, at=now)


def _take_care(kept: Case, merged: Case, *, actor: User, now: datetime) -> None:
    """Let the kept case be as urgent as either, and in somebody's hands if either was."""
    priority = Priority(max(kept.priority, merged.priority))
    casework.prioritise(case=kept, priority=priority, actor=actor, now=now)
    if kept.assignee is None and merged.assignee_id:
        assignee = casework.possible_assignees(kept).filter(pk=merged.assignee_id).first()
        casework.assign(case=kept, assignee=assignee, actor=actor, now=now)
