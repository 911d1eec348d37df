"""Why turns of a day got no suggestion, counted: a part of what `rolling` makes of a day."""

from datetime import date, datetime

from django.db import connection

from copilot.models.rollup import ReasonDay

COUNT = """
INSERT INTO copilot_reasonday (day, state, reason, n)
SELECT %s, state, reason, count(*) FROM copilot_suggestion
WHERE created_at >= %s AND created_at < %s AND state IN ('withheld', 'failed', 'off')
GROUP BY state, reason ORDER BY state, reason
"""


def roll_reasons(day: date, span: tuple[datetime, datetime]) -> None:
    """Put the day's rows in the place of those that stood there; call it within the transaction of the day."""
    ReasonDay.objects.filter(day=day).delete()
    with connection.cursor() as cursor:
        cursor.execute(COUNT, [day, *span])
