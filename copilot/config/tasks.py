"""What the demo leaves to its workers."""

from celery import shared_task
from django.utils import timezone

from copilot.config.demo import functions
from copilot.config.simulation import running


@shared_task(name="copilot.config.tasks.try_functions")
def try_functions() -> None:
    functions.try_functions(now=timezone.now())


@shared_task(name="copilot.config.tasks.simulate")
def simulate(*, simulation_id: int) -> None:
    if running.go_on(simulation_id):
        simulate.delay(simulation_id=simulation_id)


@shared_task(name="copilot.config.tasks.sweep_simulations")
def sweep_simulations() -> None:
    running.sweep(now=timezone.now())
