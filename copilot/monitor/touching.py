"""What touches a day: the one list of all that the figures of a day are made of.

A day's figures tell of the turns whose message was taken in on it, and of the cases that were opened on it. Either may
change long afterwards: a match is settled, history is replayed, a customer rates, a case is reopened. Looking for what
was stored of late can't find it all, since a row may bear any time, and a long transaction stores it later still. So
the database notes a `Touch` with each statement that changes one of these tables, in the same transaction, and
`rolling.roll_on` makes anew what is touched.

To add to the list: a line here, and a migration with `watching` of the table.
"""

from collections.abc import Iterable
from datetime import date, datetime, time

from django.conf import settings
from django.db import connection
from django.utils import timezone

from copilot.models.touch import Touch

# Of these tables' rows the figures of turns are made: they touch the day of their suggestion.
TURNS = (
    "copilot_suggestion",
    "copilot_suggestionevent",
    "copilot_match",
    "copilot_exposure",
    "copilot_followup",
    "copilot_withheldtext",
)
# And of these those of cases: they touch the day on which their case was opened; a change of status its own day too.
# So does an event that tells of a suggestion in sight, beside the day of the suggestion.
CASES = (
    "copilot_assignment", "helpdesk_activetime", "helpdesk_caseevent", "helpdesk_casemerge", "helpdesk_reply",
    "helpdesk_satisfactionrating", "helpdesk_statuschange",
)  # fmt: skip
# What customers name is looked for in all questions: a product that comes or goes touches every day.
TERMS = ("copilot_term",)

FIND = """
SELECT (at AT TIME ZONE %s)::date AS day, array_agg(id) FROM copilot_touch GROUP BY day ORDER BY min(id)
"""


def touched() -> list[tuple[date, list[int]]]:
    """Return the days that wait to be rolled, who waits longest first, each with the numbers of its touches."""
    with connection.cursor() as cursor:
        cursor.execute(FIND, [settings.TIME_ZONE])
        return cursor.fetchall()


def forget(touches: Iterable[int]) -> None:
    """Forget touches once their day is rolled: these and no others, for one may be stored later than a greater one."""
    Touch.objects.filter(pk__in=touches).delete()


def touch(days: Iterable[date]) -> None:
    """Have days rolled though nothing was stored."""
    zone = timezone.get_default_timezone()
    noons = (datetime.combine(day, time(12), tzinfo=zone) for day in days)
    Touch.objects.bulk_create([Touch(at=noon) for noon in noons], batch_size=1000)
