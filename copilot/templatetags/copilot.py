"""Probabilities and variables as people read them."""

import re
from datetime import date

from django import template
from django.utils import timezone
from django.utils.html import format_html, format_html_join
from django.utils.safestring import SafeString

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
