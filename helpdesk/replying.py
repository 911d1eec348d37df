"""An agent answers: replies and notes, each stored once however often it is sent."""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from django.core.exceptions import ValidationError
from django.db import transaction
from django.db.models import QuerySet

from helpdesk import attaching, bodies, copying, history, live
from helpdesk.attaching import IncomingAttachment
from helpdesk.models import Case, Draft, Note, Reply, Status, StatusChange, User
from helpdesk.signals import reply_sent
from helpdesk.tasks import deliver_reply

UNFILLED = re.compile(r"\{\{\s*[\w.]+\s*\}\}")
SETTLED = (
    "status",
    "awaiting_since",
    "snoozed_until",
    "last_activity_at",
    "assignee",
)  # of a case, by a reply
MENTION = re.compile(r"(?<![\w@/])@([\w.+-]*\w)")  # a full stop behind a name ends the sentence


@dataclass(frozen=True)
class OutgoingReply:
    """What an agent sends in a case; the same `client_key` on the same case sends once."""

    case: Case
    author: User
    body: str
    client_key: str
    sent_at: datetime
    close: bool = False
    attachments: Sequence[IncomingAttachment] = ()


def send_reply(
    *,
    case: Case,
    author: User,
    body: str,
    client_key: str,
    now: datetime,
    close: bool = False,
    attachments: Sequence[IncomingAttachment] = (),
) -> tuple[Reply, bool]:
    """Store a reply, hand it to the channel, and return it with whether it was new; a batch of one.

    Raises:
        ValidationError: as `send_replies`.
    """
    outgoing = OutgoingReply(case, author, body, client_key, now, close=close, attachments=attachments)
    [sent] = send_replies([outgoing])
    return sent


def send_replies(batch: Sequence[OutgoingReply], *, announce: bool = True) -> list[tuple[Reply, bool]]:
    """Store replies in their order, hand them to their channels, and return each with whether it was new.

    A second call with the same `client_key` on the same case returns the first reply. With `announce` false (history
    that is made afterwards) they are delivered to nobody, and no open page is told.

    Raises:
        ValidationError: a body is empty or still holds an unfilled variable, or a file can't be taken; nothing of the
            batch was sent.
    """
    with attaching.transaction_with_files() as written:
        cases = Case.objects.lock_all({each.case.pk for each in batch})
        sent = {(reply.case_id, reply.client_key): reply for reply in _sent_before(batch, cases)}
        replies: list[tuple[Reply, bool]] = []
        new: list[tuple[Reply, OutgoingReply]] = []
        for outgoing in batch:
            key = (cases[outgoing.case.pk].pk, outgoing.client_key)
            is_new = key not in sent
            if is_new:
                sent[key] = _reply(outgoing, cases[outgoing.case.pk])
                new.append((sent[key], outgoing))
            replies.append((sent[key], is_new))
        if new:
            _store(new, written=written)
            reply_sent.send(sender=Reply, replies=[reply for reply, _ in new])
        for reply, _ in new if announce else ():
            deliver_reply.delay_on_commit(reply_id=reply.pk)  # type: ignore[attr-defined]  # not in celery's stubs
        if announce:
            live.tell(reply.case_id for reply, _ in new)
    return replies


def _sent_before(batch: Sequence[OutgoingReply], cases: Mapping[int, Case]) -> QuerySet[Reply]:
    keys = {outgoing.client_key for outgoing in batch}
    return Reply.objects.filter(case__in={case.pk for case in cases.values()}, client_key__in=keys)


def _reply(outgoing: OutgoingReply, case: Case) -> Reply:
    """Return the row of a reply that can be sent, not yet stored."""
    body = bodies.clipped(outgoing.body).strip()
    if not body:
        raise ValidationError({"body": "Write something first: the reply is empty."})
    if unfilled := UNFILLED.findall(body):
        raise ValidationError({"body": f"Fill in or remove {', '.join(unfilled)} before sending."})
    attaching.check_for_reply(outgoing.attachments)
    return Reply(
        case=case,
        author=outgoing.author,
        body=body,
        client_key=outgoing.client_key,
        sent_at=outgoing.sent_at,
    )


def _store(new: Sequence[tuple[Reply, OutgoingReply]], *, written: list[str]) -> None:
    """Store replies with their files, end their drafts, and let their cases wait for the customer or be closed."""
    Reply.objects.bulk_create(reply for reply, _ in new)
    for reply, outgoing in new:
        attaching.attach_to_reply(reply, outgoing.attachments, now=outgoing.sent_at, written=written)
    _end_drafts([reply for reply, _ in new])
    changes = []
    for reply, outgoing in new:
        case, before = reply.case, reply.case.status
        case.status = Status.CLOSED if outgoing.close else Status.WAITING
        case.awaiting_since = case.snoozed_until = None
        case.last_activity_at = outgoing.sent_at
        case.assignee_id = case.assignee_id or outgoing.author.pk
        changes.append(
            StatusChange(
                case=case, before=before, after=case.status, actor=outgoing.author, at=outgoing.sent_at
            )
        )
    copying.change(list({reply.case_id: reply.case for reply, _ in new}.values()), SETTLED)
    history.note_statuses(changes)


def _end_drafts(replies: Sequence[Reply]) -> None:
    drafts = Draft.objects.filter(kind=Draft.Kind.REPLY, case__in={reply.case_id for reply in replies})
    written = {(reply.case_id, reply.author_id) for reply in replies}
    ended = [pk for pk, *key in drafts.values_list("pk", "case", "author") if tuple(key) in written]
    if ended:
        Draft.objects.filter(pk__in=ended).delete()


def add_note(*, case: Case, author: User, body: str, client_key: str, now: datetime) -> tuple[Note, bool]:
    """Store a note for agents and return it with whether it was new; `@username` mentions a colleague.

    Raises:
        ValidationError: the body is empty.
    """
    body = bodies.clipped(body).strip()
    if not body:
        raise ValidationError({"body": "Write something first: the note is empty."})
    with transaction.atomic():
        case = Case.objects.lock(case.pk)
        note, is_new = Note.objects.get_or_create(
            case=case, client_key=client_key, defaults={"author": author, "body": body, "sent_at": now}
        )
        if is_new:
            note.mentions.set(User.objects.filter(username__in=set(MENTION.findall(body)), is_active=True))
            Draft.objects.filter(case=case, author=author, kind=Draft.Kind.NOTE).delete()
            live.tell([case.pk])
    return note, is_new
