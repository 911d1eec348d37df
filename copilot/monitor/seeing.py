"""What a release's questions are like in its first weeks, learned once, so that later ones can be unlike all of it.

1. When a release has served for four weeks, the middle of each topic's questions is taken, as its encoder reads them.
2. Their own distances to the nearest middle give the limit that 99 of 100 keep, each left out of its own topic's.
3. `rolling_inputs` counts the questions of each day beyond it: 1 in 100 is chance.

Only questions that have a topic are asked: what is none is told by the stage that says so. A release serves from when
it was made; what was replayed for it is older.
"""

from datetime import date, datetime, time, timedelta

import numpy as np
from django.db import connection, transaction
from django.db.models import Min
from django.utils import timezone
from numpy.typing import NDArray

from copilot.models import QuestionVector, Release, SeenTopic, Suggestion
from copilot.models.suggestion import State
from copilot.statistics.drift import unseen_limit

Vectors = NDArray[np.float64]

WEEKS = 4
FEWEST = 200  # questions that a limit is learned from
FEWEST_OF_TOPIC = 5
MOST = 20_000  # the earliest


def learn_seen(*, now: datetime) -> list[date]:
    """Learn what releases have seen whose first weeks are over, and return the days to count anew."""
    days: list[date] = []
    for release in Release.objects.exclude(pk__in=SeenTopic.objects.values("release")).defer("learned_from"):
        served = Suggestion.objects.filter(release=release, created_at__gte=release.created_at)
        first = served.aggregate(first=Min("created_at"))["first"]
        if first is not None and timezone.localdate(first) + timedelta(weeks=WEEKS) <= timezone.localdate(
            now
        ):
            days += _learn(release, timezone.localdate(first), today=timezone.localdate(now))
    return days


def middles_of(vectors: Vectors, topics: NDArray[np.int64]) -> tuple[NDArray[np.int64], Vectors, float]:
    """Return the topics with enough questions, their middles, and the limit of distances to the nearest of them.

    `vectors` float64[n, d] of length 1, `topics` int64[n]. A distance is 1 - cosine.

    >>> vectors = np.repeat(np.eye(3), 10, axis=0)
    >>> kept, middles, limit = middles_of(vectors, np.repeat([4, 5, 6], 10))
    >>> kept.tolist(), middles.round(2).tolist()[0], round(limit, 2)
    ([4, 5, 6], [1.0, 0.0, 0.0], 0.0)
    """
    kept, where, n_of = np.unique(topics, return_inverse=True, return_counts=True)
    is_kept = n_of >= FEWEST_OF_TOPIC
    sums = np.zeros((len(kept), vectors.shape[1]))
    np.add.at(sums, where, vectors)
    nearest = 1 - (vectors @ _of_length_one(sums[is_kept]).T)
    place = np.cumsum(is_kept) - 1
    own = np.flatnonzero(is_kept[where])
    without = _of_length_one(sums[where[own]] - vectors[own])
    nearest[own, place[where[own]]] = 1 - np.sum(vectors[own] * without, axis=1)
    return kept[is_kept], _of_length_one(sums[is_kept]), unseen_limit(nearest.min(axis=1))


def _of_length_one(vectors: Vectors) -> Vectors:
    return np.asarray(vectors / np.maximum(np.linalg.norm(vectors, axis=1, keepdims=True), 1e-12))


def _learn(release: Release, first: date, *, today: date) -> list[date]:
    """Store what one release has seen, and return its days; none if it has seen too little, or another was first."""
    until = datetime.combine(first + timedelta(weeks=WEEKS), time(), tzinfo=timezone.get_default_timezone())
    rows = (
        QuestionVector.objects.filter(
            suggestion__release=release,
            encoder=release.encoder_id,
            suggestion__created_at__gte=release.created_at,
            suggestion__created_at__lt=until,
        )
        .exclude(suggestion__topic=None)
        .exclude(suggestion__state=State.SUPERSEDED)
        .order_by("suggestion")
        .values_list("suggestion__topic", "embedding")[:MOST]
    )
    found = list(rows)
    topics = np.array([topic for topic, _ in found], dtype=np.int64)
    if len(found) < FEWEST or np.bincount(np.unique(topics, return_inverse=True)[1]).max() < FEWEST_OF_TOPIC:
        return []
    vectors = _of_length_one(np.array([vector for _, vector in found], dtype=np.float64))
    kept, middles, limit = middles_of(vectors, topics)
    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute("SELECT pg_advisory_xact_lock(hashtext('seen by release'), %s)", [release.pk])
        if SeenTopic.objects.filter(release=release).exists():
            return []
        SeenTopic.objects.bulk_create(
            SeenTopic(
                release=release, topic_id=topic, centroid=middle, n=int((topics == topic).sum()), limit=limit
            )
            for topic, middle in zip(kept.tolist(), middles, strict=True)
        )
    return [first + timedelta(days=day) for day in range((today - first).days + 1)]
