"""What became of a suggestion: events from the screen, and the match with the reply that was sent."""

import uuid
from datetime import datetime
from typing import Any

from django.db import IntegrityError, transaction

from copilot import assigning, contamination
from copilot.matching import compare
from copilot.models import Match, Suggestion, SuggestionEvent, Term
from copilot.models.suggestion import State
from copilot.showing import is_hidden
from copilot.variables import values_for
from helpdesk.models import Message, Reply, User


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
    if is_hidden(suggestion, actor):
        contamination.note_hidden_report(suggestion, actor, now=at)
        raise ReportError(f"{suggestion} is held out for measuring: a page can't have shown it")
    if not suggestion.text and event["type"] != SuggestionEvent.Type.WHY_OPENED:
        raise ReportError(f"{suggestion} has no text: a page can't have shown it")
    with transaction.atomic():
        is_new = record_event(suggestion=suggestion, actor=actor, at=at, **event)
        assigning.expose(suggestion, actor, now=at)
    return is_new


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


def _record(suggestion: Suggestion, reply: Reply, *, now: datetime) -> Match | None:
    if suggestion.state not in {State.OFFERED, State.SHADOW}:
        return None
    match = match_of(suggestion, reply, terms=known_terms(), now=now)
    try:
        with transaction.atomic():
            match.save(force_insert=True)
    except IntegrityError:
        return None  # recorded already: once a reply, once a suggestion
    return match


def known_terms() -> frozenset[str]:
    """Return the names of products and plans, which a comparison takes for facts."""
    return frozenset(Term.objects.values_list("name", flat=True))


def match_of(suggestion: Suggestion, reply: Reply, *, terms: frozenset[str], now: datetime) -> Match:
    """Return the comparison of a suggestion's text with a reply, not yet saved."""
    match = compare(
        suggestion.text, reply.body, values=values_for(suggestion.case, reply.author), terms=terms
    )
    return Match(
        suggestion=suggestion,
        reply=reply,
        kind=match.kind,
        similarity=match.similarity,
        retained=match.retained,
        share=match.share,
        survival=match.survival,
        kept_characters=match.kept_characters,
        n_reply_tokens=match.n_sent_tokens,
        delta=match.delta.as_dict(),
        norm_version=match.norm_version,
        recorded_at=now,
    )
