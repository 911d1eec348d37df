"""Keep what older withheld suggestions would have said, so that floors can be judged by all of history."""

from typing import Any

from django.core.management.base import BaseCommand
from django.utils import timezone

from copilot.backfilling import Backfill, backfill


class Command(BaseCommand):
    help = (
        "Compute what suggestions that were withheld for being unsure would have said, for turns from before such "
        "texts were kept; a second run adds only what is lacking."
    )

    def handle(self, **_: Any) -> None:
        found = Backfill(n=0)
        for found in backfill(now=timezone.now()):
            self.stderr.write(f"{found.n_done:,} of {found.n:,} turns")
        self.stdout.write(
            f"{found.n_kept:,} texts are kept and their replies compared by workers; {found.n_otherwise:,} turns are "
            "decided otherwise today and keep none."
        )
        if found.problem:
            self.stdout.write(f"{found.n_left:,} turns are left: {found.problem}")
