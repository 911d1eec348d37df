"""A table's file says of each row how far it can be trusted, and holds nothing that a spreadsheet would run."""

import io
from typing import Any

import pytest
from pyarrow.parquet import read_table

from copilot.monitor.figures import Figure, Unit
from copilot.monitor.tables import COUNTED, Column, Table, as_file, kept, table_of_figures

NAME = Column("Name", "name", lambda row: row.name)


def written(table: Table) -> list[str]:
    return as_file(table, kind="csv", name="a").text.splitlines()


def test_a_table_whose_file_could_not_be_judged_is_refused() -> None:
    with pytest.raises(
        ValueError, match="table of Name: its CSV lacks low, high, method, version, see `kept`"
    ):
        Table((NAME, Column("n", "n", lambda row: row.n)), [])


def test_each_row_says_how_far_it_can_be_trusted() -> None:
    share = Figure("All", 40, 0.5, 0.35, 0.65, k=20, n_agents=12, method="wilson", version="release 2")
    count = Figure("Cases", 3, 3.0, unit=Unit.COUNT)
    none = Figure("None", 0, note="no turns")
    assert written(table_of_figures("What", [share, count, none], version="funnel version 1")) == [
        "name,value,low,high,n,k,agents,note,method,version,unit",
        "All,0.5,0.35,0.65,40,20,12,,wilson,release 2,share",
        f"Cases,3.0,,,3,,,,{COUNTED},funnel version 1,count",
        "None,,,,0,,,no turns,,funnel version 1,share",
    ]


def test_two_figures_of_a_row_have_columns_of_their_own() -> None:
    table = Table((NAME, *kept(lambda row: row, value="rate", prefix="rate_")), [Figure("All", 4, 0.5)])
    assert written(table)[0] == (
        "name,rate,rate_low,rate_high,rate_n,rate_k,rate_agents,rate_note,rate_method,rate_version"
    )


def read(table: Table) -> Any:
    return read_table(io.BytesIO(as_file(table, kind="parquet", name="a").content))


def test_a_parquet_file_has_the_same_rows_and_columns_with_their_types() -> None:
    figures = [
        Figure("All", 40, 0.5, 0.35, 0.65, k=20, n_agents=12, method="wilson", version="release 2"),
        Figure("=None", 0, note="no turns"),
    ]
    table = table_of_figures("What", figures)
    found = read(table)
    assert ",".join(found.column_names) == written(table)[0]
    assert found.to_pylist() == [
        {
            "name": "All", "value": 0.5, "low": 0.35, "high": 0.65, "n": 40, "k": 20, "agents": 12, "note": "",
            "method": "wilson", "version": "release 2", "unit": "share",
        },
        {
            "name": "=None", "value": None, "low": None, "high": None, "n": 0, "k": None, "agents": None,
            "note": "no turns", "method": "", "version": "", "unit": "share",
        },
    ]  # fmt: skip


def test_a_columns_type_does_not_depend_on_the_rows_of_the_day() -> None:
    full = [Figure("All", 40, 0.5, 0.35, 0.65, k=20, n_agents=12)]
    lacking = [Figure("All", 0, note="no turns")]
    schemas = {str(read(table_of_figures("What", rows)).schema) for rows in (full, lacking)}
    assert len(schemas) == 1
    assert "value: double" in schemas.pop()


@pytest.mark.parametrize("name", ["=1+1", "+1", "-1", "@sum", "\tx", "\rx"])
def test_no_cell_is_a_formula(name: str) -> None:
    table = table_of_figures(name, [Figure(name, 1, note=name, version=name)])
    _, row = list(table.csv_rows)
    assert [cell for cell in row if name in str(cell)] == [f"'{name}"] * 3


def test_the_page_shows_what_has_a_heading_and_runs_none_of_it() -> None:
    table = table_of_figures("What", [Figure("<b>All</b>", 4_000, 0.5, 0.35, 0.65, note="a & b")])
    assert table.heads == ["What", "Value", "95 % interval", "n", "Agents", "Note"]
    assert table.body == (
        '<tr><th scope="row">&lt;b&gt;All&lt;/b&gt;</th><td>50 %</td><td>35–65 %</td><td>4,000</td><td>–</td>'
        "<td>a &amp; b</td></tr>\n"
    )
