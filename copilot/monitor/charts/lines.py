"""Figures over time: a line for each series with the band of its intervals, and small lines for tables."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from itertools import groupby

from django.utils.html import format_html, format_html_join
from django.utils.safestring import SafeString

from copilot.monitor.charts.axes import Scale, dot, drawing, limits, short
from copilot.monitor.figures import Figure, drawable, written

WIDTH, HEIGHT = 720, 240
LEFT, RIGHT, TOP, BOTTOM = 64, 14, 12, 26
LEGEND = 20
KINDS = 4  # of lines that can be told apart
LETTERS = 24  # of what is written above a mark
LETTER = 6.6  # the room that one takes
WEEK = timedelta(days=7)
SPARK_WIDTH, SPARK_HEIGHT = 96, 24


@dataclass(frozen=True)
class Series:
    """One line: figures by day; a day without a value leaves a hole in it, and so does a week without a day."""

    name: str
    by_day: Mapping[date, Figure]


@dataclass(frozen=True)
class Mark:
    """Something that happened on a day and may explain what is seen, such as a promotion."""

    day: date
    name: str


def line_band(
    series: Sequence[Series], *, title: str, marks: Sequence[Mark] = (), reference: float | None = None
) -> SafeString:
    """Draw series over time; at least one figure must have a value.

    Lines differ by colour, dashes and marks, so that they can be told apart without colours.

    Raises:
        ValueError: more series than can be told apart, or nothing to draw.
    """
    if len(series) > KINDS:
        raise ValueError(f"{len(series)} lines in one chart: at most {KINDS} can be told apart")
    figures = [row for line in series for row in drawable(list(line.by_day.values()))]
    if not figures:
        raise ValueError("line without a value: show why there is none instead")
    names = [line.name for line in series] if len(series) > 1 else []
    top = TOP + LEGEND * len(_rows(names))
    days = sorted({day for line in series for day in line.by_day})
    across = Scale(days[0].toordinal(), days[-1].toordinal(), LEFT, WIDTH - RIGHT)
    low, high, steps = limits(figures, figures[0].unit, also=() if reference is None else (reference,))
    up = Scale(low, high, HEIGHT - BOTTOM, top)
    parts = [_grid(up, steps, figures[0]), _days(days), _marks(marks, days, across, top)]
    if reference is not None:
        parts.append(_reference(up(reference)))
    parts += [_line(line, number, across, up) for number, line in enumerate(series, start=1)]
    parts.append(_legend(names))
    return drawing(WIDTH, HEIGHT, _joined(parts), title=title)


def last_known(series: Sequence[Series]) -> str:
    """Tell the newest value of each line in one sentence; nothing where none has one.

    >>> week = {date(2026, 3, 9): Figure("9 Mar", 40, 0.25, 0.1, 0.5), date(2026, 3, 16): Figure("16 Mar", 2)}
    >>> last_known([Series("Of those seen", week), Series("Of all", {})])
    'Last known: of those seen 25 % (10–50 %).'
    """
    told = []
    for line in series:
        if known := drawable(list(line.by_day.values())):
            interval = f" ({known[-1].interval})" if known[-1].has_interval else ""
            told.append(f"{line.name[:1].lower()}{line.name[1:]} {known[-1].written}{interval}".strip())
    return f"Last known: {'; '.join(told)}." if told else ""


def spark(values: Sequence[float | None], *, title: str) -> SafeString:
    """Draw a small line for a cell of a table: its shape only, from the least to the greatest value."""
    known = [value for value in values if value is not None]
    if len(known) < 2:
        return SafeString("")
    up = Scale(min(known), max(known), SPARK_HEIGHT - 3, 3)
    across = Scale(0, len(values) - 1, 3, SPARK_WIDTH - 3)
    runs = _runs([(across(at), None if value is None else up(value)) for at, value in enumerate(values)])
    body = "".join(f'<polyline class="line s1" points="{_points(run)}"/>' for run in runs)  # numbers alone
    return drawing(SPARK_WIDTH, SPARK_HEIGHT, SafeString(body), title=title, kind="spark")


def _line(line: Series, number: int, across: Scale, up: Scale) -> SafeString:
    rows = _with_holes(sorted(line.by_day.items()))
    xs = {day: across(day.toordinal()) for day, _ in rows}
    parts = []
    for has_band, run in groupby(rows, key=lambda row: row[1].has_interval):
        if has_band:
            band = [(xs[day], up(row.low or 0.0), up(row.high or 0.0)) for day, row in run]
            edge = [(x, high) for x, _, high in band] + [(x, low) for x, low, _ in reversed(band)]
            parts.append(format_html('<polygon class="band s{}" points="{}"/>', number, _points(edge)))
    places = [(xs[day], None if row.value is None else up(row.value)) for day, row in rows]
    parts += [
        format_html('<polyline class="line s{}" points="{}"/>', number, _points(run)) for run in _runs(places)
    ]
    parts += [
        dot(x, y, f"{line.name}, {row.told}" if line.name else row.told, kind=f"s{number}")
        for (x, y), (_, row) in zip(places, rows, strict=True)
        if y is not None
    ]
    return _joined(parts)


def _grid(up: Scale, steps: Sequence[float], figure: Figure) -> SafeString:
    return format_html_join(
        "", '<line class="grid" x1="{}" x2="{}" y1="{}" y2="{}"/><text class="tick end" x="{}" y="{}">{}</text>',
        (
            (LEFT, WIDTH - RIGHT, up(step), up(step), LEFT - 6, up(step) + 4, _tick(step, figure))
            for step in steps
        ),
    )  # fmt: skip


def _tick(step: float, figure: Figure) -> str:
    """Write a value beside the axis, where there is no room for the word."""
    return written(step, figure.unit).removesuffix(" points")


def _days(days: Sequence[date]) -> SafeString:
    ends = format_html('<text class="tick" x="{}" y="{}">{}</text>', LEFT, HEIGHT - 8, f"{days[0]:%-d %b}")
    if len(days) == 1:
        return ends
    return ends + format_html(
        '<text class="tick end" x="{}" y="{}">{}</text>', WIDTH - RIGHT, HEIGHT - 8, f"{days[-1]:%-d %b}"
    )


def _marks(marks: Sequence[Mark], days: Sequence[date], across: Scale, top: float) -> SafeString:
    return format_html_join(
        "",
        '<line class="mark" x1="{0}" x2="{0}" y1="{1}" y2="{2}"><title>{3}</title></line>'
        '<text class="tick mid" x="{0}" y="{4}">{5}</text>',
        (
            (across(mark.day.toordinal()), top, HEIGHT - BOTTOM, mark.name, top - 3, short(mark.name, LETTERS))
            for mark in marks
            if days[0] <= mark.day <= days[-1]
        ),
    )  # fmt: skip


def _reference(y: float) -> SafeString:
    return format_html('<line class="ideal" x1="{}" x2="{}" y1="{}" y2="{}"/>', LEFT, WIDTH - RIGHT, y, y)


def _legend(names: Sequence[str]) -> SafeString:
    places = [
        (number, LEFT + (WIDTH - LEFT - RIGHT) / len(row) * at, 10 + LEGEND * down, name)
        for down, row in enumerate(_rows(names))
        for at, (number, name) in enumerate(row)
    ]
    return format_html_join(
        "",
        '<line class="line s{0}" x1="{1}" x2="{2}" y1="{4}" y2="{4}"/>'
        '<circle class="dot s{0}" cx="{3}" cy="{4}" r="3.5"/><text class="name" x="{5}" y="{6}">{7}</text>',
        ((number, x, x + 24, x + 12, y, x + 30, y + 4, name) for number, x, y, name in places),
    )  # fmt: skip


def _rows(names: Sequence[str]) -> list[list[tuple[int, str]]]:
    """Return the rows of a legend, each name with its number: as many in a row as have room for the longest."""
    room = 30 + LETTER * max(map(len, names), default=0)
    in_row = max(1, min(len(names), int((WIDTH - LEFT - RIGHT) // room)))
    numbered = list(enumerate(names, start=1))
    return [numbered[at : at + in_row] for at in range(0, len(numbered), in_row)]


def _with_holes(rows: Sequence[tuple[date, Figure]]) -> list[tuple[date, Figure]]:
    """Put a day without a value where a week or more has no row: what is drawn across it would be invented."""
    found: list[tuple[date, Figure]] = []
    for day, row in rows:
        if found and day - found[-1][0] > WEEK:
            found.append((found[-1][0] + WEEK, Figure("", 0)))
        found.append((day, row))
    return found


def _runs(places: Sequence[tuple[float, float | None]]) -> list[list[tuple[float, float]]]:
    """Return what can be drawn without a hole."""
    found = groupby(places, key=lambda place: place[1] is not None)
    return [[(x, y) for x, y in run if y is not None] for is_known, run in found if is_known]


def _points(places: Sequence[tuple[float, float]]) -> str:
    return " ".join(f"{x},{y}" for x, y in places)


def _joined(parts: Sequence[SafeString]) -> SafeString:
    return SafeString("".join(parts))  # each of them is safe
