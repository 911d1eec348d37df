"""What a run of weak labels found becomes rows: its figures, and its labels shard by shard."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

import numpy as np
from django.db import transaction
from numpy.typing import NDArray

from labeling.analysis import analyse, confusion
from labeling.applying import TaskVotes
from labeling.label_models.choosing import Candidate
from labeling.label_models.methods import Method
from labeling.models import (
    SHARD,
    WeakLabelCandidate,
    WeakLabelClass,
    WeakLabelConfusion,
    WeakLabelFunction,
    WeakLabelRun,
    WeakLabelShard,
)

LEAST = 0.01  # a label less probable than this is not stored


@dataclass(frozen=True, eq=False)
class Found:
    """Of n messages: votes, gold int[n], what the candidates are worth, the chosen one's probabilities [n, k] and
    labels int[n], -1 for none; `sha256` names all that went in."""

    said: TaskVotes
    gold: NDArray[np.int64]
    candidates: Sequence[Candidate]
    method: Method
    probabilities: NDArray[np.float64]
    labelled: NDArray[np.int64]
    sha256: str


def store(run: WeakLabelRun, found: Found, *, now: datetime) -> None:
    """Store all of a run at once, and drop the labels, not the figures, of the task's earlier runs."""
    with transaction.atomic():
        _store_figures(run, found)
        _store_labels(run, found)
        WeakLabelShard.objects.filter(run__task=run.task).exclude(run=run).delete()
        WeakLabelRun.objects.filter(pk=run.pk, state=WeakLabelRun.State.RUNNING).update(
            state=WeakLabelRun.State.FINISHED, share=1.0, ended_at=now
        )


def _store_figures(run: WeakLabelRun, found: Found) -> None:
    votes, labels = found.said.votes, found.said.labels
    counts = analyse(votes, found.gold)
    run.versions.set(found.said.versions)
    WeakLabelRun.objects.filter(pk=run.pk).update(
        method=found.method,
        labels=list(labels),
        sha256=found.sha256,
        n_items=counts.n,
        n_covered=counts.covered,
        n_overlapped=counts.overlapped,
        n_conflicted=counts.conflicted,
        n_labelled=int((found.labelled >= 0).sum()),
        n_gold=counts.n_gold,
        n_gold_covered=counts.n_gold_covered,
    )
    WeakLabelCandidate.objects.bulk_create(_candidate(run, each) for each in found.candidates)
    WeakLabelFunction.objects.bulk_create(
        WeakLabelFunction(
            run=run, version=version, hits=one.hits, overlaps=one.overlaps, conflicts=one.conflicts,
            n_gold=one.n_gold, n_right=one.n_right,
        )
        for version, one in zip(found.said.versions, counts.functions, strict=True)
    )  # fmt: skip
    n_labelled = np.bincount(found.labelled[found.labelled >= 0], minlength=votes.k).tolist()
    WeakLabelClass.objects.bulk_create(
        WeakLabelClass(
            run=run, label=label, votes=one.votes, messages=one.messages, n_labelled=n, n_gold=one.n_gold,
            n_found=one.n_found, n_gold_votes=one.n_gold_votes, n_right=one.n_right,
        )
        for label, one, n in zip(labels, counts.classes, n_labelled, strict=True)
    )  # fmt: skip
    WeakLabelConfusion.objects.bulk_create(
        WeakLabelConfusion(run=run, gold=labels[true], said=labels[said] if said >= 0 else "", n=n)
        for true, said, n in confusion(found.gold, found.labelled)
    )


def _candidate(run: WeakLabelRun, each: Candidate) -> WeakLabelCandidate:
    difference = each.difference
    return WeakLabelCandidate(
        run=run,
        name=each.name,
        n_gold=each.n_gold,
        n_labelled=each.n_labelled,
        n_right=each.n_right,
        sureness=each.sureness,
        difference=difference.estimate if difference else None,
        low=difference.low if difference else None,
        high=difference.high if difference else None,
        problem=each.problem,
    )


def _store_labels(run: WeakLabelRun, found: Found) -> None:
    ids = found.said.message_ids
    for shard in np.unique(ids // SHARD).tolist():
        start, end = np.searchsorted(ids, [shard * SHARD, (shard + 1) * SHARD])
        probabilities = found.probabilities[start:end]
        rows, classes = np.nonzero(probabilities >= LEAST)
        likely = probabilities[rows, classes].astype(np.float32)
        order = np.lexsort((classes, -likely, rows))
        WeakLabelShard.objects.create(
            run=run,
            shard=shard,
            offsets=(ids[start:end][rows[order]] - shard * SHARD).astype(np.uint16).tobytes(),
            classes=classes[order].astype(np.uint16).tobytes(),
            probabilities=likely[order].tobytes(),
        )
