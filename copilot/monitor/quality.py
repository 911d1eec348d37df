"""What a release's quality page shows of one evaluation: figures, tables, charts (no database)."""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property

import numpy as np
from django.utils.safestring import SafeString

from copilot.evaluation.comparison import Calibration, calibration_of
from copilot.evaluation.mistakes import Confusion, confusion_of
from copilot.evaluation.quality import MEANING, Quality, quality_of
from copilot.evaluation.rows import Row
from copilot.models import Evaluation
from copilot.monitor import charts
from copilot.statistics.calibration import Bin, reliability
from copilot.statistics.selection import (
    Flags,
    Numbers,
    Selection,
    area_under_generalised_risk,
    area_under_risk,
    risk_coverage,
    select,
)

N_POINTS = 20  # of the risk-coverage table; the chart draws them all


@dataclass(frozen=True, eq=False)
class Report:
    """All that the page shows of one evaluation."""

    evaluation: Evaluation
    rows: Sequence[Row]

    @cached_property
    def quality(self) -> Quality:
        return quality_of(self.rows)

    @cached_property
    def confusion(self) -> Confusion:
        return confusion_of(self.rows)

    @cached_property
    def ranked(self) -> list[Row]:
        """The rows whose confidence can be judged."""
        return [row for row in self.rows if row.confidence is not None and row.is_judged]

    @cached_property
    def calibration(self) -> Calibration | None:
        return calibration_of(self.rows)

    @cached_property
    def bins(self) -> tuple[Bin, ...]:
        return reliability(self._confidence, self._right) if self.ranked else ()

    @cached_property
    def curve(self) -> tuple[Selection, ...]:
        return risk_coverage(self._confidence, self._right)

    @cached_property
    def points(self) -> list[tuple[Selection, float | None]]:
        """Some points of the curve, evenly spread over coverage, each with the share that is wrong."""
        chosen = (
            np.unique(np.linspace(0, len(self.curve) - 1, N_POINTS).round().astype(int)) if self.curve else ()
        )
        return [(self.curve[at], risk_of(self.curve[at])) for at in chosen]

    @cached_property
    def at_floor(self) -> Selection | None:
        floor = self.evaluation.release.confidence_floor
        return select(self._confidence, self._right, floor=floor) if self.ranked else None

    @property
    def risk_at_floor(self) -> float | None:
        return risk_of(self.at_floor) if self.at_floor else None

    @cached_property
    def area(self) -> float | None:
        return area_under_risk(self._confidence, self._right) if self.ranked else None

    @cached_property
    def generalised_area(self) -> float | None:
        return area_under_generalised_risk(self._confidence, self._right) if self.ranked else None

    @property
    def meaning(self) -> str:
        return MEANING[self.evaluation.method]

    @property
    def charts(self) -> dict[str, SafeString]:
        """The charts that have something to show."""
        found = {}
        if self.confusion.topics:
            title = "The topics most often taken for each other: true ones down, named ones across"
            found["heat"] = charts.heat(self.confusion, title=title)
        if self.ranked:
            found["reliability"] = charts.reliability(
                self.bins, title="Share of right answers by confidence, beside the diagonal where they agree"
            )
            found["risk"] = charts.risk_coverage(
                self.curve,
                chosen=self.at_floor,
                title="Share of wrong answers by share that passes the floor",
            )
        return found

    @cached_property
    def _confidence(self) -> Numbers:
        return np.array([row.confidence for row in self.ranked], dtype=np.float64)

    @cached_property
    def _right(self) -> Flags:
        return np.array([row.is_best_right for row in self.ranked], dtype=bool)


def risk_of(at: Selection) -> float | None:
    """Return the share that is wrong of what passes a floor; None where nothing does."""
    return None if at.accuracy is None else 1 - at.accuracy
