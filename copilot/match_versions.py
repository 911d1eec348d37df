"""Versions of the matching: which one is current, and how a new one is made of today's code, encoder and pairs.

A version is current until `rematching` has compared all of history by another one. Who records a match holds the
current version for the length of a transaction, so that none is recorded by a version that is no longer current.
"""

from collections.abc import Sequence
from datetime import datetime
from pathlib import Path

from django.conf import settings
from django.db import IntegrityError, connection, transaction
from django.utils import timezone

from copilot import releases, storing
from copilot.artifacts import ArtifactError
from copilot.matching import NORM_VERSION, RULES_VERSION
from copilot.matching.pairs import Half, Pair, PairsError, fingerprint, read_pairs
from copilot.models import Artifact, MatchVersion, Release, SemanticFloor, Term
from copilot.pipeline.encoder import Encoder
from copilot.pipeline.types import HeadError

PAIRS = Path(settings.BASE_DIR) / "fixtures" / "matching"
LOCK = 20_271  # held shared by who records a match, alone by who makes another version current


class MatchVersionError(Exception):
    """A match version can't be found, made or used; the message says why and what to do."""


def current() -> MatchVersion:
    """Return the current version; the first one there ever is matches by words alone."""
    found = MatchVersion.objects.filter(is_current=True).first()
    return found or _make_first()


def hold_current() -> MatchVersion:
    """Return the current version, which stays current until the transaction ends."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_advisory_xact_lock_shared(%s, 0)", [LOCK])
    return current()


def get(number: int) -> MatchVersion:
    """Return a version by its number.

    Raises:
        MatchVersionError: there is none.
    """
    found = MatchVersion.objects.filter(pk=number).select_related("encoder").first()
    if found is None:
        raise MatchVersionError(f"there is no match version {number}: `manage.py rematch` lists them")
    return found


def floors_of(version: MatchVersion) -> dict[str, float]:
    """Return the semantic floors by language, of those that have one."""
    if version.encoder_id is None:
        return {}
    floors = version.floors.values_list("language", "floor")
    return {language: floor for language, floor in floors if floor is not None}


def is_of_this_code(version: MatchVersion) -> bool:
    """Whether this code compares as the version says."""
    return (version.norm_version, version.rules_version) == (NORM_VERSION, RULES_VERSION)


def make(*, now: datetime) -> MatchVersion:
    """Store a version of this code, the live release's encoder, and floors chosen on the labelled pairs.

    It is not current before history is compared by it. An equal one that exists is returned instead.

    Raises:
        MatchVersionError: no release is live, its encoder can't be loaded, or the pairs can't be read.
    """
    release = releases.live()
    if release is None:
        raise MatchVersionError(
            "no release is live: its encoder tells what texts mean, so train and promote one"
        )
    try:
        pairs = read_pairs(PAIRS)
        encoder = Encoder.load(storing.fetch(release.encoder), sha256=release.encoder.sha256)
    except (ArtifactError, HeadError, OSError, PairsError) as error:
        raise MatchVersionError(f"no match version can be made: {error}") from error
    same = _fields_of(release, pairs)
    if found := MatchVersion.objects.filter(**same).last():
        return found
    return _store(release.encoder, encoder, pairs, same, now=now)


def is_due() -> bool:
    """Whether nobody has made a version yet of this code, the live release's encoder and the labelled pairs."""
    release = releases.live()
    if release is None:
        return False
    try:
        fields = _fields_of(release, read_pairs(PAIRS))
    except (OSError, PairsError) as error:
        raise MatchVersionError(f"no match version can be made: {error}") from error
    return not MatchVersion.objects.filter(**fields).exists()


def _fields_of(release: Release, pairs: Sequence[Pair]) -> dict[str, object]:
    return {
        "norm_version": NORM_VERSION, "rules_version": RULES_VERSION, "encoder": release.encoder,
        "pairs_sha256": fingerprint(pairs),
    }  # fmt: skip


def _store(
    artifact: Artifact, encoder: Encoder, pairs: Sequence[Pair], fields: dict[str, object], *, now: datetime
) -> MatchVersion:
    from copilot.matching.floors import (
        choose_floor,
        judge,
        score,
    )  # scipy, which no web process needs for this

    terms = frozenset(Term.objects.values_list("name", flat=True))
    scored = score(pairs, encoder.encode, terms=terms)
    choosing, judging = ([each for each in scored if each.pair.half is half] for half in Half)
    languages = sorted({*settings.COPILOT_LANGUAGES, *(each.pair.language for each in choosing)})
    with transaction.atomic():
        version = MatchVersion.objects.create(**fields, created_at=now)
        for found in (choose_floor(choosing, language=language) for language in languages):
            judged = judge(judging, language=found.language, floor=found.floor)
            SemanticFloor.objects.create(
                version=version, language=found.language, floor=found.floor, n_pairs=found.n_pairs,
                n_above=found.n_above, n_right=found.n_right, precision_low=found.low, precision_high=found.high,
                n_same=judged.n_same, n_found=judged.n_found, n_found_right=judged.n_right, reason=found.reason,
            )  # fmt: skip
    return version


def _make_first() -> MatchVersion:
    try:
        with transaction.atomic():
            return MatchVersion.objects.create(
                norm_version=NORM_VERSION, rules_version=RULES_VERSION, created_at=timezone.now(),
                is_current=True, state=MatchVersion.State.COMPLETE,
            )  # fmt: skip
    except IntegrityError:  # another process was first
        return MatchVersion.objects.get(is_current=True)
