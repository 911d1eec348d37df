"""Weak labels from order to end: one run of a task at a time, done by a worker, and never left half done.

1. The votes of the task's active functions are read, and counted.
2. Every method is judged on gold, beside a model that knows gold alone.
3. The method that was asked for, or that gold surely prefers, labels all messages that have a vote.
4. Figures and labels are stored, and the labels of the run before are dropped.
"""

import hashlib
import json
import logging
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from functools import partial

import numpy as np
from django.db import IntegrityError, transaction
from django.utils import timezone
from numpy.typing import NDArray

from copilot import releases
from helpdesk.models import User
from labeling.applying import TaskVotes, votes_for
from labeling.jobs import CancelledError, Jobs
from labeling.label_models.choosing import Candidate, choose, judge
from labeling.label_models.labeler import WeakLabeler, decide
from labeling.label_models.methods import Method
from labeling.models import Annotation, Item, Task, WeakLabelRun
from labeling.weak_storing import Found, store

logger = logging.getLogger(__name__)

State = WeakLabelRun.State
JOBS = Jobs(WeakLabelRun, locks=20_254, task="labeling.tasks.label_weakly")
GOLD_ONLY = "gold_only"
READ, JUDGED, LABELLED = 0.2, 0.6, 0.8  # of the whole

Note = Callable[[str, float], object]


class WeakLabelsRefusedError(Exception):
    """Weak labels can't be ordered or made; the message says why and what to do."""


@dataclass(frozen=True, eq=False)
class _Gold:
    """The class int[n] of each message, -1 without gold, and the messages with gold and their labels, in that order."""

    classes: NDArray[np.int64]
    message_ids: list[int]
    labels: list[str]


def order(*, task: str, method: str, seed: int, by: User | None, now: datetime) -> WeakLabelRun:
    """Store a run that is to be done; without a method gold chooses one.

    Raises:
        WeakLabelsRefusedError: task or method is none, or another run of this task waits or runs.
    """
    if task not in Task.values:
        raise WeakLabelsRefusedError(f"task is {task!r}: choose one of {', '.join(Task.values)}")
    if method and method not in set(Method):
        raise WeakLabelsRefusedError(f"method is {method!r}: choose one of {', '.join(Method)}, or none")
    JOBS.sweep(now=now)
    try:
        with transaction.atomic():
            return WeakLabelRun.objects.create(
                task=task, asked=method, seed=seed, ordered_by=by, ordered_at=now
            )
    except IntegrityError:
        raise WeakLabelsRefusedError(f"weak labels of {task} are being made already: wait for them") from None


def run(run_id: int) -> WeakLabelRun:
    """Do a run that waits; does nothing if another process has it. An unforeseen error is stored and raised again."""
    with JOBS.taken(run_id) as is_ours:
        if is_ours:
            row = WeakLabelRun.objects.get(pk=run_id)
            try:
                store(row, _find(row, note=partial(JOBS.note, run_id)), now=timezone.now())
            except CancelledError:
                JOBS.end(run_id, State.CANCELLED)
            except WeakLabelsRefusedError as error:
                JOBS.end(run_id, State.FAILED, problem=str(error))
            except BaseException as error:
                JOBS.fail(run_id, error)
                raise
    return WeakLabelRun.objects.get(pk=run_id)


def _find(row: WeakLabelRun, *, note: Note) -> Found:
    """All that a run finds out, before anything is stored."""
    note("Reading votes", 0.0)
    said = votes_for(row.task)
    if not said.versions:
        raise WeakLabelsRefusedError(
            f"no function of {row.task} is active: activate some that gold speaks for"
        )
    gold = _gold(row.task, said)
    note("Judging methods on gold", READ)
    beside, problem = _gold_only(gold, said.labels, seed=row.seed)
    candidates = judge(said.votes, gold.classes, seed=row.seed, beside=beside)
    candidates += [Candidate(GOLD_ONLY, n_gold=len(gold.labels), problem=problem)] if problem else []
    method = Method(row.asked) if row.asked else choose(candidates)
    note("Labeling messages", JUDGED)
    try:
        labeler = WeakLabeler(method=method, seed=row.seed).fit(said.votes, gold.classes)
    except ValueError as error:
        raise WeakLabelsRefusedError(str(error)) from error
    probabilities = labeler.predict_proba(said.votes)
    note("Storing labels", LABELLED)
    return Found(
        said=said,
        gold=gold.classes,
        candidates=candidates,
        method=method,
        probabilities=probabilities,
        labelled=decide(probabilities),
        sha256=_fingerprint(row, said, gold, method),
    )


def _gold(task: str, said: TaskVotes) -> _Gold:
    """The gold of messages that are items, for labels that are in use: it judges, so not all of it."""
    place = {label: number for number, label in enumerate(said.labels)}
    classes = np.full(len(said.message_ids), -1, np.int64)
    kept: dict[int, str] = {}
    believed = Annotation.objects.judging(task).order_by("pk")  # the latest word counts
    for message_id, label in sorted(dict(believed.values_list("message_id", "label")).items()):
        at = int(np.searchsorted(said.message_ids, message_id))
        if at < len(classes) and said.message_ids[at] == message_id and label in place:
            classes[at] = place[label]
            kept[message_id] = label
    return _Gold(classes, list(kept), list(kept.values()))


def _gold_only(
    gold: _Gold, labels: tuple[str, ...], *, seed: int
) -> tuple[dict[str, NDArray[np.int64]], str]:
    """What a model of gold alone says of each message with gold, or why that can't be told."""
    from labeling.training.gold_only import said_by_gold_only  # scikit-learn

    release = releases.live()
    if release is None:
        return {}, "no release is live, so no encoder reads the messages: promote one"
    texts = dict(Item.objects.filter(pk__in=gold.message_ids).values_list("pk", "text"))
    try:
        vectors = releases.pipeline_of(release).encoder.encode([texts[each] for each in gold.message_ids])
        said = said_by_gold_only(vectors, gold.labels, seed=seed)
    except (releases.ReleaseError, ValueError) as error:
        return {}, str(error)
    return {GOLD_ONLY: np.array([labels.index(label) for label in said], np.int64)}, ""


def _fingerprint(row: WeakLabelRun, said: TaskVotes, gold: _Gold, method: Method) -> str:
    """Name all that went in: equal names, equal labels."""
    whole = [
        row.task,
        row.seed,
        method.value,
        [version.sha256 for version in said.versions],
        said.labels,
        list(zip(gold.message_ids, gold.labels, strict=True)),
    ]
    made = hashlib.sha256(json.dumps(whole, ensure_ascii=False).encode())
    for column in (said.message_ids, said.votes.rows, said.votes.functions, said.votes.classes):
        made.update(column.tobytes())
    return made.hexdigest()
