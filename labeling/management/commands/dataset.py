"""Make a dataset of CSV files."""

from argparse import Action, ArgumentParser, ArgumentTypeError, Namespace
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError
from django.utils import timezone

from copilot.datasets import DatasetError, Split
from labeling.tables import OUT_OF_SCOPE_LABEL, Columns, Table, write_dataset


class _OfLastTable(Action):
    """`--split` speaks of the `--csv` before it."""

    def __call__(self, parser: Any, namespace: Namespace, value: Any, option: str | None = None) -> None:
        if not namespace.csv:
            raise ArgumentTypeError("--split must follow the --csv that it speaks of")
        *others, last = namespace.csv
        namespace.csv = [*others, Table(last.path, Split(value))]


class Command(BaseCommand):
    help = (
        "Make a dataset of one or more CSV files with a text and its category in each row. The category "
        f"{OUT_OF_SCOPE_LABEL!r} means that it is nothing we answer."
    )

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("name", help="the dataset's folder below DATASETS_ROOT")
        parser.add_argument(
            "--csv",
            action="append",
            required=True,
            type=lambda path: Table(Path(path)),
            metavar="FILE",
            help="may be given several times",
        )
        parser.add_argument(
            "--split",
            action=_OfLastTable,
            choices=list(Split),
            help="of the file before it; without any a fifth becomes the test split",
        )
        parser.add_argument("--text-column", default="text")
        parser.add_argument("--label-column", default="category")
        parser.add_argument(
            "--time-column", default="", help="ISO 8601; then the latest fifth is the test split"
        )
        parser.add_argument("--case-column", default="", help="rows of one case are never parted")
        parser.add_argument("--encoding", default="utf-8")
        parser.add_argument(
            "--merge-labels", action="store_true", help="join labels that differ only by case or blanks"
        )

    def handle(self, *args: Any, name: str, csv: list[Table], **options: Any) -> None:
        columns = Columns(
            text=options["text_column"],
            label=options["label_column"],
            at=options["time_column"],
            case=options["case_column"],
        )
        try:
            folder, told = write_dataset(
                name,
                csv,
                columns=columns,
                encoding=options["encoding"],
                merge_labels=options["merge_labels"],
                now=timezone.now(),
            )
        except DatasetError as error:
            raise CommandError(str(error)) from error
        for what, n in sorted(told.counts.items()):
            if n:
                self.stdout.write(f"{n} {what}.")
        for label, n in told.small_classes.items():
            self.stdout.write(
                f"{label!r} has only {n} rows to learn from: topics will be trained without it."
            )
        self.stdout.write(str(folder))
