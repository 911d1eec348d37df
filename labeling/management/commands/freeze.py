"""Freeze the gold labels into a dataset."""

from argparse import ArgumentParser
from typing import Any

from django.core.management.base import BaseCommand
from django.utils import timezone

from labeling.freezing import freeze


class Command(BaseCommand):
    help = "Freeze all gold labels and the catalog into a dataset that training reads."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("name", help="the dataset's folder below DATASETS_ROOT")

    def handle(self, *args: Any, name: str, **options: Any) -> None:
        self.stdout.write(str(freeze(name, now=timezone.now())))
