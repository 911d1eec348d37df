"""Charts as SVG, drawn by the server from the rows of their tables (pure). Colours come from the style sheet."""

from collections.abc import Sequence
from datetime import date

from django.utils.html import format_html, format_html_join
from django.utils.safestring import SafeString

from copilot.monitor.rates import Rate

WIDTH, HEIGHT = 720, 220
LEFT, RIGHT, TOP, BOTTOM = 44, 12, 10, 26
STEPS = (0, 0.25, 0.5, 0.75, 1)
ROW = 24
NAMES = 210


def rate_by_time(rows: Sequence[Rate], *, title: str) -> SafeString:
    """Draw rates as a line with the band of their intervals; a time that says too little is left out."""
    days = {date.fromisoformat(row.name): row for row in rows}
    first, span = min(days), max((max(days) - min(days)).days, 1)
    points = [
        (_x((day - first).days / span), row) for day, row in sorted(days.items()) if row.rate is not None
    ]
    band = " ".join(
        [f"{x},{_y(row.high)}" for x, row in points] + [f"{x},{_y(row.low)}" for x, row in reversed(points)]
    )
    line = " ".join(f"{x},{_y(row.rate)}" for x, row in points)
    dots = format_html_join(
        "", '<circle class="dot" cx="{}" cy="{}" r="3"><title>{}</title></circle>',
        ((x, _y(row.rate), _told(row)) for x, row in points),
    )  # fmt: skip
    labels = format_html(
        '<text class="tick" x="{}" y="{}">{}</text><text class="tick end" x="{}" y="{}">{}</text>',
        LEFT, HEIGHT - 8, f"{first:%-d %b}", WIDTH - RIGHT, HEIGHT - 8, f"{max(days):%-d %b}",
    )  # fmt: skip
    return format_html(
        '<svg class="chart" viewBox="0 0 {} {}" role="img" aria-label="{}">{}<polygon class="band" points="{}"/>'
        '<polyline class="line" points="{}"/>{}{}</svg>',
        WIDTH, HEIGHT, title, _grid(), band, line, dots, labels,
    )  # fmt: skip


def rate_by_topic(rows: Sequence[Rate], *, title: str) -> SafeString:
    """Draw each rate as a point on its interval, one line a topic."""
    height = TOP + ROW * len(rows) + BOTTOM
    body = format_html_join("", "{}", ((_line(place, row),) for place, row in enumerate(rows)))
    ticks = format_html_join(
        "",
        '<line class="grid" x1="{0}" x2="{0}" y1="{1}" y2="{2}"/><text class="tick mid" x="{0}" y="{3}">{4} %</text>',
        ((_across(step), TOP, height - BOTTOM, height - 8, round(100 * step)) for step in STEPS),
    )  # fmt: skip
    return format_html(
        '<svg class="chart" viewBox="0 0 {} {}" role="img" aria-label="{}">{}{}</svg>',
        WIDTH,
        height,
        title,
        ticks,
        body,
    )


def _line(place: int, row: Rate) -> SafeString:
    y = TOP + ROW * place + ROW / 2
    name = format_html('<text class="name" x="0" y="{}">{}</text>', y + 4, row.name[:34])
    if row.rate is None or row.low is None or row.high is None:
        return format_html(
            '{}<text class="tick" x="{}" y="{}">n = {}, {}</text>', name, NAMES + 6, y + 4, row.n, row.note
        )
    return format_html(
        '{}<line class="whisker" x1="{}" x2="{}" y1="{}" y2="{}"/>'
        '<circle class="dot" cx="{}" cy="{}" r="4"><title>{}</title></circle>',
        name, _across(row.low), _across(row.high), y, y, _across(row.rate), y, _told(row),
    )  # fmt: skip


def _grid() -> SafeString:
    return format_html_join(
        "", '<line class="grid" x1="{}" x2="{}" y1="{}" y2="{}"/><text class="tick end" x="{}" y="{}">{} %</text>',
        ((LEFT, WIDTH - RIGHT, _y(step), _y(step), LEFT - 6, _y(step) + 4, round(100 * step)) for step in STEPS),
    )  # fmt: skip


def _told(row: Rate) -> str:
    rate, low, high = (round(100 * (figure or 0)) for figure in (row.rate, row.low, row.high))
    return f"{row.name}: {rate} % ({low}–{high} %), n = {row.n}"


def _x(share: float) -> float:
    return round(LEFT + share * (WIDTH - LEFT - RIGHT), 1)


def _y(rate: float | None) -> float:
    return round(TOP + (1 - (rate or 0)) * (HEIGHT - TOP - BOTTOM), 1)


def _across(rate: float) -> float:
    return round(NAMES + 10 + rate * (WIDTH - NAMES - 40), 1)
