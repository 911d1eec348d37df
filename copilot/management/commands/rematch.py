"""Compare history by another version of the matching, and make that version current."""

import time
from argparse import ArgumentParser
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.utils import timezone
from tqdm import tqdm

from copilot import match_versions, rematching
from copilot.match_versions import MatchVersionError
from copilot.models import MatchVersion


class Command(BaseCommand):
    help = (
        "Compare all replies with their suggestions by another version of the matching. A worker does it in chunks; "
        "the version becomes current when all is compared, and the earlier one's matches are kept. Without an option "
        "the versions are listed."
    )

    def create_parser(self, prog_name: str, subcommand: str, **options: Any) -> CommandParser:
        """Let --version be ours: Django's own prints Django's."""
        return super().create_parser(prog_name, subcommand, conflict_handler="resolve", **options)

    def add_arguments(self, parser: ArgumentParser) -> None:
        which = parser.add_mutually_exclusive_group()
        which.add_argument(
            "--make",
            action="store_true",
            help="make a version of this code, the live release's encoder, and floors chosen on the labelled pairs",
        )
        which.add_argument("--version", dest="number", type=int, metavar="N", help="compare by version N")
        which.add_argument(
            "--cancel", type=int, metavar="N", help="end the work of version N; what is done is kept"
        )
        parser.add_argument(
            "--wait", action="store_true", help="with --version: show the progress until it ends"
        )

    def handle(
        self, *args: Any, make: bool, number: int | None, cancel: int | None, wait: bool, **options: Any
    ) -> None:
        now = timezone.now()
        try:
            if make:
                self._tell(match_versions.make(now=now))
            elif number is not None:
                version = match_versions.get(number)
                rematching.order(version, now=now)
                self.stdout.write(f"{version}: a worker compares history by it.")
                if wait:
                    self._wait(version)
            elif cancel is not None:
                is_cancelled = rematching.cancel(match_versions.get(cancel), now=now)
                self.stdout.write("Cancelled." if is_cancelled else f"match version {cancel} does not run.")
            else:
                for version in MatchVersion.objects.select_related("encoder"):
                    self._tell(version)
        except MatchVersionError as error:
            raise CommandError(str(error)) from error

    def _tell(self, version: MatchVersion) -> None:
        state = "current" if version.is_current else version.get_state_display().lower()
        by = version.encoder or "no encoder"
        made_of = f"normal form {version.norm_version}, rules {version.rules_version}, {by}"
        self.stdout.write(
            f"{version}: {state}, {version.percent} %, {version.n_erased} erased; {made_of} {version.problem}".rstrip()
        )
        for floor in version.floors.all():
            if floor.floor is None:
                self.stdout.write(f"  {floor.language}: no semantic match: {floor.reason}")
            else:
                self.stdout.write(
                    f"  {floor.language}: floor {floor.floor:.3f}, right {floor.n_right} of {floor.n_above} "
                    f"({floor.precision_low:.2f} to {floor.precision_high:.2f}), of {floor.n_pairs} pairs; "
                    f"judged on others, right {floor.n_found_right} of {floor.n_found}, of {floor.n_same} alike"
                )

    def _wait(self, version: MatchVersion) -> None:
        with tqdm(total=100, bar_format="{desc} {bar:30} {percentage:3.0f} %") as bar:
            while True:
                version.refresh_from_db()
                bar.n = version.percent
                bar.refresh()
                if version.state != MatchVersion.State.RUNNING:
                    break
                time.sleep(0.5)
        self._tell(version)
