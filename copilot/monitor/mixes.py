"""What came in, as shares of a few values by day, in a reference span and now: has it changed, and in what (pure)."""

from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from functools import cached_property

import numpy as np
from numpy.typing import NDArray

from copilot.monitor.figures import Figure, Unit
from copilot.statistics.differences import difference_of_rates
from copilot.statistics.drift import (
    Drift,
    decile_groups,
    jensen_shannon,
    permutation_p,
    population_stability,
)

Counts = NDArray[np.float64]

LEVEL = 0.01  # at which a mix counts as drifted: of eight mixes one in thirteen looks says so by chance
FEWEST = 100  # turns in either span, below which nothing is said
FEWEST_DAYS = 2  # with turns, in either span
SEED = 1  # of the permutations
MOST_WEEKS = 4  # of either span


@dataclass(frozen=True)
class Spans:
    """The days of the reference and those of now: as many whole weeks of each."""

    reference: tuple[date, ...]
    current: tuple[date, ...]

    @property
    def weeks(self) -> int:
        return len(self.current) // 7

    @property
    def told(self) -> str:
        first, last = self.reference[0], self.current[-1]
        return f"{first:%-d %b} to {self.reference[-1]:%-d %b %Y} with {self.current[0]:%-d %b} to {last:%-d %b %Y}"


def spans_of(first: date, *, last: date) -> Spans | None:
    """Return the first whole weeks and the last ones, at most four of each; None below two weeks.

    >>> spans = spans_of(date(2026, 3, 2), last=date(2026, 4, 1))
    >>> len(spans.reference), spans.reference[0].isoformat(), spans.current[0].isoformat()
    (14, '2026-03-02', '2026-03-19')
    """
    weeks = min(MOST_WEEKS, ((last - first).days + 1) // 14)
    if weeks < 1:
        return None
    days = range(7 * weeks)
    start = last - timedelta(days=7 * weeks - 1)
    return Spans(
        tuple(first + timedelta(days=day) for day in days), tuple(start + timedelta(days=day) for day in days)
    )


@dataclass(frozen=True, eq=False)
class Mix:
    """Turns by day and value: counts float64[days, values], and which of the days are now."""

    key: str
    name: str
    values: tuple[str, ...]
    counts: Counts
    is_current: NDArray[np.bool_]

    @classmethod
    def of(
        cls,
        key: str,
        name: str,
        found: Mapping[tuple[date, str], int],
        *,
        reference: Sequence[date],
        current: Sequence[date],
        order: Sequence[str] = (),
    ) -> "Mix":
        """Make it of counts by (day, value); values come in an order of their own, else the most frequent first."""
        days = [*reference, *current]
        at = {day: row for row, day in enumerate(days)}
        totals: dict[str, int] = dict.fromkeys(order, 0)
        for (day, value), n in found.items():
            if day in at:
                totals[value] = totals.get(value, 0) + n
        values = [value for value in totals if totals[value]]
        if not order:
            values.sort(key=lambda value: (-totals[value], value))
        column = {value: place for place, value in enumerate(values)}
        counts = np.zeros((len(days), len(values)))
        for (day, value), n in found.items():
            if day in at:
                counts[at[day], column[value]] += n
        is_current = np.arange(len(days)) >= len(reference)
        return cls(key, name, tuple(values), counts, is_current)

    @classmethod
    def of_numbers(
        cls,
        key: str,
        name: str,
        found: Mapping[tuple[date, int], int],
        *,
        reference: Sequence[date],
        current: Sequence[date],
        name_of: Callable[[int | None, int | None], str],
    ) -> "Mix":
        """Make it of counts by (day, least number of a narrow bin): bins are put together by the reference's deciles.

        `name_of` tells a group by its least number and that of the next; None where it has no end.
        """
        days = frozenset(reference)
        bins = sorted({number for _, number in found})
        of_reference = dict.fromkeys(bins, 0)
        for (day, number), n in found.items():
            if day in days:
                of_reference[number] += n
        if not any(of_reference.values()):
            return cls.of(key, name, {}, reference=reference, current=current)
        groups = decile_groups(list(of_reference.values())).tolist()
        begins = [bins[groups.index(group)] for group in range(max(groups) + 1)]
        ends = [*begins[1:], None]
        names = [
            name_of(begin if at else None, end)
            for at, (begin, end) in enumerate(zip(begins, ends, strict=True))
        ]
        name_of_bin = {number: names[group] for number, group in zip(bins, groups, strict=True)}
        counts: Counter[tuple[date, str]] = Counter()
        for (day, number), n in found.items():
            counts[day, name_of_bin[number]] += n
        return cls.of(key, name, counts, reference=reference, current=current, order=names)

    @property
    def reference(self) -> Counts:
        return np.asarray(self.counts[~self.is_current].sum(axis=0))

    @property
    def current(self) -> Counts:
        return np.asarray(self.counts[self.is_current].sum(axis=0))

    @property
    def n(self) -> tuple[int, int]:
        """Turns of the reference, and now."""
        return int(self.reference.sum()), int(self.current.sum())

    @property
    def is_known(self) -> bool:
        return not self.unknown

    @property
    def unknown(self) -> str:
        """Why nothing can be said of it; nothing if something can."""
        has_turns = self.counts.sum(axis=1) > 0
        if min(self.n) < FEWEST:
            return f"fewer than {FEWEST} turns in a span"
        if min((has_turns & ~self.is_current).sum(), (has_turns & self.is_current).sum()) < FEWEST_DAYS:
            return "turns on one day alone of a span: how much days differ can't be known"
        return "" if len(self.values) > 1 else "one value alone: nothing to compare"

    @cached_property
    def drift(self) -> Drift:
        return population_stability(self.reference, self.current)

    @cached_property
    def distance(self) -> float:
        return jensen_shannon(self.reference, self.current)

    @property
    def largest(self) -> float:
        """The largest change of one value's share (L-infinity), which many values don't water down."""
        before, now = (side / side.sum() for side in (self.reference, self.current))
        return float(np.max(np.abs(now - before)))

    @cached_property
    def p(self) -> float:
        """The chance of so large a change if days were dealt out at random."""
        return permutation_p(self.counts, self.is_current, seed=SEED)

    @property
    def has_drifted(self) -> bool:
        """Beyond what turns and beyond what days do by chance."""
        return self.is_known and self.drift.is_drift and self.p < LEVEL

    def changes(self) -> list[Figure]:
        """Return each value's change of share in points, days as clusters; the largest first."""
        of_day = self.counts.sum(axis=1)
        arms = np.stack([~self.is_current, self.is_current], axis=1)
        n = of_day[:, None] * arms
        found = []
        for place, value in enumerate(self.values):
            change = difference_of_rates(self.counts[:, place, None] * arms, n)
            found.append(
                Figure(
                    value, change.n, change.estimate, change.low, change.high, k=int(self.counts[:, place].sum()),
                    unit=Unit.POINTS, method=f"{change.method}, days as clusters",
                )
            )  # fmt: skip
        return sorted(found, key=lambda figure: (-round(abs(figure.value or 0.0), 9), -(figure.value or 0.0)))

    def shares(self, value: str) -> tuple[float, float]:
        """Return a value's share in the reference, and now.

        >>> days = [date(2026, 3, 2), date(2026, 3, 3)]
        >>> found = {(days[0], "a"): 3, (days[0], "b"): 1, (days[1], "b"): 4}
        >>> Mix.of("x", "X", found, reference=days[:1], current=days[1:]).shares("a")
        (0.75, 0.0)
        """
        place = self.values.index(value)
        before, now = self.n
        return float(self.reference[place] / before), float(self.current[place] / now)
