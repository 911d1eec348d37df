"""Whether a reply means what was suggested, in other words: what a worker adds to the matches that words left open.

1. A reply is compared at once by its words, where it is sent. If too little of the suggestion is in it, and the
   current version has a floor for the case's language, the match is pending: figures count it as NONE. What a withheld
   suggestion or a candidate would have said is pending with its reply: nobody waits for it, so a worker looks at its
   words too.
2. `settle` embeds both bodies, on the queue of what agents wait for, and says SEMANTIC, CONFLICT or NONE.
3. What is lost with a worker is still pending, and taken up by the next sweep.
"""

import logging
from collections.abc import Iterable, Sequence
from datetime import datetime, timedelta
from functools import lru_cache
from time import monotonic
from typing import TypeVar

from django.db import transaction
from django.utils import timezone

from copilot import match_versions, matching, storing
from copilot.artifacts import ArtifactError
from copilot.matching.closeness import closeness
from copilot.measure import Measure, Texts, compared, fields_of, is_open, measure_of
from copilot.models import Artifact, Match, MatchVersion, ShadowOutcome, WithheldText
from copilot.pipeline.encoder import Encoder
from copilot.pipeline.types import HeadError
from copilot.recording import expect_settling

logger = logging.getLogger(__name__)

CHUNK = 64
SECONDS = 20.0  # then the queue's other work has its turn
LOST_AFTER = timedelta(seconds=10)

Unseen = TypeVar("Unseen", WithheldText, ShadowOutcome)


def sweep(*, now: datetime) -> None:
    """Queue again what is pending for too long."""
    late = {"is_pending": True, "recorded_at__lte": now - LOST_AFTER}
    if any(model.objects.filter(**late).exists() for model in (Match, ShadowOutcome, WithheldText)):
        expect_settling()


def settle(*, seconds: float = SECONDS) -> int:
    """Settle what is pending until the time is up, and return how many; the rest is queued.

    Several may run at once and share the work.
    """
    ends, n = monotonic() + seconds, 0
    try:
        while found := _settle_matches() + _settle_unseen(WithheldText) + _settle_unseen(ShadowOutcome):
            n += found
            if monotonic() >= ends:
                expect_settling()
                return n
    except (ArtifactError, HeadError):
        logger.exception("the encoder of a match version can't be loaded")
    return n


def closeness_of(measure: Measure, texts: Sequence[Texts]) -> list[float]:
    """Return how close both bodies of each pair are in meaning, by the version's encoder.

    Raises:
        ArtifactError, HeadError: it can't be loaded.
    """
    return closeness([measure.sentences_of(pair) for pair in texts], encoder_of(measure.version).encode)


def encoder_of(version: MatchVersion) -> Encoder:
    """Return a version's encoder, loaded once per process.

    Raises:
        ArtifactError, HeadError: it can't be loaded.
    """
    assert version.encoder_id is not None  # noqa: S101  only versions with floors ask for it
    return _load(version.encoder_id)


@lru_cache(maxsize=2)
def _load(artifact_id: int) -> Encoder:
    artifact = Artifact.objects.get(pk=artifact_id)
    return Encoder.load(storing.fetch(artifact), sha256=artifact.sha256)


@transaction.atomic
def _settle_matches() -> int:
    """Settle some matches that no other worker has at hand; each by the version that it belongs to."""
    rows = list(
        Match.objects.filter(is_pending=True)
        .select_for_update(skip_locked=True, of=["self"])
        .select_related("version", *Texts.OF_MATCH)
        .order_by("pk")[:CHUNK]
    )
    for version in {row.version for row in rows}:
        ours = [row for row in rows if row.version == version]
        texts = [Texts.of_match(row) for row in ours]
        for row, found in zip(ours, _meant(version, texts), strict=True):
            for name, value in found.items():
                setattr(row, name, value)
    if rows:
        Match.objects.bulk_update(rows, ["kind", "is_pending", "closeness", "delta"])
    return len(rows)


@transaction.atomic
def _settle_unseen(model: type[Unseen]) -> int:
    """Compare some texts that nobody saw with the replies to their turns, by the current version."""
    rows = list(
        model.objects.filter(is_pending=True, reply__isnull=False)
        .select_for_update(skip_locked=True, of=["self"])
        .select_related("suggestion__case__customer", "suggestion__case__team", "reply__author")
        .order_by("pk")[:CHUNK]
    )
    if not rows:
        return 0
    version, now = match_versions.hold_current(), timezone.now()
    texts = [
        Texts(row.text, row.reply.body, row.suggestion.case, row.reply.author)  # type: ignore[union-attr]  # it has one
        for row in rows
    ]
    measure = measure_of(version, [each.author for each in texts])
    for row, match in zip(rows, _compared(texts, measure), strict=True):
        row.kind, row.n_reply_tokens = Match.Kind(match.kind), match.n_sent_tokens
        row.version, row.is_pending, row.recorded_at = version, False, now
    model.objects.bulk_update(rows, ["kind", "n_reply_tokens", "version", "is_pending", "recorded_at"])
    return len(rows)


def _compared(texts: Sequence[Texts], measure: Measure) -> list[matching.Match]:
    """Compare pairs by their words, and where these leave it open by what they mean."""
    found = [compared(pair, measure=measure) for pair in texts]
    open_at = [at for at, match in enumerate(found) if is_open(match, texts[at], measure=measure)]
    if open_at:
        for at, close in zip(open_at, closeness_of(measure, [texts[at] for at in open_at]), strict=True):
            found[at] = compared(texts[at], measure=measure, closeness=close)
    return found


def _meant(version: MatchVersion, texts: Sequence[Texts]) -> Iterable[dict[str, object]]:
    measure = measure_of(version, [each.author for each in texts])
    found = closeness_of(measure, texts) if texts and measure.floors else [None] * len(texts)
    return [
        fields_of(compared(pair, measure=measure, closeness=close), closeness=close)
        for pair, close in zip(texts, found, strict=True)
    ]
