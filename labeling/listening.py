"""What labeling does when it hears of the catalog."""

from django.dispatch import receiver

from copilot.models import CatalogChange
from copilot.signals import catalog_change_undone, catalog_changed
from labeling import staleness


@receiver(catalog_changed)
def mark_stale(change: CatalogChange, **_: object) -> None:
    staleness.mark(change)


@receiver(catalog_change_undone)
def believe_again(change: CatalogChange, **_: object) -> None:
    staleness.unmark(change)
