"""Messages become items: the question that the pipeline would read, cleaned once and kept."""

import hashlib
from collections.abc import Iterator, Sequence
from datetime import datetime

from copilot.datasets import key_of
from copilot.simulated import PREFIX
from copilot.suggesting import questions_of_turns
from helpdesk.models import Message
from labeling.models import Item

BATCH = 500
LONGEST = 20_000  # characters; no rule and no person reads more
LIMIT = 5_000  # messages that one run of the task takes


def collect(*, now: datetime, limit: int = LIMIT) -> int:
    """Make the items of messages sent until now that have none, and return how many were made.

    Simulated messages become none: whoever labels them labels nothing that anybody asked.
    """
    n, after = 0, 0
    while n < limit:
        messages = list(
            Message.objects.filter(item=None, pk__gt=after, sent_at__lte=now)
            .exclude(external_id__startswith=PREFIX)
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
    questions = questions_of_turns([(message, message.case) for message in messages])
    for message, question in zip(messages, questions, strict=True):
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
