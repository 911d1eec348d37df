"""The turns of one day as they are stored, with what happened on screens and the match: what `rolling` counts.

What a turn's reply is compared with may be an older suggestion, which a newer message superseded after it was inserted:
then that one's answer, topic and confidence count, and what happened to it.
"""

from collections import defaultdict
from collections.abc import Iterable, Iterator
from datetime import datetime
from itertools import groupby
from operator import itemgetter
from typing import Any, NamedTuple

from django.db import connection
from psycopg import Cursor

from copilot.monitor.funnel import SUBSTANTIVE, WINDOW, ScreenEvent

Span = tuple[datetime, datetime]

TURNS = """
SELECT s.id, s.state, s.arm, q.release_id, q.topic_id, c.language, m.sent_at AS asked_at, q.finished_at, q.confidence,
       a.variant_id, coalesce(r.created_at > m.sent_at, false) AS is_replayed,
       t.kind, t.is_pending, t.retained, t.share, t.kept_characters, t.n_reply_tokens, t.only_frame_edited,
       p.author_id, p.sent_at AS replied_at, q.answer_id, t.survival
FROM copilot_suggestion s
JOIN helpdesk_message m ON m.id = s.message_id
JOIN helpdesk_case c ON c.id = s.case_id
LEFT JOIN copilot_assignment a ON a.case_id = s.case_id
LEFT JOIN copilot_match t ON t.suggestion_id = s.id
      AND t.version_id = (SELECT id FROM copilot_matchversion WHERE is_current)
JOIN copilot_suggestion q ON q.id = coalesce(t.closest_id, s.id)
LEFT JOIN copilot_release r ON r.id = q.release_id
LEFT JOIN helpdesk_reply p ON p.id = t.reply_id
WHERE s.created_at >= %(start)s AND s.created_at < %(end)s AND s.state <> 'superseded'
"""
EVENTS = """
SELECT of_turn.id, e.type, e.actor_id, e.at, e.page, e.page_order, e.typed_before
FROM (
    SELECT s.id, s.id AS suggestion_id FROM copilot_suggestion s
    WHERE s.created_at >= %(start)s AND s.created_at < %(end)s
    UNION ALL
    SELECT s.id, t.closest_id FROM copilot_suggestion s
    JOIN copilot_match t ON t.suggestion_id = s.id AND t.closest_id IS NOT NULL
         AND t.version_id = (SELECT id FROM copilot_matchversion WHERE is_current)
    WHERE s.created_at >= %(start)s AND s.created_at < %(end)s
) of_turn
JOIN copilot_suggestionevent e ON e.suggestion_id = of_turn.suggestion_id AND e.type <> 'why_opened'
ORDER BY of_turn.id, e.at, e.id
"""
EXPOSURES = """
SELECT x.suggestion_id, x.agent_id, x.variant_id, v.arm
FROM copilot_exposure x JOIN copilot_variant v ON v.id = x.variant_id
JOIN copilot_suggestion s ON s.id = x.suggestion_id
WHERE s.created_at >= %(start)s AND s.created_at < %(end)s
"""


class Turn(NamedTuple):
    """One row of TURNS: a turn, its suggestion, and what is known of its reply by the match."""

    id: int
    state: str
    arm: str
    release_id: int | None
    topic_id: int | None
    language: str
    asked_at: datetime
    finished_at: datetime | None
    confidence: float | None
    variant_id: int | None
    is_replayed: bool
    kind: str | None
    is_pending: bool | None
    retained: float | None
    share: float | None
    kept_characters: int | None
    n_reply_tokens: int | None
    only_frame_edited: bool | None
    author_id: int | None
    replied_at: datetime | None
    answer_id: int | None
    survival: float | None

    @property
    def is_substantive(self) -> bool:
        """Whether its reply says enough of its own to be compared."""
        return (self.n_reply_tokens or 0) >= SUBSTANTIVE


def turns_of(span: Span) -> Iterator[Turn]:
    """Yield the turns that came in within a span of time."""
    yield from map(Turn._make, _query(TURNS, span))


def events_of(span: Span) -> dict[int, list[ScreenEvent]]:
    rows = groupby(_query(EVENTS, span), key=itemgetter(0))
    return {suggestion: [ScreenEvent(*row[1:]) for row in group] for suggestion, group in rows}


def exposures_of(span: Span) -> dict[int, dict[int | None, tuple[int, str]]]:
    found: defaultdict[int, dict[int | None, tuple[int, str]]] = defaultdict(dict)
    for suggestion, agent, variant, arm in _query(EXPOSURES, span):
        found[suggestion][agent] = (variant, arm)
    return found


def with_reply(turn: Turn, events: Iterable[ScreenEvent]) -> Turn:
    """Return a turn with the reply that its events tell of; a reply after the window is none, in whatever arm."""
    sent = next((event for event in events if event.type == "sent"), None)
    if sent is not None:
        turn = turn._replace(author_id=sent.actor, replied_at=sent.at)
    if turn.replied_at is not None and turn.replied_at > turn.asked_at + WINDOW:
        turn = turn._replace(author_id=None, replied_at=None, kind=None)
    return turn


def _query(sql: str, span: Span) -> Iterator[tuple[Any, ...]]:
    """Yield the rows of a day; in binary, because reading half a million times from text is what costs most."""
    connection.ensure_connection()
    with Cursor(connection.connection) as cursor:
        yield from cursor.execute(sql, dict(zip(("start", "end"), span, strict=True)), binary=True).fetchall()
