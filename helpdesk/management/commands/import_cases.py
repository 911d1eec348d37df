"""Import cases from a file of JSON Lines."""

import json
from argparse import ArgumentParser
from pathlib import Path
from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError
from tqdm import tqdm

from helpdesk.channels.importing import Imported, import_cases


class Command(BaseCommand):
    help = "Import cases from a file of JSON Lines (plain or .gz), one a line. Running it twice adds nothing."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("file", type=Path)
        parser.add_argument("--rejects", type=Path, help="where lines that can't be used go")

    def handle(self, *args: Any, file: Path, **options: Any) -> None:
        self.import_file(file, options["rejects"])

    def import_file(self, file: Path, rejects: Path | None) -> Imported:
        """Import with a progress bar and say what was done."""
        total = Imported()
        try:
            with tqdm(
                total=file.stat().st_size, unit="B", unit_scale=True, desc=file.name, mininterval=1
            ) as bar:
                for total in import_cases(file):
                    bar.update(total.position - bar.n)
                    bar.set_postfix_str(
                        f"{total.n_added} added, {len(total.rejects)} rejected", refresh=False
                    )
        except (OSError, EOFError) as error:
            raise CommandError(f"{file} can't be read: {error}") from error
        except KeyboardInterrupt:
            raise CommandError(
                f"stopped after line {total.n_lines}; what was imported stays, and the same command goes on."
            ) from None
        if total.rejects:
            self._write_rejects(file, rejects, total)
        if total.n_added:
            self.stdout.write(
                f"{total.n_lines} lines: {total.n_messages} messages, {total.n_replies} replies and "
                f"{total.n_notes} notes added, {total.n_known} messages known already."
            )
        else:
            self.stdout.write(f"{total.n_lines} lines: nothing to add, all of it is known already.")
        return total

    def _write_rejects(self, file: Path, rejects: Path | None, total: Imported) -> None:
        rejects = rejects or settings.DATA_DIR / "imports" / f"{file.name.split('.')[0]}.rejects.jsonl"
        rejects.parent.mkdir(parents=True, exist_ok=True)
        with rejects.open("w", encoding="utf-8") as out:
            for line in total.rejects:
                out.write(json.dumps({"line": line.number, "reason": line.error, "text": line.raw}) + "\n")
        self.stderr.write(f"{len(total.rejects)} lines can't be used; each is in {rejects} with its reason.")
