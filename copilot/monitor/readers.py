"""People who ask the database themselves: a role that reads the views of the figures, and nothing else.

All of it happens in one transaction, at the end of which is asked what the role may read: a role that may read more,
by itself, by another one that it belongs to or because everybody may, is refused, and nothing was changed.
"""

from collections.abc import Iterator
from contextlib import contextmanager

from django.db import DatabaseError, connection, transaction
from psycopg import sql

from copilot.monitor.dictionary import SCHEMA

MADE = (
    "GRANT CONNECT ON DATABASE {database} TO {role}",
    "GRANT USAGE ON SCHEMA {schema} TO {role}",
    "GRANT SELECT ON ALL TABLES IN SCHEMA {schema} TO {role}",
    # And on views that a later migration makes anew.
    "ALTER DEFAULT PRIVILEGES IN SCHEMA {schema} GRANT SELECT ON TABLES TO {role}",
    "ALTER ROLE {role} IN DATABASE {database} SET search_path = {schema}",
    "ALTER ROLE {role} IN DATABASE {database} SET default_transaction_read_only = on",
    # So that nobody's question keeps figures from being made anew.
    "ALTER ROLE {role} IN DATABASE {database} SET statement_timeout = '5min'",
)
REMOVED = (
    "ALTER DEFAULT PRIVILEGES IN SCHEMA {schema} REVOKE SELECT ON TABLES FROM {role}",
    "REVOKE SELECT ON ALL TABLES IN SCHEMA {schema} FROM {role}",
    "REVOKE USAGE ON SCHEMA {schema} FROM {role}",
    "REVOKE CONNECT ON DATABASE {database} FROM {role}",
    "DROP ROLE {role}",
)

# What makes a role more than a reader, whatever it was granted.
POWERS = """
SELECT r.rolsuper OR r.rolcreaterole OR r.rolcreatedb OR r.rolreplication OR r.rolbypassrls
       OR EXISTS (SELECT FROM pg_auth_members m WHERE m.member = r.oid)
FROM pg_roles r WHERE r.rolname = %s
"""
# The catalog and what extensions bring are everybody's to read.
READS = """
SELECT n.nspname || '.' || c.relname FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace
WHERE c.relkind IN ('r', 'p', 'v', 'm', 'f') AND n.nspname NOT IN (%(schema)s, 'information_schema')
AND n.nspname NOT LIKE 'pg\\_%%' AND has_any_column_privilege(%(role)s, c.oid, 'SELECT, INSERT, UPDATE')
AND NOT EXISTS (SELECT FROM pg_depend d WHERE d.objid = c.oid AND d.deptype = 'e')
ORDER BY 1
"""


class ReaderError(Exception):
    """The role can't be made so; the message says why, and what to do."""


def exists(role: str) -> bool:
    """Return whether there is such a role."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT FROM pg_roles WHERE rolname = %s", [role])
        return cursor.rowcount == 1


def make_reader(role: str, *, password: str | None) -> None:
    """Make a role that may sign in and read the figures, or make one so that is there; without a password it keeps its.

    The password is turned into a SCRAM verifier here, so that no log of the server's ever sees it.

    Raises:
        ReaderError: the role may do more than that, or this installation's own one may not make it.
    """
    is_new = not exists(role)
    if is_new and not password:
        raise ReaderError(f"role {role} is new and has no password: give one")
    with _refusing(role):
        if is_new:
            _run(role, "CREATE ROLE {role}")
        if password:
            _run(role, "ALTER ROLE {role} LOGIN PASSWORD {verifier}", verifier=_verifier(role, password))
        _run(role, *MADE)
        _check_is_reader(role)


def remove_reader(role: str) -> None:
    """Take a role away, with all that it was granted.

    Raises:
        ReaderError: there is none, it may do more than read figures, or this installation's own may not remove it.
    """
    if not exists(role):
        raise ReaderError(f"role {role} is not there: nothing was changed")
    with _refusing(role):
        _check_is_reader(role)
        _run(role, *REMOVED)


@contextmanager
def _refusing(role: str) -> Iterator[None]:
    """Do all or nothing, and say in words what the database refuses."""
    try:
        with transaction.atomic():
            yield
    except DatabaseError as error:
        raise ReaderError(
            f"role {role}: {str(error).splitlines()[0]}. Run this with a DATABASE_URL whose role may create roles and "
            "owns the database, or choose another name"
        ) from error


def _run(role: str, *statements: str, **values: str) -> None:
    names = {"role": role, "schema": SCHEMA, "database": connection.settings_dict["NAME"]}
    known = {key: sql.Identifier(name) for key, name in names.items()}
    said = {key: sql.Literal(value) for key, value in values.items()}
    with connection.cursor() as cursor:
        for statement in statements:
            cursor.execute(sql.SQL(statement).format(**known, **said))


def _check_is_reader(role: str) -> None:
    with connection.cursor() as cursor:
        cursor.execute(POWERS, [role])
        if any(power for (power,) in cursor.fetchall()):
            raise ReaderError(
                f"role {role} may do more than read, or belongs to one that may: choose another name"
            )
        cursor.execute(READS, {"schema": SCHEMA, "role": role})
        if others := [name for (name,) in cursor.fetchall()]:
            raise ReaderError(
                f"role {role} may use {len(others)} other tables, such as {others[0]}: choose another name, or revoke "
                "what it, or everybody (PUBLIC), was granted"
            )


def _verifier(role: str, password: str) -> str:
    connection.ensure_connection()
    link = connection.connection.pgconn
    return str(link.encrypt_password(password.encode(), role.encode(), b"scram-sha-256").decode())
