"""A suggestion for a turn: expected with the message, computed by the worker, stored before anybody opens the case.

1. `expecting` stores a pending row with the message, and queues it.
2. `suggest` runs the live release, or that of the case's variant, over a batch of pending rows and fills each in once:
   whoever changes `pending` first wins, so a task that runs twice does no harm. Nobody waits for which sentence
   decided: that is noted when all are stored.
3. `sweep` queues again what a dead worker left behind.
"""

import logging
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from django.conf import settings
from django.db import transaction

from copilot import explaining, recording, releases, withholding
from copilot.catalog import CatalogMoment, catalog_at
from copilot.expecting import BATCH
from copilot.models import Alternative, Arm, QuestionVector, Release, Suggestion, Topic, WithheldText
from copilot.models.suggestion import Reason, State
from copilot.pipeline.questions import question_from
from copilot.pipeline.run import Pipeline
from copilot.pipeline.types import HeadError, Outcome, Question
from copilot.worded import word_for
from helpdesk import casework, copying, live
from helpdesk.models import Case, Message
from helpdesk.turns import turns_of

logger = logging.getLogger(__name__)

CASE_FOR_WORDING = ("case__customer", "case__team__guidance")
LOST_AFTER = timedelta(seconds=10)
MOST_ATTEMPTS = 5


@dataclass(frozen=True)
class Beside:
    """What is stored beside a suggestion: the answers that came close, its question as the encoder read it, and what it
    would have said if it was withheld for being unsure.
    """

    alternatives: Sequence[Alternative] = ()
    vectors: Sequence[QuestionVector] = ()
    withheld: Sequence[WithheldText] = ()


def suggest(*, suggestion_ids: Sequence[int], now: datetime) -> int:
    """Compute the pending ones among these suggestions and return how many were filled in."""
    pending = list(
        Suggestion.objects.filter(pk__in=suggestion_ids, state=State.PENDING)
        .select_related("message", *CASE_FOR_WORDING)
        .order_by("pk")
    )
    if not pending:
        return 0
    moment, n = catalog_at(now), 0
    own = releases.of_variants({row.case_id for row in pending})
    for release in dict.fromkeys(own.values()):
        rows = [row for row in pending if own.get(row.case_id) == release]
        try:
            n += suggest_by(release, rows, moment, now=now)
        except (releases.ReleaseError, HeadError) as error:
            logger.exception("the release of a variant failed, the live one stands in")
            n += _suggest_live(rows, moment, now=now, instead_of=str(error))
    return n + _suggest_live([row for row in pending if row.case_id not in own], moment, now=now)


def _suggest_live(
    rows: Sequence[Suggestion], moment: CatalogMoment, *, now: datetime, instead_of: str = ""
) -> int:
    """Fill in suggestions by the live release, and say in which of them it stands in for another one."""
    release = releases.live() if rows else None
    if release is None:
        return _fail(rows, Reason.NO_RELEASE, "", now=now, release=None)
    try:
        return suggest_by(release, rows, moment, now=now, instead_of=instead_of)
    except (releases.ReleaseError, HeadError) as error:
        logger.exception("the live release failed")
        return _fail(rows, Reason.RELEASE_BROKEN, str(error), now=now, release=release)


def suggest_by(
    release: Release,
    rows: Sequence[Suggestion],
    moment: CatalogMoment,
    *,
    now: datetime,
    instead_of: str = "",
) -> int:
    """Fill in suggestions by a release and return how many.

    Raises:
        ReleaseError: it can't be loaded.
        HeadError: a stage of it can't work.
    """
    return suggest_with(releases.pipeline_of(release), release, rows, moment, now=now, instead_of=instead_of)


def suggest_with(
    pipeline: Pipeline,
    release: Release,
    rows: Sequence[Suggestion],
    moment: CatalogMoment,
    *,
    now: datetime,
    instead_of: str = "",
) -> int:
    """Fill in suggestions by the pipeline of a release, which is at hand, and return how many.

    Raises:
        HeadError: a stage of it can't work.
    """
    computed = compute(rows, pipeline=pipeline, release=release, moments=[moment] * len(rows))
    if instead_of:
        for row in rows:
            row.detail = f"{release.name} stood in: {instead_of}"[:300]
    stored = _store(list(zip(rows, computed, strict=True)), now=now, stands_in=bool(instead_of))
    explaining.note_deciding_sentences(stored, pipeline=pipeline, moment=moment)
    return len(stored)


def compute(
    rows: Sequence[Suggestion], *, pipeline: Pipeline, release: Release, moments: Sequence[CatalogMoment]
) -> list[Beside]:
    """Run the pipeline over suggestions, each with the catalog of its moment; nothing is stored yet.

    Sets what was decided on each row and returns what belongs beside it.

    Raises:
        HeadError: a stage of the release can't work.
    """
    questions = questions_of_turns([(row.message, row.case) for row in rows])
    outcomes = pipeline.run(questions, catalog=[moment.catalog for moment in moments])
    topics = Topic.objects.in_bulk(field_name="slug")
    found = []
    for row, question, outcome, moment in zip(rows, questions, outcomes, moments, strict=True):
        row.release = release
        row.case.language = row.case.language or question.language or ""
        _note_outcome(row, question, outcome, topics)
        found.append(
            Beside(
                _word(row, outcome, moment),
                _vectors(row, outcome, release),
                withholding.texts_of(row, outcome, moment),
            )
        )
    return found


def question_of_turn(newest: Message, case: Case) -> Question:
    """Return the question of the turn that a message ends."""
    [question] = questions_of_turns([(newest, case)])
    return question


def questions_of_turns(ends: Sequence[tuple[Message, Case]]) -> list[Question]:
    """Return the questions of turns, each by its newest message; a later turn is not about its case's subject."""
    turns = turns_of([newest for newest, _ in ends])
    return [
        question_from(
            [message.body for message in turns[newest.pk].messages],
            subject=case.subject if turns[newest.pk].is_first else "",
            languages=settings.COPILOT_LANGUAGES,
            case_language=case.language or None,
        )
        for newest, case in ends
    ]


def warm_up(*, now: datetime) -> None:
    """Load the live release and read the catalog's answers, so that the first agent does not wait for it."""
    release = releases.live()
    if release is None:
        return
    try:
        releases.pipeline_of(release).run([Question("warm-up", "en")], catalog=catalog_at(now).catalog)
    except (releases.ReleaseError, HeadError):
        logger.exception("the live release can't be loaded")


def sweep(*, now: datetime) -> int:
    """Queue again the pending suggestions that nobody finished in time, and return how many.

    After five attempts one is given up as failed, so that a message that kills workers can't do so for ever.
    """
    from copilot import tasks

    lost = Suggestion.objects.filter(state=State.PENDING, queued_at__lte=now - LOST_AFTER)
    given_up = list(lost.filter(attempts__gte=MOST_ATTEMPTS).select_related("case")[:1000])
    _fail(given_up, Reason.LOST, "", now=now, release=None)
    with transaction.atomic():
        again = list(lost.select_for_update(skip_locked=True).order_by("pk")[:2000])
        for row in again:
            row.queued_at, row.attempts = now, row.attempts + 1
        Suggestion.objects.bulk_update(again, ["queued_at", "attempts"], batch_size=500)
    # One that failed twice runs alone, so that it takes no other down with it.
    alone = [[row.pk] for row in again if row.attempts > 2]
    together = [row.pk for row in again if row.attempts <= 2]
    for ids in alone + [together[start : start + BATCH] for start in range(0, len(together), BATCH)]:
        tasks.suggest.delay(suggestion_ids=ids)
    return len(again)


def _note_outcome(row: Suggestion, question: Question, outcome: Outcome, topics: dict[str, Topic]) -> None:
    row.question = question.text
    row.validity_probability = outcome.validity.probability
    row.confidence = outcome.confidence
    for name in ("encoder", "validity", "topic", "answer"):
        setattr(row, f"{name}_ms", outcome.milliseconds.get(name))
    candidates = [(topics[slug], p) for slug, p in outcome.topics_to_show if slug in topics]
    row.n_topics = len(candidates)
    if candidates:
        row.topic, row.topic_probability = candidates[0]
    if len(candidates) > 1:
        row.second_topic, row.second_topic_probability = candidates[1]
    if outcome.answer and outcome.answer.ranked:
        row.answer_probability = outcome.answer.probability


def _vectors(row: Suggestion, outcome: Outcome, release: Release) -> list[QuestionVector]:
    if not row.question:
        return []
    return [QuestionVector(suggestion=row, encoder=release.encoder, embedding=outcome.embedding)]


def _word(row: Suggestion, outcome: Outcome, moment: CatalogMoment) -> list[Alternative]:
    """Set state, reason and text of a suggestion, and return its alternatives."""
    best = outcome.offered
    if best is None:
        assert outcome.reason is not None  # noqa: S101  it goes with offering nothing
        row.state, row.reason = State.WITHHELD, Reason(outcome.reason)
        return []
    wording, row.wording_ms = word_for(row.case, moment.versions[best.key])
    row.answer, row.text = moment.versions[best.key], wording.text
    row.parts = [[part.kind, part.text, part.name] for part in wording.parts]
    if row.arm == Arm.OFFER:
        row.state = State.OFFERED
    else:
        row.state, row.reason = State.SHADOW, Reason.HELD_OUT
    return [
        Alternative(
            suggestion=row,
            rank=rank,
            answer=moment.versions[other.key],
            text=word_for(row.case, moment.versions[other.key])[0].text,
            probability=other.probability,
        )
        for rank, other in enumerate(outcome.alternatives, start=1)
    ]


FILLED_IN = [
    "state", "reason", "detail", "release", "topic", "second_topic", "n_topics", "answer", "text", "parts",
    "validity_probability", "topic_probability", "second_topic_probability", "answer_probability", "confidence",
    "question", "encoder_ms", "validity_ms", "topic_ms", "answer_ms", "wording_ms", "finished_at",
]  # fmt: skip


def _store(
    computed: Sequence[tuple[Suggestion, Beside]], *, now: datetime, stands_in: bool = False
) -> list[Suggestion]:
    """Fill in the suggestions that are still pending, and return them: not those of which another worker was first.

    Cases are held before suggestions, as by everybody else, so that nobody waits in a circle.
    """
    with transaction.atomic():
        Case.objects.lock_all({row.case_id for row, _ in computed})
        for row, _ in computed:
            row.finished_at = now
        filled_in = copying.change([row for row, _ in computed], FILLED_IN, state=State.PENDING)
        won = [(row, beside) for row, beside in computed if row.pk in filled_in]
        rows = [row for row, _ in won]
        Alternative.objects.bulk_create(each for _, beside in won for each in beside.alternatives)
        QuestionVector.objects.bulk_create(each for _, beside in won for each in beside.vectors)
        WithheldText.objects.bulk_create(each for _, beside in won for each in beside.withheld)
        if stands_in:
            recording.record_fallbacks(rows, now=now)
        casework.note_languages(row.case for row in rows)
        recording.record_answered(rows, now=now)
        live.tell(row.case_id for row in rows)
    return rows


def _fail(
    rows: Sequence[Suggestion], reason: Reason, detail: str, *, now: datetime, release: Release | None
) -> int:
    for row in rows:
        row.state, row.reason, row.detail, row.release = State.FAILED, reason, detail[:300], release
    return len(_store([(row, Beside()) for row in rows], now=now))
