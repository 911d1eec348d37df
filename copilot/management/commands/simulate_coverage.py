"""Try every interval and the decay alarm on invented desks and store how often each held."""

from argparse import ArgumentParser
from pathlib import Path
from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand

from copilot.monitor import trying, trying_decay
from copilot.statistics.coverage import REPEATS, SEED, Result, as_json, simulate


class Command(BaseCommand):
    help = (
        "Try every interval, every sequence and the decay alarm on invented desks whose truth is known, and store how "
        "often each held: the tables of the page Method. To be run again, and committed, when a formula changes; it "
        "takes three minutes of one core."
    )

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--repeats", type=int, default=REPEATS)
        parser.add_argument("--worlds", type=int, default=trying_decay.WORLDS, help="for the decay alarm")
        parser.add_argument("--seed", type=int, default=SEED)
        parser.add_argument(
            "--out",
            type=Path,
            default=Path(settings.BASE_DIR) / "fixtures" / "statistics" / "coverage.json",
            help="the file to write (fixtures/statistics/coverage.json); decay.json is put beside it",
        )

    def handle(self, *args: Any, repeats: int, worlds: int, seed: int, out: Path, **options: Any) -> None:
        results = simulate(trying.TRIALS, repeats=repeats, seed=seed)
        decay = trying_decay.try_alarm(worlds=worlds)
        out.write_text(as_json(results), "utf-8")
        out.with_name("decay.json").write_text(as_json(decay), "utf-8")
        for result in (*results, *decay):
            self.stdout.write(_told(result))
        self.stdout.write(self.style.SUCCESS(f"{len(results) + len(decay)} results are in {out.parent}."))


def _told(result: Result) -> str:
    bar = f"at {'most' if result.is_alarm else 'least'} {result.bar:g}"
    return (
        f"{'ok  ' if result.meets_bar else 'LOW '} {result.method:55} {result.agents:3} agents, {result.volumes:9} "
        f"{result.share:.4f} ± {result.standard_error:.4f} ({bar})"
    )
