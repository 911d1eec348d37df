"""Plain makers of what is labeled, and of who waits for it."""

from datetime import datetime
from itertools import count
from typing import Any

from django.utils import timezone

from helpdesk.models import Message, User
from labeling.models import Annotation, Item, QueueEntry
from tests.making import make_message

_numbers = count(1)


def make_item(body: str = "Where is my money?", *, draw: float = 0.5, **fields: Any) -> Item:
    """A message and its item; each says something else unless a key is given."""
    message = make_message(body)
    defaults = {
        "text": body,
        "language": "en",
        "channel": message.channel,
        "sent_at": message.sent_at,
        "key": f"k{next(_numbers)}",
        "draw": draw,
    }
    return Item.objects.create(message=message, **defaults | fields)


def make_entry(body: str = "Where is my money?", *, task: str = "topic", **fields: Any) -> QueueEntry:
    """An item that waits in a queue, behind those made before it."""
    number = next(_numbers)
    defaults = {"rule": "uncertain", "place": float(number), "queued_at": timezone.now(), "mode": "blind"}
    message = fields.pop("message", None) or make_item(body).message
    return QueueEntry.objects.create(message=message, task=task, **defaults | fields)


def make_annotation(
    message: Message,
    author: User,
    label: str,
    *,
    task: str = "topic",
    at: datetime | None = None,
    **fields: Any,
) -> Annotation:
    """A label that is simply there: nothing follows from it."""
    return Annotation.objects.create(
        message=message, author=author, task=task, label=label, made_at=at or timezone.now(), **fields
    )
