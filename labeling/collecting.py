"""Messages become items: the question that the pipeline would read, cleaned once and kept."""

import hashlib
from bisect import bisect_left
from collections import defaultdict
from collections.abc import Iterator, Sequence
from datetime import datetime

from django.conf import settings

from copilot.datasets import key_of
from copilot.pipeline.questions import question_from
from helpdesk.models import Message, Reply
from labeling.models import Item

BATCH = 500
LONGEST = 20_000  # characters; no rule and no person reads more
LIMIT = 5_000  # messages that one run of the task takes


def collect(*, now: datetime, limit: int = LIMIT) -> int:
    """Make the items of messages sent until now that have none, and return how many were made."""
    n, after = 0, 0
    while n < limit:
        messages = list(
            Message.objects.filter(item=None, pk__gt=after, sent_at__lte=now)
            .select_related("case")
            .order_by("pk")[: min(BATCH, limit - n)]
        )
        if not messages:
            break
        Item.objects.bulk_create(_items(messages), ignore_conflicts=True)
        n, after = n + len(messages), messages[-1].pk
    return n


def draw_of(message_id: int) -> float:
    """Return a message's own number in [0, 1), which says nothing of it.

    >>> 0 <= draw_of(1) < 1, draw_of(1) == draw_of(1), draw_of(1) == draw_of(2)
    (True, True, False)
    """
    digest = hashlib.sha256(f"draw {message_id}".encode()).digest()
    return int.from_bytes(digest[:6]) / 2**48


def _items(messages: Sequence[Message]) -> Iterator[Item]:
    turns = _turns(messages)
    for message in messages:
        turn, is_first = turns[message.pk]
        question = question_from(
            [each.body for each in turn],
            subject=message.case.subject if is_first else "",
            languages=settings.COPILOT_LANGUAGES,
            case_language=message.case.language or None,
        )
        yield Item(
            message=message,
            text=question.text[:LONGEST],
            subject=question.subject,
            language=question.language or "",
            channel=message.channel,
            sent_at=message.sent_at,
            key=key_of(question.text),
            draw=draw_of(message.pk),
        )


def _turns(messages: Sequence[Message]) -> dict[int, tuple[list[Message], bool]]:
    """Return the turn that each message ends, and whether it is its case's first: `question_of_turn` in bulk."""
    cases = {message.case_id for message in messages}
    said: dict[int, list[Message]] = defaultdict(list)
    for row in Message.objects.filter(case__in=cases).order_by("sent_at", "pk"):
        said[row.case_id].append(row)
    replied: dict[int, list[datetime]] = defaultdict(list)
    for case_id, at in (
        Reply.objects.filter(case__in=cases).order_by("sent_at").values_list("case", "sent_at")
    ):
        replied[case_id].append(at)
    return {
        message.pk: _turn(message, said[message.case_id], replied[message.case_id]) for message in messages
    }


def _turn(
    message: Message, said: Sequence[Message], replied: Sequence[datetime]
) -> tuple[list[Message], bool]:
    n_before = bisect_left(replied, message.sent_at)
    since = replied[n_before - 1] if n_before else None
    turn = [row for row in said if row.sent_at <= message.sent_at and (since is None or row.sent_at > since)]
    return turn, bisect_left(replied, turn[0].sent_at) == 0
