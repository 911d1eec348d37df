"""News for open pages: PostgreSQL's NOTIFY carries the numbers of changed cases to every web process.

Of a case that leaves somebody's sight a page is not told by its number, which it may not ask for any more, but by the
number of who lost it: their list has one case less.
"""

import time
from collections.abc import Iterable

from django.db import connection

CASES = "helpdesk_case"
LOSERS = "helpdesk_loser"  # people who may no longer read a case
# A payload holds at most 8,000 bytes.
NUMBERS_PER_NOTICE = 300


def moment() -> int:
    """Return the time in milliseconds; a page that began to be made then hears what happens from then on."""
    return time.time_ns() // 1_000_000


def tell(case_ids: Iterable[int]) -> None:
    """Announce that something in these cases changed; delivered when the transaction commits."""
    _notify(CASES, case_ids)


def tell_losers(user_ids: Iterable[int]) -> None:
    """Announce to people that a case they could read is out of their sight; delivered when the transaction commits."""
    _notify(LOSERS, user_ids)


def _notify(channel: str, numbers: Iterable[int]) -> None:
    ordered = sorted(set(numbers))
    with connection.cursor() as cursor:
        for start in range(0, len(ordered), NUMBERS_PER_NOTICE):
            payload = ",".join(map(str, ordered[start : start + NUMBERS_PER_NOTICE]))
            cursor.execute("SELECT pg_notify(%s, %s)", [channel, payload])
