"""Answers of which agents keep less than they used to: the alarm that one may have gone out of date.

Looked at every day, through windows of one to eight weeks that end today, each against the half year before it. Only
the version in force counts as today's, so that the alarm ends when the answer is put right.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any

import numpy as np
from django.db.models import Func, IntegerField, QuerySet, Sum
from django.db.models.expressions import Combinable
from django.db.models.functions import Cast
from django.utils import timezone
from numpy.typing import NDArray

from copilot.models import Answer, AnswerDay, AnswerVersion, VersionDay
from copilot.monitor.columns import Numbers, arm_number, columns_of, parts_of, runs_of, summed
from copilot.monitor.shares import FEWEST_AGENTS
from copilot.statistics import decay

WINDOWS = (7, 14, 28, 56)  # days
PAST = timedelta(days=182)
FEWEST_TURNS = 10  # of either side, below which one does not look
# In standard errors of all turns together; an alarm takes about five, so less is not looked into.
SLIGHT_FALL = -2.0


@dataclass(frozen=True)
class Decay:
    """An answer whose match rate has fallen, and the evidence: the window that shows it best.

    `level` is the chance below which it is an alarm.
    """

    answer: Answer
    days: int
    since: date
    fall: decay.Fall
    n_agents: int
    level: float

    @property
    def evidence(self) -> str:
        """Say in words what was found."""
        fall, chance = self.fall, max(self.fall.p, 1e-12)
        sides = f"{fall.n_before:,} turns to {100 * fall.after:.0f} % of {fall.n_after:,}"
        return (
            f"From {100 * fall.before:.0f} % of {sides} in the last {self.days} days ({self.n_agents} agents). If "
            f"nothing had changed, so few matches would come about once in {1 / chance:,.0f} looks; an "
            f"alarm is anything rarer than once in {1 / self.level:,.0f}."
        )


@dataclass(frozen=True, eq=False)
class Strata:
    """Matches and turns of one answer by stratum, window and side (earlier, later): [strata, windows, 2]."""

    agents: Numbers
    k: decay.Array
    n: decay.Array

    def seen_through(self, window: int) -> tuple[decay.Array, decay.Array]:
        return self.k[:, window], self.n[:, window]

    def n_agents(self, window: int) -> int:
        """Return how many agents have turns in the window."""
        return len(np.unique(self.agents[self.n[:, window, 1] > 0]))

    @property
    def has_turns(self) -> NDArray[np.bool_]:
        """Whether there are turns enough on both sides, window by window."""
        return self.n.sum(axis=0).min(axis=-1) >= FEWEST_TURNS

    @property
    def has_fallen_at_all(self) -> bool:
        """Whether in some window the rate of all turns together is somewhat lower: a hint to look closer."""
        z, _ = decay.standardised(self.k.sum(axis=0)[:, None], self.n.sum(axis=0)[:, None])
        return bool(np.any(self.has_turns & (z <= SLIGHT_FALL)))


def decaying(now: datetime, *, only: Answer | None = None) -> list[Decay]:
    """Return the answers in use whose match rate has fallen, the surest first; of all, or if one has."""
    answers = {answer.pk: answer for answer in Answer.objects.in_use().with_version_at(now)}
    today = timezone.localdate(now)
    whole = _whole(answers, today=today)
    n_looked_at = sum(bool(each.has_turns.any()) for each in whole.values())
    level = decay.level(n_answers=n_looked_at, n_windows=len(WINDOWS))
    suspects = {
        pk: answers[pk]
        for pk, each in whole.items()
        if each.has_fallen_at_all and only in {None, answers[pk]}
    }
    found = [
        seen
        for pk, strata in _by_agent(suspects, today=today).items()
        if (seen := _look(answers[pk], strata, level=level, today=today))
    ]
    return sorted(found, key=lambda each: (each.fall.p, each.answer.name))


def _look(answer: Answer, strata: Strata, *, level: float, today: date) -> Decay | None:
    """Return what the window shows that shows a fall best; None if none does."""
    found = []
    for window, days in enumerate(WINDOWS):
        k, n = strata.seen_through(window)
        is_enough = bool(strata.has_turns[window]) and strata.n_agents(window) >= FEWEST_AGENTS
        if not is_enough or not decay.is_alarm(k, n, strata.agents, at=level):
            continue
        if fall := decay.fall_of(k, n):
            since = today - timedelta(days=days - 1)
            found.append(Decay(answer, days, since, fall, strata.n_agents(window), level))
    return min(found, key=lambda each: each.fall.p, default=None)


class _Bucket(Func):
    """How many windows begin after a day."""

    template = "width_bucket(%(today)s::date - %(expressions)s, '{%(windows)s}'::int[])"
    output_field = IntegerField()


def _whole(answers: Mapping[int, Answer], *, today: date) -> dict[int, Strata]:
    """Read the figures of answers in one stratum each: few rows, by which most answers need no second look."""
    return _strata(VersionDay.objects.all(), answers, today=today)


def _by_agent(answers: Mapping[int, Answer], *, today: date) -> dict[int, Strata]:
    """Read the figures of answers by agent, arm, and whether they were replayed."""
    # Versions one by one, by which an index finds their rows.
    versions = AnswerVersion.objects.filter(answer__in=answers).values_list("pk", flat=True)
    rows = AnswerDay.objects.filter(version__in=list(versions), n_compared__gt=0)
    return _strata(rows, answers, "agent", arm_number(), Cast("is_replayed", IntegerField()), today=today)


def _strata(
    rows: "QuerySet[Any]", answers: Mapping[int, Answer], *strata: str | Combinable, today: date
) -> dict[int, Strata]:
    """Sum matches and turns by answer, stratum, window and side; the first of what makes a stratum is its agent."""
    past = rows.filter(day__gt=today - PAST - timedelta(days=WINDOWS[-1]), day__lte=today)
    bucket = _Bucket("day", today=f"'{today}'", windows=",".join(map(str, WINDOWS)))
    found = past.values_list("version", bucket, *strata).annotate(k=Sum("n_matches"), n=Sum("n_compared"))
    part_of = dict(AnswerVersion.objects.filter(answer__in=answers).values_list("pk", "answer"))
    columns = columns_of(found)
    is_asked = np.isin(columns[0], list(part_of))
    version, begun, *of_stratum, k_of, n_of = (column[is_asked] for column in columns)
    is_newest = np.isin(version, [each.version_id for each in answers.values()])
    sides = [
        side
        for window in range(len(WINDOWS))
        for side in (begun > window, (begun <= window) & is_newest)  # the window begins after it, or has it
    ]
    keys, sums = summed(
        [parts_of(version, part_of), *of_stratum],
        [np.where(side, counts, 0) for counts in (k_of, n_of) for side in sides],
    )
    k, n = np.stack(sums).astype(np.float64).reshape(2, len(WINDOWS), 2, -1).transpose(0, 3, 1, 2)
    agents = keys[1] if strata else np.zeros_like(keys[0])
    return {answer: Strata(agents[run], k[run], n[run]) for answer, run in runs_of(keys[0]).items()}
