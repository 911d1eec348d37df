"""Releases: made from trained artifacts, promoted one at a time, loaded once per process."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from functools import lru_cache
from pathlib import Path

from django.conf import settings
from django.db import transaction

from copilot.artifacts import ArtifactError
from copilot.models import Artifact, Release
from copilot.pipeline.run import Pipeline
from copilot.pipeline.types import Floors, HeadError


class ReleaseError(Exception):
    """A release can't be found, loaded or promoted; the message says which and what to do."""


@dataclass(frozen=True)
class TrainedArtifact:
    """A folder below ARTIFACTS_ROOT that training wrote, with its hash and card."""

    kind: Artifact.Kind
    folder: str
    sha256: str
    card: Mapping[str, object]


def live() -> Release | None:
    """Return the release that serves now."""
    return (
        Release.objects.filter(state=Release.State.LIVE)
        .select_related("encoder", "validity", "topics", "answers")
        .first()
    )


@transaction.atomic
def create(
    artifacts: list[TrainedArtifact], *, floors: Floors, languages: list[str], note: str, now: datetime
) -> Release:
    """Store a candidate release of one artifact of each kind.

    Raises:
        ReleaseError: a kind is missing.
    """
    rows = {}
    for trained in artifacts:
        rows[trained.kind], _ = Artifact.objects.get_or_create(
            kind=trained.kind,
            sha256=trained.sha256,
            defaults={"folder": trained.folder, "card": dict(trained.card), "created_at": now},
        )
    if missing := sorted(set(Artifact.Kind) - set(rows)):
        raise ReleaseError(f"a release needs one artifact of each kind, missing: {', '.join(missing)}")
    return Release.objects.create(
        encoder=rows[Artifact.Kind.ENCODER],
        validity=rows[Artifact.Kind.VALIDITY],
        topics=rows[Artifact.Kind.TOPIC],
        answers=rows[Artifact.Kind.ANSWER],
        validity_floor=floors.validity,
        topic_floor=floors.topic,
        answer_floor=floors.answer,
        confidence_floor=floors.confidence,
        languages=languages,
        note=note,
        created_at=now,
    )


@transaction.atomic
def promote(release: Release, *, now: datetime) -> None:
    """Make a release the live one; running workers take it up with their next task.

    Raises:
        ReleaseError: it can't be loaded, so it must not serve.
    """
    pipeline_of(release)
    # The constraint allows one live row at a time, so the old one leaves first.
    Release.objects.filter(state=Release.State.LIVE).exclude(pk=release.pk).update(
        state=Release.State.RETIRED
    )
    Release.objects.filter(pk=release.pk).update(state=Release.State.LIVE, promoted_at=now)


def pipeline_of(release: Release) -> Pipeline:
    """Return the pipeline of a release, loaded once per process.

    Raises:
        ReleaseError: a file is gone, changed or of another format.
    """
    try:
        return _load(
            tuple((part.folder, part.sha256) for part in
                  (release.encoder, release.validity, release.topics, release.answers)),
            Floors(
                validity=release.validity_floor,
                topic=release.topic_floor,
                answer=release.answer_floor,
                confidence=release.confidence_floor,
            ),
            tuple(release.languages),
        )  # fmt: skip
    except (HeadError, ArtifactError, OSError) as error:
        raise ReleaseError(f"{release.name}: {error}") from error


@lru_cache(maxsize=3)
def _load(parts: tuple[tuple[str, str], ...], floors: Floors, languages: tuple[str, ...]) -> Pipeline:
    root = Path(settings.ARTIFACTS_ROOT)
    encoder, validity, topics, answers = ((root / folder, sha256) for folder, sha256 in parts)
    return Pipeline.load(
        encoder=encoder, validity=validity, topics=topics, answers=answers, floors=floors, languages=languages
    )
