"""What functions are worth: coverage, precision against gold, and who says the same or otherwise.

A function is judged on the messages of its task's gold alone: one of TOPIC on questions, since what is no question has
no topic. Whether it fires on what is no question shows in its conflicts, not here.
"""

from datetime import datetime

import numpy as np
from django.db.models import Max
from numpy.typing import NDArray
from scipy.sparse import csr_array

from copilot.statistics.intervals import Interval, wilson
from labeling.analysis import meetings
from labeling.applying import current_versions, votes_for
from labeling.gold_labels import accepted, gold_of
from labeling.models import Annotation, FunctionFigures, LabelingFunction, Task, VoteShard
from labeling.votes import Votes

BROAD = 0.3  # of all messages for one label: such a rule tells hardly anything
REDUNDANT = 0.8  # of its hits on which another one says the same: one opinion, counted twice


def measure(task: str, *, now: datetime) -> int:
    """Count the figures of a task's voting functions anew, and return how many these are."""
    said = votes_for(task, states=LabelingFunction.VOTING)
    votes, met, broadest = said.votes, meetings(said.votes), _broadest(said.votes)
    has_gold, holds = accepted(gold_of(task), said.message_ids, said.labels)
    judged = has_gold[votes.rows]
    right = judged & holds[votes.rows, votes.classes]
    n_gold = np.bincount(votes.functions[judged], minlength=votes.m)
    n_right = np.bincount(votes.functions[right], minlength=votes.m)
    others = _agreed(votes)
    for at, version in enumerate(said.versions):
        nearest = int(others[at].argmax())
        FunctionFigures.objects.update_or_create(
            version=version,
            defaults={
                "n_items": votes.n,
                "n_hits": int(met.hits[at]),
                "n_broadest": int(broadest[at]),
                "n_gold": int(n_gold[at]),
                "n_right": int(n_right[at]),
                "n_overlaps": int(met.overlaps[at]),
                "n_conflicts": int(met.conflicts[at]),
                "alike": said.versions[nearest].function if others[at, nearest] else None,
                "n_alike": int(others[at, nearest]),
                "measured_at": now,
            },
        )
    return len(said.versions)


def _broadest(votes: Votes) -> NDArray[np.int64]:
    """Return on how many messages each function gives the label that it gives most often, [m]."""
    per_label = np.zeros((votes.m, votes.k), np.int64)
    np.add.at(per_label, (votes.functions, votes.classes), 1)
    return per_label.max(axis=1, initial=0)


def _agreed(votes: Votes) -> NDArray[np.int64]:
    """Return on how many messages each function says the same as each other one, [m, m]; as itself on none.

    >>> votes = Votes.from_matrix(np.array([[0, 0, -1], [0, 1, -1], [1, -1, -1], [-1, -1, 1]]), k=2)
    >>> _agreed(votes).tolist()[0]
    [0, 1, 0]
    """
    _, label_of_message = np.unique(votes.rows * votes.k + votes.classes, return_inverse=True)
    ones = np.ones(len(votes.rows), np.int64)
    shape = (int(label_of_message.max(initial=-1)) + 1, votes.m)
    says = csr_array((ones, (label_of_message, votes.functions)), shape=shape)
    agreed: NDArray[np.int64] = (says.T @ says).toarray()
    np.fill_diagonal(agreed, 0)
    return agreed


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
