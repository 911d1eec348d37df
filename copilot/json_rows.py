"""JSON objects read field by field: whatever is not as it must be is named with its place.

>>> Row({"at": "monday"}, "examples.jsonl line 2").time("at")
Traceback (most recent call last):
...
copilot.json_rows.RowError: examples.jsonl line 2, field 'at': expected an ISO 8601 time, got 'monday'
"""

import json
from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime


class RowError(Exception):
    """A row is not as it must be; the message names its place, the field and what is wrong."""


@dataclass(frozen=True)
class Row:
    """One JSON object, with where it stands for the errors; every getter checks the type."""

    fields: Mapping[str, object]
    where: str

    def wrong(self, name: str, problem: str) -> RowError:
        return RowError(f"{self.where}, field {name!r}: {problem}")

    def text(self, name: str, default: str | None = None) -> str:
        value = self.fields.get(name, default)
        if not isinstance(value, str):
            raise self.wrong(name, f"expected text, got {value!r}")
        return value

    def maybe(self, name: str) -> str | None:
        return None if self.fields.get(name) is None else self.text(name)

    def flag(self, name: str, default: bool | None = None) -> bool:
        value = self.fields.get(name, default)
        if not isinstance(value, bool):
            raise self.wrong(name, f"expected true or false, got {value!r}")
        return value

    def texts(self, name: str) -> tuple[str, ...]:
        value = self.fields.get(name, [])
        if not isinstance(value, list) or not all(isinstance(item, str) for item in value):
            raise self.wrong(name, f"expected a list of texts, got {value!r}")
        return tuple(value)

    def share(self, name: str, default: float) -> float:
        """A number above 0 and at most 1."""
        value = self.fields.get(name, default)
        if not isinstance(value, int | float) or isinstance(value, bool) or not 0 < value <= 1:
            raise self.wrong(name, f"expected a number above 0 and at most 1, got {value!r}")
        return float(value)

    def time(self, name: str) -> datetime:
        try:
            value = datetime.fromisoformat(self.text(name))
        except ValueError:
            raise self.wrong(name, f"expected an ISO 8601 time, got {self.fields.get(name)!r}") from None
        if value.tzinfo is None:
            raise self.wrong(name, f"expected a time with a zone, got {self.fields.get(name)!r}")
        return value

    def choice(self, name: str, choices: Collection[str]) -> str | None:
        value = self.maybe(name)
        if value is not None and value not in choices:
            raise self.wrong(name, f"expected one of {', '.join(choices)}, got {value!r}")
        return value

    def inner(self, name: str) -> "Row | None":
        """The object that a field holds, if any."""
        value = self.fields.get(name)
        if value is None:
            return None
        if not isinstance(value, dict):
            raise self.wrong(name, f"expected an object, got {value!r}")
        return Row(value, f"{self.where}, field {name!r}")

    def only(self, names: Collection[str]) -> None:
        """Refuse any other field."""
        if unknown := set(self.fields) - set(names):
            raise self.wrong(min(unknown), "no such field")


def rows_of(content: bytes, name: str) -> Iterator[Row]:
    """Yield a file's lines, one object each.

    Raises:
        RowError: a line holds something else.
    """
    for number, line in enumerate(content.removesuffix(b"\n").split(b"\n") if content else (), start=1):
        where = f"{name} line {number}"
        yield Row(object_of(line, where), where)


def object_of(content: bytes, where: str) -> dict[str, object]:
    """Read one object.

    Raises:
        RowError: it is something else.
    """
    try:
        value = json.loads(content)
    except ValueError as error:
        raise RowError(f"{where}: not JSON ({error})") from None
    if not isinstance(value, dict):
        raise RowError(f"{where}: expected an object, got {type(value).__name__}")
    return value
