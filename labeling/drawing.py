"""Each week's turns to judge: drawn once, when all replies of the week have come, by a seed that is kept."""

import random
from datetime import date, datetime
from math import floor

from django.db import transaction

from copilot import judging
from copilot.judging import ComparedTurn
from labeling.models import TurnToJudge, WeeklySample
from labeling.stratifying import Stratum, stratify

SIZE = 100  # turns a week: an hour of one person, and as many labels as an interval needs
WEEKS = 4  # that are made up for if nobody drew in time; older turns tell little of what comes next
MOST_WEEKS = 12  # that are drawn from when somebody asks for it
SEED = 1


def draw_due(*, now: datetime, weeks: int = WEEKS, size: int = SIZE, seed: int = SEED) -> int:
    """Draw from each closed week that was not drawn from yet, and return how many turns were drawn."""
    latest = judging.latest_closed_week(now)
    due = [latest - back * judging.WEEK for back in reversed(range(weeks))]
    drawn = set(WeeklySample.objects.filter(week__in=due).values_list("week", flat=True))
    return sum(draw(week, now=now, size=size, seed=seed) for week in due if week not in drawn)


@transaction.atomic
def draw(week: date, *, now: datetime, size: int = SIZE, seed: int = SEED) -> int:
    """Draw about `size` turns of a week with known probabilities, and return how many they are.

    The same turns and seed give the same sample. A week that was drawn from, by whomever, stays as it is: a turn that
    is compared later was not among those that chance could choose.
    """
    turns = judging.compared_turns(week)
    if not turns:
        return 0
    sample, is_new = WeeklySample.objects.get_or_create(
        week=week, defaults={"seed": seed, "n_turns": len(turns), "drawn_at": now}
    )
    if not is_new:
        return 0
    chance = random.Random(f"{seed} {week}")  # noqa: S311  no secret
    chosen = [(turn, stratum) for stratum in stratify(turns, size=size) for turn in spread(stratum, chance)]
    chance.shuffle(chosen)
    rows = [
        TurnToJudge(
            sample=sample,
            suggestion_id=turn.suggestion_id,
            stratum=stratum.name,
            inclusion_probability=stratum.probability,
            place=place,
        )
        for place, (turn, stratum) in enumerate(chosen)
    ]
    return len(TurnToJudge.objects.bulk_create(rows))


def spread(stratum: Stratum, chance: random.Random) -> list[ComparedTurn]:
    """Draw a stratum's turns, each as likely as the others, topics as evenly as their turns.

    Where topics are too small to be strata of their own: the turns stand in a row, topic by topic and within a topic
    by chance, and every (N / n)th is taken from a first one that is left to chance (Cochran 1977, 8.1).

    >>> turns = tuple(ComparedTurn(n, "offer", "none", "fees" if n < 9 else "tips", 0.9) for n in range(12))
    >>> drawn = spread(Stratum("all", turns, 4), random.Random(1))
    >>> [turn.topic for turn in drawn]
    ['fees', 'fees', 'fees', 'tips']
    """
    row = sorted(stratum.turns, key=lambda turn: (turn.topic, chance.random()))
    step, first = len(row) / stratum.n, chance.random()
    return [row[min(len(row) - 1, floor((first + number) * step))] for number in range(stratum.n)]
