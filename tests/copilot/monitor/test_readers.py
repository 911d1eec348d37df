"""Who reads the figures in SQL reads nothing else: tried by signing in as such a role."""

import io
import os
from collections.abc import Iterator

import psycopg
import pytest
from django.core.management import CommandError, call_command
from django.db import connection, migrations, models
from django.db.migrations.state import ProjectState
from psycopg import errors, sql

from copilot.migrations import _figures
from copilot.models import TurnDay
from copilot.monitor import readers
from copilot.monitor.dictionary import EXAMPLES, views
from copilot.monitor.readers import ReaderError

pytestmark = pytest.mark.django_db(transaction=True)
PASSWORD = "correct horse battery staple"
OTHERS = "SELECT relname FROM pg_class WHERE relkind = 'r' AND relnamespace = 'public'::regnamespace"


@pytest.fixture
def role() -> Iterator[str]:
    """A name for a role, which belongs to the server and not to a test's database: it is taken away afterwards."""
    name = f"reader {os.getpid()}"
    yield name
    if readers.exists(name):
        run(f'DROP OWNED BY "{name}"', f'DROP ROLE "{name}"')


def run(*statements: str) -> None:
    with connection.cursor() as cursor:
        for statement in statements:
            cursor.execute(statement)


def signed_in(role: str) -> "psycopg.Connection[tuple[object, ...]]":
    known = connection.get_connection_params()
    address = {name: known[name] for name in ("dbname", "host", "port") if known.get(name)}
    return psycopg.connect(**address, user=role, password=PASSWORD, autocommit=True)


def test_it_reads_every_view_and_nothing_else(role: str) -> None:
    readers.make_reader(role, password=PASSWORD)
    with connection.cursor() as cursor:
        cursor.execute(OTHERS)
        tables = [name for (name,) in cursor.fetchall()]
    assert len(tables) > 100
    with signed_in(role) as reader:
        for view in views():
            reader.execute(sql.SQL("SELECT * FROM {}").format(sql.Identifier(view.name)))
        for example in EXAMPLES:
            reader.execute(example.sql)
        for table in tables:
            with pytest.raises(errors.InsufficientPrivilege):
                reader.execute(sql.SQL("SELECT FROM public.{}").format(sql.Identifier(table)))


@pytest.mark.parametrize(
    "statement",
    [
        "INSERT INTO figures.backlog_by_day VALUES (current_date, 'web', 1, 1)",
        "DELETE FROM figures.backlog_by_day",
        "CREATE VIEW figures.mine AS SELECT 1",
        "CREATE TABLE public.mine ()",
        "CREATE ROLE other",
        "SET ROLE postgres",
    ],
)
def test_it_changes_nothing_even_if_it_asks_to_write(role: str, statement: str) -> None:
    readers.make_reader(role, password=PASSWORD)
    with signed_in(role) as reader:
        reader.execute("SET default_transaction_read_only = off")
        with pytest.raises(errors.InsufficientPrivilege):
            reader.execute(statement)


def test_its_questions_end_after_a_while(role: str) -> None:
    readers.make_reader(role, password=PASSWORD)
    with signed_in(role) as reader:
        found = reader.execute(
            "SELECT current_setting('statement_timeout'), current_setting('transaction_read_only')"
        )
        assert found.fetchone() == ("5min", "on")


def test_the_server_is_never_told_the_password(role: str) -> None:
    readers.make_reader(role, password=PASSWORD)
    with connection.cursor() as cursor:
        cursor.execute("SELECT rolpassword FROM pg_authid WHERE rolname = %s", [role])
        [(first,)] = cursor.fetchall()
        assert first.startswith("SCRAM-SHA-256$")
        readers.make_reader(role, password=None)
        cursor.execute("SELECT rolpassword FROM pg_authid WHERE rolname = %s", [role])
        assert cursor.fetchall() == [(first,)], "made again without one, it keeps it"


def test_no_statement_holds_the_password(role: str) -> None:
    said: list[str] = []

    def listen(execute: object, statement: object, *rest: object) -> object:
        said.append(str(statement))
        return execute(statement, *rest)  # type: ignore[operator]

    with connection.execute_wrapper(listen):
        readers.make_reader(role, password=PASSWORD)
    assert any("SCRAM-SHA-256" in statement for statement in said)
    assert not [statement for statement in said if PASSWORD in statement]


def test_it_reads_views_that_a_later_migration_makes_anew(role: str) -> None:
    readers.make_reader(role, password=PASSWORD)
    anew = migrations.RunSQL([*_figures.NO_VIEWS, *_figures.MAKE_VIEWS])
    with connection.schema_editor() as editor:
        anew.database_forwards("copilot", editor, ProjectState(), ProjectState())
    with signed_in(role) as reader:
        for view in views():
            reader.execute(sql.SQL("SELECT * FROM {}").format(sql.Identifier(view.name)))


def test_a_column_that_a_view_reads_keeps_its_type_until_the_view_is_taken_away() -> None:
    old, new = TurnDay._meta.get_field("n_late"), models.BigIntegerField()
    new.set_attributes_from_name("n_late")
    with pytest.raises(Exception, match="used by a view"), connection.schema_editor() as editor:
        editor.alter_field(TurnDay, old, new)


@pytest.mark.parametrize(
    ("statements", "told"),
    [
        ('ALTER ROLE "{0}" SUPERUSER', "may do more than read"),
        ('ALTER ROLE "{0}" CREATEROLE', "may do more than read"),
        ('GRANT pg_read_all_data TO "{0}"', "may do more than read"),
        (
            'GRANT SELECT ON helpdesk_customer TO "{0}"',
            "may use 1 other tables, such as public.helpdesk_customer",
        ),
        ('GRANT SELECT (name) ON helpdesk_customer TO "{0}"', "may use 1 other tables"),
    ],
)
def test_a_role_that_may_do_more_is_refused_and_left_as_it_is(role: str, statements: str, told: str) -> None:
    run(f'CREATE ROLE "{role}" LOGIN', statements.format(role))
    with pytest.raises(ReaderError, match=told):
        readers.make_reader(role, password=PASSWORD)
    with connection.cursor() as cursor:
        cursor.execute("SELECT rolpassword FROM pg_authid WHERE rolname = %s", [role])
        assert cursor.fetchall() == [(None,)]


def test_what_everybody_may_read_is_told(role: str) -> None:
    run("GRANT SELECT ON helpdesk_customer TO PUBLIC")
    try:
        with pytest.raises(ReaderError, match=r"everybody \(PUBLIC\)"):
            readers.make_reader(role, password=PASSWORD)
        assert not readers.exists(role)
    finally:
        run("REVOKE SELECT ON helpdesk_customer FROM PUBLIC")


def test_the_command_reads_the_password_from_the_environment_or_a_pipe(
    role: str, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr("sys.stdin", io.StringIO(""))
    with pytest.raises(CommandError, match="is new and has no password: give one"):
        call_command("figures_reader", role)
    monkeypatch.setenv("FIGURES_PASSWORD", PASSWORD)
    call_command("figures_reader", role)
    monkeypatch.delenv("FIGURES_PASSWORD")
    monkeypatch.setattr("sys.stdin", io.StringIO("another one\n"))
    call_command("figures_reader", role)
    out = capsys.readouterr().out
    assert f"{role} may read the views of schema figures, and nothing else." in out
    assert PASSWORD not in out
    call_command("figures_reader", role, remove=True)
    assert not readers.exists(role)
    with pytest.raises(CommandError, match="is not there: nothing was changed"):
        call_command("figures_reader", role, remove=True)


def test_a_name_that_postgresql_keeps_for_itself_is_refused_in_words() -> None:
    with pytest.raises(ReaderError, match=r'role pg_reader: role name "pg_reader" is reserved'):
        readers.make_reader("pg_reader", password=PASSWORD)
