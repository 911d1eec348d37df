"""Kind field: a fact about the message, its case or its customer, such as the channel or the reader they own."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from labeling.functions.errors import SpecError
from labeling.functions.reading import LONGEST, MOST_WORDS, check_keys, choice_at, text_at
from labeling.functions.rows import Rows

OPS = ("is", "is not", "in", "not in", "is there", "is missing", "below", "above")
COLUMNS = ("language", "channel", "length")
ATTRIBUTES = ("case.", "customer.")


@dataclass(frozen=True)
class Test:
    """A comparison of one field with a value; words are compared without regard to capitals.

    `path` is language, channel, length (characters of the text), or case. or customer. with an attribute's name.
    """

    path: str
    op: str
    value: Any = None

    __test__ = False  # pytest takes it for one of its own

    def holds(self, rows: Rows, place: int) -> bool:
        """Whether the row at a place passes; what is not there equals nothing and passes no comparison."""
        found = self._read(rows, place)
        if self.op in {"is there", "is missing"}:
            return (found in (None, "")) is (self.op == "is missing")
        if found in (None, ""):
            return self.op in {"is not", "not in"}
        if self.op in {"below", "above"}:
            number = _number(found)
            return number is not None and (number < self.value if self.op == "below" else number > self.value)
        values = self.value if isinstance(self.value, tuple) else (self.value,)
        return (_word(found) in values) is (self.op in {"is", "in"})

    def _read(self, rows: Rows, place: int) -> Any:
        if self.path == "length":
            return len(rows.texts[place])
        if self.path in COLUMNS:
            return (rows.languages if self.path == "language" else rows.channels)[place]
        side, _, name = self.path.partition(".")
        return (rows.cases if side == "case" else rows.customers)[place].get(name)


def read(spec: object) -> Test:
    """Check a specification such as `{"path": "customer.plan", "op": "in", "value": ["Go", "Plus"]}`.

    Raises:
        SpecError: it can't be used.
    """
    known = check_keys(spec, {"path", "op", "value"})
    path, op = text_at(known, "path"), choice_at(known, "op", OPS)
    if path not in COLUMNS and not (path.startswith(ATTRIBUTES) and path.partition(".")[2]):
        raise SpecError(f"path is {path!r}: use {', '.join(COLUMNS)}, or case.NAME or customer.NAME")
    return Test(path, op, _value(known, op))


def _value(spec: Mapping[str, Any], op: str) -> Any:
    value = spec.get("value")
    if op in {"is there", "is missing"}:
        if value not in (None, "", []):
            raise SpecError(f"value is given, but {op!r} compares with none: leave it out")
        return None
    if op in {"below", "above"}:
        number = None if isinstance(value, bool) else _number(value)
        if number is None:
            raise SpecError(f"value is {value!r}: {op!r} needs a number")
        return number
    values = value if isinstance(value, list) else [value]
    if op not in {"in", "not in"} and len(values) != 1:
        raise SpecError(f"value has {len(values)} entries: {op!r} compares with one, use 'in' or 'not in'")
    words = tuple(dict.fromkeys(_word(each) for each in values if _is_plain(each)))
    if not words or len(words) > MOST_WORDS or any(len(word) > LONGEST for word in words):
        raise SpecError(f"value is needed: {'a list of texts' if op in {'in', 'not in'} else 'a text'}")
    return words


def _is_plain(value: object) -> bool:
    return isinstance(value, str | int | float) and str(value).strip() != ""


def _word(value: object) -> str:
    return str(value).strip().casefold()


def _number(value: object) -> float | None:
    try:
        return float(value)  # type: ignore[arg-type]  # that is what is tried
    except (TypeError, ValueError):
        return None
