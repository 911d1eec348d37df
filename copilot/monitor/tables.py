"""The rows of a chart as a table of the page and as a CSV file: both from the same columns."""

import csv
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from html import escape
from typing import Any

from django.http import HttpResponse
from django.utils.safestring import SafeString

from copilot.monitor.figures import Figure

COUNTED = "counted"
TRUST = ("n", "low", "high", "method", "version")  # what each row of a file says of how far it can be trusted
FORMULAS = ("=", "+", "-", "@", "\t", "\r")


@dataclass(frozen=True)
class Column:
    """One column: `name` heads it on the page, `key` in the CSV; where one of them is empty, it is not there.

    `of` gives a row's value for the CSV, `written` the same as people read it.
    """

    name: str
    key: str
    of: Callable[[Any], object]
    written: Callable[[Any], str] | None = None

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
    def csv_rows(self) -> Iterator[list[object]]:
        """The head and the rows as a CSV file holds them."""
        kept = [column for column in self.columns if column.key]
        yield [column.key for column in kept]
        for row in self.rows:
            yield [quoted(column.of(row)) for column in kept]


def _row(cells: Sequence[str]) -> str:
    first, *others = cells
    return f'<tr><th scope="row">{first}</th>{"".join(f"<td>{cell}</td>" for cell in others)}</tr>\n'


def kept(
    of: Callable[[Any], Figure], *, value: str = "value", prefix: str = "", version: str = ""
) -> list[Column]:
    """Return the columns of a CSV for one figure of each row, which the page shows in its own way, or not at all.

    `value` names that of the value, `prefix` stands before the others; `version` is that of figures which name none. A
    value without a method was counted.
    """

    def column(key: str, read: Callable[[Figure], object]) -> Column:
        return Column("", key, lambda row: read(of(row)))

    return [
        column(value, lambda figure: figure.value),
        column(f"{prefix}low", lambda figure: figure.low),
        column(f"{prefix}high", lambda figure: figure.high),
        column(f"{prefix}n", lambda figure: figure.n),
        column(f"{prefix}k", lambda figure: figure.k),
        column(f"{prefix}agents", lambda figure: figure.n_agents),
        column(f"{prefix}note", lambda figure: figure.note),
        column(f"{prefix}method", lambda figure: figure.method or ("" if figure.value is None else COUNTED)),
        column(f"{prefix}version", lambda figure: figure.version or version),
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


def as_csv(table: Table, *, filename: str) -> HttpResponse:
    """Answer with the table as a file."""
    response = HttpResponse(content_type="text/csv; charset=utf-8")
    response["Content-Disposition"] = f'attachment; filename="{filename}"'
    csv.writer(response).writerows(table.csv_rows)
    return response
