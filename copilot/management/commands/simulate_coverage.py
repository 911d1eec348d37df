"""Try every interval on invented desks and store how often it held."""

from argparse import ArgumentParser
from pathlib import Path
from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand

from copilot.statistics.coverage import REPEATS, SEED, Result, as_json, simulate


class Command(BaseCommand):
    help = (
        "Try every interval and every sequence on invented desks whose truth is known, and store how often each held: "
        "the table of the page Method. To be run again, and committed, when a formula changes; it takes about a minute."
    )

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--repeats", type=int, default=REPEATS)
        parser.add_argument("--seed", type=int, default=SEED)
        parser.add_argument(
            "--out",
            type=Path,
            default=Path(settings.BASE_DIR) / "fixtures" / "statistics" / "coverage.json",
            help="the file to write (fixtures/statistics/coverage.json)",
        )

    def handle(self, *args: Any, repeats: int, seed: int, out: Path, **options: Any) -> None:
        results = simulate(repeats=repeats, seed=seed)
        out.write_text(as_json(results), "utf-8")
        for result in results:
            self.stdout.write(_told(result))
        self.stdout.write(self.style.SUCCESS(f"{len(results)} results are in {out}."))


def _told(result: Result) -> str:
    bar = f"at {'most' if result.is_alarm else 'least'} {result.bar:g}"
    return (
        f"{'ok  ' if result.meets_bar else 'LOW '} {result.method:55} {result.agents:3} agents, {result.volumes:9} "
        f"{result.share:.4f} ± {result.standard_error:.4f} ({bar})"
    )
