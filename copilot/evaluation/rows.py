"""What a release said of one example beside gold, small enough to be stored; every figure is a sum over these rows.

A question that an earlier stage turned away counts as wrong at every later one, so that two releases are always
compared over the same rows.
"""

from collections import defaultdict
from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict, dataclass
from typing import Any

from copilot.datasets import Example, key_of
from copilot.evaluation.backtest import Rate
from copilot.pipeline.types import Outcome
from copilot.pipeline.validity import QUESTION

SHORT, LONG = 8, 40  # words


@dataclass(frozen=True)
class Row:
    """One example: which text (`key`) in which case, what is true of it, and what was said.

    `kind` and `named` are "question" or why it is none, in truth and as said. `is_judged`: gold says which answer is
    right, or that none is. `confidence` is None where no answer was ranked; `is_best_right` is about the best ranked.
    `reason` says why nothing was offered, `message` and `case` where the text stands, `best` which answer was ranked
    first, `answer` which one gold names; rows that were stored before these were kept have none of them.
    """

    key: str
    case: str
    kind: str
    topic: str
    named: str
    first_topic: str
    is_topic_right: bool
    is_judged: bool
    is_offered: bool
    is_best_right: bool
    confidence: float | None
    language: str
    length: str
    group: str
    message: str = ""
    reason: str = ""
    best: str = ""
    is_best_topic_right: bool = False
    answer: str = ""

    @property
    def is_question(self) -> bool:
        return self.kind == QUESTION

    @property
    def is_recognised(self) -> bool:
        """It was taken for a question exactly if it is one."""
        return self.is_question == (self.named == QUESTION)

    @property
    def is_answered(self) -> bool:
        """The right answer was offered."""
        return self.is_offered and self.is_best_right

    @property
    def is_misled(self) -> bool:
        """A wrong answer was offered."""
        return self.is_offered and not self.is_best_right


@dataclass(frozen=True)
class Figure:
    """A share to judge releases by: which rows count, and which of them count as one."""

    name: str
    label: str
    counts: Callable[[Row], bool]
    holds: Callable[[Row], bool]
    more_is_better: bool = True

    def rate(self, rows: Sequence[Row]) -> Rate:
        return Rate.of((row.case, self.holds(row)) for row in rows if self.counts(row))


FIGURES = (
    Figure("recognised", "Taken for a question exactly if it is one", lambda _: True,
           lambda row: row.is_recognised),
    Figure("topic", "Topic right, of questions", lambda row: bool(row.topic), lambda row: row.is_topic_right),
    Figure("answered", "Right answer offered, of questions", lambda row: row.is_question and row.is_judged,
           lambda row: row.is_answered),
    Figure("misled", "Wrong answer offered, of all", lambda row: row.is_judged, lambda row: row.is_misled, False),
    Figure("offered", "Offered and right, of those offered", lambda row: row.is_offered and row.is_judged,
           lambda row: row.is_best_right),
    Figure("coverage", "An answer offered, of questions", lambda row: row.is_question, lambda row: row.is_offered),
)  # fmt: skip

SLICES: Mapping[str, Callable[[Row], str]] = {
    "language": lambda row: row.language,
    "length": lambda row: row.length,
    "group": lambda row: row.group,
}


def judged_rows(examples: Sequence[Example], outcomes: Sequence[Outcome]) -> list[Row]:
    """Put outcomes beside their examples, leaving out those that may judge nobody."""
    pairs = zip(examples, outcomes, strict=True)
    return [row_of(example, outcome) for example, outcome in pairs if example.may_judge]


def row_of(example: Example, outcome: Outcome) -> Row:
    """Put an outcome beside its example."""
    first = outcome.topic_candidates[0][0] if outcome.topic_candidates else ""
    ranked = outcome.answer.ranked if outcome.answer else ()
    return Row(
        key=key_of(example.text),
        case=example.case,
        kind=str(example.reason or QUESTION),
        topic="" if example.reason else example.topic or "",
        named=str(outcome.validity.reason or QUESTION),
        first_topic=first,
        is_topic_right=first in example.topics_accepted,
        is_judged=bool(example.reason or example.answer),
        is_offered=outcome.offered is not None,
        is_best_right=bool(ranked) and ranked[0].slug in example.answers_accepted,
        confidence=outcome.confidence,
        language=example.language or "unknown",
        length=_length(example.text),
        group=example.group,
        message=example.message,
        reason=str(outcome.reason or ""),
        best=ranked[0].slug if ranked else "",
        is_best_topic_right=bool(ranked) and ranked[0].topic in example.topics_accepted,
        answer=example.answer or "",
    )


def classes_of(rows: Sequence[Row]) -> dict[str, Rate]:
    """Each topic's share of right first topics, and each other kind's share of those named so."""
    flags: dict[str, list[tuple[str, bool]]] = defaultdict(list)
    for row in rows:
        if row.topic:
            flags[row.topic].append((row.case, row.is_topic_right))
        elif not row.is_question:
            flags[row.kind].append((row.case, row.named == row.kind))
    return {name: Rate.of(some) for name, some in sorted(flags.items())}


def slices_of(rows: Sequence[Row]) -> dict[str, dict[str, dict[str, Rate]]]:
    """Each figure by slice and its values: slice, value, figure."""
    found: dict[str, dict[str, dict[str, Rate]]] = {}
    for name, value_of in SLICES.items():
        parts: dict[str, list[Row]] = defaultdict(list)
        for row in rows:
            parts[value_of(row)].append(row)
        found[name] = {
            value: {figure.name: figure.rate(some) for figure in FIGURES}
            for value, some in sorted(parts.items())
            if value
        }
    return {name: values for name, values in found.items() if values}


def as_lists(rows: Sequence[Row]) -> list[list[Any]]:
    """Rows as JSON holds them: lists, in the order of the class's fields."""
    return [list(asdict(row).values()) for row in rows]


def from_lists(lists: Sequence[Sequence[Any]]) -> tuple[Row, ...]:
    """What `as_lists` wrote."""
    return tuple(Row(*values) for values in lists)


def _length(text: str) -> str:
    n = len(text.split())
    return "short" if n <= SHORT else "long" if n > LONG else "medium"
