"""A label among those to choose from."""

from functools import lru_cache

from django import template
from django.template.loader import render_to_string

from labeling.choosing import Choice

register = template.Library()


@register.simple_tag
def label_row(choice: Choice, chosen: str) -> str:
    """Draw one label of the list."""
    return _drawn(choice, choice.slug == chosen)


@lru_cache(
    maxsize=4096
)  # the same hundred rows stand on every screen, and drawing them took a fifth of its time
def _drawn(choice: Choice, is_chosen: bool) -> str:
    return render_to_string("labeling/_label.html", {"choice": choice, "is_chosen": is_chosen})
