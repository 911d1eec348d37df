"""Labeling's work in the background: each task loads by id and makes one call."""

from celery import shared_task
from django.utils import timezone

from labeling import frozen, importing, trainings


@shared_task(name="labeling.tasks.train")
def train(*, run_id: int) -> None:
    trainings.run(run_id)


@shared_task(name="labeling.tasks.sweep_trainings")
def sweep_trainings() -> None:
    trainings.sweep(now=timezone.now())


@shared_task(name="labeling.tasks.freeze")
def freeze(*, freeze_id: int) -> None:
    frozen.run(freeze_id)


@shared_task(name="labeling.tasks.sweep_freezes")
def sweep_freezes() -> None:
    frozen.sweep(now=timezone.now())


@shared_task(name="labeling.tasks.import_texts")
def import_texts(*, import_id: int) -> None:
    importing.run(import_id)


@shared_task(name="labeling.tasks.sweep_imports")
def sweep_imports() -> None:
    importing.sweep(now=timezone.now())
