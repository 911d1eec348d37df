"""Labeling functions as YAML: export those of this site, or import a file of them."""

import sys
from argparse import ArgumentParser
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError
from django.utils import timezone

from labeling import sharing
from labeling.functions.errors import SpecError
from labeling.models import Task


class Command(BaseCommand):
    help = "Export labeling functions as YAML, or import them from a file."

    def add_arguments(self, parser: ArgumentParser) -> None:
        acts = parser.add_subparsers(dest="act", required=True)
        export = acts.add_parser("export", help="write them to a file, or to standard output")
        export.add_argument("file", nargs="?", type=Path)
        export.add_argument("--task", choices=Task.values)
        importing = acts.add_parser(
            "import", help="make or edit the functions of a file; - is standard input"
        )
        importing.add_argument("file", type=Path)

    def handle(self, *args: Any, act: str, file: Path | None, **options: Any) -> None:
        try:
            if act == "import":
                assert file is not None  # noqa: S101  the parser needs it
                self._import(sys.stdin.read() if str(file) == "-" else file.read_text("utf-8"))
            elif file:
                file.write_text(sharing.exported(options["task"]), "utf-8")
            else:
                self.stdout.write(sharing.exported(options["task"]))
        except (OSError, UnicodeDecodeError, SpecError) as error:
            raise CommandError(f"{file}: {error}") from error

    def _import(self, text: str) -> None:
        done = sharing.import_from(text, by=None, now=timezone.now())
        self.stdout.write(f"{done.n_new} new, {done.n_changed} changed, {done.n_same} the same.")
