"""The dataset format: a folder with examples.jsonl, catalog.jsonl and card.json.

One example is one turn with its labels; the catalog holds the answers as they were when the dataset was frozen, so
that training needs nothing but the folder. Labeling writes datasets, training and evaluation read them.
"""

import hashlib
import json
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager, suppress
from dataclasses import dataclass, replace
from io import BufferedReader
from pathlib import Path

from copilot.examples import (
    NO_ANSWER,
    Example,
    Opinion,
    Source,
    Split,
    answer_of,
    answer_row_of,
    example_of,
    key_of,
    row_of,
)
from copilot.json_rows import Row, RowError, object_of, rows_of
from copilot.pipeline.types import Catalog

# Whoever reads or writes datasets needs no other module.
__all__ = [
    "CARD", "CATALOG", "EXAMPLES", "FORMAT", "NO_ANSWER", "NO_CATALOG", "Dataset", "DatasetError", "Example", "Opinion",
    "Source", "Split", "key_of", "read", "read_card", "read_catalog", "row_of", "stream", "write",
]  # fmt: skip

FORMAT = 1
EXAMPLES, CATALOG, CARD = "examples.jsonl", "catalog.jsonl", "card.json"
NO_CATALOG = Catalog()


class DatasetError(Exception):
    """A dataset cannot be read or written; the message names file, line, field and what is wrong."""


@dataclass(frozen=True, eq=False)
class Dataset:
    """A dataset in memory; `sha256` is its fingerprint: examples and catalog, byte for byte."""

    examples: tuple[Example, ...]
    catalog: Catalog
    card: Mapping[str, object]
    sha256: str

    def only(self, split: Split) -> "Dataset":
        """The same dataset with one split's examples."""
        return replace(self, examples=tuple(example for example in self.examples if example.split is split))

    def judges(self) -> tuple[Example, ...]:
        """The examples of the test split that releases may be judged by."""
        return tuple(example for example in self.only(Split.TEST).examples if example.may_judge)


def write(
    folder: Path, examples: Iterable[Example], card: Mapping[str, object], *, catalog: Catalog = NO_CATALOG
) -> str:
    """Write a dataset, replacing what is in `folder`, and return its fingerprint; holds one example at a time.

    Raises DatasetError, and replaces nothing, if an example could not be read back.
    """
    folder.mkdir(parents=True, exist_ok=True)
    drafts = {name: folder / f".{name}.draft" for name in (EXAMPLES, CATALOG, CARD)}
    answers = "".join(
        f"{json.dumps(answer_row_of(answer), ensure_ascii=False)}\n" for answer in catalog.answers
    )
    try:
        n, written = _write_examples(drafts[EXAMPLES], examples)
        drafts[CATALOG].write_text(answers, "utf-8")
        sha256 = _joined(written, hashlib.sha256(answers.encode()).digest())
        whole = {**card, "format": FORMAT, "n_examples": n, "sha256": sha256}
        drafts[CARD].write_text(
            json.dumps(whole, indent=2, sort_keys=True, ensure_ascii=False) + "\n", "utf-8"
        )
        for name, draft in drafts.items():
            draft.replace(folder / name)
    finally:
        for draft in drafts.values():
            draft.unlink(missing_ok=True)
        with suppress(OSError):  # a dataset stands in it
            folder.rmdir()
    return sha256


def _write_examples(file: Path, examples: Iterable[Example]) -> tuple[int, bytes]:
    """Return how many were written, and the hash of what was."""
    digest, n = hashlib.sha256(), 0
    with file.open("wb") as draft:
        for n, example in enumerate(examples, start=1):
            line = json.dumps(row_of(example), ensure_ascii=False).encode() + b"\n"
            with _named():
                example_of(Row(json.loads(line), f"{EXAMPLES} line {n}"))
            digest.update(line)
            draft.write(line)
    return n, digest.digest()


def read(folder: Path) -> Dataset:
    """Read and check a dataset; raises DatasetError that names line and field."""
    card = read_card(folder)
    examples, catalog = _bytes(folder, EXAMPLES), _bytes(folder, CATALOG)
    sha256 = _fingerprint(examples, catalog)
    _check_fingerprint(folder, card, sha256)
    with _named():
        return Dataset(
            examples=tuple(example_of(row) for row in rows_of(examples, EXAMPLES)),
            catalog=Catalog(tuple(answer_of(row) for row in rows_of(catalog, CATALOG))),
            card=card,
            sha256=sha256,
        )


def stream(folder: Path) -> Iterator[Example]:
    """Yield a dataset's examples one by one, however many there are; its fingerprint is checked before the first."""
    card = read_card(folder)
    with _open(folder, EXAMPLES) as file:
        sha256 = _joined(
            hashlib.file_digest(file, "sha256").digest(), hashlib.sha256(_bytes(folder, CATALOG)).digest()
        )
        _check_fingerprint(folder, card, sha256)
        file.seek(0)
        for number, line in enumerate(file, start=1):
            where = f"{EXAMPLES} line {number}"
            with _named():
                example = example_of(Row(object_of(line, where), where))
            yield example


def read_catalog(folder: Path) -> Catalog:
    """Read the answers as they were when a dataset was frozen."""
    with _named():
        return Catalog(tuple(answer_of(row) for row in rows_of(_bytes(folder, CATALOG), CATALOG)))


def read_card(folder: Path) -> dict[str, object]:
    """Read a dataset's card alone; raises DatasetError if it is none of this format."""
    try:
        card = object_of(_bytes(folder, CARD), f"{folder / CARD}")
    except RowError as error:
        raise DatasetError(f"{error}: restore it, or freeze it again") from None
    if card.get("format") != FORMAT:
        raise DatasetError(
            f"{folder}: format {card.get('format')}, this version reads {FORMAT}: freeze it again"
        )
    return card


@contextmanager
def _named() -> Iterator[None]:
    """Let a row that can't be read be an error of the dataset."""
    try:
        yield
    except RowError as error:
        raise DatasetError(str(error)) from None


def _bytes(folder: Path, name: str) -> bytes:
    with _open(folder, name) as file:
        return file.read()


def _open(folder: Path, name: str) -> BufferedReader:
    try:
        return (folder / name).open("rb")
    except OSError as error:
        raise DatasetError(
            f"{folder}: {name} cannot be read ({error.strerror}): is this a dataset?"
        ) from None


def _check_fingerprint(folder: Path, card: Mapping[str, object], sha256: str) -> None:
    if card.get("sha256") != sha256:
        expected = str(card.get("sha256"))[:12]
        raise DatasetError(f"{folder}: fingerprint {sha256[:12]}, its card says {expected}: freeze it again")


def _fingerprint(examples: bytes, catalog: bytes) -> str:
    """SHA-256 over the hashes of both files, so that no line can wander from one to the other unseen."""
    return _joined(hashlib.sha256(examples).digest(), hashlib.sha256(catalog).digest())


def _joined(examples: bytes, catalog: bytes) -> str:
    return hashlib.sha256(examples + catalog).hexdigest()
