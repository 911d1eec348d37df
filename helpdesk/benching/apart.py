"""A database of the bench's own on the server that is configured, so that no real case is touched."""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager

from django.core.management import call_command
from django.db import connection

from helpdesk.benching.filling import Tell, fill
from helpdesk.models import Case

NAME = "bench_inbox"


@contextmanager
def cases_apart(*, cases: int, bodies: Sequence[str], keep: bool, tell: Tell) -> Iterator[None]:
    """Work in the database `bench_inbox` with so many cases; it is dropped at the end, or kept for the next time."""
    usual = str(connection.settings_dict["NAME"])
    with connection.cursor() as cursor:
        cursor.execute("SELECT EXISTS (SELECT FROM pg_database WHERE datname = %s)", [NAME])
        is_there = cursor.fetchone()[0]
    try:
        if is_there and _holds(cases):
            tell(f"the database {NAME} is there already")
        else:
            _switch_to(usual)
            _execute(f"DROP DATABASE IF EXISTS {NAME} WITH (FORCE)", f"CREATE DATABASE {NAME}")
            _switch_to(NAME)
            call_command("migrate", verbosity=0)
            fill(cases=cases, bodies=bodies, tell=tell)
        yield
    finally:
        _switch_to(usual)
        if not keep:
            _execute(f"DROP DATABASE IF EXISTS {NAME} WITH (FORCE)")


def _holds(cases: int) -> bool:
    _switch_to(NAME)
    call_command("migrate", verbosity=0)
    return bool(Case.objects.count() >= cases)


def _switch_to(name: str) -> None:
    connection.close()
    connection.close_pool()  # type: ignore[attr-defined]  # PostgreSQL's own
    connection.settings_dict["NAME"] = name


def _execute(*statements: str) -> None:
    with connection.cursor() as cursor:
        for statement in statements:
            cursor.execute(statement)
