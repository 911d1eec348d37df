"""Plain makers for what tests need of labeling: items, functions, gold."""

from datetime import datetime, timedelta
from itertools import count
from typing import Any

from django.utils import timezone

from helpdesk.intake import IncomingCustomer
from helpdesk.models import Message, User
from labeling import writing
from labeling.collecting import draw_of
from labeling.models import Annotation, FunctionVersion, Item, LabelingFunction
from tests.making import make_message

_numbers = count(1)


def make_item(text: str = "Where is my money?", *, message: Message | None = None, **fields: Any) -> Item:
    message = message or make_message(text, customer=_customer())
    defaults = {
        "language": "en",
        "channel": "email",
        "sent_at": message.sent_at,
        "key": "",
        "draw": draw_of(message.pk),
    }
    return Item.objects.create(message=message, text=text, **{**defaults, **fields})


def make_function(slug: str = "", *, state: str = "trial", **fields: Any) -> FunctionVersion:
    """A function with one version; of topic `payout-timing`, for the word payout, unless said otherwise."""
    defaults = {
        "slug": slug or f"function-{next(_numbers)}", "task": "topic", "kind": "keyword", "label": "payout-timing",
        "spec": {"any": ["payout"]}, "by": None, "now": timezone.now(),
    }  # fmt: skip
    version = writing.create(**{**defaults, **fields})
    LabelingFunction.objects.filter(pk=version.function_id).update(state=state)
    version.function.refresh_from_db()
    return version


def make_gold(item: Item, label: str, *, author: User, task: str = "topic", **fields: Any) -> Annotation:
    return Annotation.objects.create(
        message=item.message,
        author=author,
        task=task,
        label=label,
        is_gold=True,
        made_at=timezone.now(),
        **fields,
    )


def _customer() -> IncomingCustomer:
    return IncomingCustomer(email=f"c{next(_numbers)}@moss.example", name="Priya Raman")


def make_label(
    label: str,
    *,
    author: User,
    task: str = "topic",
    message: Message | None = None,
    days_ago: float = 30,
    **fields: Any,
) -> Annotation:
    """A gold label, made some days ago, of a message of its own unless one is given."""
    made_at: datetime = timezone.now() - timedelta(days=days_ago)
    return Annotation.objects.create(
        **{
            "message": message or make_message(), "task": task, "label": label, "author": author, "is_gold": True,
            "made_at": made_at,
        } | fields
    )  # fmt: skip
