"""The dataset format: a folder with examples.jsonl, catalog.jsonl and card.json.

One example is one turn with its labels; the catalog holds the answers as they were when the dataset was frozen, so
that training needs nothing but the folder. Labeling writes datasets, training and evaluation read them.
"""

import hashlib
import json
import re
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager, suppress
from dataclasses import dataclass, replace
from datetime import datetime
from enum import StrEnum
from io import BufferedReader
from pathlib import Path

from copilot.json_rows import Row, RowError, object_of, rows_of
from copilot.pipeline.types import VALIDITY_REASONS, Catalog, CatalogAnswer, Question, Reason, Stage

FORMAT = 1
EXAMPLES, CATALOG, CARD = "examples.jsonl", "catalog.jsonl", "card.json"
NO_CATALOG = Catalog()
WORD = re.compile(r"\w+")
NO_ANSWER = "none"  # as an answer's label: somebody looked, and no approved answer fits


class DatasetError(Exception):
    """A dataset cannot be read or written; the message names file, line, field and what is wrong."""


class Split(StrEnum):
    """What an example may be used for. Floors and calibration never see TEST."""

    TRAIN = "train"
    TEST = "test"


class Source(StrEnum):
    """Whose labels an example carries: a person's, or those that labeling functions agree on."""

    GOLD = "gold"
    WEAK = "weak"


@dataclass(frozen=True)
class Opinion:
    """A second person's labels for the same turn."""

    reason: Reason | None = None
    topic: str | None = None
    answer: str | None = None


@dataclass(frozen=True)
class Example:
    """A turn and what people say of it.

    `case` keeps turns of one matter on one side of any split. `text` is the cleaned question, subject included.
    `reason` says why it is no question we may answer; else `topic` and `answer` (a slug, NO_ANSWER, or None where
    nobody said) hold. `also` are further topics it asks about, `group` a slice to report by. `stale` names the stages
    whose label is no longer believed: the catalog has changed since. `source` is empty where the labels are of somebody
    else's making; `weight` says how much a weak label is worth.
    """

    case: str
    message: str
    at: datetime
    text: str
    subject: str = ""
    language: str | None = None
    reason: Reason | None = None
    topic: str | None = None
    answer: str | None = None
    second: Opinion | None = None
    also: tuple[str, ...] = ()
    group: str = ""
    stale: tuple[str, ...] = ()
    split: Split = Split.TRAIN
    source: Source | None = None
    weight: float = 1.0

    @property
    def question(self) -> Question:
        """What the pipeline is asked."""
        return Question(text=self.text, language=self.language, subject=self.subject)

    @property
    def topics_accepted(self) -> frozenset[str]:
        """Topics that count as right: an honest person chose them, or the turn asks about them too."""
        second = self.second.topic if self.second else None
        return frozenset(slug for slug in (self.topic, second, *self.also) if slug)

    @property
    def answers_accepted(self) -> frozenset[str]:
        """Slugs of the answers that count as right; empty if none fits."""
        chosen = {self.answer, self.second.answer if self.second else None}
        return frozenset(slug for slug in chosen if slug and slug != NO_ANSWER)


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


def key_of(text: str) -> str:
    """Name a text by its words, so that what learned from it can say so without keeping it.

    >>> key_of("Where is it?") == key_of("where is IT")
    True
    """
    words = " ".join(WORD.findall(text.casefold()))
    return hashlib.sha256(words.encode()).hexdigest()[:12]


def row_of(example: Example) -> dict[str, object]:
    """Return an example as it stands in a line: every field that says something, in the order of the class."""
    second = example.second
    row = {
        "case": example.case,
        "message": example.message,
        "at": example.at.isoformat(),
        "text": example.text,
        "subject": example.subject,
        "language": example.language,
        "reason": example.reason,
        "topic": example.topic,
        "answer": example.answer,
        "second": second and _said({"reason": second.reason, "topic": second.topic, "answer": second.answer}),
        "also": list(example.also),
        "group": example.group,
        "stale": list(example.stale),
        "split": example.split,
        "source": example.source,
        "weight": example.weight if example.weight != 1 else None,
    }
    return _said(row)


def write(
    folder: Path, examples: Iterable[Example], card: Mapping[str, object], *, catalog: Catalog = NO_CATALOG
) -> str:
    """Write a dataset, replacing what is in `folder`, and return its fingerprint; holds one example at a time.

    Raises DatasetError, and replaces nothing, if an example could not be read back.
    """
    folder.mkdir(parents=True, exist_ok=True)
    drafts = {name: folder / f".{name}.draft" for name in (EXAMPLES, CATALOG, CARD)}
    answers = "".join(
        f"{json.dumps(_answer_row(answer), ensure_ascii=False)}\n" for answer in catalog.answers
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
                _example(Row(json.loads(line), f"{EXAMPLES} line {n}"))
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
            examples=tuple(_example(row) for row in rows_of(examples, EXAMPLES)),
            catalog=Catalog(tuple(_answer(row) for row in rows_of(catalog, CATALOG))),
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
                example = _example(Row(object_of(line, where), where))
            yield example


def read_catalog(folder: Path) -> Catalog:
    """Read the answers as they were when a dataset was frozen."""
    with _named():
        return Catalog(tuple(_answer(row) for row in rows_of(_bytes(folder, CATALOG), CATALOG)))


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


def _example(row: Row) -> Example:
    row.only(Example.__dataclass_fields__)
    example = Example(
        case=row.text("case"),
        message=row.text("message"),
        at=row.time("at"),
        text=row.text("text"),
        subject=row.text("subject", ""),
        language=row.maybe("language"),
        reason=_reason(row),
        topic=row.maybe("topic"),
        answer=row.maybe("answer"),
        second=_opinion(row),
        also=row.texts("also"),
        group=row.text("group", ""),
        stale=row.texts("stale"),
        split=Split(row.choice("split", list(Split)) or Split.TRAIN),
        source=_source(row),
        weight=row.share("weight", 1.0),
    )
    if example.reason and (example.topic or example.answer):
        raise row.wrong("reason", f"{example.reason} excludes topic and answer")
    if example.answer and not example.topic:
        raise row.wrong("answer", "needs a topic")
    if unknown_stages := set(example.stale) - set(Stage):
        raise row.wrong("stale", f"expected stages, got {min(unknown_stages)!r}")
    return example


def _opinion(row: Row) -> Opinion | None:
    second = row.inner("second")
    if second is None:
        return None
    return Opinion(reason=_reason(second), topic=second.maybe("topic"), answer=second.maybe("answer"))


def _reason(row: Row) -> Reason | None:
    value = row.choice("reason", VALIDITY_REASONS)
    return Reason(value) if value else None


def _source(row: Row) -> Source | None:
    value = row.choice("source", list(Source))
    return Source(value) if value else None


def _answer(row: Row) -> CatalogAnswer:
    return CatalogAnswer(
        key=row.text("key"),
        slug=row.text("slug"),
        topic=row.text("topic"),
        text=row.text("text"),
        expired=row.flag("expired"),
        public=row.flag("public"),
        conflicts_with=frozenset(row.texts("conflicts_with")),
    )


def _said(row: Mapping[str, object]) -> dict[str, object]:
    return {name: value for name, value in row.items() if value not in (None, "", [])}


def _answer_row(answer: CatalogAnswer) -> dict[str, object]:
    names = ("key", "slug", "topic", "text", "expired", "public")
    return {
        **{name: getattr(answer, name) for name in names},
        "conflicts_with": sorted(answer.conflicts_with),
    }


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
