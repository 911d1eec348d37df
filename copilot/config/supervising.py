"""The processes of one machine: web, workers and beat, under supervisord."""

import fcntl
import os
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import psutil

from copilot.config.embedded import ROOT


@dataclass(frozen=True)
class Process:
    """One program that runs all the time; `seconds_to_stop` is what it gets to end its work."""

    name: str
    arguments: tuple[str, ...]
    seconds_to_stop: int = 10


def processes(*, port: int, host: str) -> tuple[Process, ...]:
    """Return the programs of a whole site, in the order in which they start."""
    worker = ("-m", "celery", "-A", "copilot.config.celery", "worker", "--without-gossip", "--without-mingle",
              "--without-heartbeat", "-l", "INFO")  # fmt: skip
    return (
        # One light process that answers at once; it never imports torch.
        Process("suggest", (*worker, "-Q", "suggest", "-n", "suggest@%h", "--pool", "solo")),
        # One child, ended after each task, so that what a training took is given back.
        Process(
            "work",
            (*worker, "-Q", "work", "-n", "work@%h", "--concurrency", "1", "--max-tasks-per-child", "20"),
        ),
        Process(
            "beat", ("-m", "celery", "-A", "copilot.config.celery", "beat", "-l", "WARNING", "--pidfile", "")
        ),
        Process(
            "web",
            (
                "-m",
                "uvicorn",
                "copilot.config.asgi:application",
                "--host",
                host,
                "--port",
                str(port),
                "--log-level",
                "warning",
                "--timeout-graceful-shutdown",
                "2",
                "--lifespan",
                "off",
            ),
        ),
    )


class RunningError(Exception):
    """Another process works on the same data; the message says which and what to do."""


@contextmanager
def alone(folder: Path) -> Iterator[None]:
    """Hold the lock of a data directory; what a killed demo left running is waited for or ended first.

    Raises:
        RunningError: a demo holds it.
    """
    with (folder / "demo.lock").open("a+") as file:
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            file.seek(0)
            number = file.read().strip()
            if number.isdecimal() and psutil.pid_exists(int(number)):
                raise RunningError(
                    f"the demo is already running on {folder} (process {number}): end it with Ctrl+C first, "
                    "or set DATA_DIR to another folder."
                ) from None
            fcntl.flock(file, fcntl.LOCK_EX)  # a training outlived the demo that started it
        file.truncate(0)
        file.write(str(os.getpid()))
        file.flush()
        os.set_inheritable(file.fileno(), True)
        _end_leftover(folder)
        yield


def _end_leftover(folder: Path) -> None:
    try:
        process = psutil.Process(int((folder / "supervisord.pid").read_text()))
        if str(folder / "supervisord.conf") in process.cmdline():
            process.terminate()
            process.wait(30)
    except (OSError, ValueError, psutil.NoSuchProcess):
        return


def write_configuration(folder: Path, programs: tuple[Process, ...]) -> Path:
    """Write supervisord's configuration for these programs and return its path; they inherit its environment."""
    logs = folder / "logs"
    logs.mkdir(parents=True, exist_ok=True)
    sections = [
        "[supervisord]",
        "nodaemon=true",
        "silent=true",
        f"logfile={_quoted(logs / 'supervisord.log')}",
        f"pidfile={_quoted(folder / 'supervisord.pid')}",
        f"childlogdir={_quoted(logs)}",
        f"directory={_quoted(ROOT)}",
        *(["user=root"] if os.geteuid() == 0 else []),
    ]
    for program in programs:
        command = " ".join(f'"{_escaped(argument)}"' for argument in (sys.executable, *program.arguments))
        sections += [
            f"[program:{program.name}]",
            f"command={command}",
            "autorestart=true",
            "startsecs=2",
            "startretries=100",
            f"stopwaitsecs={program.seconds_to_stop}",
            "stopasgroup=true",
            "killasgroup=true",
            "redirect_stderr=true",
            f"stdout_logfile={_quoted(_quoted(logs / (program.name + '.log')))}",  # this one is expanded twice
            "stdout_logfile_maxbytes=5MB",
            "stdout_logfile_backups=1",
        ]
    file = folder / "supervisord.conf"
    file.write_text("\n".join(sections) + "\n", encoding="utf-8")
    return file


def _quoted(path: Path | str) -> str:
    """A path as a plain value: supervisord takes blanks as they are, but expands per cents."""
    return str(path).replace("%", "%%")


def _escaped(value: str) -> str:
    return value.replace("%", "%%").replace("\\", "\\\\").replace('"', '\\"')
