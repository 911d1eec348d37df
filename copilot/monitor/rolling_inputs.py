"""The days' rows behind the pages of floors and of drift: counted by the database, replaced as one.

A reply counts where `rolling` counts a match: within seven days, with eight tokens of its own, compared by the current
version; and only if its author did not see the text. Unlike there, nothing depends on what the time is now, and
replayed history is left out: it came in before there was the release, which may have learned from its replies.
"""

from datetime import date, datetime
from typing import Any

from django.db import connection, transaction

from copilot.models import FloorDay, InputDay, Match
from copilot.models.suggestion import Reason
from copilot.monitor.agents import agent_hash
from copilot.monitor.copying import copy_rows
from copilot.monitor.funnel import SUBSTANTIVE, WINDOW
from copilot.monitor.rolling_sums import roll_sums
from copilot.monitor.rolling_texts import read_texts
from copilot.pipeline.types import VALIDITY_REASONS
from copilot.withholding import UNSURE

COLUMNS = ("day", "release_id", "reason", "arm", "agent", "bin", "n_turns", "n_hidden", "n_matches")
# Characters, the least of each bin above the first: so fine that the page can put them together by deciles.
LENGTHS = tuple(round(10 * 2 ** (step / 4)) for step in range(41))

CURRENT = "(SELECT id FROM copilot_matchversion WHERE is_current)"
FLOORS = f"""
SELECT release_id, reason, arm, author_id, bin, count(*), count(*) FILTER (WHERE is_hidden),
       count(*) FILTER (WHERE is_hidden AND kind = ANY(%(matching)s))
FROM (
    SELECT q.release_id, p.author_id, coalesce(t.kind, w.kind) AS kind,
           CASE WHEN s.state = 'withheld' THEN s.reason ELSE '' END AS reason,
           coalesce(v.arm, s.arm) AS arm,
           least(floor(round(q.confidence::numeric, 6) * 100), 99)::int AS bin,
           coalesce(
               (w.suggestion_id IS NOT NULL OR coalesce(v.arm, s.arm) <> 'offer')
               AND p.sent_at <= m.sent_at + %(window)s
               AND coalesce(t.n_reply_tokens, w.n_reply_tokens) >= %(substantive)s
               AND NOT coalesce(w.is_pending, false), false) AS is_hidden
    FROM copilot_suggestion s
    JOIN helpdesk_message m ON m.id = s.message_id
    LEFT JOIN copilot_match t ON t.suggestion_id = s.id AND s.state <> 'withheld' AND t.version_id = {CURRENT}
    JOIN copilot_suggestion q ON q.id = coalesce(t.closest_id, s.id)
    JOIN copilot_release r ON r.id = q.release_id AND q.created_at >= r.created_at
    LEFT JOIN copilot_withheldtext w ON w.suggestion_id = s.id AND s.state = 'withheld' AND w.version_id = {CURRENT}
    LEFT JOIN helpdesk_reply p ON p.id = coalesce(t.reply_id, w.reply_id)
    LEFT JOIN copilot_exposure x ON x.suggestion_id = s.id AND x.agent_id = p.author_id
    LEFT JOIN copilot_variant v ON v.id = x.variant_id
    WHERE s.created_at >= %(start)s AND s.created_at < %(end)s
      AND q.confidence IS NOT NULL
      AND (s.state IN ('offered', 'shadow') OR (s.state = 'withheld' AND s.reason = ANY(%(unsure)s)))
) turn
GROUP BY 1, 2, 3, 4, 5 ORDER BY 1, 2, 3, 4, 5
"""  # noqa: S608  nothing of it comes from outside
INPUTS = """
SELECT s.release_id, part.name, part.value, count(*)
FROM copilot_suggestion s
JOIN copilot_release r ON r.id = s.release_id AND s.created_at >= r.created_at
JOIN helpdesk_case c ON c.id = s.case_id
CROSS JOIN LATERAL (VALUES
    ('length', coalesce((%(lengths)s::int[])[width_bucket(length(s.question), %(lengths)s)], 0)::text),
    ('channel', c.channel),
    ('kind', CASE WHEN s.reason = ANY(%(other)s) THEN s.reason ELSE 'question' END)
) part (name, value)
WHERE s.created_at >= %(start)s AND s.created_at < %(end)s
  AND s.state <> 'superseded' AND s.question <> ''
GROUP BY 1, 2, 3 ORDER BY 1, 2, 3
"""
UNSEEN = """
SELECT release_id, 'unseen', CASE WHEN distance > "limit" THEN 'yes' ELSE 'no' END, count(*)
FROM (
    SELECT s.id, s.release_id, t."limit", min(q.embedding <=> t.centroid) AS distance
    FROM copilot_suggestion s
    JOIN copilot_release r ON r.id = s.release_id AND s.created_at >= r.created_at
    JOIN copilot_questionvector q ON q.suggestion_id = s.id AND q.encoder_id = r.encoder_id
    JOIN copilot_seentopic t ON t.release_id = s.release_id
    WHERE s.created_at >= %(start)s AND s.created_at < %(end)s AND s.state <> 'superseded' AND s.topic_id IS NOT NULL
    GROUP BY s.id, s.release_id, t."limit"
) turn
GROUP BY 1, 2, 3 ORDER BY 1, 2, 3
"""


def roll_inputs(day: date, span: tuple[datetime, datetime]) -> None:
    """Make one day's rows anew."""
    start, end = span
    asked: dict[str, Any] = {
        "other": [str(each) for each in VALIDITY_REASONS],
        "start": start,
        "end": end,
        "window": WINDOW,
        "substantive": SUBSTANTIVE,
        "lengths": list(LENGTHS),
    }
    unsure = [str(each) for each in (*UNSURE, Reason.VALIDITY_UNSURE)]
    asked |= {"unsure": unsure, "matching": [str(each) for each in Match.MATCHING]}
    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute("SELECT pg_advisory_xact_lock(hashtext('rollup of inputs'), %s)", [day.toordinal()])
        cursor.execute(FLOORS, asked)
        floors = [
            (day, release, reason, arm, agent_hash(author), in_bin, *counts)
            for release, reason, arm, author, in_bin, *counts in cursor.fetchall()
        ]
        cursor.execute(INPUTS, asked)
        inputs = [(day, *row) for row in [*cursor.fetchall(), *_unseen(asked), *read_texts(span)]]
        FloorDay.objects.filter(day=day).delete()
        InputDay.objects.filter(day=day).delete()
        copy_rows(FloorDay, COLUMNS, floors)
        roll_sums(day, of=FloorDay)
        copy_rows(InputDay, ("day", "release_id", "part", "value", "n"), inputs)


def _unseen(asked: dict[str, Any]) -> list[tuple[Any, ...]]:
    with connection.cursor() as cursor:
        cursor.execute(UNSEEN, asked)
        return cursor.fetchall()
