"""End to end: how much is offered, how much of that is right, and what is lost on the way (pure)."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from copilot.evaluation.backtest import Rate
from copilot.evaluation.losses import Chain, End, chain_of, ends_of
from copilot.evaluation.rows import Row
from copilot.evaluation.shares import parted, share_of
from copilot.pipeline.types import Reason

HOSTILE = "hostile"

# What the intervals of each way to judge can and can't show.
MEANING: Mapping[str, str] = {
    "test": (
        "The interval covers which of such messages happened to come, whole cases at a time; it can't show what later "
        "weeks or other people's labels would change."
    ),
    "crossfit": (
        "The interval covers which of such messages happened to come, whole cases at a time; it can't show what "
        "another training, other people's labels or a later month would change, for folds mix past and future."
    ),
    "forward": (
        "The interval covers which of these months' messages happened to come, whole cases at a time; trained once on "
        "the past, it shows one turn of the calendar and can't tell how the next one differs."
    ),
}


@dataclass(frozen=True)
class Offers:
    """Some rows: `right` of what was offered, `coverage` of questions, and both together: right ones of questions."""

    right: Rate
    coverage: Rate
    answered: Rate


@dataclass(frozen=True)
class Quality:
    """End-to-end figures of offered suggestions. `misled`: a wrong answer was offered, of groups
    where that hurts most."""

    n: int
    overall: Offers
    ends: Mapping[End, Rate]
    chain: Chain
    by: Mapping[str, Mapping[str, Offers]]
    misled: Mapping[str, Rate]


def quality_of(rows: Sequence[Row]) -> Quality:
    """Judge rows that nothing which said them has learned from."""
    judged = [row for row in rows if row.is_judged]
    return Quality(
        n=len(rows),
        overall=offers_of(rows),
        ends=ends_of(rows),
        chain=chain_of(rows),
        by={
            "topic": _offers_by([row for row in rows if row.is_question], "topic"),
            "language": _offers_by(rows, "language"),
            "length": _offers_by(rows, "length"),
        },
        misled={
            "out of scope": share_of(
                [row for row in judged if row.kind == Reason.OUT_OF_SCOPE], lambda row: row.is_misled
            ),
            HOSTILE: share_of([row for row in judged if row.group == HOSTILE], lambda row: row.is_misled),
        },
    )


def offers_of(rows: Sequence[Row]) -> Offers:
    """Count offers; one that is made to what is no question is wrong."""
    judged = [row for row in rows if row.is_judged]
    return Offers(
        right=share_of([row for row in judged if row.is_offered], lambda row: row.is_best_right),
        coverage=share_of([row for row in rows if row.is_question], lambda row: row.is_offered),
        answered=share_of([row for row in judged if row.is_question], lambda row: row.is_answered),
    )


def _offers_by(rows: Sequence[Row], field: str) -> dict[str, Offers]:
    """Leave out values that no question has and that nothing was offered to: there is nothing to say of them."""
    parts = parted(rows, lambda row: getattr(row, field))
    found = {value: offers_of(some) for value, some in parts.items()}
    return {value: offers for value, offers in found.items() if offers.coverage.n or offers.right.n}
