"""A figure with what is known about it."""

from dataclasses import dataclass


@dataclass(frozen=True)
class Estimate:
    """A coefficient with its 95 % interval and the number of messages that it rests on."""

    value: float
    low: float
    high: float
    n: int
