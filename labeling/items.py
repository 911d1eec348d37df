"""Items as the columns that functions read."""

from django.db.models import QuerySet

from labeling.functions.rows import Rows
from labeling.models import SHARD, Item

COLUMNS = ("message_id", "text", "subject", "language", "channel")
ATTRIBUTES = ("message__case__attributes", "message__case__customer__attributes")


def items_of(shard: int) -> QuerySet[Item]:
    """Return the items of one shard of messages."""
    return Item.objects.filter(message_id__gte=shard * SHARD, message_id__lt=(shard + 1) * SHARD)


def rows_of(items: QuerySet[Item], *, with_attributes: bool = True) -> Rows:
    """Read items in the order of their messages; what is known of case and customer makes that twice as slow."""
    names = (*COLUMNS, *ATTRIBUTES) if with_attributes else COLUMNS
    columns = list(zip(*items.order_by("message_id").values_list(*names), strict=True))
    return Rows(*(columns or [() for _ in names]))
