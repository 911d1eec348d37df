"""Figures one below the other: points on their intervals, bars, and the funnel of what became of turns."""

from collections.abc import Callable, Sequence

from django.utils.html import format_html, format_html_join
from django.utils.safestring import SafeString

from copilot.monitor.charts.axes import Scale, dot, drawing, label, limits
from copilot.monitor.figures import Figure, Unit, drawable, written

WIDTH = 720
NAMES, RIGHT, TOP, BOTTOM, ROW = 210, 30, 10, 26, 24
LETTERS = 34
FUNNEL_RIGHT = 150  # for what is written beside the longest bar


def forest(figures: Sequence[Figure], *, title: str, reference: float | None = None) -> SafeString:
    """Draw each figure as a point on its interval; one without a value says why. All are of one unit.

    `reference` is a value to compare with, such as no effect.

    Raises:
        ValueError: no figure has a value.
    """
    known = drawable(figures)
    if not known:
        raise ValueError("forest without a value: show why there is none instead")
    low, high, steps = limits(known, known[0].unit, also=() if reference is None else (reference,))
    across = Scale(low, high, NAMES + 10, WIDTH - RIGHT)
    height = TOP + ROW * len(figures) + BOTTOM
    line = SafeString("")
    if reference is not None:
        x = across(reference)
        line = format_html(
            '<line class="ideal" x1="{0}" x2="{0}" y1="{1}" y2="{2}"/>', x, TOP, height - BOTTOM
        )
    body = _ticks(across, steps, known[0].unit, height) + line + _each(figures, across, _on_interval)
    return drawing(WIDTH, height, body, title=title)


def bars(figures: Sequence[Figure], *, title: str) -> SafeString:
    """Draw each figure as a bar from zero, with its interval as a whisker.

    Raises:
        ValueError: no figure has a value.
    """
    known = drawable(figures)
    if not known:
        raise ValueError("bars without a value: show why there is none instead")
    low, high, steps = limits(known, known[0].unit, also=(0.0,))
    across = Scale(low, high, NAMES + 10, WIDTH - RIGHT)
    height = TOP + ROW * len(figures) + BOTTOM
    body = _ticks(across, steps, known[0].unit, height) + _each(figures, across, _bar)
    return drawing(WIDTH, height, body, title=title)


def funnel(cells: Sequence[Figure], *, title: str) -> SafeString:
    """Draw counts as bars of one scale, each with its number and its share of all of them together.

    Cells exclude each other, so that their sum is the number of turns.
    """
    total = sum(cell.k or 0 for cell in cells)
    most = max((cell.k or 0 for cell in cells), default=0)
    across = Scale(0, most or 1, 0, WIDTH - NAMES - FUNNEL_RIGHT)
    body = format_html_join(
        "",
        '{}<rect class="bar" x="{}" y="{}" width="{}" height="{}" data-told="{}"><title>{}</title></rect>'
        '<text class="tick" x="{}" y="{}">{} · {}</text>',
        (
            (
                label(cell.name, y := TOP + ROW * place + ROW / 2, LETTERS),
                NAMES + 10, y - 7, width := across(cell.k or 0), 14, cell.told, cell.told,
                NAMES + 16 + width, y + 4, f"{cell.k or 0:,}",
                written((cell.k or 0) / total if total else None, Unit.SHARE),
            )
            for place, cell in enumerate(cells)
        ),
    )  # fmt: skip
    return drawing(WIDTH, TOP + ROW * len(cells) + 6, body, title=title)


def _each(
    figures: Sequence[Figure], across: Scale, draw: Callable[[Figure, float, Scale], SafeString]
) -> SafeString:
    lines = []
    for place, figure in enumerate(figures):
        y = TOP + ROW * place + ROW / 2
        name = label(figure.name, y, LETTERS)
        if figure.value is None:
            why = f"n = {figure.n:,}, {figure.note or 'no figure'}"
            mark = format_html('<text class="tick" x="{}" y="{}">{}</text>', NAMES + 16, y + 4, why)
        else:
            mark = draw(figure, y, across)
        lines.append((name + mark,))
    return format_html_join("", "{}", lines)


def _on_interval(figure: Figure, y: float, across: Scale) -> SafeString:
    return _whisker(figure, y, across) + dot(across(figure.value or 0.0), y, figure.told, kind="s1", radius=4)


def _bar(figure: Figure, y: float, across: Scale) -> SafeString:
    zero, end = across(0), across(figure.value or 0.0)
    bar = format_html(
        '<rect class="bar" x="{}" y="{}" width="{}" height="14" data-told="{}"><title>{}</title></rect>',
        min(zero, end), y - 7, round(abs(end - zero), 1), figure.told, figure.told,
    )  # fmt: skip
    return bar + _whisker(figure, y, across)


def _whisker(figure: Figure, y: float, across: Scale) -> SafeString:
    if figure.low is None or figure.high is None:
        return SafeString("")
    return format_html(
        '<line class="whisker" x1="{}" x2="{}" y1="{}" y2="{}"/>',
        across(figure.low),
        across(figure.high),
        y,
        y,
    )


def _ticks(across: Scale, steps: Sequence[float], unit: Unit, height: float) -> SafeString:
    return format_html_join(
        "",
        '<line class="grid" x1="{0}" x2="{0}" y1="{1}" y2="{2}"/><text class="tick mid" x="{0}" y="{3}">{4}</text>',
        ((across(step), TOP, height - BOTTOM, height - 8, written(step, unit)) for step in steps),
    )
