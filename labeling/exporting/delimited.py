"""CSV with a header, safe to open in a spreadsheet: what it could take for a formula is quoted."""

import csv
import io
from collections.abc import Iterable, Iterator

from copilot.datasets import Example
from copilot.pipeline.types import Catalog
from labeling.exporting.rows import COLUMNS, cells_of

FORMULAS = ("=", "+", "-", "@", "\t", "\r", "\n")


def write(examples: Iterable[Example], _catalog: Catalog) -> Iterator[bytes]:
    """Yield the header, and each example's row."""
    line = io.StringIO(newline="")
    writer = csv.writer(line)
    writer.writerow(COLUMNS)
    for example in examples:
        writer.writerow(map(_safe, cells_of(example)))
        yield _taken(line)
    yield _taken(line)


def _safe(cell: object) -> object:
    """Put an apostrophe before a text that starts like a formula; spreadsheets skip blanks before it."""
    if not isinstance(cell, str):
        return cell.isoformat() if hasattr(cell, "isoformat") else cell
    return f"'{cell}" if cell.startswith(FORMULAS) or cell.lstrip().startswith(FORMULAS) else cell


def _taken(line: io.StringIO) -> bytes:
    taken = line.getvalue().encode()
    line.seek(0)
    line.truncate()
    return taken
