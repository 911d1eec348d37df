"""Agreement as people read it."""

from django import template

from copilot.statistics.agreement import Coefficient
from copilot.statistics.intervals import Interval

register = template.Library()


@register.filter
def coefficient(estimate: Coefficient | None) -> str:
    """Write a coefficient with its interval; a dash if there is none.

    >>> coefficient(Coefficient(0.743, 0.61, 0.9, 40)), coefficient(None)
    ('0.74 (0.61–0.90)', '–')
    """
    if estimate is None:
        return "–"
    return f"{estimate.value:.2f} ({estimate.low:.2f}–{estimate.high:.2f})".replace("-", "−")


@register.filter
def interval(share: Interval | None) -> str:
    """Write a share with its interval; a dash if there is none."""
    if share is None:
        return "–"
    return f"{100 * share.estimate:.0f} % ({100 * share.low:.0f}–{100 * share.high:.0f} %)"


@register.filter
def strength(estimate: Coefficient) -> str:
    """Say what an alpha is good for, by its lower limit, as Krippendorff (2004) draws the lines.

    >>> strength(Coefficient(0.9, 0.85, 0.95, 40)), strength(Coefficient(0.9, 0.5, 0.95, 10))
    ('reliable', 'too little to rely on')
    """
    if estimate.low >= 0.8:
        return "reliable"
    return "good enough for tentative conclusions" if estimate.low >= 0.667 else "too little to rely on"
