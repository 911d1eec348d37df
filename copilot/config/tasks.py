"""What the demo leaves to its workers."""

from datetime import datetime

from celery import shared_task
from django.utils import timezone

from copilot.config.demo import functions
from copilot.config.simulation import running


@shared_task(name="copilot.config.tasks.try_functions")
def try_functions() -> None:
    functions.try_functions(now=timezone.now())


@shared_task(name="copilot.config.tasks.simulate")
def simulate(*, simulation_id: int, queued_at: str) -> None:
    if running.go_on(simulation_id, queued_at=datetime.fromisoformat(queued_at)):
        running.queue(simulation_id, now=timezone.now())


@shared_task(name="copilot.config.tasks.sweep_simulations")
def sweep_simulations() -> None:
    running.sweep(now=timezone.now())
