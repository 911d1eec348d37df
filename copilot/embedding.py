"""Stored questions as vectors of each encoder that serves or may soon, so that past cases are found at any switch.

Vectors of two encoders can't be compared, so a release with another encoder would know no past case. Therefore:

1. A suggestion is stored with the vector of the release that made it.
2. `embed` gives all stored questions the vectors that they lack of the live release's encoder, of the newest
   candidate's, of those that the running experiment compares, and of the one that can be rolled back to. It runs each
   minute for less than that, chunk by chunk, so a training never waits long for it, and what is lost with a worker is
   done by the next one.
3. It also removes the vectors of encoders that serve no more.
"""

import logging
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from time import monotonic

from django.db import transaction
from django.db.models import Exists, OuterRef, Q

from copilot import releases, storing
from copilot.artifacts import ArtifactError
from copilot.models import Artifact, Experiment, Promotion, QuestionVector, Release, Suggestion
from copilot.pipeline.encoder import Encoder
from copilot.pipeline.types import HeadError

logger = logging.getLogger(__name__)

CHUNK = 256
SECONDS = 45.0  # of each minute
KEPT_FOR = timedelta(days=7)  # vectors of an encoder that served: a mistaken rollback is soon undone


@dataclass(frozen=True)
class Progress:
    """How many of the stored questions have a vector of a release's encoder; `is_wanted` if a worker adds the rest."""

    n_done: int
    n: int
    is_wanted: bool

    @property
    def is_whole(self) -> bool:
        return self.n_done >= self.n

    @property
    def n_left(self) -> int:
        return max(self.n - self.n_done, 0)

    @property
    def percent(self) -> int:
        return 100 * self.n_done // self.n if self.n else 100

    @property
    def loss(self) -> str:
        """What agents miss if the release is live now; nothing once all are there.

        >>> Progress(5, 5, is_wanted=True).loss
        ''
        """
        if self.is_whole:
            return ""
        return (
            f"{self.n_done:,} of {self.n:,} past questions have a vector of its encoder: while it is live, only those "
            "are found as similar past cases, until a worker has embedded the others. Suggestions are not affected."
        )


def progress_of(release: Release) -> Progress:
    """Return how far the vectors of a release's encoder are."""
    return Progress(
        n_done=QuestionVector.objects.filter(encoder=release.encoder_id).count(),
        n=Suggestion.objects.exclude(question="").count(),
        is_wanted=release.encoder in wanted_encoders(),
    )


def wanted_encoders() -> list[Artifact]:
    """Return the encoders by which each question must have a vector, the live release's first; none if none is live."""
    live = releases.live()
    if live is None:
        return []
    candidates = Release.objects.filter(state=Release.State.CANDIDATE).exclude(encoder=live.encoder)
    compared = Release.objects.filter(variants__experiment__state=Experiment.State.RUNNING)
    either = (
        live,
        candidates.select_related("encoder").first(),
        releases.previous_of(live),
        *compared.select_related("encoder").order_by("pk"),
    )
    return list(dict.fromkeys(release.encoder for release in either if release))


def embed(*, now: datetime, seconds: float = SECONDS) -> int:
    """Add the vectors that are wanted and not there until the time is up, and return how many.

    Several may run at once and share the work. Then what serves no more is removed, if there is time left.
    """
    ends, n = monotonic() + seconds, 0
    wanted = wanted_encoders()
    for artifact in wanted:
        try:
            n += _embed_all(artifact, ends=ends)
        except (ArtifactError, HeadError):
            logger.exception("an encoder can't be loaded")
    if wanted:
        _forget(wanted, now=now, ends=ends)
    return n


def _embed_all(artifact: Artifact, *, ends: float) -> int:
    encoder, n, after = None, 0, 0
    while monotonic() < ends and (ids := _lacking(artifact, after=after)):
        encoder = encoder or Encoder.load(storing.fetch(artifact), sha256=artifact.sha256)
        n += _embed_some(ids, artifact, encoder)
        after = ids[-1]
    return n


def _lacking(artifact: Artifact, *, after: int) -> list[int]:
    """Return the next suggestions whose question has no vector of this encoder."""
    vectors = QuestionVector.objects.filter(encoder=artifact, suggestion=OuterRef("pk"))
    asked = Suggestion.objects.filter(~Exists(vectors), pk__gt=after).exclude(question="")
    return list(asked.order_by("pk").values_list("pk", flat=True)[:CHUNK])


@transaction.atomic
def _embed_some(ids: Sequence[int], artifact: Artifact, encoder: Encoder) -> int:
    """Embed those of these that no other worker has at hand; the lock hinders nobody who refers to them."""
    rows = Suggestion.objects.filter(pk__in=ids).select_for_update(skip_locked=True, no_key=True)
    questions = dict(rows.values_list("pk", "question"))
    vectors = encoder.encode(list(questions.values()))
    QuestionVector.objects.bulk_create(
        [
            QuestionVector(suggestion_id=pk, encoder=artifact, embedding=vector)
            for pk, vector in zip(questions, vectors, strict=True)
        ],
        ignore_conflicts=True,
    )
    return len(questions)


def _forget(wanted: Sequence[Artifact], *, now: datetime, ends: float) -> None:
    """Remove the vectors of encoders that are not wanted and did not serve of late."""
    served = Promotion.objects.filter(at__gte=now - KEPT_FOR).values_list(
        "release__encoder", "previous__encoder"
    )
    kept = {artifact.pk for artifact in wanted} | {pk for pair in served for pk in pair if pk}
    others = Artifact.objects.filter(
        ~Q(pk__in=kept),
        Exists(QuestionVector.objects.filter(encoder=OuterRef("pk"))),
        kind=Artifact.Kind.ENCODER,
    )
    for artifact in others:
        vectors = QuestionVector.objects.filter(encoder=artifact).order_by("suggestion")
        while monotonic() < ends and (ids := list(vectors.values_list("pk", flat=True)[:CHUNK])):
            QuestionVector.objects.filter(pk__in=ids).delete()
