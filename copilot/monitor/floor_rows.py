"""What another floor would do, from turns by confidence and the replies to texts that nobody saw (no database).

*Wrong* is here what the reply says otherwise: agents also write in their own words what a suggestion said rightly, so
these counts are upper bounds. Above the floor only the shadow tells, since a text that is seen causes its own match;
below it every turn does, for there nothing was shown to anybody.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from functools import cached_property

import numpy as np
from numpy.typing import ArrayLike, NDArray

from copilot.models.rollup import CONFIDENCE_BINS
from copilot.monitor.shares import FEWEST, FEWEST_AGENTS, design_effect
from copilot.statistics.calibration import rows_of
from copilot.statistics.intervals import Interval, clopper_pearson, clustered_rate
from copilot.statistics.label_free import Confusion, expected_confusion

Counts = NDArray[np.int64]
Flags = NDArray[np.bool_]
GRID = tuple(step / 20 for step in range(20))  # the floors among which one is suggested
ERROR = 0.05  # in which at most a suggested floor's upper line is too low, over the whole grid


@dataclass(frozen=True, eq=False)
class Rows:
    """Turns that no stage but the end-to-end floor decided, by agent (counted from 0) and hundredth of confidence.

    `n_wrong` of the `n_hidden` compared replies say something else than the text that their authors did not see.
    """

    bin: Counts
    agent: Counts
    is_above: Flags
    n_turns: Counts
    n_hidden: Counts
    n_wrong: Counts
    weeks: float

    @classmethod
    def of(cls, rows: ArrayLike, *, weeks: float) -> "Rows":
        """Make them of [rows, (bin, agent, is above, turns, hidden, wrong)]."""
        columns = np.array(rows, dtype=np.int64).reshape(-1, 6).T
        return cls(columns[0], columns[1], columns[2].astype(bool), columns[3], columns[4], columns[5], weeks)

    @property
    def total(self) -> int:
        return int(self.n_turns.sum())

    @cached_property
    def deff(self) -> float | None:
        """How much agents differ over all hidden rows; None where even they don't tell."""
        k, n = self.by_agent(self.n_hidden > 0)
        return design_effect(k.tolist(), n.tolist())

    @property
    def confidence(self) -> NDArray[np.float64]:
        """The middle of each row's bin."""
        return (self.bin + 0.5) / CONFIDENCE_BINS

    def passing(self, floor: float) -> Flags:
        return self.bin >= hundredth(floor)

    def by_agent(self, chosen: Flags) -> tuple[Counts, Counts]:
        """Return wrong and hidden of each agent among the chosen rows, agents without hidden ones left out."""
        k = np.bincount(self.agent[chosen], weights=self.n_wrong[chosen]).astype(np.int64)
        n = np.bincount(self.agent[chosen], weights=self.n_hidden[chosen]).astype(np.int64)
        return k[n > 0], n[n > 0]

    def judged(self) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
        """Return the confidence of each hidden row, and whether its reply matches, as `calibration` takes them."""
        n = np.bincount(self.bin, weights=self.n_hidden, minlength=CONFIDENCE_BINS)
        wrong = np.bincount(self.bin, weights=self.n_wrong, minlength=CONFIDENCE_BINS)
        return rows_of((np.arange(CONFIDENCE_BINS) + 0.5) / CONFIDENCE_BINS, n, n - wrong)

    def expected(self, floor: float) -> Confusion:
        """Return how many are offered and right, and so on, if every confidence is right."""
        return expected_confusion(self.confidence, self.n_turns, floor=hundredth(floor) / CONFIDENCE_BINS)


@dataclass(frozen=True)
class Move:
    """Another floor in the current one's place: `turns` a week more (or fewer, below 0), and of these how many wrong.

    `wrong` is the share that is wrong of the turns which are moved; without it the note says why. `expected` are the
    wrong ones a week if every confidence is right.
    """

    floor: float
    turns: float
    expected: float
    n_hidden: int
    n_agents: int
    wrong: Interval | None = None
    note: str = ""

    @property
    def wrong_turns(self) -> tuple[float, float, float] | None:
        """Wrong turns a week: low, estimate, high."""
        if self.wrong is None:
            return None
        n = abs(self.turns)
        return n * self.wrong.low, n * self.wrong.estimate, n * self.wrong.high


@dataclass(frozen=True)
class Risk:
    """What passes a floor: the share of turns, how many of them are wrong, and how many at most."""

    floor: float
    coverage: float
    risk: float | None = None
    upper: float | None = None
    n_hidden: int = 0
    n_wrong: int = 0


def hundredth(floor: float) -> int:
    """Return the bin that a floor begins.

    >>> hundredth(0.29), hundredth(0.7202)
    (29, 72)
    """
    return int(round(floor * 1e6) * CONFIDENCE_BINS // 1_000_000)


def move(rows: Rows, *, floor: float, current: float) -> Move:
    """Return what a floor would do instead of the current one."""
    is_lower = floor < current
    chosen = ~rows.is_above & rows.passing(floor) if is_lower else rows.is_above & ~rows.passing(floor)
    if hundredth(floor) == hundredth(current):
        chosen = np.zeros_like(rows.is_above)
    k, n = rows.by_agent(chosen & (rows.n_hidden > 0))
    turns = float(rows.n_turns[chosen].sum()) / rows.weeks
    found = Move(
        floor=floor,
        turns=turns if is_lower else -turns,
        expected=float((rows.n_turns * (1 - rows.confidence))[chosen].sum()) / rows.weeks,
        n_hidden=int(n.sum()),
        n_agents=len(n),
    )
    if n.sum() < FEWEST:
        return replace(found, note=f"fewer than {FEWEST} replies to texts that nobody saw")
    if len(n) < FEWEST_AGENTS:
        return replace(found, note=f"fewer than {FEWEST_AGENTS} agents: not shown")
    return replace(found, wrong=clustered_rate(k, n, last_deff=rows.deff))


def risk_at(rows: Rows, *, floor: float, current: float) -> Risk:
    """Return the share that is wrong of what passes a floor, with the line that it lies under.

    Turns above and below the current floor are told by different rows, so each side is estimated by itself and
    weighed by its turns; each side's limit is Clopper and Pearson's on the rows that agents' differences leave. Where
    all replies are alike nobody knows how much agents differ: each counts once.
    """
    passing = rows.is_above if hundredth(floor) == hundredth(current) else rows.passing(floor)
    total = int(rows.n_turns[passing].sum())
    found = Risk(floor, total / rows.total if rows.total else 0.0)
    sides = [side for side in (passing & rows.is_above, passing & ~rows.is_above) if rows.n_turns[side].any()]
    counts = [rows.by_agent(side & (rows.n_hidden > 0)) for side in sides]
    if not sides or any(len(n) < FEWEST_AGENTS or n.sum() < FEWEST for _, n in counts):
        return found
    error = ERROR / len(GRID) / len(sides)
    risk = upper = 0.0
    for side, (k, n) in zip(sides, counts, strict=True):
        weight, worth = float(rows.n_turns[side].sum()) / total, rows.deff or n.sum() / len(n)
        limits = clopper_pearson(k.sum() / worth, n.sum() / worth, confidence=1 - 2 * error)
        risk, upper = risk + weight * limits.estimate, upper + weight * limits.high
    n_hidden, n_wrong = (sum(int(each[at].sum()) for each in counts) for at in (1, 0))
    return replace(found, risk=risk, upper=upper, n_hidden=n_hidden, n_wrong=n_wrong)


def suggested(risks: Sequence[Risk], *, most: float) -> Risk | None:
    """Return the lowest floor whose upper line is within a risk; None if no floor is shown to be so safe.

    >>> suggested([Risk(0.5, 0.9, 0.2, 0.3), Risk(0.7, 0.6, 0.1, 0.15)], most=0.2).floor
    0.7
    """
    safe = [risk for risk in risks if risk.upper is not None and risk.upper <= most]
    return min(safe, key=lambda risk: risk.floor, default=None)
