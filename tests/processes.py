"""The product's real processes on the test's own database: web and workers, as production starts them."""

import os
import signal
import socket
import subprocess
import sys
import time
import urllib.request
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from urllib.error import URLError

from django.conf import settings
from django.db import connection

ROOT = Path(__file__).parents[1]


def environment(**more: str) -> dict[str, str]:
    """Return the environment of a process that shares the test's database, broker and artifacts."""
    database = settings.DATABASES["default"]
    host, port = database["HOST"], database.get("PORT") or 5432
    user = f"{database['USER']}:{database['PASSWORD']}" if database["PASSWORD"] else database["USER"]
    name = connection.settings_dict["NAME"]
    url = (
        f"postgresql://{user}@/{name}?host={host}"
        if host.startswith("/") or not host
        else f"postgresql://{user}@{host}:{port}/{name}"
    )
    if not host:
        url = f"postgresql://{user}@/{name}?host={database['OPTIONS']['host']}"
    ours = {
        "DATABASE_URL": url,
        "DATA_DIR": str(settings.DATA_DIR),
        "CELERY_BROKER_URL": settings.CELERY_BROKER_URL,
        "COPILOT_HOLDOUT_SHARE": str(settings.COPILOT_HOLDOUT_SHARE),
        "DJANGO_SETTINGS_MODULE": "copilot.config.settings",
        "OMP_NUM_THREADS": "1",
    }
    return os.environ | ours | more


@contextmanager
def web(**more: str) -> Iterator[str]:
    """Run the web process and yield its address."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    arguments = ["-m", "uvicorn", "copilot.config.asgi:application", "--port", str(port), "--log-level", "warning",
                 "--lifespan", "off", "--timeout-graceful-shutdown", "1"]  # fmt: skip
    process = subprocess.Popen([sys.executable, *arguments], cwd=ROOT, env=environment(**more))
    address = f"http://127.0.0.1:{port}"
    try:
        wait_until(lambda: _answers(f"{address}/healthz"), "the web process answers", seconds=120)
        yield address
    finally:
        process.terminate()
        process.wait(timeout=20)


def start_worker(queue: str = "suggest") -> "subprocess.Popen[bytes]":
    arguments = ["-m", "celery", "-A", "copilot.config.celery", "worker", "-Q", queue, "--pool", "solo", "-l", "ERROR",
                 "--without-gossip", "--without-mingle", "--without-heartbeat"]  # fmt: skip
    return subprocess.Popen([sys.executable, *arguments], cwd=ROOT, env=environment())


@contextmanager
def worker(queue: str = "suggest") -> Iterator["subprocess.Popen[bytes]"]:
    """Run a worker until the block ends."""
    process = start_worker(queue)
    try:
        yield process
    finally:
        process.send_signal(signal.SIGTERM)
        try:
            process.wait(timeout=20)
        except subprocess.TimeoutExpired:
            process.kill()


def wait_until(is_so: Callable[[], object], what: str, *, seconds: float = 60) -> None:
    """Wait for something that another process does."""
    deadline = time.monotonic() + seconds
    while not is_so():
        assert time.monotonic() < deadline, f"waited {seconds} s in vain: {what}"
        time.sleep(0.05)


def _answers(address: str) -> bool:
    try:
        with urllib.request.urlopen(address, timeout=5):
            return True
    except (URLError, OSError):
        return False
