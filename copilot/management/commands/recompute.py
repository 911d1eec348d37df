"""Make the monitor's figures of past days anew."""

from argparse import ArgumentParser
from datetime import date
from typing import Any

from django.core.management.base import BaseCommand, CommandError
from django.utils import timezone

from copilot.monitor import rolling


class Command(BaseCommand):
    help = "Make the monitor's figures of past days anew from events and stored matches; figures that were right stay."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--from", dest="first", type=date.fromisoformat, metavar="YYYY-MM-DD")
        parser.add_argument("--to", dest="last", type=date.fromisoformat, metavar="YYYY-MM-DD")

    def handle(self, *, first: date | None, last: date | None, **_: Any) -> None:
        if first and last and first > last:
            raise CommandError(f"--from {first} lies after --to {last}: swap them")
        days = [
            day for day in rolling.every_day() if (not first or day >= first) and (not last or day <= last)
        ]
        n = 0
        for number, day in enumerate(days, start=1):
            n += rolling.roll_day(day, now=timezone.now())
            self.stderr.write(f"{day}: {number} of {len(days)} days")
        self.stdout.write(f"{n:,} turns on {len(days)} days.")
