"""CSV files become a dataset: one row a text with its category, checked before anything is written.

An error names file, line, column and what to do. What can do no harm is mended and counted instead: rows without a text
or a category are skipped, endless texts are cut.
"""

import csv
import hashlib
import io
from collections import Counter, defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from itertools import count
from pathlib import Path

from django.conf import settings

from copilot import datasets
from copilot.catalog import catalog_at
from copilot.datasets import DatasetError, Example, Split
from copilot.pipeline.questions import question_from
from copilot.pipeline.types import VALIDITY_REASONS, Reason
from labeling.splitting import drop_near_copies, split_by_time

TEST_SHARE = 0.2
LONGEST_TEXT = 20_000  # characters; the pipeline reads far less
LARGEST_FIELD = 10_000_000  # characters of one cell; Python's csv gives up at 131,072
OUT_OF_SCOPE_LABEL = "oos"
FEWEST_ROWS = 3  # a smaller class is left out when topics are trained
EPOCH = datetime(2000, 1, 1, tzinfo=UTC)  # rows without a time are ordered by their place


@dataclass(frozen=True)
class Columns:
    """Which columns hold what; a table without times and cases leaves both empty.

    `out_of_scope` is the label of what is nothing we answer.
    """

    text: str = "text"
    label: str = "category"
    at: str = ""
    case: str = ""
    out_of_scope: str = OUT_OF_SCOPE_LABEL

    @property
    def needed(self) -> list[str]:
        return [name for name in (self.text, self.label, self.at, self.case) if name]


@dataclass(frozen=True)
class Table:
    """One CSV file; without a split of its own its rows are split with those of the others."""

    path: Path
    split: Split | None = None


@dataclass
class Told:
    """What was mended or noticed while reading, by what it is."""

    counts: Counter[str] = field(default_factory=Counter)
    small_classes: dict[str, int] = field(default_factory=dict)


@dataclass(frozen=True)
class _Line:
    """One row of a file, as it stands there."""

    where: str
    place: int
    text: str
    label: str
    at: datetime
    case: str
    split: Split | None


def write_dataset(
    name: str,
    tables: Sequence[Table],
    *,
    columns: Columns,
    encoding: str,
    merge_labels: bool,
    now: datetime,
) -> tuple[Path, Told]:
    """Write the tables as dataset DATASETS_ROOT/name, and return its folder and what was noticed.

    Without a table for the test split a fifth of the rows becomes it: the latest, where the rows have times.

    Raises:
        DatasetError: a table can't be read, or its labels can't be learned from.
    """
    if not name or Path(name).name != name or name.startswith("."):
        raise DatasetError(f"{name!r} is no name for a dataset: choose a word such as banking77")
    parts, told = read_examples(tables, columns=columns, encoding=encoding, merge_labels=merge_labels)
    examples = [example for part in parts for example in part]
    if not any(table.split for table in tables):
        examples = (
            split_by_time(examples, share=TEST_SHARE)
            if columns.at
            else _split_by_hash(examples, by_case=bool(columns.case))
        )
    examples, told.counts["near-copies of test texts left out of training"] = drop_near_copies(examples)
    folder = Path(settings.DATASETS_ROOT) / name
    card = {
        "name": name,
        "source": ", ".join(table.path.name for table in tables),
        "frozen_at": now.isoformat(),
        "noticed": {what: n for what, n in sorted(told.counts.items()) if n},
        "small_classes": told.small_classes,
    }
    datasets.write(folder, examples, card, catalog=catalog_at(now).catalog)
    return folder, told


def read_examples(
    tables: Sequence[Table], *, columns: Columns, encoding: str, merge_labels: bool
) -> tuple[list[list[Example]], Told]:
    """Read tables, check them together, and return the examples of each.

    Rows of a table without a split of its own are for training.

    Raises:
        DatasetError: a table can't be read, or its labels can't be learned from.
    """
    told = Told()
    parts = [list(_lines(table, columns, encoding, told)) for table in tables]
    spelling = _spelling([line.label for part in parts for line in part], merge_labels=merge_labels)
    numbers = count()
    examples = [list(_examples(part, numbers, spelling, columns, told)) for part in parts]
    _check_classes([example for part in examples for example in part], tables, told)
    return examples, told


def _lines(table: Table, columns: Columns, encoding: str, told: Told) -> Iterator[_Line]:
    """Yield the rows that say something."""
    csv.field_size_limit(LARGEST_FIELD)
    reader = csv.DictReader(io.StringIO(_decoded(table.path, encoding), newline=""), strict=True)
    try:
        header = [name.strip() for name in reader.fieldnames or []]
        reader.fieldnames = header
        _check_header(table.path, header, columns)
        for place, row in enumerate(reader):
            where = f"{table.path.name} line {reader.line_num}"
            if None in row or any(row[name] is None for name in columns.needed):
                raise DatasetError(
                    f"{where}: not as many cells as the header has columns ({', '.join(header)}): "
                    "quote texts that hold commas or line breaks"
                )
            if line := _line(row, where, place, table, columns, told):
                yield line
    except csv.Error as error:
        raise DatasetError(
            f"{table.path.name} line {reader.line_num}: not CSV ({error}): export it again"
        ) from error


def _line(
    row: dict[str, str], where: str, place: int, table: Table, columns: Columns, told: Told
) -> _Line | None:
    text, label = row[columns.text].replace("\0", ""), row[columns.label]
    if not text.strip():
        told.counts["rows without a text skipped"] += 1
        return None
    if not label.strip():
        told.counts["rows without a category skipped"] += 1
        return None
    if len(text) > LONGEST_TEXT:
        told.counts[f"texts cut after {LONGEST_TEXT} characters"] += 1
    return _Line(
        where=where,
        place=place,
        text=text[:LONGEST_TEXT],
        label=label,
        at=_time(row[columns.at], where, columns.at) if columns.at else EPOCH + timedelta(seconds=place),
        case=row[columns.case].strip() if columns.case else f"{table.path.stem}-{place}",
        split=table.split,
    )


def _decoded(path: Path, encoding: str) -> str:
    try:
        content = path.read_bytes()
    except OSError as error:
        raise DatasetError(f"{path}: can't be read ({error.strerror}): name a CSV file") from error
    try:
        return content.decode(encoding).removeprefix("\ufeff")
    except LookupError:
        raise DatasetError(
            f"--encoding {encoding}: no such encoding; use one such as latin-1 or cp1252"
        ) from None
    except UnicodeDecodeError as error:
        line = content.count(b"\n", 0, error.start) + 1
        raise DatasetError(
            f"{path.name} line {line}: byte 0x{content[error.start]:02x} is not {encoding}: name the file's encoding, "
            f"as in --encoding latin-1, or convert it: iconv -f latin1 -t utf-8 {path.name} > utf-8.csv"
        ) from None


def _check_header(path: Path, header: list[str], columns: Columns) -> None:
    missing = [name for name in columns.needed if name not in header]
    if missing:
        raise DatasetError(
            f"{path.name} line 1: no column {missing[0]!r} among {', '.join(header) or 'none'}: "
            "name the columns with --text-column and --label-column"
        )


def _time(value: str, where: str, column: str) -> datetime:
    try:
        at = datetime.fromisoformat(value.strip())
    except ValueError:
        raise DatasetError(
            f"{where}, column {column!r}: {value!r} is no ISO 8601 time: write 2025-01-31T09:00:00"
        ) from None
    return at if at.tzinfo else at.replace(tzinfo=UTC)


def _spelling(labels: Sequence[str], *, merge_labels: bool) -> dict[str, str]:
    """Map each label to how it is spelt; labels that differ only by case or blanks are one, if that is allowed."""
    spellings: dict[str, Counter[str]] = defaultdict(Counter)
    for label in labels:
        spellings[" ".join(label.split()).casefold()][label] += 1
    pairs = [" and ".join(map(repr, sorted(each))) for each in spellings.values() if len(each) > 1]
    if pairs and not merge_labels:
        raise DatasetError(
            f"labels that differ only by case or blanks: {'; '.join(pairs)}: mend the file, or join them with "
            "--merge-labels"
        )
    return {
        label: " ".join(min(each, key=lambda one: (-each[one], one)).split())
        for each in spellings.values()
        for label in each
    }


def _examples(
    lines: Sequence[_Line], numbers: Iterator[int], spelling: dict[str, str], columns: Columns, told: Told
) -> Iterator[Example]:
    """Clean each text as a message's is; one of which nothing is left is skipped."""
    for line, number in zip(
        lines, numbers, strict=False
    ):  # in this order no number is lost after the last line
        question = question_from([line.text], languages=settings.COPILOT_LANGUAGES)
        if not question.text:
            told.counts["rows with nothing but quotes or a signature skipped"] += 1
            continue
        reason = _reason(spelling[line.label], columns)
        yield Example(
            case=line.case,
            message=f"{line.where} ({number})",
            at=line.at,
            text=question.text,
            language=question.language,
            reason=reason,
            topic=None if reason else spelling[line.label],
            split=line.split or Split.TRAIN,
        )


def _reason(label: str, columns: Columns) -> Reason | None:
    if label.casefold() == columns.out_of_scope.casefold():
        return Reason.OUT_OF_SCOPE
    return Reason(label) if label in VALIDITY_REASONS else None


def _check_classes(examples: Sequence[Example], tables: Sequence[Table], told: Told) -> None:
    sizes = Counter(str(e.reason or e.topic) for e in examples if e.split is Split.TRAIN)
    if len(sizes) < 2:
        files = ", ".join(table.path.name for table in tables if table.split is not Split.TEST)
        found = f"only {next(iter(sizes))!r}" if sizes else "none"
        raise DatasetError(
            f"{files}: two categories are needed to tell them apart, found {found}: add rows of another one, or name "
            "the right column with --label-column"
        )
    told.small_classes = {name: n for name, n in sorted(sizes.items()) if n < FEWEST_ROWS}


def _split_by_hash(examples: Sequence[Example], *, by_case: bool) -> list[Example]:
    """A fifth of the cases or texts: the same ones whatever the order of the rows, and when rows are added."""
    return [
        replace(
            example,
            split=Split.TEST
            if _share_of(example.case if by_case else example.text) < TEST_SHARE
            else Split.TRAIN,
        )
        for example in examples
    ]


def _share_of(unit: str) -> float:
    """A number in [0, 1) that looks drawn at random, but is the unit's own."""
    return int.from_bytes(hashlib.sha256(unit.casefold().encode()).digest()[:8]) / 2**64
