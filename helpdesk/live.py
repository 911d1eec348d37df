"""News for open pages: PostgreSQL's NOTIFY carries the numbers of changed cases to every web process."""

from collections.abc import Iterable

from django.db import connection

CHANNEL = "helpdesk_case"
# A payload holds at most 8,000 bytes.
CASES_PER_NOTICE = 300


def tell(case_ids: Iterable[int]) -> None:
    """Announce that something in these cases changed; delivered when the transaction commits."""
    ids = sorted(set(case_ids))
    with connection.cursor() as cursor:
        for start in range(0, len(ids), CASES_PER_NOTICE):
            payload = ",".join(map(str, ids[start : start + CASES_PER_NOTICE]))
            cursor.execute("SELECT pg_notify(%s, %s)", [CHANNEL, payload])
