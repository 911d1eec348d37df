"""Parquet, a row group at a time."""

import io
from collections.abc import Iterable, Iterator
from typing import Any

from copilot.datasets import Example
from copilot.pipeline.types import Catalog
from labeling.batching import in_batches
from labeling.exporting.rows import COLUMNS, cells_of

ROWS_A_GROUP = 10_000


def write(examples: Iterable[Example], _catalog: Catalog) -> Iterator[bytes]:
    """Yield the file as its row groups are done."""
    import pyarrow
    from pyarrow.parquet import ParquetWriter

    types = {"at": pyarrow.timestamp("us", tz="UTC"), "weight": pyarrow.float64()}
    schema = pyarrow.schema([(name, types.get(name, pyarrow.string())) for name in COLUMNS])
    sink = _Sink()
    with ParquetWriter(sink, schema, compression="zstd") as writer:
        for group in in_batches(examples, ROWS_A_GROUP):
            writer.write_table(_table(group, schema))
            yield sink.taken()
    yield sink.taken()


def _table(group: Iterable[Example], schema: Any) -> Any:
    import pyarrow

    columns = zip(*map(cells_of, group), strict=True)
    arrays = [pyarrow.array(cells, type=field.type) for cells, field in zip(columns, schema, strict=True)]
    return pyarrow.Table.from_arrays(arrays, schema=schema)


class _Sink(io.RawIOBase):
    """A file that is only written to; what was written is taken away."""

    def __init__(self) -> None:
        super().__init__()
        self._parts: list[bytes] = []
        self._size = 0

    def writable(self) -> bool:
        return True

    def write(self, part: Any) -> int:
        self._parts.append(bytes(part))
        self._size += len(self._parts[-1])
        return len(self._parts[-1])

    def tell(self) -> int:
        return self._size

    def taken(self) -> bytes:
        parts, self._parts = self._parts, []
        return b"".join(parts)
