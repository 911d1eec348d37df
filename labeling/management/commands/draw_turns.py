"""Draw turns of past weeks, to be judged blind."""

from argparse import ArgumentParser
from typing import Any

from django.core.management.base import BaseCommand, CommandError
from django.utils import timezone

from labeling import drawing


class Command(BaseCommand):
    help = (
        "Draw turns of past weeks at random, to be judged blind: from each week once, as soon as no reply to it counts "
        "any more. The worker does so by itself every week."
    )

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--weeks", type=int, default=drawing.WEEKS, help="closed weeks to look back")
        parser.add_argument("--size", type=int, default=drawing.SIZE, help="turns of a week, about")
        parser.add_argument("--seed", type=int, default=drawing.SEED)

    def handle(self, *, weeks: int, size: int, seed: int, **_: Any) -> None:
        if min(weeks, size) < 1:
            raise CommandError(f"--weeks {weeks} --size {size}: both must be at least 1")
        n = drawing.draw_due(now=timezone.now(), weeks=weeks, size=size, seed=seed)
        self.stdout.write(f"{n:,} turns to judge were drawn.")
