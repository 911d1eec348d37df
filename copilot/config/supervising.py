"""The processes of one machine: web, workers and beat, under supervisord."""

import os
import sys
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

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
        ),  # fmt: skip
    )


def write_configuration(folder: Path, programs: tuple[Process, ...], environment: Mapping[str, str]) -> Path:
    """Write supervisord's configuration for these programs and return its path."""
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
        "environment=" + ",".join(f'{name}="{_escaped(value)}"' for name, value in environment.items()),
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
            f"stdout_logfile={_quoted(logs / (program.name + '.log'))}",
            "stdout_logfile_maxbytes=5MB",
            "stdout_logfile_backups=1",
        ]
    file = folder / "supervisord.conf"
    file.write_text("\n".join(sections) + "\n", encoding="utf-8")
    return file


def _quoted(path: Path) -> str:
    """A path as a plain value: supervisord takes blanks as they are, but expands per cents."""
    return str(path).replace("%", "%%")


def _escaped(value: str) -> str:
    return value.replace("%", "%%").replace("\\", "\\\\").replace('"', '\\"')
