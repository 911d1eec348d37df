"""Which arm a case belongs to: a pure function of a salt and the unit, for good.

A permanent holdout is taken off first; at most one experiment divides the rest. Each has a salt of its own, so that
what one decides says nothing about what the other does.
"""

import hashlib
from collections.abc import Sequence
from datetime import date
from enum import StrEnum
from itertools import accumulate
from typing import Literal

MILLION = 1_000_000  # shares are integers that sum to it: no rounding moves a unit


class Unit(StrEnum):
    """What an experiment divides: cases as they are opened, agents, or each agent anew with every week."""

    CASE = "case"
    AGENT = "agent"
    AGENT_WEEK = "agent_week"


def assign_arm(*, salt: str, unit: int, shadow_share: float) -> Literal["offer", "shadow"]:
    """Return the arm of a unit; about `shadow_share` of all units fall in the shadow.

    The unit's place in [0, 1) is the first 8 bytes of SHA-256 over salt and unit, as in design invariant 4.

    >>> assign_arm(salt="holdout-1", unit=7, shadow_share=0.0)
    'offer'
    >>> assign_arm(salt="holdout-1", unit=7, shadow_share=1.0)
    'shadow'
    """
    return "shadow" if _place(salt, str(unit)) / 2**64 < shadow_share else "offer"


def assign_variant(*, salt: str, unit: str, shares: Sequence[int]) -> int:
    """Return which variant a unit belongs to, by its position; each has its share of a million.

    >>> assign_variant(salt="tone-1", unit="7", shares=[0, 1_000_000])
    1
    >>> drawn = [assign_variant(salt="tone-1", unit=str(n), shares=[250_000, 750_000]) for n in range(8_000)]
    >>> drawn.count(0)
    1983

    Raises:
        ValueError: the shares do not sum to a million, so that a unit may have no variant.
    """
    if sum(shares) != MILLION or min(shares) < 0:
        raise ValueError(f"shares sum to {sum(shares)}, not to {MILLION}: {list(shares)}")
    drawn = _place(salt, unit) * MILLION >> 64
    return next(position for position, bound in enumerate(accumulate(shares)) if drawn < bound)


def agent_unit(*, unit: Unit, agent: int, day: date) -> str:
    """Return an agent as the unit that is divided: alone, or with the ISO week of a day.

    >>> agent_unit(unit=Unit.AGENT, agent=7, day=date(2026, 1, 1))
    '7'
    >>> agent_unit(unit=Unit.AGENT_WEEK, agent=7, day=date(2027, 1, 1))
    '7:2026-W53'
    """
    if unit == Unit.AGENT:
        return str(agent)
    if unit == Unit.AGENT_WEEK:
        year, week, _ = day.isocalendar()
        return f"{agent}:{year}-W{week:02}"
    raise ValueError(f"{unit} is no unit of agents")


def _place(salt: str, unit: str) -> int:
    """Return where a unit lies among the 2**64 places."""
    return int.from_bytes(hashlib.sha256(f"{salt}:{unit}".encode()).digest()[:8])
