"""History compared anew by another version of the matching, chunk by chunk, until that version becomes current.

1. `order` starts a version; one runs at a time (a database constraint).
2. `rematch` compares chunks of the current version's pairs, each in a transaction of its own that also notes the
   progress: what a killed worker had begun is undone, what it had finished is not done again. After some seconds it
   queues itself, so that other work gets its turn.
3. When hardly anything is left, the last few are compared while nobody can record a match, and the version becomes
   current in that same transaction: no reply is missing in it, and no figure mixes two versions.
4. `sweep` queues again what a dead worker left, and gives up after five times without progress.

A pair whose text was erased can't be compared: its match is carried over as it was compared last, and counted.
"""

import logging
from collections.abc import Sequence
from datetime import datetime, timedelta
from time import monotonic

from django.db import IntegrityError, connection, transaction
from django.db.models import Exists, F, OuterRef, QuerySet
from django.utils import timezone

from copilot import match_versions, shadowing, withholding
from copilot.artifacts import ArtifactError
from copilot.match_versions import MatchVersionError
from copilot.meaning import closeness_of
from copilot.measure import Measure, Texts, compared, fields_of, is_open, measure_of
from copilot.models import Match, MatchVersion
from copilot.pipeline.types import HeadError

logger = logging.getLogger(__name__)

State = MatchVersion.State
LOCK = 20_272  # of the version that a process works on
CHUNK = 1000
FEW = 20  # so many may be compared while replies wait to be recorded
SECONDS = 20.0
LOST_AFTER = timedelta(minutes=1)
MOST_ATTEMPTS = 5
CARRIED = (
    "kind", "similarity", "closeness", "retained", "share", "survival", "kept_characters", "n_reply_tokens",
    "only_frame_edited", "delta",
)  # fmt: skip


class _EndedError(Exception):
    """Somebody cancelled the version while a chunk was compared: the chunk is undone."""


def order(version: MatchVersion, *, now: datetime) -> None:
    """Have a worker compare history by a version, from the beginning or from where it was left.

    Raises:
        MatchVersionError: it is current, another one runs, or this code compares otherwise.
    """
    from copilot import tasks  # tasks import this module

    if version.is_current:
        raise MatchVersionError(f"{version} is current: all of history is compared by it")
    if not match_versions.is_of_this_code(version):
        raise MatchVersionError(
            f"{version} was made by other code: make a new one with `manage.py rematch --make`"
        )
    whole = MatchVersion.objects.filter(pk=version.pk).exclude(state=State.RUNNING)
    fields = {
        "n": Match.objects.current().count(), "n_done": version.matches.count(), "reached": 0, "attempts": 0,
        "problem": "", "touched_at": now, "ended_at": None,
    }  # fmt: skip
    try:
        with transaction.atomic():
            started = whole.update(state=State.RUNNING, **fields)
            if started:
                tasks.rematch.delay_on_commit(version_id=version.pk)  # type: ignore[attr-defined]  # not in celery's stubs
    except IntegrityError:
        started = 0
    if not started:
        other = MatchVersion.objects.filter(state=State.RUNNING).first()
        raise MatchVersionError(f"{other or 'another version'} runs: wait for it, or cancel it")


def renew(*, now: datetime) -> MatchVersion | None:
    """Have history compared by a version of today's code, encoder and pairs as soon as there is none yet.

    One that exists and is not current was cancelled, has failed, or somebody went back behind it: that is for people
    to change. While another one runs, it waits for the next time.

    Raises:
        MatchVersionError: it can't be made.
    """
    if MatchVersion.objects.filter(state=State.RUNNING).exists() or not match_versions.is_due():
        return None
    with transaction.atomic():
        version = match_versions.make(now=now)
        order(version, now=now)
    return version


def cancel(version: MatchVersion, *, now: datetime) -> bool:
    """End a version's work before its next chunk is stored; False if it does not run. What is compared is kept."""
    running = MatchVersion.objects.filter(pk=version.pk, state=State.RUNNING)
    return bool(running.update(state=State.CANCELLED, ended_at=now))


def rematch(version_id: int, *, seconds: float = SECONDS) -> None:
    """Compare chunk after chunk until history is done or the time is up; then the rest is queued.

    Does nothing if the version does not run, or another process is at it.
    """
    from copilot import tasks

    ends = monotonic() + seconds
    try:
        while _compare_chunk(version_id):
            if monotonic() >= ends:
                tasks.rematch.delay(version_id=version_id)
                return
    except _EndedError:
        logger.info("match version %s was cancelled", version_id)
    except (ArtifactError, HeadError) as error:
        _fail(version_id, str(error))


def sweep(*, now: datetime) -> None:
    """Queue again the version whose worker died, and give up on it after five times without progress."""
    from copilot import tasks

    lost = MatchVersion.objects.filter(state=State.RUNNING, touched_at__lte=now - LOST_AFTER)
    for version in lost:
        if version.attempts >= MOST_ATTEMPTS:
            _fail(
                version.pk, f"given up after {MOST_ATTEMPTS} attempts without progress: see the worker's log"
            )
        elif lost.filter(pk=version.pk).update(touched_at=now, attempts=F("attempts") + 1):
            tasks.rematch.delay(version_id=version.pk)


@transaction.atomic
def _compare_chunk(version_id: int) -> bool:
    """Compare the next chunk, or finish; return whether there is more to do."""
    if not _try_lock(version_id):
        return False
    version = MatchVersion.objects.filter(pk=version_id, state=State.RUNNING).first()
    if version is None:
        return False
    rows = _next_of(version)
    if len(rows) <= FEW:
        _finish(version)
        return False
    n_erased = _store(rows, version)
    _note(
        version, reached=max(rows[-1].pk, version.reached), n_done=F("n_done") + len(rows),
        n_erased=F("n_erased") + n_erased,
    )  # fmt: skip
    return True


def _next_of(version: MatchVersion) -> list[Match]:
    """Return the next chunk in order; at the end also what was committed behind the place that was reached."""
    rows = _lacking(version).filter(pk__gt=version.reached)[:CHUNK]
    return list(rows) or list(_lacking(version)[:CHUNK])


def _lacking(version: MatchVersion) -> QuerySet[Match]:
    """Return the current version's matches that this one lacks, with all that comparing them needs, in one query."""
    done = Match.objects.filter(version=version, suggestion=OuterRef("suggestion"))
    return Match.objects.current().filter(~Exists(done)).select_related(*Texts.OF_MATCH).order_by("pk")


def _finish(version: MatchVersion) -> None:
    """Compare the few that are left while none can be added, and make the version current."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_advisory_xact_lock(%s, 0)", [match_versions.LOCK])
    rows = list(_lacking(version))
    n_erased = _store(rows, version)
    MatchVersion.objects.filter(is_current=True).update(is_current=False)
    withholding.compare_anew(version, now=timezone.now())
    shadowing.compare_anew(version, now=timezone.now())
    n = version.matches.count()
    _note(
        version, is_current=True, state=State.COMPLETE, n=n, n_done=n, n_erased=F("n_erased") + n_erased,
        ended_at=timezone.now(),
    )  # fmt: skip
    logger.info("%s is current; %s pairs were compared last", version, len(rows) - n_erased)


def _store(rows: Sequence[Match], version: MatchVersion) -> int:
    """Compare pairs by a version and store what it finds; return how many were erased, and so are carried over."""
    measure = measure_of(version, [row.reply.author for row in rows])
    texts = {row.pk: Texts.of_match(row) for row in rows}
    whole = {pk: pair for pk, pair in texts.items() if pair.suggested and pair.sent}
    columns = dict(zip(whole, _columns(list(whole.values()), measure), strict=True))
    Match.objects.bulk_create(
        Match(
            suggestion_id=row.suggestion_id, closest_id=row.closest_id, reply_id=row.reply_id, version=version,
            recorded_at=row.recorded_at, **columns.get(row.pk) or {name: getattr(row, name) for name in CARRIED},
        )
        for row in rows
    )  # fmt: skip
    return len(rows) - len(whole)


def _columns(texts: Sequence[Texts], measure: Measure) -> list[dict[str, object]]:
    """Return what is stored of each pair: by words, and where these leave it open by meaning."""
    matches = [compared(pair, measure=measure) for pair in texts]
    columns = [fields_of(match) for match in matches]
    open_at = [
        at
        for at, (pair, match) in enumerate(zip(texts, matches, strict=True))
        if is_open(match, pair, measure=measure)
    ]
    if open_at:
        found = closeness_of(measure, [texts[at] for at in open_at])
        for at, close in zip(open_at, found, strict=True):
            match = compared(texts[at], measure=measure, closeness=close)
            columns[at] = fields_of(match, closeness=close)
    return columns


def _note(version: MatchVersion, **fields: object) -> None:
    """Write progress to the version's row; a version that was cancelled meanwhile undoes the chunk."""
    running = MatchVersion.objects.filter(pk=version.pk, state=State.RUNNING)
    if not running.update(touched_at=timezone.now(), attempts=0, **fields):
        raise _EndedError


def _fail(version_id: int, problem: str) -> None:
    MatchVersion.objects.filter(pk=version_id, state=State.RUNNING).update(
        state=State.FAILED, problem=problem, ended_at=timezone.now()
    )


def _try_lock(version_id: int) -> bool:
    """Take a version's work for this transaction; False if another process has it."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_try_advisory_xact_lock(%s, %s)", [LOCK, version_id])
        return bool(cursor.fetchone()[0])
