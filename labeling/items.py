"""Items as the columns that functions read."""

from django.db.models import QuerySet

from labeling.functions.rows import Rows
from labeling.models import SHARD, Item

COLUMNS = ("message_id", "text", "subject", "language", "channel")
ATTRIBUTES = ("message__case__attributes", "message__case__customer__attributes")


def items_of(shard: int) -> QuerySet[Item]:
    """Return the items of one shard of messages."""
    return Item.objects.filter(message_id__gte=shard * SHARD, message_id__lt=(shard + 1) * SHARD)


def rows_of(items: QuerySet[Item]) -> Rows:
    """Read items in the order of their messages, each with what is known of its case and customer."""
    found = items.order_by("message_id").values_list(*COLUMNS, *ATTRIBUTES)
    columns = list(zip(*found, strict=True)) or [() for _ in (*COLUMNS, *ATTRIBUTES)]
    return Rows(*columns)
