"""The embedded database says why it can't start, and is repaired after a kill."""

import json
import os
import signal
import subprocess
import sys
import threading
import time
from pathlib import Path

import psutil
import psycopg
import pytest

from copilot.config import embedded


@pytest.fixture
def data_dir(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.delenv("DATABASE_URL", raising=False)
    monkeypatch.setenv("DATA_DIR", str(tmp_path / "data"))
    return tmp_path / "data"


@pytest.fixture
def nobody() -> int:
    """The number of a process that has ended."""
    process = subprocess.Popen([sys.executable, "-c", ""])
    process.wait()
    return process.pid


@pytest.mark.parametrize("problem", ["a file", "in a file"])
def test_a_folder_that_can_not_be_written_is_named(
    data_dir: Path, problem: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    data_dir.touch()
    if problem == "in a file":
        monkeypatch.setenv("DATA_DIR", str(data_dir / "inner"))
    with pytest.raises(embedded.EmbeddedDatabaseError) as caught:
        embedded.start()
    reason = {"a file": "File exists", "in a file": "Not a directory"}[problem]
    assert str(caught.value) == (
        f"the data directory can't be written: {embedded.data_dir()} ({reason}). "
        "Make it writable, or set DATA_DIR to another folder."
    )


@pytest.mark.parametrize("name", ['double "quote"', "dollar $x", "back `tick`", "back\\slash"])
def test_a_folder_that_a_shell_would_read_otherwise_is_refused(
    data_dir: Path, name: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("DATA_DIR", str(data_dir / name))
    with pytest.raises(
        embedded.EmbeddedDatabaseError, match="can't live below a folder whose name has one of"
    ):
        embedded.start()


def test_a_server_that_does_not_start_says_why_in_one_line(
    data_dir: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (data_dir / "postgres").mkdir(parents=True)
    (data_dir / "postgres" / "log").write_text("LOG:  starting\nFATAL:  the disk is full\nHINT:  buy one\n")
    monkeypatch.setattr(embedded, "_server", lambda: (_ for _ in ()).throw(RuntimeError("exit status 1")))
    with pytest.raises(embedded.EmbeddedDatabaseError) as caught:
        embedded.start()
    assert str(caught.value).startswith(
        f"the embedded PostgreSQL did not start in {data_dir / 'postgres'}: the disk is full. "
    )
    assert "\n" not in str(caught.value)


def test_a_first_start_that_was_killed_begins_anew(data_dir: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    half = data_dir / "postgres" / "PG_VERSION"
    half.parent.mkdir(parents=True)
    half.touch()
    (data_dir / "postgres.unfinished").touch()
    found = []
    monkeypatch.setattr(embedded, "_server", lambda: found.append(half.exists()))
    embedded._start(data_dir / "postgres")
    assert found == [False]
    assert not (data_dir / "postgres.unfinished").exists()


@pytest.mark.slow
def test_a_migration_that_was_killed_is_finished_by_the_next(data_dir: Path) -> None:
    migrate = [sys.executable, "manage.py", "migrate", "-v", "0"]
    killed = subprocess.Popen(migrate, cwd=embedded.ROOT, start_new_session=True)
    try:
        while n_migrations() == 0:
            assert killed.poll() is None, "it ended before it could be killed"
            time.sleep(0.01)
        os.killpg(killed.pid, signal.SIGKILL)
        killed.wait()
        subprocess.run(migrate, cwd=embedded.ROOT, check=True, timeout=480)
        plan = [sys.executable, "manage.py", "migrate", "--check"]
        assert subprocess.run(plan, cwd=embedded.ROOT, check=False, timeout=480).returncode == 0
    finally:
        embedded.stop()


def n_migrations() -> int:
    try:
        with psycopg.connect(embedded.url()) as connection:
            [count] = connection.execute("SELECT count(*) FROM django_migrations").fetchone() or [0]
            return int(count)
    except (psycopg.OperationalError, psycopg.errors.UndefinedTable):
        return 0


def test_another_process_with_the_old_number_is_not_the_server(data_dir: Path) -> None:
    data_dir.mkdir()
    (data_dir / "postmaster.pid").write_text(f"{os.getpid()}\n")
    (data_dir / ".handle_pids.json").write_text(json.dumps([os.getpid()]))
    embedded._forget_the_dead(data_dir)
    assert not (data_dir / "postmaster.pid").exists()
    assert (data_dir / ".handle_pids.json").read_text() == "[]"


def test_killed_processes_no_longer_keep_the_server_running(
    data_dir: Path, nobody: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    data_dir.mkdir()
    (data_dir / "postmaster.pid").write_text(f"{os.getpid()}\n")
    (data_dir / ".handle_pids.json").write_text(json.dumps([nobody, os.getpid()]))
    monkeypatch.setattr(embedded, "_postmaster", lambda folder: psutil.Process())
    embedded._forget_the_dead(data_dir)
    assert json.loads((data_dir / ".handle_pids.json").read_text()) == [os.getpid()]


@pytest.mark.parametrize("state", ["starting", "stopping"])
def test_a_server_that_just_starts_or_ends_is_waited_for(
    data_dir: Path, state: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    postmaster = data_dir / "postgres" / "postmaster.pid"
    postmaster.parent.mkdir(parents=True)
    (data_dir / "postgres" / "PG_VERSION").touch()
    postmaster.write_text("\n".join(["1", "", "", "", "", "", "", f"{state}  "]))
    monkeypatch.setattr(embedded, "_postmaster", lambda folder: psutil.Process())
    monkeypatch.setattr(embedded, "_server", postmaster.exists)
    threading.Timer(0.5, postmaster.unlink).start()
    assert embedded._start(data_dir / "postgres") is False


def test_a_server_that_takes_longer_than_the_wheel_waits_is_asked_for_again(
    data_dir: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (data_dir / "postgres").mkdir(parents=True)
    answers = iter([subprocess.TimeoutExpired("pg_ctl", 10), "the server"])

    def answer() -> str:
        if isinstance(given := next(answers), Exception):
            raise given
        return given

    monkeypatch.setattr(embedded, "_server", answer)
    assert embedded._start(data_dir / "postgres") == "the server"


@pytest.mark.parametrize(
    ("arguments", "wanted"),
    [(["manage.py", "migrate"], True), (["manage.py", "help"], False), (["manage.py"], False)],
)
def test_commands_that_need_no_database_start_none(
    data_dir: Path, arguments: list[str], wanted: bool
) -> None:
    assert embedded.is_wanted(arguments) is wanted


def test_the_url_of_a_server_that_never_ran_leads_into_its_folder(data_dir: Path) -> None:
    assert embedded.url().startswith("postgresql://postgres@/postgres?host=")
    assert not data_dir.exists()
