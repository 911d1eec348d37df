"""A sample of messages to try functions on: drawn once, kept in this process as long as nothing has changed.

It holds the messages of a task's gold as well, for they alone tell whether a function is right.
"""

from collections.abc import Hashable
from dataclasses import dataclass
from functools import lru_cache

import numpy as np
from django.db.models import Count, Max, Q
from numpy.typing import NDArray

from labeling.applying import columns_of, current_versions
from labeling.functions.rows import Rows
from labeling.gold_labels import Gold, gold_of
from labeling.items import rows_of
from labeling.labels import labels_of
from labeling.models import Annotation, FunctionVersion, Item, VoteShard
from labeling.votes import Votes

SIZE = 20_000  # messages that are drawn
MOST_GOLD = 20_000


@dataclass(frozen=True, eq=False)
class Sample:
    """Messages of a task, ascending: those that were drawn, and those that have gold.

    is_drawn bool [n]; `votes` are those of the `versions` on trial or active, for `labels`.
    """

    rows: Rows
    is_drawn: NDArray[np.bool_]
    gold: Gold
    votes: Votes
    versions: tuple[FunctionVersion, ...]
    labels: tuple[str, ...]


def sample_of(task: str, *, size: int = SIZE) -> Sample:
    """Return the sample of a task as it is now."""
    return _drawn(task, size, _state_of(task))


def _state_of(task: str) -> Hashable:
    """Name all that a sample is made of, so that one is drawn anew when any of it has changed."""
    hashes = tuple(version.sha256 for version in current_versions(task))
    shards = VoteShard.objects.filter(sha256__in=set(hashes))
    gold = Annotation.objects.filter(task=task, is_gold=True)
    return (
        tuple(Item.objects.aggregate(Count("pk"), Max("pk")).values()),
        hashes,
        tuple(shards.aggregate(Max("computed_at")).values()),
        tuple(gold.aggregate(Count("pk"), Max("made_at"), Max("undone_at"), Max("stale_at")).values()),
        tuple(label.slug for label in labels_of(task)),
    )


@lru_cache(maxsize=3)  # one a task
def _drawn(task: str, size: int, state: Hashable) -> Sample:
    gold = gold_of(task)
    n_items = Item.objects.count()
    share = min(1.0, size / max(n_items, 1))
    drawn = set(Item.objects.filter(draw__lt=share).order_by("draw").values_list("pk", flat=True)[:size])
    judged = sorted(gold)[-MOST_GOLD:]
    rows = rows_of(Item.objects.filter(Q(pk__in=judged) | Q(draw__lt=share)))
    ids = np.array(rows.ids, np.int64)
    versions, labels = tuple(current_versions(task)), tuple(label.slug for label in labels_of(task))
    columns = columns_of([version.sha256 for version in versions], ids=ids, labels=labels)
    return Sample(
        rows=rows,
        is_drawn=np.array([message_id in drawn for message_id in rows.ids], bool),
        gold={message_id: gold[message_id] for message_id in judged},
        votes=Votes.from_columns(columns, n=len(ids), k=len(labels)),
        versions=versions,
        labels=labels,
    )
