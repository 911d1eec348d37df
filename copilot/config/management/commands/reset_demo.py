"""Throw the demo world away."""

import os
import shutil
from contextlib import suppress
from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError

from copilot.config import embedded

OURS = ("postgres", "broker", "artifacts", "datasets", "media", "logs", "imports", "static", "secret_key",
        "beat-schedule*", "supervisord.*")  # fmt: skip


class Command(BaseCommand):
    help = "Delete everything in the data directory, the embedded database with it."
    requires_system_checks = []

    def handle(self, *args: Any, **options: Any) -> None:
        if "DATABASE_URL" in os.environ:
            raise CommandError(
                "DATABASE_URL is set: only the embedded database is thrown away, drop yours yourself."
            )
        if _is_running():
            raise CommandError("the demo is running: end it with Ctrl+C first.")
        embedded.stop()
        for pattern in OURS:
            for path in settings.DATA_DIR.glob(pattern):
                shutil.rmtree(path) if path.is_dir() else path.unlink()
        self.stdout.write("The demo world is gone; `make demo` makes it anew.")


def _is_running() -> bool:
    with suppress(OSError, ValueError):
        os.kill(int((settings.DATA_DIR / "supervisord.pid").read_text()), 0)
        return True
    return False
