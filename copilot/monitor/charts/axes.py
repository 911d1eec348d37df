"""Scales, ticks and frames that the drawings have in common."""

import math
import textwrap
from dataclasses import dataclass
from html import escape

from django.utils.html import format_html, format_html_join
from django.utils.safestring import SafeString

from copilot.monitor.figures import Figure, Unit

SHARES = (0.0, 0.25, 0.5, 0.75, 1.0)
MOST_TICKS = 5
LINE = 12  # from one line of a name to the next
STEPS = (1, 2, 2.5, 5, 10)
MINUTE, HOUR, DAY = 60, 3600, 86_400
TIME_STEPS = (
    1, 2, 5, 10, 15, 30, MINUTE, 2 * MINUTE, 5 * MINUTE, 10 * MINUTE, 15 * MINUTE, 30 * MINUTE, HOUR, 2 * HOUR,
    4 * HOUR, 8 * HOUR, 12 * HOUR, DAY,
)  # fmt: skip


@dataclass(frozen=True)
class Scale:
    """From values between `low` and `high` to places between `start` and `end` of a drawing."""

    low: float
    high: float
    start: float
    end: float

    def __call__(self, value: float) -> float:
        """Return a value's place, held inside the frame.

        >>> Scale(0, 1, 100, 200)(0.5), Scale(0, 1, 100, 200)(3)
        (150.0, 200.0)
        """
        share = (value - self.low) / (self.high - self.low) if self.high > self.low else 0.5
        return round(self.start + min(1.0, max(0.0, share)) * (self.end - self.start), 1)


def ticks(low: float, high: float) -> list[float]:
    """Return round values between two, at most about five of them.

    >>> ticks(0, 1200), ticks(-0.04, 0.11)
    ([0, 250, 500, 750, 1000], [0.0, 0.05, 0.1])
    """
    if not high > low:
        return [low]
    rough = (high - low) / MOST_TICKS
    power = 10.0 ** math.floor(math.log10(rough))
    step = next(power * times for times in STEPS if power * times >= rough * (1 - 1e-9))
    first, last = math.ceil(low / step - 1e-9), math.floor(high / step + 1e-9)
    found = [round(at * step, 10) for at in range(first, last + 1)]
    return [int(at) for at in found] if step >= 1 and step % 1 == 0 else found


def time_ticks(low: float, high: float) -> list[float]:
    """Return times in seconds as a clock divides them, at most about five of them.

    >>> time_ticks(0, 8000), time_ticks(0, 40 * 86_400)
    ([0, 1800, 3600, 5400, 7200], [0, 864000, 1728000, 2592000, 3456000])
    """
    rough = (high - low) / MOST_TICKS
    step = next((step for step in TIME_STEPS if step >= rough), 0)
    if not step:
        return [DAY * days for days in ticks(low / DAY, high / DAY)]
    return [step * at for at in range(math.ceil(low / step), math.floor(high / step) + 1)]


def limits(
    figures: list[Figure], unit: Unit, *, also: tuple[float, ...] = ()
) -> tuple[float, float, list[float]]:
    """Return the ends of an axis that holds the figures with their intervals, and its ticks.

    Shares always reach from 0 to 100 %, so that charts can be compared at a glance; counts and times begin at zero.
    """
    if unit is Unit.SHARE:
        return 0.0, 1.0, list(SHARES)
    values = [v for row in figures for v in (row.value, row.low, row.high) if v is not None] + list(also)
    if unit in {Unit.COUNT, Unit.SECONDS}:
        values.append(0.0)
    low, high = min(values), max(values)
    if high == low:
        low, high = low - abs(low) * 0.1 - 1e-3, high + abs(high) * 0.1 + 1e-3
    if low < 0:
        low -= (high - low) * 0.04
    high += (high - low) * 0.04
    if unit is Unit.SECONDS:
        return low, high, time_ticks(low, high)
    steps = ticks(low, high)
    return low, high, [step for step in steps if step == int(step)] if unit is Unit.COUNT else steps


def drawing(width: float, height: float, body: SafeString, *, title: str, kind: str = "") -> SafeString:
    """Return the SVG element around a body; `title` is what a screen reader says of it."""
    return format_html(
        '<svg class="chart {}" viewBox="0 0 {} {}" role="img" aria-label="{}">{}</svg>',
        kind, width, height, title, body,
    )  # fmt: skip


def dot(x: float, y: float, told: str, *, kind: str = "", radius: float = 3.5) -> SafeString:
    """Return a mark that says its figure on hover, and to those who walk the chart by keys.

    A year of days has a thousand of them, so that what they say is escaped once, and by hand.
    """
    said = escape(told)
    return SafeString(
        f'<circle class="dot {kind}" cx="{x}" cy="{y}" r="{radius}" data-told="{said}"><title>{said}</title></circle>'
    )


def label(name: str, y: float, letters: int) -> SafeString:
    """Write a name at the left, its middle at a height: in one line, or two."""
    lines = lines_of(name, letters)
    top = y + 4 - LINE * (len(lines) - 1) / 2
    return format_html_join(
        "",
        '<text class="name" x="0" y="{}">{}</text>',
        ((top + LINE * at, line) for at, line in enumerate(lines)),
    )


def lines_of(name: str, letters: int) -> list[str]:
    """Break a name that does not fit into two lines; what does not fit there either is cut.

    >>> lines_of("Held out, so that you did not see it", 30)
    ['Held out, so that you did not', 'see it']
    """
    return textwrap.wrap(name, letters, max_lines=2, placeholder="…") or [""]


def short(name: str, letters: int) -> str:
    """Cut a name that would not fit.

    >>> short("Chargebacks and disputes", 12)
    'Chargebacks…'
    """
    return name if len(name) <= letters else f"{name[: letters - 1].rstrip()}…"
