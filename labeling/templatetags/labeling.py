"""Shares with their intervals, and specifications, as people read them."""

import yaml
from django import template

from copilot.statistics.intervals import Interval

register = template.Library()


@register.filter
def estimate(interval: Interval) -> str:
    """Write a share with its interval, small ones with a digit more.

    >>> from copilot.statistics.intervals import wilson
    >>> estimate(wilson(8, 10)), estimate(wilson(30, 20_000))
    ('80 % (49–94 %)', '0.1 % (0.1–0.2 %)')
    """
    digits = 0 if interval.high >= 0.1 else 1
    low, middle, high = (
        f"{100 * value:.{digits}f}" for value in (interval.low, interval.estimate, interval.high)
    )
    return f"{middle} % ({low}–{high} %)"


@register.filter
def as_yaml(spec: object) -> str:
    """Write a specification as it is exported.

    >>> as_yaml({"any": ["café"]})
    'any:\\n- café'
    """
    return str(yaml.safe_dump(spec, allow_unicode=True, sort_keys=False)).strip()
