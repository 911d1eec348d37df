"""Which stage loses the questions: each ends in one cell, and the cells sum to all of them (pure)."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum
from functools import partial

from copilot.datasets import NO_ANSWER
from copilot.evaluation.backtest import Rate
from copilot.evaluation.rows import Row
from copilot.evaluation.shares import share_of
from copilot.pipeline.types import Reason, Stage
from copilot.pipeline.validity import QUESTION


class End(StrEnum):
    """What became of a question, in the order of the stages."""

    AT_VALIDITY = "lost at validity"
    AT_TOPIC = "lost at topic"
    AT_ANSWER = "lost at answer"
    AT_SCOPE = "lost at the scope floor"
    AT_CONFIDENCE = "lost at the confidence floor"
    WRONG_TOPIC = "offered, wrong because of the topic"
    WRONG_ANSWER = "offered, wrong because of the answer"
    RIGHT = "offered, right"
    SILENT = "nothing offered, and no approved answer fits"
    UNKNOWN = "nothing offered, and the reason was not stored"


AT_THE_END: Mapping[str, End] = {
    Reason.VALIDITY_UNSURE: End.AT_SCOPE,
    Reason.CONFIDENCE_LOW: End.AT_CONFIDENCE,
}


@dataclass(frozen=True)
class Step:
    """A stage's share of successes among the questions in which every stage before it succeeded."""

    stage: str
    rate: Rate


@dataclass(frozen=True)
class Chain:
    """The steps from a question to the right answer offered, of questions that an approved answer fits.

    `product` of the steps is what the pipeline would reach if every stage had to be right; `measured` is what it
    reaches. It may be more, for the answers of a few further topics compete too.
    """

    steps: tuple[Step, ...]
    product: float | None
    measured: Rate


def end_of(row: Row) -> End:
    """Name the cell of a question."""
    if row.is_offered:
        return (
            End.RIGHT
            if row.is_best_right
            else End.WRONG_ANSWER
            if row.is_best_topic_right
            else End.WRONG_TOPIC
        )
    if row.answer == NO_ANSWER:
        return End.SILENT
    if row.named != QUESTION:
        return End.AT_VALIDITY
    if not row.reason:
        return End.UNKNOWN
    if row.reason in AT_THE_END:
        return AT_THE_END[row.reason]
    return End.AT_TOPIC if _is_lost_at_topic(row) else End.AT_ANSWER


def _is_lost_at_topic(row: Row) -> bool:
    return bool(row.reason) and Reason(row.reason).stage is Stage.TOPIC


def ends_of(rows: Sequence[Row]) -> Mapping[End, Rate]:
    """Count the cells of all questions whose right answer is known; the last one only where it is not empty."""
    questions = [row for row in rows if row.is_question and row.is_judged]
    cells = {end: share_of(questions, partial(_ends_at, end)) for end in End}
    return {end: rate for end, rate in cells.items() if rate.k or end is not End.UNKNOWN}


def _ends_at(end: End, row: Row) -> bool:
    return end_of(row) is end


STEPS: Mapping[str, Callable[[Row], bool]] = {
    "taken for a question": lambda row: row.named == QUESTION,
    "topic decided and right": lambda row: not _is_lost_at_topic(row) and row.is_topic_right,
    "right answer ranked first": lambda row: row.is_best_right and row.reason in ("", *AT_THE_END),
    "above the floors of scope and confidence": lambda row: row.is_offered,
}


def chain_of(rows: Sequence[Row]) -> Chain:
    """Follow the questions that an approved answer fits from stage to stage."""
    answerable = [row for row in rows if row.is_question and row.is_judged and row.answer != NO_ANSWER]
    left, steps, product = answerable, [], 1.0 if answerable else None
    for stage, succeeds in STEPS.items():
        rate = share_of(left, succeeds)
        steps.append(Step(stage, rate))
        left = [row for row in left if succeeds(row)]
        if product is not None:
            product = product * rate.k / rate.n if rate.n else 0.0
    return Chain(tuple(steps), product, share_of(answerable, lambda row: row.is_answered))
