"""Cases from a file of JSON Lines, one case a line, with everything that was said in them.

1. Read each line; one that can't be used becomes a rejection with its number and reason.
2. Store the customers' messages through the one intake, then replies and notes, each once.
3. Settle each case that something was added to: status, tags, who waits for whom.
"""

import gzip
import json
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, BinaryIO, TypeVar

from django.db import transaction
from django.utils import timezone
from rest_framework import serializers

from helpdesk import bodies, history
from helpdesk.intake import IncomingCustomer, IncomingMessage, receive_messages
from helpdesk.models import Case, CaseTag, Note, Reply, Role, Status, StatusChange, Tag, User

CASES_A_CHUNK = 40

Entry = TypeVar("Entry", Reply, Note)


class EntryIn(serializers.Serializer):
    external_id = serializers.CharField(max_length=200)
    at = serializers.DateTimeField()
    body = serializers.CharField(trim_whitespace=False)
    agent = serializers.EmailField(required=False, allow_null=True)

    def get_fields(self) -> dict[str, Any]:
        # `from` is a word of Python's, so the field can't be an attribute.
        return super().get_fields() | {"from": serializers.ChoiceField(["customer", "agent", "note"])}

    def validate(self, attrs: dict[str, Any]) -> dict[str, Any]:
        if attrs["from"] == "agent" and not attrs.get("agent"):
            raise serializers.ValidationError({"agent": "an agent's message needs the agent's e-mail"})
        return attrs


class CustomerIn(serializers.Serializer):
    name = serializers.CharField(max_length=200, required=False, allow_blank=True, default="")
    email = serializers.EmailField()
    attributes = serializers.DictField(required=False, default=dict)


class CaseIn(serializers.Serializer):
    external_id = serializers.CharField(max_length=200)
    channel = serializers.SlugField(max_length=40)
    subject = serializers.CharField(max_length=300, required=False, allow_blank=True, default="")
    status = serializers.ChoiceField(["open", "closed"], required=False, default="closed")
    tags = serializers.ListField(child=serializers.SlugField(max_length=60), required=False, default=list)
    customer = CustomerIn()
    messages = EntryIn(many=True, allow_empty=False)

    def validate_messages(self, entries: list[dict[str, Any]]) -> list[dict[str, Any]]:
        if not any(entry["from"] == "customer" for entry in entries):
            raise serializers.ValidationError("no message is from the customer")
        return sorted(entries, key=lambda entry: entry["at"])


@dataclass(frozen=True)
class Line:
    """One line of the file: a case to import, or why it can't be. `position` counts compressed bytes read so far."""

    number: int
    raw: str
    position: int
    case: dict[str, Any] | None = None
    error: str = ""


@dataclass
class Imported:
    """What an import did so far."""

    n_lines: int = 0
    n_messages: int = 0
    n_replies: int = 0
    n_notes: int = 0
    n_known: int = 0
    rejects: list[Line] = field(default_factory=list)
    case_ids: list[int] = field(default_factory=list)
    position: int = 0

    @property
    def n_added(self) -> int:
        return self.n_messages + self.n_replies + self.n_notes


def import_cases(path: Path) -> Iterator[Imported]:
    """Import a file, plain or gzipped, and yield the running totals after each chunk; a second run adds nothing.

    Raises:
        OSError: the file can't be read, or is no gzip although named so.
    """
    total = Imported()
    chunk: list[Line] = []
    with path.open("rb") as file:
        for line in _lines(file, is_gzip=path.suffix == ".gz"):
            total.n_lines += 1
            total.position = line.position
            if line.error:
                total.rejects.append(line)
                continue
            chunk.append(line)
            if len(chunk) == CASES_A_CHUNK:
                _store(chunk, total)
                chunk = []
                yield total
        if chunk:
            _store(chunk, total)
    yield total


def _lines(file: BinaryIO, *, is_gzip: bool) -> Iterator[Line]:
    stream = gzip.GzipFile(fileobj=file) if is_gzip else file
    for number, raw in enumerate(stream, start=1):
        position = file.tell()
        if not raw.strip():
            continue
        try:
            text = raw.decode("utf-8")
            value = json.loads(text)
        except UnicodeDecodeError as error:
            yield Line(
                number, raw.decode("utf-8", "replace"), position, error=f"not UTF-8 at byte {error.start}"
            )
            continue
        except (json.JSONDecodeError, RecursionError) as error:
            yield Line(number, text, position, error=f"no JSON: {error}")
            continue
        form = CaseIn(data=value)
        if not form.is_valid():
            yield Line(number, text, position, error=_told(form.errors))
            continue
        yield Line(number, text, position, case=form.validated_data)


def _told(errors: Any, path: str = "") -> str:
    if isinstance(errors, dict):
        return "; ".join(_told(value, f"{path}.{name}".strip(".")) for name, value in errors.items())
    if isinstance(errors, list):
        inner = [
            _told(value, f"{path}[{n}]") if isinstance(value, dict) else f"{path}: {value}"
            for n, value in enumerate(errors)
            if value
        ]
        return "; ".join(inner)
    return f"{path}: {errors}"


def _store(chunk: list[Line], total: Imported) -> None:
    with transaction.atomic():
        receipts = receive_messages(
            [message for line in chunk for message in _messages(line.case or {})],
            now=timezone.now(),
            announce=False,
        )
        by_id = {receipt.external_id: receipt for receipt in receipts}
        cases: dict[int, dict[str, Any]] = {}
        for line in chunk:
            assert line.case is not None  # noqa: S101  rejected ones never get here
            mine = [
                by_id[entry["external_id"]] for entry in line.case["messages"] if entry["from"] == "customer"
            ]
            if bad := next((receipt for receipt in mine if receipt.error), None):
                total.rejects.append(
                    Line(line.number, line.raw, line.position, error=f"{bad.external_id}: {bad.error}")
                )
            if good := next((receipt for receipt in mine if receipt.case_id), None):
                cases[good.case_id or 0] = line.case
            total.n_messages += sum(receipt.created for receipt in mine)
            total.n_known += sum(not receipt.created and not receipt.error for receipt in mine)
        agents = _agents(cases.values())
        replies = _add(Reply, cases, "agent", agents)
        notes = _add(Note, cases, "note", agents)
        total.n_replies += len(replies)
        total.n_notes += len(notes)
        changed = {receipt.case_id for receipt in receipts if receipt.created}
        changed |= {row.case_id for row in replies} | {row.case_id for row in notes}
        _settle({pk: case for pk, case in cases.items() if pk in changed}, agents)
    total.case_ids += list(cases)


def _messages(case: dict[str, Any]) -> Iterator[IncomingMessage]:
    customer = IncomingCustomer(**case["customer"])
    for entry in case["messages"]:
        if entry["from"] == "customer":
            yield IncomingMessage(
                channel=case["channel"],
                external_id=entry["external_id"],
                body=entry["body"],
                customer=customer,
                sent_at=entry["at"],
                subject=case["subject"],
                case_external_id=case["external_id"],
            )


def _agents(cases: Iterable[dict[str, Any]]) -> dict[str, User]:
    """Return the authors by e-mail; who is not known yet becomes an account that can't sign in."""
    emails = {entry["agent"].lower() for case in cases for entry in case["messages"] if entry.get("agent")}
    known = {user.email.lower(): user for user in User.objects.filter(email__in=emails)}
    new = [
        User(username=email[:150], email=email, role=Role.AGENT, is_active=False, password="!")  # noqa: S106  none
        for email in sorted(emails - set(known))
    ]
    User.objects.bulk_create(new, ignore_conflicts=True)
    return {user.email.lower(): user for user in User.objects.filter(email__in=emails)} if new else known


def _add(
    model: type[Entry], cases: dict[int, dict[str, Any]], kind: str, agents: dict[str, User]
) -> list[Entry]:
    known = set(model.objects.filter(case__in=cases).values_list("case_id", "client_key"))
    rows: dict[tuple[int, str], Entry] = {}
    for pk, case in cases.items():
        for entry in case["messages"]:
            key = (pk, entry["external_id"])
            if entry["from"] == kind and key not in known:
                rows[key] = model(
                    case_id=pk,
                    author=agents.get((entry.get("agent") or "").lower()),
                    client_key=entry["external_id"],
                    body=bodies.clipped(entry["body"]).strip(),
                    sent_at=entry["at"],
                )
    return model.objects.bulk_create(rows.values())


def _settle(cases: dict[int, dict[str, Any]], agents: dict[str, User]) -> None:
    rows = Case.objects.in_bulk(cases)
    before = {pk: row.status for pk, row in rows.items()}
    for pk, case in cases.items():
        row, entries = rows[pk], [entry for entry in case["messages"] if entry["from"] != "note"]
        is_closed = case["status"] == "closed"
        waits = not is_closed and entries[-1]["from"] == "customer"
        row.status = Status.CLOSED if is_closed else Status.OPEN if waits else Status.WAITING
        row.awaiting_since = entries[-1]["at"] if waits else None
        row.last_activity_at = entries[-1]["at"]
        row.assignee = next(
            (agents.get(e["agent"].lower()) for e in reversed(entries) if e.get("agent")), row.assignee
        )
    Case.objects.bulk_update(
        rows.values(), ["status", "awaiting_since", "last_activity_at", "assignee"], batch_size=500
    )
    history.note_statuses(
        StatusChange(
            case=row, before=before[pk], after=row.status, actor=row.assignee, at=row.last_activity_at
        )
        for pk, row in rows.items()
    )
    names = {name for case in cases.values() for name in case["tags"]}
    Tag.objects.bulk_create((Tag(name=name) for name in names), ignore_conflicts=True)
    tags = {tag.name: tag.pk for tag in Tag.objects.filter(name__in=names)}
    CaseTag.objects.bulk_create(
        (CaseTag(case_id=pk, tag_id=tags[name]) for pk, case in cases.items() for name in set(case["tags"])),
        ignore_conflicts=True,
    )
