"""Bring back what a redacted export left out."""

import json
from argparse import ArgumentParser
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError

from labeling.redacting import restored


class Command(BaseCommand):
    help = "Put personal data back into a redacted export in JSON Lines, by its key file."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("file", type=Path, help="as `export_dataset --redact` wrote it")
        parser.add_argument("--key", type=Path, required=True, help="the key file written with it")
        parser.add_argument("--to", type=Path, required=True)

    def handle(self, *args: Any, file: Path, key: Path, to: Path, **options: Any) -> None:
        try:
            keys = {row["message"]: row["key"] for row in map(json.loads, key.open("rb"))}
            with file.open("rb") as redacted, to.open("w", encoding="utf-8") as whole:
                for row in map(json.loads, redacted):
                    known = keys.get(row["message"], {})
                    row |= {name: restored(row[name], known) for name in ("text", "subject") if name in row}
                    whole.write(json.dumps(row, ensure_ascii=False) + "\n")
        except OSError as error:
            raise CommandError(str(error)) from error
        except (ValueError, KeyError, TypeError) as error:
            raise CommandError(f"this is no redacted export with its key: {error!r}") from error
        self.stdout.write(str(to))
