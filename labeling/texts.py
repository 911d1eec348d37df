"""Rows of an uploaded file, JSON Lines or CSV: each is read and checked by itself, and one that is wrong says why.

A row is a text, and perhaps an id of the sender's own, when it was written, and a label.
"""

import csv
import json
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import BinaryIO

FIELDS = ("text", "external_id", "at", "label", "subject")
LONGEST_ROW = 1_000_000  # bytes; a customer's message is cut far earlier


class UnreadableFileError(Exception):
    """No row of a file can be read; the message says why and what to do."""


@dataclass(frozen=True)
class Text:
    """One row: what is to be labeled."""

    text: str
    external_id: str = ""
    at: datetime | None = None
    label: str = ""
    subject: str = ""


@dataclass(frozen=True)
class Row:
    """What stands on a line: a text, or why there is none; `position` are the bytes read so far."""

    line: int
    position: int
    text: Text | None = None
    error: str = ""


class _Lines:
    """The lines of a file, cut where they are endless, and how far one has read."""

    def __init__(self, file: BinaryIO) -> None:
        self.file = file
        self.position = 0

    def __iter__(self) -> Iterator[bytes]:
        while line := self.file.readline(LONGEST_ROW):
            self.position += len(line)
            yield line
            while len(line) == LONGEST_ROW and not line.endswith(b"\n"):
                line = self.file.readline(LONGEST_ROW)
                self.position += len(line)


def read_json_lines(file: BinaryIO) -> Iterator[Row]:
    """Yield a row for each line that is not blank."""
    lines = _Lines(file)
    for number, raw in enumerate(lines, start=1):
        if raw.strip():
            yield _row(number, lines.position, raw)


def _row(number: int, position: int, raw: bytes) -> Row:
    try:
        value = json.loads(raw.decode("utf-8"))
    except UnicodeDecodeError as error:
        return Row(number, position, error=f"not UTF-8 at byte {error.start}")
    except (ValueError, RecursionError) as error:
        return Row(number, position, error=f"no JSON: {error}"[:300])
    if not isinstance(value, dict):
        return Row(number, position, error='no JSON object: write {"text": "…"}')
    return _checked(number, position, value)


def read_csv(file: BinaryIO) -> Iterator[Row]:
    """Yield a row for each record; its line is the last that it stands on.

    Raises:
        UnreadableFileError: the header lacks the column `text`, or has one that is not known.
    """
    csv.field_size_limit(LONGEST_ROW)
    lines = _Lines(file)
    reader = csv.reader(raw.decode("utf-8", "surrogateescape") for raw in lines)
    header = [name.strip().removeprefix("\ufeff").casefold() for name in next(reader, [])]
    unknown = [name for name in header if name not in FIELDS]
    if "text" not in header or unknown or len(set(header)) < len(header):
        found = ", ".join(map(ascii, header)) or "none"
        raise UnreadableFileError(
            f"line 1: the columns are {found[:300]}: one named text is needed; others are {', '.join(FIELDS[1:])}"
        )
    while True:
        try:
            cells = next(reader)
        except StopIteration:
            return
        except csv.Error as error:
            yield Row(reader.line_num, lines.position, error=f"no CSV: {error}")
            continue
        if not any(cells):
            continue
        if len(cells) != len(header):
            problem = (
                f"{len(cells)} cells, but {len(header)} columns: quote texts that hold commas or line breaks"
            )
            yield Row(reader.line_num, lines.position, error=problem)
            continue
        yield _checked(reader.line_num, lines.position, dict(zip(header, cells, strict=True)))


def _checked(number: int, position: int, value: Mapping[str, object]) -> Row:
    """Read a row's fields, or say of the first that is wrong what it should be."""
    if unknown := [name for name in value if name not in FIELDS]:
        return Row(
            number, position, error=f"{unknown[0][:60]!a}: unknown field; known are {', '.join(FIELDS)}"
        )
    texts = {name: "" if each is None else each for name, each in value.items()}
    if isinstance(texts.get("external_id"), int) and not isinstance(texts["external_id"], bool):
        texts["external_id"] = str(texts["external_id"])
    if wrong := [name for name, each in texts.items() if not isinstance(each, str)]:
        return Row(number, position, error=f"{wrong[0]}: a text is needed")
    if not str(texts.get("text", "")).strip():
        return Row(number, position, error="text: it is empty")
    if bad := [name for name, each in texts.items() if _is_no_text(str(each))]:
        return Row(number, position, error=f"{bad[0]}: not UTF-8")
    at = str(texts.pop("at", "")).strip()
    try:
        moment = _moment(at) if at else None
    except (ValueError, OverflowError):
        return Row(number, position, error=f"at: {at[:60]!a} is no ISO 8601 time: write 2025-01-31T09:00:00Z")
    fields = {name: str(each) if name == "text" else str(each).strip() for name, each in texts.items()}
    return Row(number, position, text=Text(at=moment, **fields))


def _is_no_text(value: str) -> bool:
    """Whether a text holds bytes that are no characters, which no database takes."""
    try:
        value.encode()
    except UnicodeEncodeError:
        return True
    return False


def _moment(at: str) -> datetime:
    moment = datetime.fromisoformat(at)
    return (moment if moment.tzinfo else moment.replace(tzinfo=UTC)).astimezone(UTC)


READERS = {"jsonl": read_json_lines, "csv": read_csv}


def read_rows(file: BinaryIO, *, form: str, after: int = 0) -> Iterable[Row]:
    """Return the rows of a file in a format, without the first `after`."""
    rows = READERS[form](file)
    for _ in range(after):
        next(rows, None)
    return rows
