"""What only the texts of a day can tell: which product its questions name, and which replies are a template.

Both are read and counted where the other inputs are, but by the reader of `matching`, not by the database.

- A question counts once: under the first product, plan or feature that it names (see `matching.naming`), or under none.
- A reply counts where `rolling` counts a match: within seven days, with eight tokens of its own, compared by the
  current version. It is a template if it is nearly word for word what was suggested, seen or not, or any other answer
  that was approved when it was sent (see `matching.templates`).
"""

from collections import Counter
from collections.abc import Iterator
from datetime import datetime
from typing import Any

from django.db import connection

from copilot.matching.comparing import NEAR_SIMILARITY
from copilot.matching.naming import first_named
from copilot.matching.templates import Template, Templates
from copilot.measure import known_terms
from copilot.models import AnswerVersion, InputDay
from copilot.monitor.funnel import SUBSTANTIVE, WINDOW

QUESTIONS = """
SELECT s.release_id, s.question FROM copilot_suggestion s
JOIN copilot_release r ON r.id = s.release_id AND s.created_at >= r.created_at
WHERE s.created_at >= %(start)s AND s.created_at < %(end)s AND s.state <> 'superseded' AND s.question <> ''
"""
CURRENT = "(SELECT id FROM copilot_matchversion WHERE is_current)"
REPLIES = f"""
SELECT release_id, answer_id, is_near, CASE WHEN is_near THEN '' ELSE body END, sent_at
FROM (
    SELECT q.release_id, coalesce(w.answer_id, q.answer_id) AS answer_id, p.body, p.sent_at,
           coalesce(t.similarity >= %(near)s, w.kind IN ('exact', 'near')) AS is_near
    FROM copilot_suggestion s
    JOIN helpdesk_message m ON m.id = s.message_id
    LEFT JOIN copilot_match t ON t.suggestion_id = s.id AND s.state <> 'withheld' AND t.version_id = {CURRENT}
    JOIN copilot_suggestion q ON q.id = coalesce(t.closest_id, s.id)
    JOIN copilot_release r ON r.id = q.release_id AND q.created_at >= r.created_at
    LEFT JOIN copilot_withheldtext w ON w.suggestion_id = s.id AND s.state = 'withheld' AND w.version_id = {CURRENT}
    JOIN helpdesk_reply p ON p.id = coalesce(t.reply_id, w.reply_id)
    WHERE s.created_at >= %(start)s AND s.created_at < %(end)s
      AND s.state IN ('offered', 'shadow', 'withheld') AND p.sent_at <= m.sent_at + %(window)s
      AND coalesce(t.n_reply_tokens, w.n_reply_tokens) >= %(substantive)s
) reply
WHERE is_near OR body <> ''
"""  # noqa: S608  nothing of it comes from outside

Row = tuple[int, str, str, int]  # release, part, value, n


def read_texts(span: tuple[datetime, datetime]) -> list[Row]:
    """Return one day's counts, the same whoever makes them."""
    counts = Counter(_products(span))
    counts.update(_templates(span))
    return [(*key, n) for key, n in sorted(counts.items())]


def _products(span: tuple[datetime, datetime]) -> Iterator[tuple[int, str, str]]:
    terms = known_terms()
    if not terms:  # no catalogue, nothing to name
        return
    for release, question in _query(QUESTIONS, span):
        yield release, InputDay.Part.PRODUCT.value, first_named(question, terms=terms)


def _templates(span: tuple[datetime, datetime]) -> Iterator[tuple[int, str, str]]:
    versions = AnswerVersion.objects.order_by("pk").values_list("pk", "body", "approved_at")
    known = Templates.of([Template(key, body, at) for key, body, at in versions if at])
    for release, answer, is_near, body, sent_at in _query(REPLIES, span):
        is_template = is_near or known.has(body, sent_at=sent_at, but=answer)
        yield release, InputDay.Part.TEMPLATE.value, "yes" if is_template else "no"


def _query(sql: str, span: tuple[datetime, datetime]) -> list[tuple[Any, ...]]:
    start, end = span
    asked: dict[str, Any] = {
        "start": start, "end": end, "window": WINDOW, "substantive": SUBSTANTIVE, "near": NEAR_SIMILARITY,
    }  # fmt: skip
    with connection.cursor() as cursor:
        cursor.execute(sql, asked)
        return cursor.fetchall()
