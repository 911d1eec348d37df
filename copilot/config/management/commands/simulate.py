"""Let simulated agents answer simulated cases, through the real intake, pipeline and reply functions."""

from argparse import ArgumentParser
from typing import Any

from django.core.management.base import BaseCommand, CommandError
from django.utils import timezone

from copilot.config.demo.clock import WEEKS
from copilot.config.simulation import removing, running


class Command(BaseCommand):
    help = (
        "Simulate twelve weeks of a helpdesk that uses the copilot, as fixtures/behaviour.yaml says. What was "
        "interrupted goes on; a second simulation needs another seed."
    )

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--cases", type=int, default=running.N_CASES)
        parser.add_argument("--seed", type=int, default=running.SEED)
        parser.add_argument("--remove", action="store_true", help="remove all simulated cases instead")

    def handle(self, *, cases: int, seed: int, remove: bool, **_: Any) -> None:
        if remove:
            self.stdout.write(f"{removing.remove(now=timezone.now())} simulated cases removed.")
            return
        try:
            row = running.order(n_cases=cases, seed=seed, now=timezone.now())
        except running.SimulationRefusedError as error:
            raise CommandError(str(error)) from error
        while running.go_on(row.pk):
            row.refresh_from_db()
            self.stderr.write(f"{row.percent} %: {row.step}")
        row.refresh_from_db()
        if row.is_active:
            raise CommandError("A worker is at it: the pages show how far it is.")
        self.stdout.write(f"{row.n_cases} cases in {WEEKS} weeks are simulated.")
