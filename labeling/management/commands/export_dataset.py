"""Write a dataset in another format, perhaps without personal data."""

from argparse import ArgumentParser
from contextlib import ExitStack
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError

from copilot import evaluating
from copilot.datasets import DatasetError, Split
from labeling.exporting.exports import FORMATS, Choice, export


class Command(BaseCommand):
    help = (
        "Write a dataset as JSON Lines, Parquet, CSV, or conversations for fine-tuning (of its training split, unless "
        "--split says otherwise)."
    )

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("name", help="a folder below DATASETS_ROOT")
        parser.add_argument("--format", choices=FORMATS, default="jsonl")
        parser.add_argument("--split", choices=list(Split), help="both, if none is named")
        parser.add_argument("--to", type=Path, help="the file to write; else NAME with the format's ending")
        parser.add_argument(
            "--redact", action="store_true", help="replace e-mail addresses, cards, IBANs, phones and names"
        )
        parser.add_argument(
            "--key", type=Path, help="with --redact: a file, kept apart, that brings back what was replaced"
        )

    def handle(self, *args: Any, name: str, format: str, split: str | None, **options: Any) -> None:  # noqa: A002
        made, choice = FORMATS[format], Choice(Split(split) if split else None, redacted=options["redact"])
        if options["key"] and not choice.redacted:
            raise CommandError("--key: nothing is replaced without --redact")
        target = options["to"] or Path(made.file_name(name, choice))
        try:
            with ExitStack() as files:
                noted = [files.enter_context(_private(options["key"])).write] if options["key"] else []
                chunks = export(
                    evaluating.folder_of(name),
                    made,
                    choice,
                    note_key=noted[0] if noted else lambda line: None,
                )
                file = files.enter_context(target.open("wb"))
                file.writelines(chunks)
        except (DatasetError, OSError) as error:
            raise CommandError(str(error)) from error
        self.stdout.write(str(target))


def _private(path: Path) -> Any:
    """Open a new file that nobody else on this machine may read."""
    path.touch(mode=0o600, exist_ok=False)
    return path.open("wb")
