"""Let simulated agents answer simulated cases, through the real intake, pipeline and reply functions."""

from argparse import ArgumentParser
from collections import Counter
from time import perf_counter
from typing import Any

from django.core.management.base import BaseCommand, CommandError
from django.utils import timezone

from copilot import releases
from copilot.config.demo.clock import WEEKS, Clock
from copilot.config.demo.world import PREFIX, read_world
from copilot.config.simulation.behaviour import read_behaviour
from copilot.config.simulation.living import Life
from copilot.monitor import rolling
from helpdesk.models import Message


class Command(BaseCommand):
    help = "Simulate twelve weeks of a helpdesk that uses the copilot, as fixtures/behaviour.yaml says."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--cases", type=int, default=2000)
        parser.add_argument("--seed", type=int, default=1)

    def handle(self, *, cases: int, seed: int, **_: Any) -> None:
        if not Message.objects.filter(external_id__startswith=PREFIX).exists():
            raise CommandError(
                "Simulated customers and agents live in the demo world, which this database does not hold: "
                "run `make demo` first, and never simulate where real cases are answered."
            )
        release = releases.live()
        if release is None:
            raise CommandError("No release is live: train and promote one first.")
        self.stderr.write(
            f"Release {release.pk} may have learned from the very messages that come in again: its figures flatter."
        )
        life = Life(
            read_world(),
            read_behaviour(),
            Clock(timezone.now()),
            dict.fromkeys(range(4, WEEKS + 1), release),
            seed,
        )
        started = perf_counter()
        ways: Counter[str] = Counter()
        for week, found in enumerate(life.weeks(cases), start=1):
            ways.update(f"{truth.arm or 'before'}: {truth.act.way}" for truth in found)
            self.stderr.write(f"week {week} of {WEEKS}: {len(found)} cases, {perf_counter() - started:.0f} s")
        for way, n in sorted(ways.items()):
            self.stdout.write(f"{n:>6} {way}")
        for day in rolling.every_day():
            rolling.roll_day(day, now=timezone.now())
