"""`manage.py demo` refuses what it can't do, and one slow test runs all of it."""

import http.cookiejar
import os
import signal
import socket
import subprocess
import sys
import time
import urllib.parse
import urllib.request
from io import StringIO
from pathlib import Path

import psutil
import pytest
from django.core.management.base import CommandError
from django.db import OperationalError

from copilot import releases
from copilot.config.demo import training
from copilot.config.demo.training import TrainingError
from copilot.config.management.commands import demo
from copilot.models import Release

ROOT = Path(__file__).parents[3]


@pytest.mark.parametrize("port", ["", "0", "eighty", "80000", "-1"])
def test_what_is_no_port_is_refused(port: str) -> None:
    with pytest.raises(CommandError, match="is no port"):
        demo._check_port("127.0.0.1", port)


def test_a_taken_port_is_named_with_another() -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        port = taken.getsockname()[1]
        with pytest.raises(CommandError) as caught:
            demo._check_port("127.0.0.1", str(port))
    assert str(caught.value) == (
        f"port {port} can't be used (Address already in use). Choose another one: PORT={port + 1} make demo"
    )


@pytest.mark.parametrize(
    "error",
    [
        OSError(28, "No space left on device"),
        OperationalError("could not extend file: No space left\nHINT: buy one"),
        TrainingError("`manage.py train all` failed: OSError: [Errno 28] No space left on device"),
    ],
)
def test_a_full_disk_is_said_in_one_line(error: Exception) -> None:
    with pytest.raises(CommandError) as caught, demo.Command()._step("Demo world"):
        raise error
    assert "\n" not in str(caught.value)
    assert "No space left" in str(caught.value)
    assert "running the same command again goes on from here" in str(caught.value)


@pytest.fixture
def trainings(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """The releases that were trained, none of them for real."""
    done: list[str] = []
    monkeypatch.setattr(training, "train_release", lambda: done.append("trained"))
    return done


def test_a_release_that_serves_is_kept(release: Release, trainings: list[str]) -> None:
    demo.Command()._train_if_needed()
    assert trainings == []


@pytest.mark.django_db
def test_the_first_release_is_trained(trainings: list[str]) -> None:
    said = StringIO()
    demo.Command(stdout=said)._train_if_needed()
    assert trainings == ["trained"]
    assert "First release" in said.getvalue()


def test_a_release_of_older_code_is_replaced(release: Release, trainings: list[str]) -> None:
    release.answers.card["format"] = 0
    release.answers.save(update_fields=["card"])
    releases._load.cache_clear()
    said = StringIO()
    demo.Command(stdout=said)._train_if_needed()
    assert trainings == ["trained"]
    assert f"New release, since the live one can't be loaded ({release.name}: " in said.getvalue()
    assert "format 0, this version reads 1: train again" in said.getvalue()


@pytest.mark.slow
def test_the_demo_runs_ends_without_a_trace_and_resumes(tmp_path: Path) -> None:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    environment = {name: value for name, value in os.environ.items() if name != "DATABASE_URL"}
    environment |= {
        "DATA_DIR": str(tmp_path / "it's 100% new"),
        "DJANGO_SETTINGS_MODULE": "copilot.config.settings",
        "PORT": str(port),
    }
    for is_resumed in (False, True):
        started = time.monotonic()
        process = subprocess.Popen(
            [sys.executable, "manage.py", "demo"], cwd=ROOT, env=environment, stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT, text=True, start_new_session=True,
        )  # fmt: skip
        try:
            assert process.stdout is not None
            said = ""
            while "Ctrl+C ends it." not in said:
                line = process.stdout.readline()
                assert line, said
                said += line
            seconds = time.monotonic() - started
            assert ("Demo world" in said) is not is_resumed
            assert not is_resumed or seconds < 240, "it goes on from where it was"
            assert _signs_in(f"http://127.0.0.1:{port}")
        finally:
            os.killpg(process.pid, signal.SIGINT)
        assert process.wait(timeout=240) == 0
        assert "all data is kept" in process.stdout.read()
        assert _processes_of(environment["DATA_DIR"]) == []


def _signs_in(site: str) -> bool:
    jar = http.cookiejar.CookieJar()
    opener = urllib.request.build_opener(urllib.request.HTTPCookieProcessor(jar))
    opener.open(f"{site}/sign-in/", timeout=60).close()
    token = next(cookie.value for cookie in jar if cookie.name == "csrftoken")
    form = {"username": "ana", "password": "tillwren", "csrfmiddlewaretoken": token}
    with opener.open(f"{site}/sign-in/", urllib.parse.urlencode(form).encode(), timeout=60) as page:
        return "/cases/" in page.url


def _processes_of(data_dir: str) -> list[str]:
    """Return the command lines of what still works on a folder."""
    found = []
    for process in psutil.process_iter():
        try:
            if data_dir in " ".join(process.cmdline()) or process.environ().get("DATA_DIR") == data_dir:
                found.append(" ".join(process.cmdline()))
        except psutil.Error:
            continue
    return found
