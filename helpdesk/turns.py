"""A turn: the customer's messages since the last reply."""

from bisect import bisect_left
from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from helpdesk.models import Message, Reply

Entry = tuple[datetime, int]  # when a message was sent, and its number


@dataclass(frozen=True)
class Turn:
    """A turn up to one of its messages, oldest first; it `is_first` if no reply was sent before it."""

    messages: Sequence[Message]
    is_first: bool


def messages_of(message: Message) -> list[Message]:
    """Return the turn that a message stands in, up to that message, oldest first."""
    return list(turns_of([message])[message.pk].messages)


def turns_of(messages: Sequence[Message]) -> dict[int, Turn]:
    """Return by message the turn that it stands in; three queries, however many they are."""
    cases = {message.case_id for message in messages}
    said: defaultdict[int, list[Entry]] = defaultdict(list)
    times = Message.objects.filter(case__in=cases).order_by("sent_at", "pk")
    for case, at, number in times.values_list("case", "sent_at", "pk"):
        said[case].append((at, number))
    replied: defaultdict[int, list[datetime]] = defaultdict(list)
    times_of_replies = Reply.objects.filter(case__in=cases).order_by("sent_at")
    for case, at in times_of_replies.values_list("case", "sent_at"):
        replied[case].append(at)
    entries = {
        message.pk: _entries(message, said[message.case_id], replied[message.case_id]) for message in messages
    }
    rows = Message.objects.in_bulk({number for turn in entries.values() for _, number in turn})
    return {
        message.pk: Turn(
            [rows[number] for _, number in entries[message.pk]],
            is_first=not replied[message.case_id] or entries[message.pk][0][0] <= replied[message.case_id][0],
        )
        for message in messages
    }


def _entries(message: Message, said: Sequence[Entry], replied: Sequence[datetime]) -> list[Entry]:
    n_before = bisect_left(replied, message.sent_at)
    return [
        entry
        for entry in said
        if entry[0] <= message.sent_at and (not n_before or entry[0] > replied[n_before - 1])
    ]
