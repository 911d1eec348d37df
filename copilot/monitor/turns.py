"""Stored turns with the cell of the funnel that each of them is in, derived from its events."""

from collections.abc import Iterator
from datetime import datetime

from django.db.models import Prefetch

from copilot.models import Arm, Exposure, Match, Suggestion, SuggestionEvent
from copilot.models.suggestion import MESSAGE_TEXTS, SuggestionQuerySet
from copilot.monitor.funnel import Cell, ScreenEvent, SentReply, cell_of

CHUNK = 2000


def cells(suggestions: SuggestionQuerySet, *, now: datetime) -> Iterator[tuple[Suggestion, Cell]]:
    """Return each turn of these with its cell, in the order of their numbers; four queries a chunk."""
    rows = (
        suggestions.current()
        .select_related("message")
        .defer(*MESSAGE_TEXTS, "text", "parts", "question")
        .prefetch_related(
            "events",
            Prefetch("exposures", Exposure.objects.select_related("variant")),
            Prefetch(
                "matches",
                Match.objects.current().prefetch_related("closest__events"),
                to_attr="current_matches",
            ),
        )
        .order_by("pk")
    )
    for row in rows.iterator(CHUNK):
        yield row, _cell_of(row, now=now)


def _cell_of(suggestion: Suggestion, *, now: datetime) -> Cell:
    match = next(iter(suggestion.current_matches), None)  # type: ignore[attr-defined]  # prefetched
    compared = match.compared if match else suggestion
    return cell_of(
        state=suggestion.state,
        asked_at=suggestion.message.sent_at,
        finished_at=compared.finished_at,
        events=[
            ScreenEvent(
                event.type, event.actor_id, event.at, event.page, event.page_order, event.typed_before
            )
            for row in {suggestion, compared}
            for event in row.events.all()
        ],
        reply=_reply_to(suggestion, match),
        now=now,
    )


def _reply_to(suggestion: Suggestion, match: Match | None) -> SentReply | None:
    sent = [event for event in suggestion.events.all() if event.type == SuggestionEvent.Type.SENT]
    if not sent:
        return None
    first = min(sent, key=lambda event: event.at)
    exposures = [each for each in suggestion.exposures.all() if each.agent_id == first.actor_id]
    return SentReply(
        author=first.actor_id,
        at=first.at,
        kind=match.kind if match else None,
        retained=match.retained if match else None,
        is_hidden=any(each.variant.arm != Arm.OFFER for each in exposures),
    )
