"""An example of a dataset: one turn with its labels, in memory and as the line of a file."""

import hashlib
import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from copilot.json_rows import Row
from copilot.pipeline.types import VALIDITY_REASONS, CatalogAnswer, Question, Reason, Stage

WORD = re.compile(r"\w+")
NO_ANSWER = "none"  # as an answer's label: somebody looked, and no approved answer fits


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
    whose label is no longer believed: the catalog has changed since. `anchored`: a label was said with a topic's name
    above the message. `source` is empty where the labels are of somebody else's making; `weight` says how much a weak
    label is worth.
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
    anchored: bool = False
    split: Split = Split.TRAIN
    source: Source | None = None
    weight: float = 1.0

    @property
    def question(self) -> Question:
        """What the pipeline is asked."""
        return Question(text=self.text, language=self.language, subject=self.subject)

    @property
    def may_judge(self) -> bool:
        """Whether anything may be judged by it: people said it, it is still believed, and no topic's name led them.

        What may not is learned from all the same.
        """
        return not self.stale and not self.anchored and self.source is not Source.WEAK

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
        "anchored": example.anchored or None,
        "split": example.split,
        "source": example.source,
        "weight": example.weight if example.weight != 1 else None,
    }
    return _said(row)


def example_of(row: Row) -> Example:
    """Return the example that a line holds.

    Raises:
        RowError: a field is missing, unknown or not what it should be.
    """
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
        anchored=row.flag("anchored", default=False),
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


def answer_row_of(answer: CatalogAnswer) -> dict[str, object]:
    """Return an answer as it stands in a line of the catalog."""
    names = ("key", "slug", "name", "topic", "text", "expired", "public")
    return {
        **{name: getattr(answer, name) for name in names},
        "conflicts_with": sorted(answer.conflicts_with),
    }


def answer_of(row: Row) -> CatalogAnswer:
    """Return the answer that a line of the catalog holds."""
    return CatalogAnswer(
        key=row.text("key"),
        slug=row.text("slug"),
        name=row.text("name", ""),
        topic=row.text("topic"),
        text=row.text("text"),
        expired=row.flag("expired"),
        public=row.flag("public"),
        conflicts_with=frozenset(row.texts("conflicts_with")),
    )


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


def _said(row: Mapping[str, object]) -> dict[str, object]:
    return {name: value for name, value in row.items() if value not in (None, "", [])}
