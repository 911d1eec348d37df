"""A database of the bench's own on the server that is configured, so that no real case is touched."""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager

from django.core.management import call_command
from django.db import connection

from helpdesk.benching.filling import DAYS, Tell, fill
from helpdesk.models import Case


@contextmanager
def cases_apart(
    name: str,
    *,
    cases: int,
    bodies: Sequence[str],
    tell: Tell,
    keep: bool = False,
    days: int = DAYS,
) -> Iterator[None]:
    """Work in a database of this name with so many cases of so many days.

    It is dropped at the end, or kept for the next time.
    """
    usual = str(connection.settings_dict["NAME"])
    with connection.cursor() as cursor:
        cursor.execute("SELECT EXISTS (SELECT FROM pg_database WHERE datname = %s)", [name])
        is_there = cursor.fetchone()[0]
    try:
        if is_there and _holds(name, cases):
            tell(f"the database {name} is there already")
        else:
            _switch_to(usual)
            _execute(f"DROP DATABASE IF EXISTS {name} WITH (FORCE)", f"CREATE DATABASE {name}")
            _switch_to(name)
            call_command("migrate", verbosity=0)
            fill(cases=cases, bodies=bodies, tell=tell, days=days)
        yield
    finally:
        _switch_to(usual)
        if not keep:
            _execute(f"DROP DATABASE IF EXISTS {name} WITH (FORCE)")


def _holds(name: str, cases: int) -> bool:
    _switch_to(name)
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
