"""Which code runs: what it made can be told from what another one made."""

import hashlib
import subprocess
from functools import cache
from importlib.metadata import version
from pathlib import Path

from django.conf import settings

PACKAGE = "helpdesk-copilot"


@cache
def code_version() -> str:
    """Return the commit that runs, or the version of the package where there is no repository."""
    return version_of(settings.BASE_DIR) or f"{PACKAGE} {version(PACKAGE)}"


def version_of(folder: Path) -> str:
    """Return the commit of a repository, and a mark of what was changed since; nothing if it is none."""
    try:
        commit, changes = _git(folder, "rev-parse", "HEAD"), _git(folder, "diff", "--binary", "HEAD")
    except (OSError, subprocess.SubprocessError):
        return ""
    mark = f"+changes.{hashlib.sha256(changes).hexdigest()[:8]}" if changes else ""
    return f"{commit.decode().strip()}{mark}"


def _git(folder: Path, *arguments: str) -> bytes:
    run = subprocess.run(  # noqa: S603  fixed arguments
        ["git", *arguments],  # noqa: S607  whichever git is there
        cwd=folder, capture_output=True, check=True, timeout=5,
    )  # fmt: skip
    return run.stdout
