"""Throw the demo world away."""

import os
import shutil
from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError

from copilot.config import embedded, supervising

OURS = ("postgres", "broker", "artifacts", "datasets", "media", "logs", "imports", "static", "secret_key",
        "beat-schedule*", "supervisord.*", "postgres.*")  # fmt: skip


class Command(BaseCommand):
    help = "Delete everything in the data directory, the embedded database with it."
    requires_system_checks = []

    def handle(self, *args: Any, **options: Any) -> None:
        if "DATABASE_URL" in os.environ:
            raise CommandError(
                "DATABASE_URL is set: only the embedded database is thrown away, drop yours yourself."
            )
        try:
            with supervising.alone(settings.DATA_DIR):
                embedded.stop()
                for pattern in OURS:
                    for path in settings.DATA_DIR.glob(pattern):
                        shutil.rmtree(path) if path.is_dir() else path.unlink()
        except supervising.RunningError as error:
            raise CommandError(str(error)) from error
        self.stdout.write("The demo world is gone; `make demo` makes it anew.")
