"""Two releases over the same rows: each figure of both, and their difference with its interval (pure)."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from copilot.evaluation.backtest import Rate
from copilot.evaluation.paired import SEED, Difference, paired_differences
from copilot.evaluation.rows import FIGURES, Figure, Row, classes_of
from copilot.statistics.calibration import Null, calibration_error, null_value

Latency = Mapping[str, Sequence[float]]  # stage -> [p50, p95] in milliseconds; "all" is a whole question


class ComparisonError(Exception):
    """Two evaluations can't be compared; the message says why and what to do."""


@dataclass(frozen=True)
class Compared:
    """One figure of the old and the new release; `difference` is None where one of them has no rows."""

    figure: Figure
    old: Rate
    new: Rate
    difference: Difference | None

    @property
    def in_words(self) -> str:
        """The difference as a sentence says it."""
        if self.difference is None:
            return "can't be compared: one of them has no rows"
        if self.difference.low == self.difference.high == 0:
            return "no difference at all"
        span = f"{_points(self.difference.low)} to {_points(self.difference.high)} points"
        if self.difference.low <= 0 <= self.difference.high:
            return f"no clear difference ({span})"
        is_better = (self.difference.estimate > 0) == self.figure.more_is_better
        return f"{'better' if is_better else 'worse'} by {100 * abs(self.difference.estimate):.1f} points ({span})"


@dataclass(frozen=True)
class Calibration:
    """How far confidence is from what came true, beside what chance alone would show; None without rows."""

    n: int
    error: float
    null: Null


@dataclass(frozen=True)
class Comparison:
    """All there is to say of two releases on one test split. The old one is the one to beat, usually the live one.

    `n_left_out` rows of the split can't judge them, for one of them has learned from them.
    """

    n: int
    n_left_out: int
    figures: tuple[Compared, ...]
    classes: Mapping[str, tuple[Rate, Rate]]
    calibration: tuple[Calibration | None, Calibration | None]
    latency: tuple[Latency, Latency]

    def of(self, name: str) -> Compared:
        """One figure by its name."""
        return next(compared for compared in self.figures if compared.figure.name == name)


def compare(
    old: Sequence[Row],
    new: Sequence[Row],
    *,
    n_left_out: int = 0,
    latency: tuple[Latency, Latency] = ({}, {}),
) -> Comparison:
    """Compare what two releases said of the same examples, in the same order."""
    if [row.key for row in old] != [row.key for row in new]:
        raise ComparisonError("the two evaluations are of different rows: evaluate both releases again")
    pairs = [(_flags(figure, old), _flags(figure, new)) for figure in FIGURES]
    differences = paired_differences(pairs, [row.case for row in old]) if old else [None] * len(FIGURES)
    figures = tuple(
        Compared(figure, figure.rate(old), figure.rate(new), difference)
        for figure, difference in zip(FIGURES, differences, strict=True)
    )
    classes, others = classes_of(old), classes_of(new)
    return Comparison(
        n=len(old),
        n_left_out=n_left_out,
        figures=figures,
        classes={name: (rate, others[name]) for name, rate in classes.items()},
        calibration=(calibration_of(old), calibration_of(new)),
        latency=latency,
    )


def calibration_of(rows: Sequence[Row]) -> Calibration | None:
    """Judge the confidence of every answer that was ranked, offered or not."""
    judged = [row for row in rows if row.confidence is not None and row.is_judged]
    if not judged:
        return None
    confidence = [row.confidence or 0.0 for row in judged]
    return Calibration(
        n=len(judged),
        error=calibration_error(confidence, [row.is_best_right for row in judged]),
        null=null_value(confidence, seed=SEED),
    )


def _flags(figure: Figure, rows: Sequence[Row]) -> tuple[list[bool], list[bool]]:
    return [figure.holds(row) for row in rows], [figure.counts(row) for row in rows]


def _points(share: float) -> str:
    return f"{100 * share:+.1f}".replace("-", "−")
