"""A figure with all that says how far it can be trusted: a row of the monitor's charts, tables and CSV files (pure)."""

from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum

MINUS = "−"


class Unit(StrEnum):
    """In what a figure is measured, and so how it is written."""

    SHARE = "share"  # 0 to 1, written in percent
    POINTS = "points"  # a difference of two shares
    CHANGE = "change"  # a ratio less one, such as of two mean times
    SECONDS = "seconds"
    COUNT = "count"
    NUMBER = "number"


@dataclass(frozen=True)
class Figure:
    """One value with its interval, n rows and the agents behind them; without a value its note says why.

    `k` is the numerator where the figure is a share. `version` names what the figure depends on, such as the release
    or the version of text normalisation.
    """

    name: str
    n: int
    value: float | None = None
    low: float | None = None
    high: float | None = None
    k: int | None = None
    n_agents: int | None = None
    unit: Unit = Unit.SHARE
    note: str = ""
    method: str = ""
    version: str = ""

    @property
    def has_interval(self) -> bool:
        return self.low is not None and self.high is not None

    @property
    def written(self) -> str:
        return written(self.value, self.unit)

    @property
    def interval(self) -> str:
        """Write the interval; a dash where there is none.

        >>> Figure("All", 40, 0.5, 0.35, 0.65).interval
        '35–65 %'
        >>> Figure("Influence", 40, 0.2, 0.06, 0.35, unit=Unit.POINTS).interval
        '+6.0 to +35.0 points'
        """
        if self.low is None or self.high is None:
            return "–"
        low, high = written(self.low, self.unit), written(self.high, self.unit)
        if self.unit in {Unit.SHARE, Unit.COUNT, Unit.NUMBER}:
            return f"{low.removesuffix(' %')}–{high}"
        if self.unit in {Unit.POINTS, Unit.CHANGE}:
            low = low.removesuffix(" points").removesuffix(" %")
        return f"{low} to {high}"

    @property
    def told(self) -> str:
        """Say the figure in one line, as a mark of a chart does.

        >>> Figure("Payouts", 40, 0.5, 0.35, 0.65, n_agents=12).told
        'Payouts: 50 % (35–65 %), n = 40, 12 agents'
        >>> Figure("Payouts", 3, note="too few turns").told
        'Payouts: too few turns, n = 3'
        """
        if self.value is None:
            return f"{self.name}: {self.note or 'no figure'}, n = {self.n:,}"
        interval = f" ({self.interval})" if self.has_interval else ""
        agents = "" if self.n_agents is None else f", {self.n_agents} agents"
        return f"{self.name}: {self.written}{interval}, n = {self.n:,}{agents}"


def written(value: float | None, unit: Unit) -> str:
    """Write a value as people read it; a dash if there is none.

    >>> [written(0.634, unit) for unit in (Unit.SHARE, Unit.POINTS, Unit.CHANGE, Unit.NUMBER)]
    ['63 %', '+63.4 points', '+63.4 %', '0.63']
    >>> written(-0.02, Unit.CHANGE), written(272, Unit.SECONDS), written(31_000, Unit.SECONDS)
    ('−2.0 %', '4 min 32 s', '8 h 36 min')
    >>> written(None, Unit.SHARE)
    '–'
    """
    if value is None:
        return "–"
    match unit:
        case Unit.SHARE:
            return f"{100 * value:.0f} %"
        case Unit.POINTS:
            return f"{_signed(100 * value)} points"
        case Unit.CHANGE:
            return f"{_signed(100 * value)} %"
        case Unit.SECONDS:
            return _duration(value)
        case Unit.COUNT:
            return f"{value:,.0f}"
        case Unit.NUMBER:
            return f"{value:.2f}".replace("-", MINUS)


def drawable(figures: Sequence[Figure]) -> list[Figure]:
    """Return those that have a value."""
    return [figure for figure in figures if figure.value is not None]


def _signed(value: float) -> str:
    return f"{value:+.1f}".replace("-", MINUS)


def _duration(seconds: float) -> str:
    sign, left = (MINUS if seconds < 0 else ""), round(abs(seconds))
    for size, name, small, small_name in (
        (86_400, "d", 3600, "h"),
        (3600, "h", 60, "min"),
        (60, "min", 1, "s"),
    ):
        if left >= size:
            rest = left % size // small
            return f"{sign}{left // size} {name}" + (f" {rest} {small_name}" if rest else "")
    return f"{sign}{left} s"
