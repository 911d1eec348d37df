"""The monitor's pages, as their navigation names them."""

from django import template
from django.urls import NoReverseMatch, reverse

register = template.Library()
PAGES = (
    ("today", "Today"),
    ("accuracy", "Accuracy"),
    ("adoption", "Adoption"),
    ("influence", "Influence"),
    ("experiments", "Experiments"),
    ("floors", "Floors"),
    ("drift", "Drift"),
    ("answer_figures", "Topics and answers"),
    ("conflicts", "Conflicts"),
    ("support", "Support"),
    ("method", "Method"),
)


@register.simple_tag
def monitor_pages() -> list[tuple[str, str]]:
    """Return the address and the name of each page that there is."""
    found = []
    for name, title in PAGES:
        try:
            found.append((reverse(f"copilot:{name}"), title))
        except NoReverseMatch:
            continue
    return found
