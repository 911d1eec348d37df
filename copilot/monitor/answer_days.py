"""The figures of a day by answer: what was shown, how it compares, why it was dismissed, what was corrected later.

`rolling.roll_day` hands each turn over with the cell it found; what answers need besides is read here.
"""

from collections import Counter, defaultdict
from datetime import date, datetime
from typing import NamedTuple

from django.db import connection

from copilot.models.rollup import AnswerDay
from copilot.models.suggestion import SuggestionEvent
from copilot.monitor.copying import copy_rows, sortable
from copilot.monitor.funnel import USED, Cell
from copilot.monitor.rolling_sums import roll_sums
from copilot.monitor.rolling_turns import Turn

MILLION = 1_000_000
REASONS = tuple(SuggestionEvent.DismissReason.values)

DISMISSALS = """
SELECT s.id, e.actor_id, e.dismiss_reason
FROM copilot_suggestion s
LEFT JOIN copilot_match t ON t.suggestion_id = s.id
     AND t.version_id = (SELECT id FROM copilot_matchversion WHERE is_current)
JOIN copilot_suggestionevent e ON e.suggestion_id IN (s.id, t.closest_id) AND e.type = 'dismissed'
WHERE s.created_at >= %s AND s.created_at < %s
ORDER BY e.at, e.id
"""
FOLLOW_UPS = """
SELECT f.suggestion_id, f.is_correction, f.survival
FROM copilot_followup f JOIN copilot_suggestion s ON s.id = f.suggestion_id
JOIN helpdesk_reply p ON p.id = f.reply_id
WHERE s.created_at >= %s AND s.created_at < %s
ORDER BY f.is_correction, p.sent_at DESC, p.id DESC
"""


class Key(NamedTuple):
    """What the suggestions of one row have in common."""

    version_id: int
    release_id: int | None
    arm: str
    language: str
    agent: int
    is_replayed: bool


COUNTS = tuple(
    field.attname
    for field in AnswerDay._meta.concrete_fields
    if field.attname not in {"id", "day", *Key._fields} and not field.generated
)


class AnswerCount:
    """The rows of one day by answer while they are counted; `span` holds the day."""

    def __init__(self, span: tuple[datetime, datetime]) -> None:
        self.rows: defaultdict[Key, Counter[str]] = defaultdict(Counter)
        with connection.cursor() as cursor:
            cursor.execute(DISMISSALS, span)
            self.reasons = {(suggestion, actor): reason for suggestion, actor, reason in cursor.fetchall()}
            cursor.execute(FOLLOW_UPS, span)  # the first correction stands last, and so is kept
            self.followed = {suggestion: found for suggestion, *found in cursor.fetchall()}

    def add(self, turn: Turn, cell: Cell, *, arm: str, agent: int, is_shown: bool) -> None:
        """Count one turn, if an answer was suggested in it."""
        if turn.answer_id is None or turn.state not in {"offered", "shadow"}:
            return
        row = self.rows[Key(turn.answer_id, turn.release_id, arm, turn.language, agent, turn.is_replayed)]
        row["n_suggested"] += 1
        row["n_shown"] += is_shown
        row["n_verbatim"] += cell is Cell.SENT_VERBATIM
        row["n_edited"] += cell is Cell.SENT_EDITED
        if cell is Cell.DISMISSED:
            row["n_dismissed"] += 1
            reason = self.reasons.get((turn.id, turn.author_id), "")
            if reason in REASONS:
                row[f"n_{reason}"] += 1
        if turn.kind is not None:
            row[f"n_{turn.kind}" if turn.is_substantive else "n_short"] += 1
            row["n_pending"] += turn.is_substantive and bool(turn.is_pending)
        if cell in USED:
            self._count_survival(turn, row)

    def replace(self, day: date) -> None:
        """Put the rows in the place of those that stood there; the caller's transaction holds the day."""
        AnswerDay.objects.filter(day=day).delete()
        copy_rows(
            AnswerDay,
            ("day", *Key._fields, *COUNTS),
            (
                (day, *key, *(found[name] for name in COUNTS))
                for key, found in sorted(self.rows.items(), key=lambda row: sortable(row[0]))
            ),
        )
        roll_sums(day, of=AnswerDay)

    def _count_survival(self, turn: Turn, row: Counter[str]) -> None:
        at_send = round((turn.survival or 0.0) * MILLION)
        row["survival_millionths"] += at_send
        is_correction, survival = self.followed.get(turn.id, (None, 0.0))
        row["n_followed"] += is_correction is not None
        row["n_corrected"] += bool(is_correction)
        row["corrected_survival_millionths"] += round(survival * MILLION) if is_correction else at_send
