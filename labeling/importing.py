"""Texts become messages to label: an upload is stored and answered at once, a worker takes its rows in.

1. `order` stores the file and a row that says what is to be done.
2. `run` takes a thousand rows at a time: the messages, their labels, and how far the file is read are one transaction,
   so that a worker that dies has done a chunk or not begun it, and the next one goes on behind it.
3. A dead worker's import goes on with the next, and one that is cancelled ends between two chunks.

A text becomes a closed case on channel `import`: no suggestion is asked for, and no agent ever sees it.
"""

import hashlib
from collections.abc import Sequence
from contextlib import suppress
from datetime import datetime
from pathlib import Path

from django.core.files import File
from django.core.files.uploadedfile import UploadedFile
from django.db import OperationalError, connection, transaction
from django.db.models import F
from django.utils import timezone

from copilot.pipeline.types import VALIDITY_REASONS
from helpdesk.intake import IncomingCustomer, IncomingMessage, Receipt, receive_messages
from helpdesk.models import User
from helpdesk.models.case import IMPORT
from labeling.batching import in_batches
from labeling.jobs import CancelledError, Jobs
from labeling.labels import QUESTION, labels_of
from labeling.models import Annotation, ImportReject, Task, TextImport
from labeling.models.job import JobState
from labeling.texts import Row, UnreadableFileError, read_rows

State = TextImport.State
JOBS = Jobs(TextImport, locks=20_253, task="labeling.tasks.import_texts", goes_on=True)
LARGEST_FILE = 200 * 2**20  # bytes
ROWS_A_CHUNK = 1_000
MOST_REJECTS = 1_000  # kept with their reasons
MOST_ATTEMPTS = 5
# Nobody knows who wrote an imported text; a customer is needed all the same, and all share this one.
WRITER = IncomingCustomer(email="imported-texts@import.invalid", name="")


def order(*, file: UploadedFile, form: str, by: User, now: datetime) -> TextImport:
    """Store an upload that is to be taken in, in one of TextImport.Format."""
    name = Path(file.name or "upload").name[:200]
    digest = hashlib.sha256()
    for part in file.chunks():
        digest.update(part)
    file.seek(0)
    row = TextImport(
        name=name,
        format=form,
        sha256=digest.hexdigest(),
        n_bytes=file.size or 0,
        ordered_by=by,
        ordered_at=now,
    )
    row.file.save(f"{digest.hexdigest()[:16]}.{form}", File(file), save=False)
    row.save(force_insert=True)
    return row


def run(import_id: int) -> TextImport:
    """Take in what is left of an upload; does nothing if another process has it.

    An unforeseen error is stored and raised again.
    """
    with JOBS.taken(import_id, n_attempts=F("n_attempts") + 1) as is_ours:
        if not is_ours or _is_given_up(import_id):
            return TextImport.objects.get(pk=import_id)
        try:
            _take_in(TextImport.objects.select_related("ordered_by").get(pk=import_id))
        except CancelledError:
            _end(import_id, State.CANCELLED)
        except OperationalError:
            raise  # the database went away, and the next one goes on
        except (UnreadableFileError, FileNotFoundError) as error:
            _end(import_id, State.FAILED, problem=str(error))
        except Exception as error:
            _end(import_id, State.FAILED, problem=f"{type(error).__name__}: {error}"[:2000])
            raise
        else:
            _end(import_id, State.FINISHED)
    return TextImport.objects.get(pk=import_id)


def cancel(import_id: int, *, now: datetime) -> bool:
    """End an import before its next chunk; what is taken in stays. False if it has ended."""
    if not JOBS.cancel(import_id, now=now):
        return False
    row = TextImport.objects.get(pk=import_id)
    if not row.is_active:
        _drop_file(row)
    return True


def _is_given_up(import_id: int) -> bool:
    """End an import over which so many processes ended without a row done."""
    if not TextImport.objects.filter(pk=import_id, n_attempts__gt=MOST_ATTEMPTS).exists():
        return False
    _end(import_id, State.FAILED, problem="several processes ended over it: split the file")
    return True


def _end(import_id: int, state: JobState, *, problem: str = "") -> None:
    """Store what came of an import; its texts are in the cases now, and are not kept twice."""
    if JOBS.end(import_id, state, problem=problem):
        _drop_file(TextImport.objects.get(pk=import_id))


def _drop_file(row: TextImport) -> None:
    file = row.file
    TextImport.objects.filter(pk=row.pk).update(file="")
    with suppress(FileNotFoundError):
        file.storage.delete(str(file.name))


def _take_in(row: TextImport) -> None:
    known = {task: {label.slug for label in labels_of(task)} for task in (Task.VALIDITY, Task.TOPIC)}
    with row.file.open("rb") as file:
        rows = read_rows(file.file, form=row.format, after=row.n_rows)
        for chunk in in_batches(rows, ROWS_A_CHUNK):
            with transaction.atomic(), connection.cursor() as cursor:
                # Should the server fall, whole chunks are lost and done again: nobody need wait for its disk.
                cursor.execute("SET LOCAL synchronous_commit TO off")
                _store(row, chunk, known, now=timezone.now())
            JOBS.note(row.pk, "Taking in", row.n_bytes_read / row.n_bytes)


def _store(row: TextImport, chunk: Sequence[Row], known: dict[Task, set[str]], *, now: datetime) -> None:
    """Store a chunk and that it is done."""
    problems = {each.line: each.error or _no_label(each, known) for each in chunk}
    good = [each for each in chunk if not problems[each.line]]
    receipts = receive_messages(
        [_message(row, each, now=now) for each in good], now=now, announce=False, closed=True
    )
    for each, receipt in zip(good, receipts, strict=True):
        problems[each.line] = receipt.error
    _label(row, good, receipts, now=now)
    rejects = [(line, problem) for line, problem in problems.items() if problem]
    n_kept = max(0, MOST_REJECTS - row.n_rejected)
    ImportReject.objects.bulk_create(
        ImportReject(text_import=row, line=line, reason=problem[:300]) for line, problem in rejects[:n_kept]
    )
    row.n_rows += len(chunk)
    row.n_bytes_read = chunk[-1].position
    row.n_stored += sum(receipt.created for receipt in receipts)
    row.n_known += sum(not receipt.created and not receipt.error for receipt in receipts)
    row.n_rejected += len(rejects)
    row.n_attempts = 0
    row.save(update_fields=["n_rows", "n_bytes_read", "n_stored", "n_known", "n_rejected", "n_attempts"])


def _no_label(each: Row, known: dict[Task, set[str]]) -> str:
    label = each.text.label if each.text else ""
    if not label or label in known[Task.VALIDITY] or label in known[Task.TOPIC]:
        return ""
    return f"label: {label[:80]!r} is neither a topic's slug nor one of {', '.join(sorted(known[Task.VALIDITY]))}"


def _message(row: TextImport, each: Row, *, now: datetime) -> IncomingMessage:
    """A text without an id is named by its file and line: the same file again adds nothing."""
    text = each.text
    assert text  # noqa: S101  rejected rows never get here
    return IncomingMessage(
        channel=IMPORT,
        external_id=text.external_id or f"{row.sha256[:16]}-{each.line}",
        body=text.text,
        customer=WRITER,
        sent_at=text.at or now,
        subject=text.subject,
    )


def _label(row: TextImport, rows: Sequence[Row], receipts: Sequence[Receipt], *, now: datetime) -> None:
    """Store the labels that came along: of the person who uploaded them, and never gold."""
    Annotation.objects.bulk_create(
        (
            Annotation(
                message_id=receipt.message_id,
                author=row.ordered_by,
                task=task,
                label=label,
                picked_by=IMPORT,
                made_at=now,
            )
            for each, receipt in zip(rows, receipts, strict=True)
            if receipt.created and receipt.message_id and each.text and each.text.label
            for task, label in _said(each.text.label)
        ),
        ignore_conflicts=True,
    )


def _said(label: str) -> list[tuple[Task, str]]:
    if label == QUESTION or label in VALIDITY_REASONS:
        return [(Task.VALIDITY, label)]
    return [(Task.VALIDITY, QUESTION), (Task.TOPIC, label)]
