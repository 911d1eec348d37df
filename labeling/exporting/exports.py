"""Which formats a dataset is exported in, and the export of one split as a stream of bytes.

Nothing is held but the rows under way, so a million of them take no more memory than a thousand.
"""

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, replace
from itertools import chain, islice
from pathlib import Path
from typing import TypeAlias

from copilot import datasets
from copilot.datasets import Example, Split
from copilot.pipeline.types import Catalog
from labeling.exporting import chat, delimited, jsonl, parquet
from labeling.exporting.hiding import Hidden, hide, key_line

Write: TypeAlias = Callable[[Iterable[Example], Catalog], Iterator[bytes]]
CHUNK = 128 * 1024  # bytes that are sent at once


@dataclass(frozen=True)
class Format:
    """A way to write examples down; one for training holds no test split unless that is asked for by name."""

    slug: str
    name: str
    extension: str
    content_type: str
    write: Write
    is_for_training: bool = False

    def file_name(self, dataset: str, choice: "Choice") -> str:
        parts = (
            dataset,
            choice.split,
            self.slug if self.is_for_training else "",
            "redacted" * choice.redacted,
        )
        return "-".join(filter(None, parts)) + self.extension


FORMATS = {
    made.slug: made
    for made in (
        Format("jsonl", "JSON Lines", ".jsonl", "application/x-ndjson", jsonl.write),
        Format("parquet", "Parquet", ".parquet", "application/vnd.apache.parquet", parquet.write),
        Format("csv", "CSV", ".csv", "text/csv; charset=utf-8", delimited.write),
        Format("chat-topics", "Chat fine-tuning: name the topic", ".jsonl", "application/x-ndjson",
               chat.write_topics, is_for_training=True),
        Format("chat-answers", "Chat fine-tuning: give the answer", ".jsonl", "application/x-ndjson",
               chat.write_answers, is_for_training=True),
    )
}  # fmt: skip


@dataclass(frozen=True)
class Choice:
    """What of a dataset is exported: one split or all, as it is or redacted."""

    split: Split | None = None
    redacted: bool = False


def export(
    folder: Path, made: Format, choice: Choice, *, note_key: Callable[[bytes], object] = lambda line: None
) -> Iterator[bytes]:
    """Yield a dataset in a format, in chunks; `note_key` is given each line of the key of a redacted export.

    Raises:
        DatasetError: it can't be read, or was changed; before the first chunk.
    """
    if made.is_for_training and choice.split is None:
        choice = replace(choice, split=Split.TRAIN)
    catalog = datasets.read_catalog(folder)
    return _begun(_in_chunks(made.write(_examples(folder, choice, note_key), catalog)))


def export_key(folder: Path, choice: Choice) -> Iterator[bytes]:
    """Yield the key file of a redacted export.

    Raises:
        DatasetError: the dataset can't be read, or was changed; before the first chunk.
    """
    return _begun(_in_chunks(key_line(each) for each in _hidden(folder, choice) if each.key))


def _examples(folder: Path, choice: Choice, note_key: Callable[[bytes], object]) -> Iterator[Example]:
    if not choice.redacted:
        yield from _chosen(folder, choice.split)
        return
    for each in _hidden(folder, choice):
        if each.key:
            note_key(key_line(each))
        yield each.example


def _hidden(folder: Path, choice: Choice) -> Iterator[Hidden]:
    is_ours = "manifest" in datasets.read_card(folder)
    return hide(_chosen(folder, choice.split), know_cases=is_ours)


def _chosen(folder: Path, split: Split | None) -> Iterator[Example]:
    return (each for each in datasets.stream(folder) if split is None or each.split is split)


def _begun(chunks: Iterator[bytes]) -> Iterator[bytes]:
    """Make the first chunk now: what can't be read is better said before an answer has begun."""
    return chain(list(islice(chunks, 1)), chunks)


def _in_chunks(parts: Iterable[bytes]) -> Iterator[bytes]:
    chunk: list[bytes] = []
    size = 0
    for part in parts:
        chunk.append(part)
        size += len(part)
        if size >= CHUNK:
            yield b"".join(chunk)
            chunk, size = [], 0
    if chunk:
        yield b"".join(chunk)
