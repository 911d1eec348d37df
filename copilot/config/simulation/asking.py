"""Which of the demo world's messages come in again in a simulated week, and when (pure)."""

import random
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from django.utils import timezone

from copilot.config.demo.clock import Clock
from copilot.config.demo.world import World, WrittenMessage
from copilot.config.simulation.behaviour import Behaviour

OPEN_MINUTES = 13 * 60  # from eight in the morning
ANSWERED_WITHIN = timedelta(hours=5)  # so that all that was asked is history when the twelve weeks end


@dataclass(frozen=True)
class Asked:
    """A message that comes in: the number of its case, the words, and the moment."""

    number: int
    written: WrittenMessage
    at: datetime


def chance_of(*words: object) -> random.Random:
    """Return a source of random numbers that is the same for the same words."""
    return random.Random("/".join(map(str, words)))  # noqa: S311  a simulation


def asked_in(
    week: int, *, n: int, first: int, world: World, behaviour: Behaviour, clock: Clock, chance: random.Random
) -> list[Asked]:
    """Return n messages of a week, numbered from `first`, in the order in which they come in.

    They are drawn, again and again, from those that open a case in that week of the demo world: so a release that
    learned from the weeks before has seen none of them.
    """
    known = [written for written in world.messages if written.week == week and not written.follows]
    weights = [_weight(written, week, behaviour) for written in known]
    drawn = chance.choices(known, weights=weights, k=n)
    moments = sorted(_moment(week, clock, chance) for _ in drawn)
    return [
        Asked(first + place, written, at)
        for place, (written, at) in enumerate(zip(drawn, moments, strict=True))
    ]


def by_day(asked: Sequence[Asked]) -> list[list[Asked]]:
    """Return the messages of each day together, so that what follows can learn from what was."""
    days: dict[object, list[Asked]] = {}
    for each in asked:
        days.setdefault(each.at.date(), []).append(each)
    return list(days.values())


def _weight(written: WrittenMessage, week: int, behaviour: Behaviour) -> float:
    demand = behaviour.demand
    is_stirred = week >= demand.from_week and written.gold.answer in behaviour.change.facts
    return demand.stirred if is_stirred else 1.0


def _moment(week: int, clock: Clock, chance: random.Random) -> datetime:
    """Return a moment of opening hours within a week; what falls before or after it moves by a day."""
    start, end = clock.start_of_week(week), clock.start_of_week(week + 1)
    day = timezone.localtime(start + timedelta(days=chance.randrange(7)))
    at = day.replace(hour=8, minute=0, second=0, microsecond=0)
    at += timedelta(minutes=chance.random() * OPEN_MINUTES)
    if at < start:
        return at + timedelta(days=1)
    return at - timedelta(days=1) if at >= min(end, clock.now - ANSWERED_WITHIN) else at
