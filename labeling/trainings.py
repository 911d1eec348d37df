"""Trainings from order to end: one of a stage at a time, cancelled between steps, and never left half done.

A run's row says that its stage is taken (a database constraint).
"""

import logging
from contextlib import suppress
from datetime import datetime
from functools import lru_cache

from django.db import IntegrityError, transaction
from django.utils import timezone

from copilot import evaluating, releases
from copilot.datasets import DatasetError, Split
from copilot.models import Topic
from copilot.releases import ReleaseError
from helpdesk.models import User
from labeling.jobs import CancelledError, Jobs
from labeling.models import TrainingRun
from labeling.models.job import ACTIVE
from labeling.training.steps import Step, Tell, nobody

logger = logging.getLogger(__name__)

State = TrainingRun.State
JOBS = Jobs(TrainingRun, locks=20_251, task="labeling.tasks.train")


class TrainingRefusedError(Exception):
    """A training can't be ordered or done; the message says why and what to do."""


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
    JOBS.sweep(now=now)
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
        other = TrainingRun.objects.filter(stage=stage, state__in=ACTIVE).first()
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

    with JOBS.taken(run_id) as is_ours:
        if not is_ours:
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
            JOBS.end(run_id, State.CANCELLED)
        except (DatasetError, ReleaseError, TrainingError) as error:
            JOBS.end(run_id, State.FAILED, problem=str(error))
        except BaseException as error:
            JOBS.fail(run_id, error)
            raise
        else:
            JOBS.end(run_id, State.FINISHED, release=release)
    return TrainingRun.objects.select_related("release").get(pk=run_id)


def _noting(run_id: int, tell: Tell) -> Tell:
    """Write each sign of life to the run's row, and end the training if somebody asked for that."""

    def note(step: Step, share: float) -> None:
        JOBS.note(run_id, step, (step.place + share) / len(Step))
        tell(step, share)

    return note
