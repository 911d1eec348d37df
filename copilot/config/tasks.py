"""What the demo leaves to its workers."""

from celery import shared_task
from django.utils import timezone

from copilot.config.demo import functions


@shared_task(name="copilot.config.tasks.try_functions")
def try_functions() -> None:
    functions.try_functions(now=timezone.now())
