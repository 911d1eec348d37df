"""The rows of a chart as a table of the page and as a CSV file: both from the same columns."""

import csv
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any

from django.http import HttpResponse

from copilot.monitor.figures import Figure

COUNTED = "counted"
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
    """Rows of any kind, with the columns that read them. The first column names the row."""

    columns: tuple[Column, ...]
    rows: Sequence[Any]

    @property
    def heads(self) -> list[str]:
        return [column.name for column in self.columns if column.name]

    @property
    def cells(self) -> Iterator[list[str]]:
        """The rows as the page shows them."""
        shown = [column for column in self.columns if column.name]
        return ([column.cell(row) for column in shown] for row in self.rows)

    @property
    def csv_rows(self) -> Iterator[list[object]]:
        """The head and the rows as a CSV file holds them."""
        kept = [column for column in self.columns if column.key]
        yield [column.key for column in kept]
        for row in self.rows:
            yield [quoted(column.of(row)) for column in kept]


def table_of_figures(
    heading: str, figures: Sequence[Figure], *, value: str = "Value", k: str = "", version: str = ""
) -> Table:
    """Return the table of figures; `heading` is what their names are, `value` what is measured, `k` what is counted.

    `version` is that of the figures which name none; a value without an interval was counted.
    """
    return Table(
        (
            Column(heading, "name", lambda row: row.name),
            Column(value, "value", lambda row: row.value, lambda row: row.written),
            Column("95 % interval", "", lambda row: None, lambda row: row.interval),
            Column("", "low", lambda row: row.low),
            Column("", "high", lambda row: row.high),
            Column("n", "n", lambda row: row.n),
            Column(k, "k", lambda row: row.k),
            Column("Agents", "agents", lambda row: row.n_agents),
            Column("Note", "note", lambda row: row.note),
            Column("", "unit", lambda row: row.unit.value),
            Column("", "method", lambda row: row.method or ("" if row.value is None else COUNTED)),
            Column("", "version", lambda row: row.version or version),
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
