"""Make the release live again that was live before the present one."""

from argparse import ArgumentParser
from typing import Any

from django.core.management.base import BaseCommand, CommandError
from django.utils import timezone

from copilot import embedding, releases


class Command(BaseCommand):
    help = "Make the release live again that was live before the present one. Twice goes back two."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--reason", default="")

    def handle(self, *args: Any, reason: str, **options: Any) -> None:
        try:
            promotion = releases.roll_back(actor=None, now=timezone.now(), reason=reason)
        except releases.ReleaseError as error:
            raise CommandError(str(error)) from error
        if loss := embedding.progress_of(promotion.release).loss:
            self.stdout.write(self.style.WARNING(loss))
        self.stdout.write(self.style.SUCCESS(f"{promotion.release.name} is live again."))
