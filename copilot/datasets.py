"""The dataset format: a folder with examples.jsonl, catalog.jsonl and card.json.

One example is one turn with its labels; the catalog holds the answers as they were when the dataset was frozen, so
that training needs nothing but the folder. Labeling writes datasets, training and evaluation read them.
"""

import hashlib
import json
import re
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import asdict, dataclass, replace
from datetime import datetime
from enum import StrEnum
from pathlib import Path

from copilot.json_rows import Row, RowError, object_of, rows_of
from copilot.pipeline.types import VALIDITY_REASONS, Catalog, CatalogAnswer, Question, Reason

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
    nobody said) hold. `also` are further topics it asks about, `group` a slice to report by.
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
    split: Split = Split.TRAIN

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


def write(
    folder: Path, examples: Sequence[Example], card: Mapping[str, object], *, catalog: Catalog = NO_CATALOG
) -> str:
    """Write a dataset, replacing what is in `folder`, and return its fingerprint.

    Raises DatasetError, and writes nothing, if an example could not be read back.
    """
    lines = [json.dumps(_example_row(example), ensure_ascii=False) for example in examples]
    with _named():
        for number, line in enumerate(lines, start=1):
            _example(Row(json.loads(line), f"{EXAMPLES} line {number}"))
    contents = {
        EXAMPLES: "".join(f"{line}\n" for line in lines),
        CATALOG: "".join(
            f"{json.dumps(_answer_row(answer), ensure_ascii=False)}\n" for answer in catalog.answers
        ),
    }
    sha256 = _fingerprint(contents[EXAMPLES].encode(), contents[CATALOG].encode())
    whole = {**card, "format": FORMAT, "n_examples": len(examples), "sha256": sha256}
    contents[CARD] = json.dumps(whole, indent=2, sort_keys=True, ensure_ascii=False) + "\n"
    folder.mkdir(parents=True, exist_ok=True)
    for name, content in contents.items():
        draft = folder / f".{name}.draft"
        draft.write_text(content, "utf-8")
        draft.replace(folder / name)
    return sha256


def read(folder: Path) -> Dataset:
    """Read and check a dataset; raises DatasetError that names line and field."""
    card = read_card(folder)
    examples, catalog = _bytes(folder, EXAMPLES), _bytes(folder, CATALOG)
    sha256 = _fingerprint(examples, catalog)
    if card.get("sha256") != sha256:
        expected = str(card.get("sha256"))[:12]
        raise DatasetError(f"{folder}: fingerprint {sha256[:12]}, its card says {expected}: freeze it again")
    with _named():
        return Dataset(
            examples=tuple(_example(row) for row in rows_of(examples, EXAMPLES)),
            catalog=Catalog(tuple(_answer(row) for row in rows_of(catalog, CATALOG))),
            card=card,
            sha256=sha256,
        )


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
        split=Split(row.choice("split", list(Split)) or Split.TRAIN),
    )
    if example.reason and (example.topic or example.answer):
        raise row.wrong("reason", f"{example.reason} excludes topic and answer")
    if example.answer and not example.topic:
        raise row.wrong("answer", "needs a topic")
    return example


def _opinion(row: Row) -> Opinion | None:
    second = row.inner("second")
    if second is None:
        return None
    return Opinion(reason=_reason(second), topic=second.maybe("topic"), answer=second.maybe("answer"))


def _reason(row: Row) -> Reason | None:
    value = row.choice("reason", VALIDITY_REASONS)
    return Reason(value) if value else None


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


def _example_row(example: Example) -> dict[str, object]:
    """Every field that says something, in the order of the class."""
    row = {**asdict(example), "at": example.at.isoformat(), "also": list(example.also)}
    if example.second:
        row["second"] = {name: value for name, value in asdict(example.second).items() if value is not None}
    return {name: value for name, value in row.items() if value not in (None, "", [])}


def _answer_row(answer: CatalogAnswer) -> dict[str, object]:
    names = ("key", "slug", "topic", "text", "expired", "public")
    return {
        **{name: getattr(answer, name) for name in names},
        "conflicts_with": sorted(answer.conflicts_with),
    }


def _bytes(folder: Path, name: str) -> bytes:
    try:
        return (folder / name).read_bytes()
    except OSError as error:
        raise DatasetError(
            f"{folder}: {name} cannot be read ({error.strerror}): is this a dataset?"
        ) from None


def _fingerprint(examples: bytes, catalog: bytes) -> str:
    """SHA-256 over the hashes of both files, so that no line can wander from one to the other unseen."""
    return hashlib.sha256(hashlib.sha256(examples).digest() + hashlib.sha256(catalog).digest()).hexdigest()
