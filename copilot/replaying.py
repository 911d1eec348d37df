"""History replayed in the shadow: what would have been suggested before each reply, and how it compares with it."""

from collections import Counter
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from datetime import date, datetime
from itertools import pairwise
from time import perf_counter

from django.db import transaction
from django.db.models import Min
from django.utils import timezone

from copilot import match_versions, releases, withholding
from copilot.catalog import CatalogMoment, catalog_at
from copilot.measure import measure_of
from copilot.models import (
    Alternative,
    AnswerVersion,
    Arm,
    Match,
    QuestionVector,
    Release,
    Suggestion,
    WithheldText,
)
from copilot.models.suggestion import Reason, State
from copilot.pipeline.run import Pipeline
from copilot.recording import expect_settling, match_of
from copilot.suggesting import CASE_FOR_WORDING, compute
from helpdesk.models import Message, Reply

BATCH = 256


@dataclass(frozen=True)
class Turn:
    """A turn that a reply ended, known by its newest message."""

    message: Message
    reply: Reply


@dataclass
class Replay:
    """What a replay found, in turns."""

    n_turns: int = 0
    states: Counter[str] = field(default_factory=Counter)
    reasons: Counter[str] = field(default_factory=Counter)
    kinds: Counter[str] = field(default_factory=Counter)
    seconds: float = 0.0

    @property
    def turns_per_second(self) -> float:
        return self.n_turns / self.seconds if self.seconds else 0.0


def turns_to_replay(case_ids: Iterable[int] | None = None) -> list[tuple[int, int]]:
    """Return (message id, reply id) of every answered turn that has no suggestion yet, oldest first."""
    replies = Reply.objects.order_by("case_id", "sent_at", "pk")
    messages = Message.objects.order_by("case_id", "sent_at", "pk")
    if case_ids is not None:
        ids = list(case_ids)
        replies, messages = replies.filter(case__in=ids), messages.filter(case__in=ids)
    entries = [(case, at, 1, pk) for case, at, pk in replies.values_list("case_id", "sent_at", "pk")]
    entries += [(case, at, 0, pk) for case, at, pk in messages.values_list("case_id", "sent_at", "pk")]
    entries.sort()
    done = set(Suggestion.objects.values_list("message_id", flat=True))
    pairs = [
        (before[1], before[3], entry[3])
        for before, entry in pairwise(entries)
        if entry[2] == 1 and before[2] == 0 and before[0] == entry[0] and before[3] not in done
    ]
    return [(message, reply) for _, message, reply in sorted(pairs)]


def replay_history(*, now: datetime) -> Replay:
    """Replay every answered turn that has no suggestion yet with the live release; does nothing without one."""
    total, release = Replay(), releases.live()
    if release is not None:
        for total in replay(  # noqa: B007  the last total is the result
            turns_to_replay(), pipeline=releases.pipeline_of(release), release=release, now=now
        ):
            pass
    return total


def replay(
    pairs: list[tuple[int, int]], *, pipeline: Pipeline, release: Release, now: datetime
) -> Iterator[Replay]:
    """Compute and store the shadow suggestion and the match of each turn; yields the running totals by batch.

    Each turn sees the catalog of its own day, or the first there was where the turn is older than the catalog.
    """
    total, moments = Replay(), Moments()
    started = perf_counter()
    for start in range(0, len(pairs), BATCH):
        batch = pairs[start : start + BATCH]
        messages = Message.objects.select_related(*CASE_FOR_WORDING).in_bulk(
            [message for message, _ in batch]
        )
        replies = Reply.objects.select_related("author").in_bulk([reply for _, reply in batch])
        turns = [Turn(messages[message], replies[reply]) for message, reply in batch]
        _replay_batch(turns, total, pipeline=pipeline, release=release, moments=moments, now=now)
        total.seconds = perf_counter() - started
        yield total


def _replay_batch(
    turns: list[Turn],
    total: Replay,
    *,
    pipeline: Pipeline,
    release: Release,
    moments: "Moments",
    now: datetime,
) -> None:
    rows = [
        Suggestion(
            case=turn.message.case, message=turn.message, arm=Arm.SHADOW, created_at=turn.message.sent_at,
            queued_at=now, finished_at=now,
        )
        for turn in turns
    ]  # fmt: skip
    found = compute(
        rows, pipeline=pipeline, release=release, moments=[moments.of(turn.message.sent_at) for turn in turns]
    )
    with transaction.atomic():
        Suggestion.objects.bulk_create(rows)
        Alternative.objects.bulk_create([other for beside in found for other in beside.alternatives])
        QuestionVector.objects.bulk_create([vector for beside in found for vector in beside.vectors])
        withheld = [
            withholding.answered(text, turn.reply, now=now)
            for beside, turn in zip(found, turns, strict=True)
            for text in beside.withheld
        ]
        WithheldText.objects.bulk_create(withheld)
        measure = measure_of(match_versions.hold_current(), [turn.reply.author for turn in turns])
        matches = Match.objects.bulk_create(
            match_of(row, turn.reply, measure=measure, now=turn.reply.sent_at)
            for row, turn in zip(rows, turns, strict=True)
            if row.state == State.SHADOW
        )
        if withheld or any(match.is_pending for match in matches):
            expect_settling()
    total.n_turns += len(turns)
    total.states.update(str(row.state) for row in rows)
    total.reasons.update(str(row.reason) for row in rows if row.reason != Reason.HELD_OUT)
    total.kinds.update(str(match.kind) for match in matches)


class Moments:
    """The catalog by day, each read once."""

    def __init__(self) -> None:
        self._by_day: dict[date, CatalogMoment] = {}
        self._first = AnswerVersion.objects.aggregate(first=Min("approved_at"))["first"]

    def of(self, at: datetime) -> CatalogMoment:
        if self._first:
            at = max(at, self._first)
        day = timezone.localdate(at)
        if day not in self._by_day:
            self._by_day[day] = catalog_at(at)
        return self._by_day[day]
