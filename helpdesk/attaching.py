"""Files that come with a message or go with a reply: judged, stored with their rows, deleted with them.

A customer's message is never lost for a file: what can't be taken leaves a row that says why. An agent, who can
choose other files, is told before anything is sent.
"""

import logging
import re
import uuid
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime
from functools import partial
from typing import Any

from django.conf import settings
from django.core.exceptions import ValidationError
from django.core.files.base import ContentFile
from django.core.files.uploadedfile import UploadedFile
from django.db import transaction
from django.db.models.signals import post_delete
from django.dispatch import receiver
from django.template.defaultfilters import filesizeformat

from helpdesk import bodies
from helpdesk.models import Attachment, Message, Reply

logger = logging.getLogger(__name__)

MOST_FILES = 20  # of one message or reply
LONGEST_NAME = 200
# Parts of a path, control characters, and what makes "photo<U+202E>gnp.exe" read as "photoexe.png".
HOSTILE = re.compile(r"[/\\\x00-\x1f\x7f-\x9f\u2028-\u202e\u2066-\u2069]")
# message/… and multipart/… are left out: a mail would not carry such a file as it is.
MIME_TYPE = re.compile(
    r"(application|audio|font|image|model|text|video)/[a-z0-9][a-z0-9.+_-]{0,80}", re.ASCII
)
UNKNOWN_TYPE = "application/octet-stream"


@dataclass(frozen=True)
class IncomingAttachment:
    """A file as a channel or an agent's form read it; nothing of it is trusted."""

    name: str
    content: bytes
    content_type: str = ""


@dataclass(frozen=True)
class Limits:
    """How much one message or reply may carry."""

    file_bytes: int
    all_bytes: int
    files: int = MOST_FILES


def limits() -> Limits:
    """Return the limits in force; mail servers seldom take more than two of the largest files together."""
    return Limits(file_bytes=settings.ATTACHMENT_MAX_BYTES, all_bytes=2 * settings.ATTACHMENT_MAX_BYTES)


def read_uploads(uploads: Iterable["UploadedFile[bytes]"]) -> tuple[IncomingAttachment, ...]:
    """Read the files of a form, but no more of them than shows that they are too large."""
    files = []
    left = limits().all_bytes
    for upload in list(uploads)[: MOST_FILES + 1]:
        content = upload.read(min(limits().file_bytes, max(0, left)) + 1)
        left -= len(content)
        files.append(IncomingAttachment(upload.name or "", content, upload.content_type or ""))
    return tuple(files)


def refusals(files: Sequence[IncomingAttachment]) -> list[str]:
    """Return for each file why it can't be taken; empty if it can."""
    reasons = []
    left = limits().all_bytes
    for place, file in enumerate(files):
        reason = _refusal(file)
        if not reason and place >= MOST_FILES:
            reason = f"more than {MOST_FILES} files"
        if not reason and len(file.content) > left:
            reason = f"all files together are larger than {filesizeformat(limits().all_bytes)}"
        if not reason:
            left -= len(file.content)
        reasons.append(reason)
    return reasons


def _refusal(file: IncomingAttachment) -> str:
    if len(file.name) > LONGEST_NAME:
        return f"its name is longer than {LONGEST_NAME} characters"
    if HOSTILE.search(file.name) or file.name.strip() in {".", ".."}:
        return "its name holds a path or control characters"
    if not file.content:
        return "it is empty"
    if len(file.content) > limits().file_bytes:
        return f"larger than {filesizeformat(limits().file_bytes)}"
    return ""


@contextmanager
def transaction_with_files() -> Iterator[list[str]]:
    """Open a transaction and yield the list of the files written in it, which go if it fails.

    Inside another transaction the files stay when that one fails later: open none around it where files come in.
    """
    written: list[str] = []
    try:
        with transaction.atomic():
            # The first thing to be done after the commit: what fails among the others costs no file.
            transaction.on_commit(written.clear)
            yield written
    except BaseException:
        for path in written:
            _delete(path)
        raise


def attach_to_messages(
    messages: Iterable[tuple[Message, Sequence[IncomingAttachment]]], *, now: datetime, written: list[str]
) -> None:
    """Store what came with messages; a file that can't be taken becomes a row that says why."""
    rows = []
    for message, files in messages:
        taken, rest = files[:MOST_FILES], files[MOST_FILES:]
        for file, reason in zip(taken, refusals(taken), strict=True):
            row = _row(file, reason, now=now, case_id=message.case_id, message=message)
            rows.append(row)
            if not reason:
                try:
                    _write(row, file.content, written)
                except OSError:
                    logger.exception("an attachment could not be stored")
                    row.file, row.refused = "", "there was no room to store it"
        if rest:  # one row for all of them, however many they are
            name = f"The rest ({len(rest)} more)"
            file = IncomingAttachment(name, b"")
            rows.append(
                _row(file, f"more than {MOST_FILES} files", now=now, case_id=message.case_id, message=message)
            )
    Attachment.objects.bulk_create(rows)


def check_for_reply(files: Sequence[IncomingAttachment]) -> None:
    """Refuse files that can't all go with a reply.

    Raises:
        ValidationError: names each file that can't, and why.
    """
    problems = [
        f"{shown_name(file.name)} was not taken: {reason}."
        for file, reason in zip(files, refusals(files), strict=True)
        if reason
    ]
    if problems:
        raise ValidationError({"attachments": problems})


def attach_to_reply(
    reply: Reply, files: Sequence[IncomingAttachment], *, now: datetime, written: list[str]
) -> None:
    """Store the files of a reply that passed `check_for_reply`.

    Raises:
        ValidationError: the storage did not take one.
    """
    rows = []
    for file in files:
        rows.append(_row(file, "", now=now, case_id=reply.case_id, reply=reply))
        try:
            _write(rows[-1], file.content, written)
        except OSError as error:
            logger.exception("an attachment could not be stored")
            problem = f"{shown_name(file.name)} was not taken: there was no room to store it."
            raise ValidationError({"attachments": problem}) from error
    Attachment.objects.bulk_create(rows)


def shown_name(name: str) -> str:
    """Return a file's name as it may be shown and stored.

    >>> shown_name("../etc/pass\\x00wd"), shown_name(" ")
    ('../etc/passwd', 'unnamed')
    """
    name = HOSTILE.sub(lambda found: found[0] if found[0] in "/\\" else "", bodies.clipped(name))
    return " ".join(name.split())[:LONGEST_NAME] or "unnamed"


def known_type(content_type: str) -> str:
    """Return what the sender said a file is, if it looks like a MIME type.

    >>> known_type("Text/Plain; charset=utf-8"), known_type("<b>")
    ('text/plain', 'application/octet-stream')
    """
    said = content_type.partition(";")[0].strip().lower()
    return said if MIME_TYPE.fullmatch(said) else UNKNOWN_TYPE


def _row(file: IncomingAttachment, reason: str, *, now: datetime, **owner: Any) -> Attachment:
    return Attachment(
        name=shown_name(file.name),
        content_type=known_type(file.content_type),
        size=len(file.content),
        refused=reason,
        added_at=now,
        **owner,
    )


def _write(row: Attachment, content: bytes, written: list[str]) -> None:
    # A name of our own: what the sender called it never reaches the storage.
    path = row.file.field.generate_filename(row, uuid.uuid4().hex)
    written.append(path)  # before it is there, whatever ends us half-way
    try:
        row.file = row.file.storage.save(path, ContentFile(content))
    except OSError:
        _delete(path)
        raise


def _delete(path: str) -> None:
    try:
        Attachment._meta.get_field("file").storage.delete(path)
    except OSError:
        logger.exception("an attachment's file could not be deleted")


@receiver(post_delete, sender=Attachment)
def delete_file(instance: Attachment, **_: Any) -> None:
    """Delete the file of a deleted row, once that is certain."""
    if path := instance.file.name:
        transaction.on_commit(partial(_delete, path))
