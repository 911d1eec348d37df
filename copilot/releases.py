"""Releases: made from trained artifacts, promoted one at a time through the gate, rolled back, loaded once per process.

The loop: labeling trains a candidate (`assemble`), `copilot.evaluating` runs it over a test split beside the live one,
`copilot.evaluation.gate` finds what speaks against it, `promote` makes it live, and `roll_back` undoes that. Workers
read the live row with every task, so they follow with their next one.
"""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from functools import lru_cache

from django.db import transaction
from django.db.models import Case, F, Q, Value, When

from copilot import storing
from copilot.artifacts import ArtifactError
from copilot.evaluation.gate import Finding
from copilot.models import Artifact, Assignment, Promotion, Release
from copilot.pipeline.encoder import Encoder
from copilot.pipeline.run import Pipeline
from copilot.pipeline.types import Floors, HeadError
from helpdesk.models import User

PARTS = ("encoder", "validity", "topics", "answers")
MOST_LOADED = 3  # releases in a process's memory: the live one and those of an experiment's variants


class ReleaseError(Exception):
    """A release can't be found, loaded or promoted; the message says which and what to do."""


class RefusedError(ReleaseError):
    """The gate refused a release; `findings` say why."""

    def __init__(self, release: Release, findings: Sequence[Finding]) -> None:
        reasons = "; ".join(finding.text for finding in findings if not finding.passed)
        super().__init__(
            f"{release.name} is not promoted: {reasons}. Train a better one, or override with a reason."
        )
        self.findings = tuple(findings)


def live() -> Release | None:
    """Return the release that serves now."""
    return Release.objects.filter(state=Release.State.LIVE).select_related(*PARTS).first()


def get(number: int) -> Release:
    """Return a release by its number.

    Raises:
        ReleaseError: there is none.
    """
    found = Release.objects.select_related(*PARTS).filter(pk=number).first()
    if found is None:
        raise ReleaseError(f"there is no release {number}: `manage.py releases` lists them")
    return found


def of_variants(case_ids: Collection[int]) -> dict[int, Release]:
    """Return the release of each of these cases whose variant has one of its own, whatever is live."""
    assigned = Assignment.objects.filter(case__in=case_ids, variant__release__isnull=False)
    parts = (f"variant__release__{part}" for part in PARTS)
    return {
        row.case_id: row.variant.release
        for row in assigned.select_related("variant__release", *parts)
        if row.variant and row.variant.release
    }


def assemble(
    artifacts: Mapping[str, Artifact],
    *,
    floors: Floors,
    languages: list[str],
    dataset: str,
    note: str,
    now: datetime,
) -> Release:
    """Return a candidate of one artifact of each kind, not yet stored: it can be evaluated for its card first.

    Raises:
        ReleaseError: a kind is missing.
    """
    if missing := sorted(set(Artifact.Kind) - set(artifacts)):
        raise ReleaseError(f"a release needs one artifact of each kind, missing: {', '.join(missing)}")
    return Release(
        encoder=artifacts[Artifact.Kind.ENCODER],
        validity=artifacts[Artifact.Kind.VALIDITY],
        topics=artifacts[Artifact.Kind.TOPIC],
        answers=artifacts[Artifact.Kind.ANSWER],
        validity_floor=floors.validity,
        topic_floor=floors.topic,
        answer_floor=floors.answer,
        scope_floor=floors.scope,
        confidence_floor=floors.confidence,
        languages=languages,
        dataset=dataset,
        note=note,
        created_at=now,
    )


def promote(
    release: Release,
    *,
    against: Release | None,
    findings: Sequence[Finding],
    actor: User | None,
    now: datetime,
    reason: str = "",
    override: bool = False,
) -> Promotion:
    """Make a release the live one, if the gate found nothing against it beside the one that is live (`against`).

    Raises:
        RefusedError: the gate refused it, and that is not overridden.
        ReleaseError: it can't be loaded, is live already, was not compared, or an override has no reason.
    """
    is_refused = not all(finding.passed for finding in findings)
    if against is not None and not findings:
        raise ReleaseError(
            f"{release.name} was not compared with {against.name}, which is live: compare them"
        )
    if is_refused and not override:
        raise RefusedError(release, findings)
    if is_refused and not reason.strip():
        raise ReleaseError(f"{release.name} is refused by the gate: an override needs a reason")
    return _make_live(
        release,
        against=against,
        record=Promotion(
            actor=actor, at=now, reason=reason.strip(), is_override=is_refused,
            findings=[[finding.passed, finding.text] for finding in findings],
        ),
    )  # fmt: skip


def set_shadow_share(release: Release, share: float) -> None:
    """Let a candidate look at a share of the cases after the live release; 0 ends that."""
    Release.objects.filter(pk=release.pk, state=Release.State.CANDIDATE).update(shadow_share=share)


def roll_back(*, actor: User | None, now: datetime, reason: str = "") -> Promotion:
    """Make the release live again that was live before the present one; twice goes back two.

    Raises:
        ReleaseError: nothing was live before, or it can't be loaded any more.
    """
    present = live()
    target = previous_of(present) if present else None
    if target is None:
        raise ReleaseError("there is no earlier release to roll back to: promote one instead")
    record = Promotion(actor=actor, at=now, reason=reason.strip(), is_rollback=True)
    return _make_live(target, against=present, record=record)


def previous_of(release: Release) -> Release | None:
    """Return what was live before a release was promoted; a rollback to it does not count as that."""
    promotion = (
        Promotion.objects.filter(release=release, is_rollback=False)
        .exclude(previous=F("release"))
        .select_related(*(f"previous__{part}" for part in PARTS))
        .first()
    )
    return promotion.previous if promotion else None


def _make_live(release: Release, *, against: Release | None, record: Promotion) -> Promotion:
    """Change which release is live in one statement, and record it in the same transaction."""
    pipeline_of(release)
    with transaction.atomic():
        present = Release.objects.select_for_update().filter(state=Release.State.LIVE).first()
        if present is not None and present.pk == release.pk:
            raise ReleaseError(f"{release.name} is live already")
        if (present.pk if present else None) != (against.pk if against else None):
            now_live = present.name if present else "none"
            raise ReleaseError(f"another release became live meanwhile ({now_live}): compare with that one")
        Release.objects.filter(Q(pk=release.pk) | Q(state=Release.State.LIVE)).update(
            state=Case(
                When(pk=release.pk, then=Value(Release.State.LIVE)), default=Value(Release.State.RETIRED)
            ),
            promoted_at=Case(When(pk=release.pk, then=Value(record.at)), default=F("promoted_at")),
        )
        record.release, record.previous = release, present
        record.save(force_insert=True)
    return record


def pipeline_of(release: Release) -> Pipeline:
    """Return the pipeline of a release, loaded once per process.

    Raises:
        ReleaseError: a file is gone, changed or of another format.
    """
    parts = tuple(_Part(artifact.kind, artifact.sha256, artifact) for artifact in release.parts.values())
    try:
        return _load(parts, release.floors, tuple(release.languages))
    except (HeadError, ArtifactError, OSError) as error:
        raise ReleaseError(f"{release.name}: {error}") from error


def check_files(release: Release) -> None:
    """Load a release from its files as they are now, whatever this process has in memory.

    Raises:
        ReleaseError: as `pipeline_of`.
    """
    try:
        for artifact in release.parts.values():
            storing.fetch(artifact)
    except (ArtifactError, OSError) as error:
        raise ReleaseError(f"{release.name}: {error}") from error
    pipeline_of(release)


@dataclass(frozen=True)
class _Part:
    """An artifact, known by its content: what differs in nothing else is loaded once."""

    kind: str
    sha256: str
    artifact: Artifact = field(compare=False)


@lru_cache(maxsize=MOST_LOADED)
def _load(parts: tuple[_Part, ...], floors: Floors, languages: tuple[str, ...]) -> Pipeline:
    encoder, *heads = parts
    validity, topics, answers = ((storing.fetch(head.artifact), head.sha256) for head in heads)
    return Pipeline.load(
        encoder=_load_encoder(encoder),
        validity=validity,
        topics=topics,
        answers=answers,
        floors=floors,
        languages=languages,
    )


@lru_cache(maxsize=MOST_LOADED)
def _load_encoder(part: _Part) -> Encoder:
    """Load what takes most memory and time; releases mostly have it in common."""
    return Encoder.load(storing.fetch(part.artifact), sha256=part.sha256)
