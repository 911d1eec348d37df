"""What became of a suggestion: events from the screen, and the match with the reply that was sent."""

import uuid
from datetime import datetime, timedelta
from typing import Any

from django.db import IntegrityError, transaction

from copilot import assigning, contamination, match_versions, withholding
from copilot.measure import Measure, Texts, compared, fields_of, is_open, measure_of
from copilot.models import Match, Suggestion, SuggestionEvent
from copilot.models.suggestion import State
from copilot.showing import is_hidden
from helpdesk.models import Message, Reply, User
from helpdesk.turns import messages_of

ON_ITS_WAY = timedelta(minutes=1)  # what a slow line still reports of a page that had to wait


class ReportError(Exception):
    """A page reports of a suggestion what can't have happened; the message says why."""


def record_event(
    *,
    suggestion: Suggestion,
    type: SuggestionEvent.Type,  # noqa: A002  the field's name
    actor: User | None,
    client_seq: str,
    at: datetime,
    dismiss_reason: str = "",
    rank: int | None = None,
    page: str = "",
    page_order: int | None = None,
    typed_before: int | None = None,
) -> bool:
    """Append an event and return whether it was new; the same `client_seq` is kept once."""
    _, is_new = SuggestionEvent.objects.get_or_create(
        suggestion=suggestion,
        client_seq=client_seq[:60] or uuid.uuid4().hex,
        defaults={
            "type": type,
            "actor": actor,
            "at": at,
            "dismiss_reason": dismiss_reason,
            "rank": rank,
            "page": page,
            "page_order": page_order,
            "typed_before": typed_before,
        },
    )
    return is_new


def record_report(*, suggestion: Suggestion, actor: User, at: datetime, **event: Any) -> bool:
    """Append what an agent's page reports of a suggestion, and return whether it was new.

    A report that comes late, of a suggestion that a newer message replaced or whose turn is answered, is kept: it
    happened.

    Raises:
        ReportError: the suggestion is hidden from this agent, or has nothing that could have been seen.
    """
    if event["type"] == SuggestionEvent.Type.AWAITED:
        return _record_awaited(suggestion, actor, at=at, **event)
    if is_hidden(suggestion, actor):
        contamination.note_hidden_report(suggestion, actor, now=at)
        raise ReportError(f"{suggestion} is held out for measuring: a page can't have shown it")
    if not suggestion.text and event["type"] != SuggestionEvent.Type.WHY_OPENED:
        raise ReportError(f"{suggestion} has no text: a page can't have shown it")
    with transaction.atomic():
        is_new = record_event(suggestion=suggestion, actor=actor, at=at, **event)
        assigning.expose(suggestion, actor, now=at)
    return is_new


def _record_awaited(suggestion: Suggestion, actor: User, *, at: datetime, **event: Any) -> bool:
    """Append that a page was opened before its suggestion was there: it has shown nothing, so nothing is hidden."""
    if suggestion.finished_at and suggestion.finished_at < at - ON_ITS_WAY:
        raise ReportError(f"{suggestion} was there before: a page that was opened now did not wait for it")
    return record_event(suggestion=suggestion, actor=actor, at=at, **event)


def record_fallback(suggestion: Suggestion, *, now: datetime) -> bool:
    """Append that the live release made a suggestion where that of its variant could not."""
    return record_event(
        suggestion=suggestion,
        type=SuggestionEvent.Type.RELEASE_FALLBACK,
        actor=None,
        client_seq="release-fallback",
        at=now,
    )


def record_reply(reply: Reply, *, now: datetime) -> Match | None:
    """Compare a reply with the suggestion of the turn it answers; None if that turn has no text to compare."""
    suggestion = suggestion_answered_by(reply)
    if suggestion is None:
        return None
    record_event(
        suggestion=suggestion,
        type=SuggestionEvent.Type.SENT,
        actor=reply.author,
        client_seq=f"reply-{reply.pk}",
        at=reply.sent_at,
    )
    if reply.author is not None:
        assigning.expose(suggestion, reply.author, now=now)
        contamination.note_answer(reply, now=now)
    return _record(suggestion, reply, now=now)


def record_if_answered(suggestion: Suggestion, *, now: datetime) -> Match | None:
    """Compare a suggestion with its turn's reply, if that was sent before the suggestion was ready."""
    reply = answer_of(suggestion.message)
    return _record(suggestion, reply, now=now) if reply else None


def answer_of(message: Message) -> Reply | None:
    """Return the reply that ended the turn whose newest message this is; None while it waits or if it went on."""
    after = {"case": message.case_id, "sent_at__gt": message.sent_at}
    reply = Reply.objects.filter(**after).select_related("author").order_by("sent_at").first()
    if reply and Message.objects.filter(**after, sent_at__lt=reply.sent_at).exists():
        return None
    return reply


def suggestion_answered_by(reply: Reply) -> Suggestion | None:
    """Return the suggestion of the turn that a reply is the first answer to."""
    message = (
        Message.objects.filter(case=reply.case_id, sent_at__lte=reply.sent_at)
        .order_by("-sent_at", "-pk")
        .first()
    )
    if message is None:
        return None
    if Reply.objects.filter(
        case=reply.case_id, sent_at__gt=message.sent_at, sent_at__lt=reply.sent_at
    ).exists():
        return None  # a second reply to the same turn: the first one is what is compared
    return (
        Suggestion.objects.current()
        .filter(message=message)
        .select_related("case__customer", "case__team")
        .first()
    )


def expect_settling() -> None:
    """Queue a look at the matches whose meaning is open."""
    from copilot import tasks  # tasks import what imports this module

    tasks.settle_matches.delay_on_commit()  # type: ignore[attr-defined]  # not in celery's stubs


def match_of(suggestion: Suggestion, reply: Reply, *, measure: Measure, now: datetime) -> Match:
    """Return the comparison of a suggestion's text with a reply by their words, not yet saved."""
    texts = Texts.of(suggestion, reply)
    match = compared(texts, measure=measure)
    columns = fields_of(match, is_pending=is_open(match, texts, measure=measure))
    return Match(suggestion=suggestion, reply=reply, version=measure.version, recorded_at=now, **columns)


def _record(suggestion: Suggestion, reply: Reply, *, now: datetime) -> Match | None:
    """Record the match of a turn with a text, under the version that is current when it is stored.

    What a withheld suggestion would have said is no match: it is noted apart, and a worker compares it.
    """
    if suggestion.state == State.WITHHELD and withholding.note_reply(suggestion, reply, now=now):
        expect_settling()
    if suggestion.state not in {State.OFFERED, State.SHADOW}:
        return None
    try:
        with transaction.atomic():
            measure = measure_of(match_versions.hold_current(), [reply.author])
            match = _closest(suggestion, reply, measure=measure, now=now)
            match.save(force_insert=True)
    except IntegrityError:
        return None  # recorded already: once a reply, once a suggestion
    if match.is_pending:
        expect_settling()
    return match


def _closest(suggestion: Suggestion, reply: Reply, *, measure: Measure, now: datetime) -> Match:
    """Return the match with the suggestion of the turn of which most was kept.

    That may be one which a newer message superseded after the agent had inserted it; in doubt it is the newest.
    """
    texts = [suggestion, *_superseded(suggestion)]
    matches = [match_of(each, reply, measure=measure, now=now) for each in texts]
    return max(matches, key=lambda match: (match.retained, match.similarity))


def _superseded(suggestion: Suggestion) -> list[Suggestion]:
    """Return the earlier suggestions of the same turn that hold a text, the newest first."""
    earlier = Suggestion.objects.filter(case=suggestion.case_id, state=State.SUPERSEDED).exclude(text="")
    earlier = earlier.select_related("case__customer", "case__team").order_by("-message__sent_at", "-pk")
    rows = list(earlier)
    turn = {message.pk for message in messages_of(suggestion.message)} if rows else set()
    return [row for row in rows if row.message_id in turn]
