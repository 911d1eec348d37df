"""Probabilities and variables as people read them."""

import re
from collections.abc import Mapping
from datetime import date
from typing import Any

from django import template
from django.utils import timezone
from django.utils.html import format_html, format_html_join
from django.utils.safestring import SafeString

from copilot.evaluation.backtest import Rate

register = template.Library()
VARIABLE = re.compile(r"(\{\{\s*[\w.]+\s*\}\})")


@register.filter
def percent(probability: float | None) -> str:
    """Write a probability as a percentage; a dash if there is none.

    >>> percent(0.957), percent(None)
    ('96 %', '–')
    """
    return "–" if probability is None else f"{100 * probability:.0f} %"


@register.filter
def share(rate: Mapping[str, Any] | Rate | None) -> str:
    """Write k of n with its interval; a dash where there are no rows.

    >>> share({"k": 8, "n": 10, "low": 0.49, "high": 0.94})
    '80 % (49–94 %)'
    >>> share({"k": 0, "n": 0, "low": None, "high": None}), share(None)
    ('–', '–')
    """
    if isinstance(rate, Rate):
        found = rate.interval
        rate = {"k": rate.k, "n": rate.n, "low": found and found.low, "high": found and found.high}
    if not rate or not rate["n"]:
        return "–"
    return f"{100 * rate['k'] / rate['n']:.0f} % ({100 * rate['low']:.0f}–{100 * rate['high']:.0f} %)"


@register.filter
def points(difference: float) -> str:
    """Write a difference of two shares in points.

    >>> points(0.031), points(-0.2)
    ('+3.1', '−20.0')
    """
    return f"{100 * difference:+.1f}".replace("-", "−")


@register.filter
def with_variables(text: str) -> SafeString:
    """Escape a text, make paragraphs, and mark what is still to be filled in.

    >>> with_variables("Hi <b>,\\n\\nSee {{case.order}}.")
    '<p>Hi &lt;b&gt;,</p><p>See <mark class="variable">{{case.order}}</mark>.</p>'
    """
    return format_html_join(
        "", "<p>{}</p>", ((_marked(part),) for part in re.split(r"\n\s*\n", text.strip()))
    )


def _marked(text: str) -> SafeString:
    pieces = enumerate(VARIABLE.split(text))
    marks = (
        (format_html('<mark class="variable">{}</mark>', piece) if place % 2 else piece,)
        for place, piece in pieces
    )
    return format_html_join("", "{}", marks)


@register.filter
def is_past(day: date | None) -> bool:
    """Return whether a day has come."""
    return day is not None and day <= timezone.localdate()
