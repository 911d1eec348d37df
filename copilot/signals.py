"""The two pieces of news that travel up from the catalog."""

from django.dispatch import Signal

# Sent inside the transaction that stored it, once its topics and answers are known. change: CatalogChange.
catalog_changed = Signal()
# Sent inside the transaction that undid it. change: CatalogChange.
catalog_change_undone = Signal()
