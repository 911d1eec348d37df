"""One run of weak labels as its page shows it: every figure with its n and interval, and the same rows as CSV."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass

from copilot.statistics.intervals import Interval, wilson
from labeling.models import (
    WeakLabelCandidate,
    WeakLabelClass,
    WeakLabelConfusion,
    WeakLabelFunction,
    WeakLabelRun,
)
from labeling.models.weak import METHODS
from labeling.weak_runs import GOLD_ONLY

NAMES = {**dict(METHODS), GOLD_ONLY: "Gold only, no weak labels"}
MOST_MISTAKES = 20

Cells = list[list[object]]


@dataclass(frozen=True)
class CandidateRow:
    """One way to label; `right` counts a message without a label as wrong."""

    row: WeakLabelCandidate
    name: str
    is_chosen: bool
    right: Interval | None


@dataclass(frozen=True)
class FunctionRow:
    """One function: coverage is a share of all messages, precision one of its votes on gold."""

    row: WeakLabelFunction
    coverage: Interval | None
    precision: Interval | None


@dataclass(frozen=True)
class ClassRow:
    """One label: of its votes on gold those that are right, and of its gold what some vote found."""

    row: WeakLabelClass
    precision: Interval | None
    found: Interval | None


@dataclass(frozen=True)
class Report:
    """All that is known of a finished run."""

    run: WeakLabelRun
    coverage: Interval | None
    overlap: Interval | None
    conflict: Interval | None
    gold_coverage: Interval | None
    candidates: list[CandidateRow]
    functions: list[FunctionRow]
    classes: list[ClassRow]
    confusions: list[WeakLabelConfusion]

    @property
    def chosen(self) -> CandidateRow | None:
        return next((each for each in self.candidates if each.is_chosen), None)

    @property
    def gold_only(self) -> CandidateRow | None:
        return next((each for each in self.candidates if each.row.name == GOLD_ONLY and each.right), None)

    @property
    def mistakes(self) -> list[WeakLabelConfusion]:
        return [each for each in self.confusions if each.said != each.gold][:MOST_MISTAKES]


def report_on(run: WeakLabelRun) -> Report:
    """Read a finished run."""
    return Report(
        run=run,
        coverage=_share(run.n_covered, run.n_items),
        overlap=_share(run.n_overlapped, run.n_items),
        conflict=_share(run.n_conflicted, run.n_items),
        gold_coverage=_share(run.n_gold_covered, run.n_gold),
        candidates=[
            CandidateRow(
                row=row,
                name=NAMES[row.name],
                is_chosen=row.name == run.method,
                right=None if row.problem else _share(row.n_right, row.n_gold),
            )
            for row in run.candidates.all()
        ],
        functions=[
            FunctionRow(row, _share(row.hits, run.n_items), _share(row.n_right, row.n_gold))
            for row in run.functions.select_related("version__function")
        ],
        classes=[
            ClassRow(row, _share(row.n_right, row.n_gold_votes), _share(row.n_found, row.n_gold))
            for row in run.classes.all()
        ],
        confusions=list(run.confusions.all()),
    )


def as_cells(report: Report, table: str) -> Cells:
    """Return a table with its header; the whole of it, where the page shows the head."""
    return TABLES[table](report)


def _share(k: int, n: int) -> Interval | None:
    return wilson(k, n) if n else None


def _limits(interval: Interval | None) -> list[object]:
    return [interval.estimate, interval.low, interval.high] if interval else [None, None, None]


def _candidates(report: Report) -> Cells:
    header: list[object] = [
        "method", "chosen", "n_gold", "n_labelled", "n_right", "right", "low", "high", "sureness",
        "less_majority", "less_majority_low", "less_majority_high", "problem",
    ]  # fmt: skip
    return [header] + [
        [
            each.row.name, each.is_chosen, each.row.n_gold, each.row.n_labelled, each.row.n_right,
            *_limits(each.right), each.row.sureness, each.row.difference, each.row.low, each.row.high, each.row.problem,
        ]
        for each in report.candidates
    ]  # fmt: skip


def _functions(report: Report) -> Cells:
    header: list[object] = [
        "function", "version", "votes_for", "n_messages", "hits", "coverage", "overlaps", "conflicts",
        "n_gold_votes", "n_right", "precision", "low", "high",
    ]  # fmt: skip
    return [header] + [
        [
            str(each.row.version.function), each.row.version.number, each.row.version.label, report.run.n_items,
            each.row.hits, each.coverage and each.coverage.estimate, each.row.overlaps, each.row.conflicts,
            each.row.n_gold, each.row.n_right, *_limits(each.precision),
        ]
        for each in report.functions
    ]  # fmt: skip


def _classes(report: Report) -> Cells:
    header: list[object] = [
        "label", "votes", "messages", "n_labelled", "n_gold", "n_found", "found", "found_low", "found_high",
        "n_gold_votes", "n_right", "precision", "low", "high",
    ]  # fmt: skip
    return [header] + [
        [
            each.row.label, each.row.votes, each.row.messages, each.row.n_labelled, each.row.n_gold, each.row.n_found,
            *_limits(each.found), each.row.n_gold_votes, each.row.n_right, *_limits(each.precision),
        ]
        for each in report.classes
    ]  # fmt: skip


def _confusions(report: Report) -> Cells:
    return [["gold", "said", "n"], *([each.gold, each.said, each.n] for each in report.confusions)]


TABLES: Mapping[str, Callable[[Report], Cells]] = {
    "candidates": _candidates,
    "functions": _functions,
    "classes": _classes,
    "confusion": _confusions,
}
