"""The copilot's work in the background: each task loads by id and makes one call; a candidate may follow."""

from typing import Any

from celery import shared_task
from celery.signals import worker_ready
from django.utils import timezone

from copilot import embedding, evaluating, meaning, rematching, replaying, shadowing, signing, suggesting
from copilot.monitor import alerting, rolling

ROLLING = 20.0  # seconds, then the queue's other work has its turn


@shared_task(name="copilot.tasks.suggest")
def suggest(*, suggestion_ids: list[int]) -> None:
    suggesting.suggest(suggestion_ids=suggestion_ids, now=timezone.now())
    shadowing.expect(suggestion_ids=suggestion_ids)


@shared_task(name="copilot.tasks.sweep")
def sweep() -> None:
    suggesting.sweep(now=timezone.now())
    meaning.sweep(now=timezone.now())
    rematching.sweep(now=timezone.now())


@shared_task(name="copilot.tasks.settle_matches")
def settle_matches() -> None:
    meaning.settle()


@shared_task(name="copilot.tasks.rematch")
def rematch(*, version_id: int) -> None:
    rematching.rematch(version_id)


@shared_task(name="copilot.tasks.renew_matching")
def renew_matching() -> None:
    rematching.renew(now=timezone.now())


@shared_task(name="copilot.tasks.learn_signatures")
def learn_signatures() -> None:
    signing.learn_signatures(now=timezone.now())


@shared_task(name="copilot.tasks.replay_history")
def replay_history() -> None:
    replaying.replay_history(now=timezone.now())


@shared_task(name="copilot.tasks.shadow")
def shadow(*, release_id: int, suggestion_ids: list[int]) -> None:
    shadowing.shadow(release_id=release_id, suggestion_ids=suggestion_ids, now=timezone.now())


@shared_task(name="copilot.tasks.embed")
def embed() -> None:
    embedding.embed(now=timezone.now())


@shared_task(name="copilot.tasks.evaluate")
def evaluate(*, order_id: int) -> None:
    evaluating.fulfil(order_id, now=timezone.now())


@shared_task(name="copilot.tasks.roll_up")
def roll_up() -> None:
    rolling.roll_on(now=timezone.now(), seconds=ROLLING)


@shared_task(name="copilot.tasks.look_for_alerts")
def look_for_alerts() -> None:
    alerting.look(now=timezone.now())


@worker_ready.connect
def start_ready(sender: Any, **_: object) -> None:
    """A worker that comes back loads the release and looks at once for what its predecessor left."""
    if "suggest" in sender.app.amqp.queues.consume_from:
        suggesting.warm_up(now=timezone.now())
        sweep.delay()
