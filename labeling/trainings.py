"""Trainings from order to end: one of a stage at a time, cancelled between steps, and never left half done.

A run's row says that its stage is taken (a database constraint). While a process works on it, it also holds an advisory
lock of the database, which PostgreSQL lets go when the process dies, however it dies: a run whose lock is free is
nobody's, and `sweep` marks it as failed.
"""

import logging
from contextlib import suppress
from datetime import datetime, timedelta
from functools import lru_cache

from django.db import IntegrityError, transaction
from django.db.models import F
from django.db.models.functions import Greatest
from django.utils import timezone

from copilot import evaluating, releases
from copilot.datasets import DatasetError, Split
from copilot.models import Release, Topic
from copilot.releases import ReleaseError
from helpdesk.models import User
from labeling.holding import held, is_free
from labeling.models import TrainingRun
from labeling.training.steps import Step, Tell, nobody

logger = logging.getLogger(__name__)

State = TrainingRun.State
LOCKS = 20_251  # of trainings, by their numbers
DIED = "its process ended before it was done: start it again"
LOST_AFTER = timedelta(minutes=2)  # a run that waits so long, while nothing else runs, was lost by the broker


class TrainingRefusedError(Exception):
    """A training can't be ordered or done; the message says why and what to do."""


class CancelledError(Exception):
    """Somebody asked to cancel the run."""


def order(
    *,
    stage: str,
    dataset: str,
    seed: int,
    target_risk: float,
    by: User | None,
    now: datetime,
    adds: str = "",
) -> TrainingRun:
    """Store a training that is to be done; `adds` is a topic to add to the live release, and all there is to do.

    Raises:
        TrainingRefusedError: another one of this stage waits or runs, the target risk is no share, or a topic is to be
            added to another stage.
    """
    if adds and stage != TrainingRun.Stage.TOPIC:
        raise TrainingRefusedError(f"a topic can't be added to {stage}: train topic to add {adds}")
    if not 0 < target_risk < 1:
        raise TrainingRefusedError(f"target risk is {target_risk}: a share between 0 and 1 is needed")
    sweep(now=now)
    try:
        with transaction.atomic():
            return TrainingRun.objects.create(
                stage=stage,
                adds=adds,
                dataset=dataset,
                seed=seed,
                target_risk=target_risk,
                ordered_by=by,
                ordered_at=now,
            )
    except IntegrityError:
        other = TrainingRun.objects.active().filter(stage=stage).first()
        raise TrainingRefusedError(
            f"a training of {stage} is under way ({other or 'just ended'}): wait for it, or cancel it"
        ) from None


def topics_to_add() -> dict[str, list[str]]:
    """Return by dataset the topics that it teaches, the catalog has and the live release lacks; none without one."""
    live = releases.live()
    if live is None:
        return {}
    listed = Topic.objects.filter(retired_at=None).values_list("slug", flat=True)
    lacking, found = set(listed).difference(live.card.get("topics", ())), {}
    for name in evaluating.names():
        with suppress(DatasetError):  # who trains on it is told what is wrong with it
            found[name] = sorted(lacking & _topics_of(name, evaluating.fingerprint_of(name)))
    return {name: slugs for name, slugs in found.items() if slugs}


@lru_cache(maxsize=128)
def _topics_of(name: str, sha256: str) -> frozenset[str]:
    """The topics of a dataset's training examples, read once as long as its fingerprint stays."""
    examples = evaluating.read_dataset(name).only(Split.TRAIN).examples
    return frozenset(example.topic for example in examples if example.topic)


def run(run_id: int, *, tell: Tell = nobody) -> TrainingRun:
    """Do a training that waits, and store what came of it; does nothing if another process has it.

    `tell` hears every step too. An unforeseen error is stored and raised again.
    """
    from labeling.training.releasing import Order, TrainingError, train_release  # scikit-learn

    with held(LOCKS, run_id) as is_ours:
        if not is_ours or not _begin(run_id):
            return TrainingRun.objects.get(pk=run_id)
        row = TrainingRun.objects.get(pk=run_id)
        asked = Order(
            stage=row.stage,
            dataset=row.dataset,
            seed=row.seed,
            target_risk=row.target_risk,
            adds=row.adds,
        )
        try:
            release = train_release(asked, now=timezone.now(), tell=_noting(run_id, tell))
        except CancelledError:
            _end(run_id, State.CANCELLED)
        except (DatasetError, ReleaseError, TrainingError) as error:
            _end(run_id, State.FAILED, problem=str(error))
        except BaseException as error:
            _end(run_id, State.FAILED, problem=f"{type(error).__name__}: {error}"[:2000])
            raise
        else:
            _end(run_id, State.FINISHED, release=release)
    return TrainingRun.objects.select_related("release").get(pk=run_id)


def cancel(run_id: int, *, now: datetime) -> bool:
    """Ask a run to end at its next sign of life, or end it at once if it only waits; False if it has ended."""
    waiting = TrainingRun.objects.filter(pk=run_id, state=State.WAITING)
    if waiting.update(state=State.CANCELLED, is_cancel_asked=True, ended_at=now):
        return True
    return bool(TrainingRun.objects.filter(pk=run_id, state=State.RUNNING).update(is_cancel_asked=True))


def sweep(*, now: datetime) -> int:
    """Mark as failed the runs whose process is gone, queue again those that nobody took, and return how many."""
    from labeling import tasks

    died = [row.pk for row in TrainingRun.objects.filter(state=State.RUNNING) if is_free(LOCKS, row.pk)]
    n = TrainingRun.objects.filter(pk__in=died, state=State.RUNNING).update(
        state=State.FAILED, problem=DIED, ended_at=now
    )
    if TrainingRun.objects.filter(state=State.RUNNING).exists():
        return n
    lost = TrainingRun.objects.filter(state=State.WAITING, ordered_at__lte=now - LOST_AFTER)
    for row in lost:
        tasks.train.delay(run_id=row.pk)
    return n + len(lost)


def _begin(run_id: int) -> bool:
    waiting = TrainingRun.objects.filter(pk=run_id, state=State.WAITING)
    return bool(waiting.update(state=State.RUNNING, started_at=timezone.now()))


def _end(run_id: int, state: State, *, release: Release | None = None, problem: str = "") -> None:
    TrainingRun.objects.filter(pk=run_id, state=State.RUNNING).update(
        state=state, release=release, problem=problem, ended_at=timezone.now()
    )


def _noting(run_id: int, tell: Tell) -> Tell:
    """Write each sign of life to the run's row, and end the training if somebody asked for that."""

    def note(step: Step, share: float) -> None:
        whole = (step.place + share) / len(Step)
        running = TrainingRun.objects.filter(pk=run_id, state=State.RUNNING, is_cancel_asked=False)
        if not running.update(step=step, share=Greatest(F("share"), whole)):
            raise CancelledError
        tell(step, share)

    return note
