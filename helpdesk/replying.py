"""An agent answers: replies and notes, each stored once however often it is sent."""

import re
from collections.abc import Sequence
from datetime import datetime

from django.core.exceptions import ValidationError
from django.db import transaction

from helpdesk import attaching, bodies, history, live
from helpdesk.attaching import IncomingAttachment
from helpdesk.models import Case, Draft, Note, Reply, Status, User
from helpdesk.signals import reply_sent
from helpdesk.tasks import deliver_reply

UNFILLED = re.compile(r"\{\{\s*[\w.]+\s*\}\}")
MENTION = re.compile(r"(?<![\w@/])@([\w.+-]*\w)")  # a full stop behind a name ends the sentence


def send_reply(
    *,
    case: Case,
    author: User,
    body: str,
    client_key: str,
    now: datetime,
    close: bool = False,
    announce: bool = True,
    attachments: Sequence[IncomingAttachment] = (),
) -> tuple[Reply, bool]:
    """Store a reply, hand it to the channel, and return it with whether it was new.

    The same `client_key` on the same case sends once; a second call returns the first reply. With `announce` false
    (history that is made afterwards) it is delivered to nobody, and no open page is told.

    Raises:
        ValidationError: the body is empty or still holds an unfilled variable, or a file can't be taken;
            nothing was sent.
    """
    body = bodies.clipped(body).strip()
    with attaching.transaction_with_files() as written:
        case = Case.objects.lock(case.pk)
        if earlier := Reply.objects.filter(case=case, client_key=client_key).first():
            return earlier, False
        if not body:
            raise ValidationError({"body": "Write something first: the reply is empty."})
        if unfilled := UNFILLED.findall(body):
            raise ValidationError({"body": f"Fill in or remove {', '.join(unfilled)} before sending."})
        attaching.check_for_reply(attachments)
        reply = Reply.objects.create(case=case, author=author, body=body, client_key=client_key, sent_at=now)
        attaching.attach_to_reply(reply, attachments, now=now, written=written)
        Draft.objects.filter(case=case, author=author, kind=Draft.Kind.REPLY).delete()
        before, case.status = case.status, Status.CLOSED if close else Status.WAITING
        case.awaiting_since = case.snoozed_until = None
        case.last_activity_at = now
        case.assignee = case.assignee or author
        case.save(update_fields=["status", "awaiting_since", "snoozed_until", "last_activity_at", "assignee"])
        history.note_status(case=case, before=before, actor=author, at=now)
        reply_sent.send(sender=Reply, reply=reply)
        if announce:
            deliver_reply.delay_on_commit(reply_id=reply.pk)  # type: ignore[attr-defined]  # not in celery's stubs
            live.tell([case.pk])
    return reply, True


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
