"""The rows of a chart as a table of the page and as a CSV or Parquet file: all from the same columns."""

import csv
import io
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from html import escape
from types import MappingProxyType
from typing import Any

from django.http import HttpResponse
from django.utils.safestring import SafeString

from copilot.monitor.figures import Figure

COUNTED = "counted"
TRUST = ("n", "low", "high", "method", "version")  # what each row of a file says of how far it can be trusted
FORMULAS = ("=", "+", "-", "@", "\t", "\r")


@dataclass(frozen=True)
class Column:
    """One column: `name` heads it on the page, `key` in files; where one of them is empty, it is not there.

    `of` gives a row's value for files, `written` the same as people read it. `holds` is the type of the values, where
    it can't be told by them because a file may have none; else numbers.
    """

    name: str
    key: str
    of: Callable[[Any], object]
    written: Callable[[Any], str] | None = None
    holds: type | None = None

    def cell(self, row: Any) -> str:
        """Write a row's value for the page; a dash if it has none."""
        if self.written:
            return self.written(row)
        value = self.of(row)
        return "–" if value is None else f"{value:,}" if isinstance(value, int) else str(value)


@dataclass(frozen=True)
class Table:
    """Rows of any kind, with the columns that read them. The first column names the row.

    Raises:
        ValueError: the file would not say of each row what TRUST names, of one figure at least.
    """

    columns: tuple[Column, ...]
    rows: Sequence[Any]

    def __post_init__(self) -> None:
        ends = {column.key.rpartition("_")[2] for column in self.columns}
        if lacking := [name for name in TRUST if name not in ends]:
            raise ValueError(
                f"table of {self.columns[0].name}: its CSV lacks {', '.join(lacking)}, see `kept`"
            )

    @property
    def heads(self) -> list[str]:
        return [column.name for column in self.columns if column.name]

    @property
    def body(self) -> SafeString:
        """The rows as the page shows them: a year of days has thousands of cells, over which a template takes long."""
        shown = [column for column in self.columns if column.name]
        return SafeString("".join(_row([escape(column.cell(row)) for column in shown]) for row in self.rows))

    @property
    def filed(self) -> list[Column]:
        """The columns that files have."""
        return [column for column in self.columns if column.key]

    @property
    def csv_rows(self) -> Iterator[list[object]]:
        """The head and the rows as a CSV file holds them."""
        yield [column.key for column in self.filed]
        for row in self.rows:
            yield [quoted(column.of(row)) for column in self.filed]


def _row(cells: Sequence[str]) -> str:
    first, *others = cells
    return f'<tr><th scope="row">{first}</th>{"".join(f"<td>{cell}</td>" for cell in others)}</tr>\n'


def kept(
    of: Callable[[Any], Figure], *, value: str = "value", prefix: str = "", version: str = ""
) -> list[Column]:
    """Return the columns of a file for one figure of each row, which the page shows in its own way, or not at all.

    `value` names that of the value, `prefix` stands before the others; `version` is that of figures which name none. A
    value without a method was counted.
    """

    def column(key: str, holds: type, read: Callable[[Figure], object]) -> Column:
        return Column("", key, lambda row: read(of(row)), holds=holds)

    return [
        column(value, float, lambda figure: figure.value),
        column(f"{prefix}low", float, lambda figure: figure.low),
        column(f"{prefix}high", float, lambda figure: figure.high),
        column(f"{prefix}n", int, lambda figure: figure.n),
        column(f"{prefix}k", int, lambda figure: figure.k),
        column(f"{prefix}agents", int, lambda figure: figure.n_agents),
        column(f"{prefix}note", str, lambda figure: figure.note),
        column(
            f"{prefix}method",
            str,
            lambda figure: figure.method or ("" if figure.value is None else COUNTED),
        ),
        column(f"{prefix}version", str, lambda figure: figure.version or version),
    ]


def table_of_figures(
    heading: str, figures: Sequence[Figure], *, value: str = "Value", k: str = "", version: str = ""
) -> Table:
    """Return the table of figures; `heading` is what their names are, `value` what is measured, `k` what is counted.

    `version` is as in `kept`.
    """
    return Table(
        (
            Column(heading, "name", lambda row: row.name),
            Column(value, "", lambda row: row.written),
            Column("95 % interval", "", lambda row: row.interval),
            Column("n", "", lambda row: row.n),
            Column(k, "", lambda row: row.k),
            Column("Agents", "", lambda row: row.n_agents),
            Column("Note", "", lambda row: row.note),
            *kept(lambda row: row, version=version),
            Column("", "unit", lambda row: row.unit.value),
        ),
        figures,
    )


def quoted(cell: object) -> object:
    """Return a cell that no spreadsheet takes for a formula.

    >>> quoted("=1+1"), quoted(-1)
    ("'=1+1", -1)
    """
    return f"'{cell}" if isinstance(cell, str) and cell.startswith(FORMULAS) else cell


def as_file(table: Table, *, kind: str, name: str) -> HttpResponse:
    """Answer with the table as a file of a kind of FILES."""
    content_type, write = FILES[kind]
    response = HttpResponse(write(table), content_type=content_type)
    response["Content-Disposition"] = f'attachment; filename="{name}.{kind}"'
    return response


def written_as_csv(table: Table) -> bytes:
    text = io.StringIO(newline="")
    csv.writer(text).writerows(table.csv_rows)
    return text.getvalue().encode()


def written_as_parquet(table: Table) -> bytes:
    """Write each column with its type. Nothing runs a cell of such a file, so that texts stand there as they are."""
    import pyarrow  # only here: a web process that nobody asks for one does without its memory
    from pyarrow.parquet import write_table

    types = {bool: pyarrow.bool_(), int: pyarrow.int64(), float: pyarrow.float64(), str: pyarrow.string()}
    columns = {}
    for column in table.filed:
        values = [column.of(row) for row in table.rows]
        columns[column.key] = pyarrow.array(values, type=types[column.holds or type_of(values)])
    sink = io.BytesIO()
    write_table(pyarrow.table(columns), sink, compression="zstd")
    return sink.getvalue()


def type_of(values: Sequence[object]) -> type:
    """Return what a column of these values holds: numbers, if none of them is there.

    >>> type_of([True, None]), type_of([1, 2]), type_of([1, 0.5]), type_of(["1"]), type_of([None])
    (<class 'bool'>, <class 'int'>, <class 'float'>, <class 'str'>, <class 'float'>)
    """
    known = [value for value in values if value is not None]
    for each in (bool, int, str):
        if known and all(isinstance(value, each) for value in known):
            return each
    return float


FILES: Mapping[str, tuple[str, Callable[[Table], bytes]]] = MappingProxyType(
    {
        "csv": ("text/csv; charset=utf-8", written_as_csv),
        "parquet": ("application/vnd.apache.parquet", written_as_parquet),
    }
)


def kind_of(asked: Mapping[str, str]) -> str | None:
    """Return the kind of file that an address asks for, whose value names the table; None if it asks for the page."""
    return next((kind for kind in FILES if kind in asked), None)
