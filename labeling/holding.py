"""Who works on a piece of work: a lock of the database, held as long as the worker's process lives.

PostgreSQL lets go of an advisory lock when the process that holds it dies, however it dies: work that is said to run
and whose lock is free is nobody's.
"""

from collections.abc import Iterator
from contextlib import contextmanager

from django.db import connection


@contextmanager
def held(kind: int, number: int) -> Iterator[bool]:
    """Hold a piece of work, named by its kind and number; False if another process holds it."""
    is_ours = _lock("pg_try_advisory_lock", kind, number)
    try:
        yield is_ours
    finally:
        if is_ours:
            _lock("pg_advisory_unlock", kind, number)


def is_free(kind: int, number: int) -> bool:
    """Whether no process holds a piece of work."""
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT EXISTS (SELECT FROM pg_locks WHERE locktype = 'advisory' AND objsubid = 2 AND granted "
            "AND database = (SELECT oid FROM pg_database WHERE datname = current_database()) "
            "AND classid = %s AND objid = %s)",
            [kind, number],
        )
        return not cursor.fetchone()[0]


def _lock(function: str, kind: int, number: int) -> bool:
    with connection.cursor() as cursor:
        cursor.execute(f"SELECT {function}(%s, %s)", [kind, number])
        return bool(cursor.fetchone()[0])
