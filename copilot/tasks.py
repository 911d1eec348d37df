"""The copilot's work in the background: each task loads by id and makes one call."""

from celery import shared_task
from celery.signals import worker_ready
from django.utils import timezone

from copilot import suggesting


@shared_task(name="copilot.tasks.suggest")
def suggest(*, suggestion_ids: list[int]) -> None:
    suggesting.suggest(suggestion_ids=suggestion_ids, now=timezone.now())


@shared_task(name="copilot.tasks.sweep")
def sweep() -> None:
    suggesting.sweep(now=timezone.now())


@worker_ready.connect
def sweep_at_start(sender: object, **_: object) -> None:
    """A worker that comes back looks at once for what its predecessor left."""
    sweep.delay()
