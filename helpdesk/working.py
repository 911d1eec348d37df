"""Time that agents work on cases, told by beats of the pages that they have before them."""

from datetime import date, datetime, timedelta

from django.db import connection
from django.utils import timezone

from helpdesk.models import Case, User

LONGEST_BEAT = timedelta(seconds=20)  # a page beats every 15, and at leaving

# One statement, so that a beat costs one round trip. Time that has passed and was not told of yet is kept, up to a
# beat's: beats that overtake each other on their way lose nothing.
ADD = """
WITH beat AS (
  INSERT INTO helpdesk_beat AS b (agent_id, at, untold, told)
  VALUES (%(agent)s, %(now)s, %(longest)s - %(told)s, %(told)s)
  ON CONFLICT (agent_id) DO UPDATE SET
    told = least(%(told)s, b.untold + PASSED),
    untold = greatest(0, least(%(longest)s, b.untold + PASSED) - %(told)s),
    at = greatest(b.at, excluded.at)
  RETURNING told
)
INSERT INTO helpdesk_activetime AS t (case_id, agent_id, day, milliseconds)
SELECT %(case)s, %(agent)s, %(day)s, told FROM beat WHERE told > 0
ON CONFLICT (case_id, agent_id, day)
DO UPDATE SET milliseconds = least(86400000, t.milliseconds + excluded.milliseconds)
""".replace(
    "PASSED", "greatest(0, least(%(longest)s, floor(extract(epoch FROM excluded.at - b.at) * 1000)))::int"
)


def add_active_time(*, case: Case, agent: User, spent: timedelta, now: datetime) -> None:
    """Add what a page says was spent on a case since its last beat, on the day on which it says so.

    All pages of an agent together never add more than the time that passes, and one beat.
    """
    longest = LONGEST_BEAT // timedelta(milliseconds=1)
    values: dict[str, int | date | datetime] = {
        "case": case.pk,
        "agent": agent.pk,
        "day": timezone.localdate(now),
        "now": now,
        "told": max(0, min(longest, spent // timedelta(milliseconds=1))),
        "longest": longest,
    }
    with connection.cursor() as cursor:
        cursor.execute(ADD, values)
