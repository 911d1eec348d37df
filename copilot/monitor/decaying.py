"""Answers of which agents keep less than they used to: the alarm that one may have gone out of date.

Looked at every day, through windows of one to eight weeks that end today, each against the half year before it. Only
the version in force counts as today's, so that the alarm ends when the answer is put right.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any

import numpy as np
from django.db.models import IntegerField, QuerySet
from django.db.models.functions import Cast
from django.utils import timezone

from copilot.models import Answer, AnswerDay, AnswerVersion, VersionDay
from copilot.monitor.columns import Numbers, Ordinal, arm_number, columns_of, parts_of, runs_of, summed
from copilot.monitor.shares import FEWEST_AGENTS
from copilot.statistics import decay

WINDOWS = (7, 14, 28, 56)  # days
PAST = timedelta(days=182)
FEWEST_TURNS = 10  # of either side, below which one does not look
SLIGHT_FALL = 0.05  # of all turns together; where there is not even that, strata are not read


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

    agents: Sequence[int]
    k: decay.Array
    n: decay.Array

    def seen_through(self, window: int) -> tuple[decay.Array, decay.Array]:
        return self.k[:, window], self.n[:, window]

    def n_agents(self, window: int) -> int:
        """Return how many agents have turns in the window."""
        later = self.n[:, window, 1] > 0
        return len({agent for agent, is_later in zip(self.agents, later, strict=True) if is_later})

    def has_turns(self, window: int) -> bool:
        return bool(self.n[:, window].sum(axis=0).min() >= FEWEST_TURNS)

    def has_fallen_at_all(self, window: int) -> bool:
        """Whether the rate of all turns together is somewhat lower: a hint to look closer."""
        if not self.has_turns(window):
            return False
        before, after = self.k[:, window].sum(axis=0) / self.n[:, window].sum(axis=0)
        return bool(after <= before - SLIGHT_FALL)


def decaying(now: datetime, *, only: Answer | None = None) -> list[Decay]:
    """Return the answers in use whose match rate has fallen, the surest first; of all, or if one has."""
    answers = {answer.pk: answer for answer in Answer.objects.in_use().with_version_at(now)}
    today, windows = timezone.localdate(now), range(len(WINDOWS))
    whole = _whole(answers, today=today)
    n_looked_at = sum(any(map(each.has_turns, windows)) for each in whole.values())
    level = decay.level(n_answers=n_looked_at, n_windows=len(WINDOWS))
    suspects = {
        pk: answers[pk]
        for pk, each in whole.items()
        if any(map(each.has_fallen_at_all, windows)) and only in {None, answers[pk]}
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
        is_enough = strata.has_turns(window) and strata.n_agents(window) >= FEWEST_AGENTS
        if not is_enough or not decay.is_alarm(k, n, strata.agents, at=level):
            continue
        if fall := decay.fall_of(k, n):
            since = today - timedelta(days=days - 1)
            found.append(Decay(answer, days, since, fall, strata.n_agents(window), level))
    return min(found, key=lambda each: each.fall.p, default=None)


def _whole(answers: Mapping[int, Answer], *, today: date) -> dict[int, Strata]:
    """Read the figures of answers in one stratum each: few rows, by which most answers need no second look."""
    versions = _versions(answers)
    rows = _past(VersionDay.objects.filter(version__answer__in=answers), today=today)
    version, *of_day = columns_of(rows.values_list("version", Ordinal("day"), "n_matches", "n_compared"))
    return _strata(answers, versions, version, [], of_day, today=today)


def _by_agent(answers: Mapping[int, Answer], *, today: date) -> dict[int, Strata]:
    """Read the figures of answers by agent, arm, and whether they were replayed."""
    versions = _versions(answers)
    rows = _past(AnswerDay.objects.filter(version__in=versions, n_compared__gt=0), today=today)
    version, agent, arm, is_replayed, *of_day = columns_of(
        rows.values_list(
            "version", "agent", arm_number(), Cast("is_replayed", IntegerField()),
            Ordinal("day"), "n_matches", "n_compared",
        )
    )  # fmt: skip
    return _strata(answers, versions, version, [agent, arm, is_replayed], of_day, today=today)


def _versions(answers: Mapping[int, Answer]) -> dict[int, int]:
    """Return the answer of each of their versions."""
    return dict(AnswerVersion.objects.filter(answer__in=answers).values_list("pk", "answer"))


def _past(rows: "QuerySet[Any]", *, today: date) -> "QuerySet[Any]":
    return rows.filter(day__gt=today - PAST - timedelta(days=WINDOWS[-1]), day__lte=today)


def _strata(
    answers: Mapping[int, Answer],
    versions: Mapping[int, int],
    version: Numbers,
    strata: Sequence[Numbers],
    of_day: Sequence[Numbers],
    *,
    today: date,
) -> dict[int, Strata]:
    """Sum (day, matches, turns) by answer, stratum, window and side; the first of what makes a stratum is its agent."""
    day, *counts = of_day
    bucket = np.searchsorted(WINDOWS, today.toordinal() - day, side="right")
    is_newest = np.isin(version, [each.version_id for each in answers.values()])
    sides = [
        side
        for window in range(len(WINDOWS))
        for side in (bucket > window, (bucket <= window) & is_newest)  # the window begins after it, or has it
    ]
    keys, sums = summed(
        [parts_of(version, versions), *strata], [np.where(side, n, 0) for n in counts for side in sides]
    )
    k, n = np.stack(sums).astype(np.float64).reshape(2, len(WINDOWS), 2, -1).transpose(0, 3, 1, 2)
    agents = keys[1] if strata else np.zeros_like(keys[0])
    return {answer: Strata(agents[run].tolist(), k[run], n[run]) for answer, run in runs_of(keys[0]).items()}
