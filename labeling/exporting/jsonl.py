"""JSON Lines: an example a line, as it stands in the dataset."""

import json
from collections.abc import Iterable, Iterator

from copilot.datasets import Example, row_of
from copilot.pipeline.types import Catalog


def write(examples: Iterable[Example], _catalog: Catalog) -> Iterator[bytes]:
    """Yield each example's line."""
    for example in examples:
        yield json.dumps(row_of(example), ensure_ascii=False).encode() + b"\n"
