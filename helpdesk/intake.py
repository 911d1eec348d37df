"""The one intake: messages come in by batches, once each, whatever their channel.

1. Read each message; what can't be taken becomes an error of its own and never blocks the next.
2. Lock the (channel, external id) of the batch, so that two senders of the same message meet here.
3. Answer those already stored with what was stored.
4. Find or make customers and cases, store the rest with their files, reopen what was closed.
5. Tell: the signal `message_received`, and the open pages.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import cache

from django.core.exceptions import ValidationError
from django.db import DataError, IntegrityError, connection

from helpdesk import attaching, copying, history, live
from helpdesk.incoming import IncomingCustomer, IncomingMessage, Key, read, wrong_in
from helpdesk.models import Case, Customer, Message, Status, StatusChange
from helpdesk.signals import message_received

__all__ = ["IncomingCustomer", "IncomingMessage", "Receipt", "receive_messages"]

LARGEST_BATCH = 500
SETTLED = ("last_activity_at", "awaiting_since", "status", "snoozed_until")  # of a case by a message


@dataclass(frozen=True)
class Receipt:
    """What became of one message: stored now (`created`), stored before, or refused with an `error`."""

    external_id: str
    message_id: int | None = None
    case_id: int | None = None
    created: bool = False
    error: str = ""


def receive_messages(
    batch: Sequence[IncomingMessage], *, now: datetime, announce: bool = True, closed: bool = False
) -> list[Receipt]:
    """Store a batch of customers' messages and return a receipt for each, in order.

    With `announce` false (a bulk import of history) nobody is told of the new messages, and cases are reopened when
    they were sent. With `closed` the cases that they open await no reply and are closed at once.
    """
    receipts: list[Receipt] = []
    for start in range(0, len(batch), LARGEST_BATCH):
        part = batch[start : start + LARGEST_BATCH]
        receipts += _receive(part, now=now, announce=announce, closed=closed)
    return receipts


def _receive(
    batch: Sequence[IncomingMessage], *, now: datetime, announce: bool, closed: bool
) -> list[Receipt]:
    try:
        with attaching.transaction_with_files() as written:
            return _store(batch, now=now, announce=announce, closed=closed, written=written)
    except (DataError, IntegrityError) as error:
        if len(batch) == 1:
            return [Receipt(batch[0].external_id, error=f"the database refused it: {error}".strip())]
        return [
            receipt
            for message in batch
            for receipt in _receive([message], now=now, announce=announce, closed=closed)
        ]


def _store(
    batch: Sequence[IncomingMessage], *, now: datetime, announce: bool, closed: bool, written: list[str]
) -> list[Receipt]:
    errors: dict[int, str] = {}
    readable: dict[int, IncomingMessage] = {}
    wrong = cache(wrong_in)  # many messages have the same sender and channel
    for position, message in enumerate(batch):
        try:
            readable[position] = read(message, wrong(message.customer.email, message.channel))
        except ValidationError as error:
            errors[position] = "; ".join(error.messages)
    _lock({message.key for message in readable.values()})
    stored = _stored(readable.values())
    fresh: dict[Key, IncomingMessage] = {}
    for message in readable.values():
        if message.key not in stored:
            fresh.setdefault(message.key, message)
    cases, unknown = _cases_of(fresh, now=now, reopened_at=now if announce else None, closed=closed)
    rows = _insert({key: message for key, message in fresh.items() if key in cases}, cases, now=now)
    files = [(row, fresh[key].attachments) for key, row in rows.items()]
    attaching.attach_to_messages(files, now=now, written=written)
    if announce and rows:
        message_received.send(sender=Message, messages=list(rows.values()))
        live.tell({row.case_id for row in rows.values()})
    receipts = []
    created: set[Key] = set()
    for position, message in enumerate(batch):
        row = None
        if position in readable:
            key = readable[position].key
            row = stored.get(key) or rows.get(key)
            errors.update({position: unknown[key]} if key in unknown else {})
        if row is None:
            receipts.append(Receipt(message.external_id, error=errors[position]))
            continue
        is_first = key in rows and key not in created
        created.add(key)
        receipts.append(Receipt(message.external_id, row.pk, row.case_id, created=is_first))
    return receipts


def _lock(keys: Iterable[Key]) -> None:
    """Hold the batch's keys until the transaction ends; sorted, so that two batches never wait for each other."""
    names = sorted(f"{channel}\n{external_id}" for channel, external_id in keys)
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT pg_advisory_xact_lock(key) FROM "
            "(SELECT hashtextextended(name, 0) AS key FROM unnest(%s::text[]) AS name ORDER BY 1) AS keys",
            [names],
        )


def _stored(messages: Iterable[IncomingMessage]) -> dict[Key, Message]:
    by_channel: dict[str, list[str]] = {}
    for message in messages:
        by_channel.setdefault(message.channel, []).append(message.external_id)
    return {
        (row.channel, row.external_id): row
        for channel, ids in by_channel.items()
        for row in Message.objects.filter(channel=channel, external_id__in=ids)
        .defer("body", "html", "search")
        .order_by()
    }


def _cases_of(
    messages: Mapping[Key, IncomingMessage], *, now: datetime, reopened_at: datetime | None, closed: bool
) -> tuple[dict[Key, Case], dict[Key, str]]:
    """Return the case of each message, made or reopened where needed, and why some have none."""
    customers = _customers_of(messages.values(), now=now)
    locked = Case.objects.select_for_update().order_by("pk")  # in one order, so that nobody waits in a circle
    known = locked.in_bulk({m.case_id for m in messages.values() if m.case_id})
    named = _named_cases(messages.values())
    rows = _going_on([*known.values(), *named.values()])
    known = {number: rows[case.pk] for number, case in known.items()}
    named = {name: rows[case.pk] for name, case in named.items()}
    cases: dict[Key, Case] = {}
    unknown: dict[Key, str] = {}
    new: list[Case] = []
    for key, message in messages.items():
        name = (message.channel, message.case_external_id)
        if message.case_id:
            if message.case_id not in known:
                unknown[key] = f"case: there is no case {message.case_id}"
                continue
            cases[key] = known[message.case_id]
            continue
        if message.case_external_id and name in named:
            cases[key] = named[name]
            continue
        case = Case(
            customer=customers[message.customer.email],
            channel=message.channel,
            external_id=message.case_external_id,
            subject=message.subject,
            attributes=dict(message.case_attributes),
            created_at=message.sent_at,
            last_activity_at=message.sent_at,
        )
        new.append(case)
        cases[key] = case
        if message.case_external_id:
            named[name] = case
    old = {case.pk: case for case in cases.values() if case.pk}
    before = {pk: case.status for pk, case in old.items()}
    _settle(messages, cases)
    if closed:
        for case in new:
            case.status, case.awaiting_since = Status.CLOSED, None
    Case.objects.bulk_update(old.values(), SETTLED, batch_size=500)
    copying.insert(new)
    history.note_statuses(
        StatusChange(
            case=case,
            before=before.get(case.pk, ""),
            after=case.status,
            at=(reopened_at or case.last_activity_at) if case.pk in before else min(case.created_at, now),
        )
        for case in [*old.values(), *([] if closed else new)]
    )
    return cases, unknown


def _settle(messages: Mapping[Key, IncomingMessage], cases: Mapping[Key, Case]) -> None:
    """Let each case await a reply to what came in, on the row in memory: a new one is then stored once."""
    for key, message in sorted(messages.items(), key=lambda item: item[1].sent_at):
        if case := cases.get(key):
            case.last_activity_at = max(case.last_activity_at, message.sent_at)
            case.awaiting_since = case.awaiting_since or message.sent_at
            case.status, case.snoozed_until = Status.OPEN, None


def _named_cases(messages: Iterable[IncomingMessage]) -> dict[Key, Case]:
    names = sorted(
        {(m.channel, m.case_external_id) for m in messages if m.case_external_id and not m.case_id}
    )
    _lock({(f"case\n{channel}", external_id) for channel, external_id in names})
    by_channel: dict[str, list[str]] = {}
    for channel, external_id in names:
        by_channel.setdefault(channel, []).append(external_id)
    return {
        (case.channel, case.external_id): case
        for channel, ids in by_channel.items()
        for case in Case.objects.select_for_update()
        .filter(channel=channel, external_id__in=ids)
        .order_by("pk")
    }


def _going_on(cases: Iterable[Case]) -> dict[int, Case]:
    """Return by the number of each case the one row in which it goes on: of a merged one that is another."""
    rows = {case.pk: case for case in cases}
    merged = {pk: case.merged_into_id for pk, case in rows.items() if case.merged_into_id}
    rows |= Case.objects.select_for_update().in_bulk(set(merged.values()) - set(rows))
    return rows | {pk: rows[kept] for pk, kept in merged.items()}


def _customers_of(messages: Iterable[IncomingMessage], *, now: datetime) -> dict[str, Customer]:
    wanted = {message.customer.email: message.customer for message in messages}
    _lock({("customer", email) for email in wanted})
    found = {customer.email.lower(): customer for customer in Customer.objects.filter(email__in=wanted)}
    new = [
        Customer(email=email, name=customer.name, attributes=dict(customer.attributes), created_at=now)
        for email, customer in wanted.items()
        if email not in found
    ]
    return found | {customer.email: customer for customer in Customer.objects.bulk_create(new)}


def _insert(
    messages: Mapping[Key, IncomingMessage], cases: Mapping[Key, Case], *, now: datetime
) -> dict[Key, Message]:
    rows = [
        Message(
            case=cases[key],
            channel=message.channel,
            external_id=message.external_id,
            body=message.body,
            html=message.html,
            sent_at=message.sent_at,
            received_at=now,
        )
        for key, message in messages.items()
    ]
    copying.insert(rows)
    return {(row.channel, row.external_id): row for row in rows}
