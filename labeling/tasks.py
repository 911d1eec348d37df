"""Labeling's work in the background: each task loads by id and makes one call."""

from celery import shared_task
from django.utils import timezone

from copilot import releases
from labeling import (
    applying,
    caring,
    collecting,
    drawing,
    frozen,
    importing,
    measuring,
    queueing,
    reshaping,
    trainings,
    weak_runs,
)
from labeling.models import TopicChange
from labeling.sorting import sorter_for

EXPECTED_EVERY = 60  # seconds: what is queued and not begun until then is queued anew


@shared_task(name="labeling.tasks.train")
def train(*, job_id: int) -> None:
    trainings.run(job_id)


@shared_task(name="labeling.tasks.freeze")
def freeze(*, job_id: int) -> None:
    frozen.run(job_id)


@shared_task(name="labeling.tasks.import_texts")
def import_texts(*, job_id: int) -> None:
    importing.run(job_id)


@shared_task(name="labeling.tasks.label_weakly")
def label_weakly(*, job_id: int) -> None:
    weak_runs.run(job_id)


@shared_task(name="labeling.tasks.sweep_jobs")
def sweep_jobs() -> None:
    for jobs in (trainings.JOBS, frozen.JOBS, importing.JOBS, weak_runs.JOBS):
        jobs.sweep(now=timezone.now())


@shared_task(name="labeling.tasks.fill_queues")
def fill_queues() -> None:
    now = timezone.now()
    queueing.fill_all(now=now, seed=int(now.timestamp()))


@shared_task(name="labeling.tasks.draw_turns")
def draw_turns() -> None:
    drawing.draw_due(now=timezone.now())


@shared_task(name="labeling.tasks.collect_items")
def collect_items() -> None:
    collecting.collect(now=timezone.now())


@shared_task(name="labeling.tasks.expect_votes")
def expect_votes() -> None:
    now = timezone.now()
    if not applying.expect(now=now):
        measuring.measure_changed(now=now)


@shared_task(name="labeling.tasks.care_for_functions")
def care_for_functions() -> None:
    caring.care(now=timezone.now())


@shared_task(name="labeling.tasks.apply_functions")
def apply_functions(*, shard: int, version_ids: list[int]) -> None:
    applying.apply_to(shard=shard, version_ids=version_ids, now=timezone.now())


@shared_task(name="labeling.tasks.propose_split")
def propose_split(*, change_id: int) -> None:
    """Propose where the labels of a topic go; without a live release only their answers tell."""
    change = TopicChange.objects.get(pk=change_id)
    if change.state != TopicChange.State.PROPOSING:
        return
    release, encode, problem = (
        releases.live(),
        None,
        "No release is live, so only answers told where labels go.",
    )
    if release is not None:
        try:
            encode, problem = releases.pipeline_of(release).encoder.encode, ""
        except releases.ReleaseError as error:
            problem = f"Only answers told where labels go: {error}"
    reshaping.propose(change, sorter=sorter_for(change, encode=encode), problem=problem)
