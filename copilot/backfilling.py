"""What older withheld suggestions would have said: computed anew for turns from before such texts were kept.

1. The release that withheld a suggestion runs over its question again, with the catalog of that day.
2. Where it decides as it did then, and only a floor stood against its best answer, the text is kept as `withholding`
   keeps it at once. Where it decides otherwise, because answers or code have changed since, nothing is kept: a text
   that was never on the point of being offered judges no floor.
3. The reply that ended the turn is noted, and a worker compares both.

Doing it again adds what is lacking and doubles nothing. Texts are worded with what is known of the case now.
"""

import math
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime

from django.db.models import Exists, OuterRef, QuerySet

from copilot import releases, withholding
from copilot.models import Arm, Release, Suggestion, WithheldText
from copilot.models.suggestion import State
from copilot.pipeline.run import Pipeline
from copilot.pipeline.types import HeadError
from copilot.recording import answers_of, expect_settling
from copilot.replaying import Moments
from copilot.suggesting import CASE_FOR_WORDING, compute

CHUNK = 256
ALIKE = 0.01  # confidences of the same decision, then and now


@dataclass
class Backfill:
    """How far it is: of `n` turns so many were looked at, have a text now, or are decided otherwise today."""

    n: int
    n_done: int = 0
    n_kept: int = 0
    n_otherwise: int = 0
    problem: str = ""

    @property
    def n_left(self) -> int:
        """Turns whose release can't be loaded any more."""
        return self.n - self.n_done


def backfill(*, now: datetime) -> Iterator[Backfill]:
    """Keep the texts that are lacking; yields how far it is after each chunk, and at the end."""
    _note_answers(WithheldText.objects.filter(reply=None).values_list("pk", flat=True), now=now)
    lacking = _lacking()
    total, moments = Backfill(n=lacking.count()), Moments()
    for release in Release.objects.filter(pk__in=lacking.values("release")).order_by("pk"):
        try:
            pipeline = releases.pipeline_of(release)
            for rows in _chunks(release):
                _keep(rows, total, pipeline=pipeline, release=release, moments=moments, now=now)
                yield total
        except (releases.ReleaseError, HeadError) as error:
            total.problem = f"{release}: {error}"
    yield total


def _lacking() -> QuerySet[Suggestion]:
    """Return the turns that were withheld for being unsure and have no text; not those whose question was erased."""
    kept = WithheldText.objects.filter(suggestion=OuterRef("pk"))
    unsure = Suggestion.objects.filter(~Exists(kept), state=State.WITHHELD, reason__in=withholding.UNSURE)
    return unsure.exclude(question="").exclude(release=None)


def _chunks(release: Release) -> Iterator[list[Suggestion]]:
    after = 0
    rows = _lacking().filter(release=release).select_related("message", *CASE_FOR_WORDING).order_by("pk")
    while found := list(rows.filter(pk__gt=after)[:CHUNK]):
        yield found
        after = found[-1].pk


def _keep(
    turns: Sequence[Suggestion],
    total: Backfill,
    *,
    pipeline: Pipeline,
    release: Release,
    moments: Moments,
    now: datetime,
) -> None:
    """Decide turns anew and keep the texts of those that are decided as they were."""
    rows = [
        Suggestion(case=turn.case, message=turn.message, arm=Arm.SHADOW, created_at=now, queued_at=now)
        for turn in turns
    ]
    then = [moments.of(turn.created_at) for turn in turns]
    found = compute(rows, pipeline=pipeline, release=release, moments=then)
    texts = []
    for turn, row, beside in zip(turns, rows, found, strict=True):
        total.n_done += 1
        if beside.withheld and _is_as_it_was(turn, row):
            [text] = beside.withheld
            texts.append(WithheldText(suggestion=turn, answer=text.answer, text=text.text))
        else:
            total.n_otherwise += 1
    WithheldText.objects.bulk_create(texts, ignore_conflicts=True)
    total.n_kept += len(texts)
    # Once they are stored: a reply that is sent meanwhile finds them, and one that was sent before is found here.
    _note_answers([text.suggestion_id for text in texts], now=now)


def _is_as_it_was(turn: Suggestion, row: Suggestion) -> bool:
    return row.reason == turn.reason and math.isclose(
        row.confidence or 0.0, turn.confidence or 0.0, abs_tol=ALIKE
    )


def _note_answers(suggestion_ids: Iterable[int], *, now: datetime) -> None:
    """Note the replies that these turns have had, and have both compared."""
    turns = Suggestion.objects.filter(pk__in=suggestion_ids, state=State.WITHHELD).select_related("message")
    answers = answers_of([turn.message for turn in turns])
    pairs = [(turn, answers[turn.message_id]) for turn in turns if turn.message_id in answers]
    if withholding.note_replies(pairs, now=now):
        expect_settling()
