"""Charts of a release's quality as SVG: topics against topics, confidence against truth, risk against coverage (pure).

Like the other charts they are drawn from the rows of their tables; a mark says its figures on hover.
"""

from collections.abc import Sequence

from django.utils.html import format_html, format_html_join
from django.utils.safestring import SafeString

from copilot.evaluation.mistakes import Confusion
from copilot.monitor.charts.axes import SHARES, dot, drawing, short
from copilot.statistics.calibration import Bin
from copilot.statistics.selection import Selection

SIDE, LEFT, TOP, BOTTOM, RIGHT = 320, 52, 12, 44, 24
WIDTH, HEIGHT = LEFT + SIDE + RIGHT, TOP + SIDE + BOTTOM
CELL, NAMES = 30, 190
LETTERS = 26
SHADES = 4
Z = 1.96
FAR_RIGHT = 0.75  # coverage from which on a mark's name stands to its left


def heat(confusion: Confusion, *, title: str) -> SafeString:
    """Draw the most confused topics against each other: rows are true, columns were said, by the numbers of rows."""
    topics = confusion.topics
    totals: dict[str, int] = dict.fromkeys(topics, 0)
    for (true, _), n in confusion.counts.items():
        if true in totals:
            totals[true] += n
    names = format_html_join(
        "", '<text class="name" x="0" y="{}">{}. {}</text><text class="tick mid" x="{}" y="12">{}</text>',
        (
            (_cell(at) + 19, at + 1, short(name, LETTERS), NAMES + CELL * at + CELL / 2, at + 1)
            for at, name in enumerate(topics)
        ),
    )  # fmt: skip
    cells = format_html_join(
        "", "{}",
        (
            (_heat_cell(row, column, confusion.counts.get((true, said), 0), totals[true], true, said),)
            for row, true in enumerate(topics)
            for column, said in enumerate(topics)
        ),
    )  # fmt: skip
    side = CELL * len(topics)
    return drawing(NAMES + side, _cell(len(topics)) + 2, names + cells, title=title, kind="heat")


def reliability(bins: Sequence[Bin], *, title: str, up: str = "Right") -> SafeString:
    """Draw each bin's share of right answers over its mean confidence; on the diagonal they agree.

    `up` names what is counted where it is something else than right answers.

    The band holds, bin by bin, 95 of 100 shares that a confidence which is right would show by chance.
    """
    most = max(found.n for found in bins)
    dots = format_html_join(
        "",
        "{}",
        (
            (
                dot(
                    _x(at.confidence),
                    _y(at.accuracy),
                    _told(at, up),
                    radius=round(3 + 4 * (at.n / most) ** 0.5, 1),
                ),
            )
            for at in bins
        ),
    )
    line = " ".join(f"{_x(found.confidence)},{_y(found.accuracy)}" for found in bins)
    diagonal = format_html(
        '<line class="ideal" x1="{}" x2="{}" y1="{}" y2="{}"/>', _x(0), _x(1), _y(0), _y(1)
    )
    body = format_html(
        '<polygon class="band" points="{}"/>{}<polyline class="line" points="{}"/>{}',
        _band(bins),
        diagonal,
        line,
        dots,
    )
    return _square(body, title=title, across="Confidence", up=up)


def risk_coverage(
    curve: Sequence[Selection],
    *,
    chosen: Selection | None,
    title: str,
    upper: Sequence[tuple[float, float]] = (),
    suggested: Selection | None = None,
) -> SafeString:
    """Draw the share that is wrong over the share that passes, with the release's floor as a mark.

    `upper` is the line that the share lies under, as (coverage, share); a suggested floor is a second mark.
    """
    points = " ".join(f"{_x(at.coverage)},{_y(1 - (at.accuracy or 0.0))}" for at in curve)
    body = format_html('<polyline class="line" points="{}"/>', points)
    if upper:
        limit = " ".join(f"{_x(coverage)},{_y(risk)}" for coverage, risk in upper)
        body += format_html('<polyline class="line s2" points="{}"/>', limit)
    body += _floor_mark(chosen, "floor", TOP + 12) + _floor_mark(suggested, "suggested", TOP + 28)
    return _square(body, title=title, across="Share that passes the floor", up="Wrong")


def _floor_mark(at: Selection | None, name: str, height: float) -> SafeString:
    if at is None or at.accuracy is None:
        return SafeString("")
    x, y = _x(at.coverage), _y(1 - at.accuracy)
    passing, wrong = round(100 * at.coverage), round(100 * (1 - at.accuracy))
    told = f"{name.capitalize()} {at.floor:.2f}: {passing} % pass, {wrong} % of them wrong"
    is_right = at.coverage > FAR_RIGHT
    return format_html(
        '<line class="floor" x1="{0}" x2="{0}" y1="{1}" y2="{2}"/>{3}'
        '<text class="name {4}" x="{5}" y="{6}">{7} {8}</text>',
        x, _y(0), _y(1), dot(x, y, told, radius=5), "end" if is_right else "", x - 7 if is_right else x + 7, height,
        name, f"{at.floor:.2f}",
    )  # fmt: skip


def _band(bins: Sequence[Bin]) -> str:
    halves = [(at.confidence, Z * (at.confidence * (1 - at.confidence) / at.n) ** 0.5) for at in bins]
    upper = [f"{_x(p)},{_y(min(1.0, p + half))}" for p, half in halves]
    lower = [f"{_x(p)},{_y(max(0.0, p - half))}" for p, half in reversed(halves)]
    return " ".join(upper + lower)


def _square(body: SafeString, *, title: str, across: str, up: str) -> SafeString:
    grid = format_html_join(
        "",
        '<line class="grid" x1="{0}" x2="{1}" y1="{2}" y2="{2}"/><text class="tick end" x="{3}" y="{4}">{5} %</text>'
        '<text class="tick mid" x="{6}" y="{7}">{5} %</text>',
        (
            (LEFT, LEFT + SIDE, _y(step), LEFT - 6, _y(step) + 4, round(100 * step), _x(step), TOP + SIDE + 18)
            for step in SHARES
        ),
    )  # fmt: skip
    labels = format_html(
        '<text class="tick mid" x="{}" y="{}">{}</text><text class="tick" x="{}" y="{}">{}</text>',
        LEFT + SIDE / 2, HEIGHT - 6, across, LEFT + 6, TOP + 12, up,
    )  # fmt: skip
    return drawing(WIDTH, HEIGHT, grid + labels + body, title=title, kind="square")


def _heat_cell(row: int, column: int, n: int, total: int, true: str, said: str) -> SafeString:
    share = n / total if total else 0.0
    shade = "own" if row == column else f"s{_shade(share)}" if n else "s0"
    x = NAMES + CELL * column
    number = SafeString("")
    if n:
        number = format_html(
            '<text class="mid on-{}" x="{}" y="{}">{}</text>', shade, x + CELL / 2 - 1, _cell(row) + 19, n
        )
    return format_html(
        '<rect class="cell {}" x="{}" y="{}" width="{}" height="{}"><title>{} named {}: {} of {}</title></rect>{}',
        shade, x, _cell(row), CELL - 2, CELL - 2, true, said, n, total, number,
    )  # fmt: skip


def _shade(share: float) -> int:
    """1 to SHADES: a fifth of the topic's questions or more is the darkest."""
    return min(SHADES, 1 + int(share * 5 * (SHADES - 1)))


def _cell(row: int) -> int:
    return 20 + CELL * row


def _told(found: Bin, up: str) -> str:
    return f"confidence {found.confidence:.2f}: {100 * found.accuracy:.0f} % {up.lower()}, n = {found.n}"


def _x(share: float) -> float:
    return round(LEFT + share * SIDE, 1)


def _y(share: float) -> float:
    return round(TOP + (1 - share) * SIDE, 1)
