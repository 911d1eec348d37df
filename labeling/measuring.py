"""What functions are worth: coverage, precision against gold, and who says the same or otherwise.

A function is judged on the messages of its task's gold alone: one of TOPIC on questions, since what is no question has
no topic. Whether it fires on what is no question shows in its conflicts, not here.
"""

from dataclasses import dataclass
from datetime import datetime

import numpy as np
from django.db.models import Max
from numpy.typing import NDArray
from scipy.sparse import csr_array

from copilot.statistics.intervals import Interval, wilson
from labeling.applying import current_versions, votes_for
from labeling.gold_labels import accepted, gold_of
from labeling.models import Annotation, FunctionFigures, LabelingFunction, Task, VoteShard
from labeling.votes import Votes

BROAD = 0.3  # of all messages for one label: such a rule tells hardly anything
REDUNDANT = 0.8  # of its hits on which another one says the same: one opinion, counted twice


@dataclass(frozen=True, eq=False)
class Counts:
    """How often each of m functions voted and met others [m]; `together` and `agreed` are with each of them [m, m]."""

    hits: NDArray[np.int64]
    broadest: NDArray[np.int64]
    overlaps: NDArray[np.int64]
    conflicts: NDArray[np.int64]
    together: NDArray[np.int64]
    agreed: NDArray[np.int64]


def count(votes: Votes) -> Counts:
    """Count what functions have in common.

    >>> votes = Votes.from_matrix(np.array([[0, 0, -1], [0, 1, -1], [1, -1, -1], [-1, -1, 1]]), k=2)
    >>> counts = count(votes)
    >>> counts.hits.tolist(), counts.overlaps.tolist(), counts.conflicts.tolist()
    ([3, 2, 1], [2, 2, 0], [1, 1, 0])
    >>> counts.together.tolist()[0], counts.agreed.tolist()[0]
    ([3, 2, 0], [3, 1, 0])
    """
    per_label = np.zeros((votes.m, votes.k), np.int64)
    np.add.at(per_label, (votes.functions, votes.classes), 1)
    n_on_row = np.bincount(votes.rows, minlength=votes.n)
    lowest = np.full(votes.n, votes.k, np.int32)
    highest = np.full(votes.n, -1, np.int32)
    np.minimum.at(lowest, votes.rows, votes.classes)
    np.maximum.at(highest, votes.rows, votes.classes)
    is_met, is_disputed = n_on_row > 1, lowest != highest

    def of_functions(rows: NDArray[np.bool_]) -> NDArray[np.int64]:
        return np.bincount(votes.functions[rows[votes.rows]], minlength=votes.m)

    return Counts(
        hits=per_label.sum(axis=1),
        broadest=per_label.max(axis=1, initial=0),
        overlaps=of_functions(is_met),
        conflicts=of_functions(is_disputed),
        together=_shared(votes, votes.rows, votes.n),
        agreed=_shared(votes, votes.rows * votes.k + votes.classes, votes.n * votes.k),
    )


def _shared(votes: Votes, keys: NDArray[np.int64], n: int) -> NDArray[np.int64]:
    """Return [m, m]: on how many keys both functions are."""
    ones = np.ones(len(keys), np.int64)
    _, small = np.unique(keys, return_inverse=True)
    on = csr_array((ones, (small, votes.functions)), shape=(int(small.max(initial=-1)) + 1, votes.m))
    shared: NDArray[np.int64] = (on.T @ on).toarray()
    return shared


def measure(task: str, *, now: datetime) -> int:
    """Count the figures of a task's voting functions anew, and return how many these are."""
    said = votes_for(task, states=LabelingFunction.VOTING)
    votes, counts = said.votes, count(said.votes)
    has_gold, holds = accepted(gold_of(task), said.message_ids, said.labels)
    judged = has_gold[votes.rows]
    right = judged & holds[votes.rows, votes.classes]
    n_gold = np.bincount(votes.functions[judged], minlength=votes.m)
    n_right = np.bincount(votes.functions[right], minlength=votes.m)
    others = counts.agreed - np.diag(np.diag(counts.agreed))
    for at, version in enumerate(said.versions):
        nearest = int(others[at].argmax())
        FunctionFigures.objects.update_or_create(
            version=version,
            defaults={
                "n_items": votes.n,
                "n_hits": int(counts.hits[at]),
                "n_broadest": int(counts.broadest[at]),
                "n_gold": int(n_gold[at]),
                "n_right": int(n_right[at]),
                "n_overlaps": int(counts.overlaps[at]),
                "n_conflicts": int(counts.conflicts[at]),
                "alike": said.versions[nearest].function if others[at, nearest] else None,
                "n_alike": int(others[at, nearest]),
                "measured_at": now,
            },
        )
    return len(said.versions)


def measure_changed(*, now: datetime) -> None:
    """Count the figures of the tasks whose votes or gold have changed since."""
    for task in Task.values:
        if _is_stale(task):
            measure(task, now=now)


def _is_stale(task: str) -> bool:
    versions = current_versions(task)
    measured = list(
        FunctionFigures.objects.filter(version__in=versions).values_list("measured_at", flat=True)
    )
    if len(measured) < len(versions):
        return True
    if not measured:
        return False
    shards = VoteShard.objects.filter(sha256__in=[version.sha256 for version in versions])
    said = Annotation.objects.filter(task=task)
    changes: list[datetime | None] = [
        *shards.aggregate(Max("computed_at")).values(),
        *said.aggregate(Max("made_at"), Max("undone_at"), Max("stale_at")).values(),
    ]
    return any(at is not None and at > min(measured) for at in changes)


def precision_of(figures: FunctionFigures) -> Interval | None:
    """Return how often a function is right where gold tells, with its interval; None without gold."""
    return wilson(figures.n_right, figures.n_gold) if figures.n_gold else None


def warnings_of(figures: FunctionFigures) -> list[str]:
    """Say what speaks against a function, whatever its precision."""
    found = []
    if figures.n_items and not figures.n_hits:
        found.append("dead: it fires on no message")
    if figures.n_items and figures.n_broadest > BROAD * figures.n_items:
        found.append(f"broad: one label for {figures.n_broadest / figures.n_items:.0%} of all messages")
    if figures.alike and figures.n_alike > REDUNDANT * figures.n_hits:
        found.append(
            f"redundant: {figures.alike} says the same on {figures.n_alike / figures.n_hits:.0%} of its hits"
        )
    return found
