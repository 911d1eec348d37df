"""A release of the demo world, trained in a process of its own: this one lives on and must stay light."""

import subprocess
import sys

from copilot.config.embedded import ROOT


class TrainingError(Exception):
    """The training process failed; the message is its last words."""


def train_release() -> None:
    """Freeze the gold labels, train every stage, and promote the release.

    Raises:
        TrainingError: one of the commands failed.
    """
    for command in (("freeze", "demo"), ("train", "all", "--dataset", "demo", "--promote")):
        run = subprocess.run(  # noqa: S603  our own commands
            [sys.executable, "manage.py", *command], cwd=ROOT, capture_output=True, text=True, check=False,
            close_fds=False,  # it holds the demo's lock as long as it runs, also if the demo is killed
        )  # fmt: skip
        if run.returncode:
            last = [line for line in run.stderr.splitlines() if line.strip()][-1:]
            raise TrainingError(f"`manage.py {' '.join(command)}` failed: {' '.join(last)}")
