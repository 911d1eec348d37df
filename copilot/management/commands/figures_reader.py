"""Let somebody ask the database itself: a role that reads the views of the figures, and nothing else."""

import getpass
import os
import sys
from argparse import ArgumentParser
from typing import Any

from django.core.management.base import BaseCommand, CommandError

from copilot.monitor import readers
from copilot.monitor.readers import ReaderError

VARIABLE = "FIGURES_PASSWORD"


class Command(BaseCommand):
    help = (
        "Make a role of the database that may read the views of the figures (schema figures, see Method > SQL views) "
        f"and nothing else, or bring one up to date. Its password is taken from {VARIABLE} or asked for; piped in, it "
        "is the first line. Nothing given, a role that is there keeps its password."
    )

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("role", help="its name, such as figures_reader")
        parser.add_argument("--remove", action="store_true", help="take the role away")

    def handle(self, *, role: str, remove: bool, **_: Any) -> None:
        try:
            if remove:
                readers.remove_reader(role)
                self.stdout.write(f"{role} is removed.")
            else:
                readers.make_reader(role, password=_password())
                self.stdout.write(f"{role} may read the views of schema figures, and nothing else.")
        except ReaderError as error:
            raise CommandError(str(error)) from error


def _password() -> str | None:
    """Return what was given in the environment, typed or piped in; None if that was nothing."""
    if given := os.environ.get(VARIABLE):
        return given
    if not sys.stdin.isatty():
        return sys.stdin.readline().rstrip("\r\n") or None
    first = getpass.getpass("Password (empty: keep it): ")
    if first and getpass.getpass("Once more: ") != first:
        raise CommandError("the two passwords differ: nothing was changed, run it again")
    return first or None
