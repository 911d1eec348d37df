"""Answers of which agents keep less than they used to: the alarm that one may have gone out of date.

Looked at every day, through windows of one to eight weeks that end today, each against the half year before it. Only
the version in force counts as today's, so that the alarm ends when the answer is put right.
"""

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any

import numpy as np
from django.db import connection
from django.utils import timezone

from copilot.models import Answer
from copilot.monitor.shares import FEWEST_AGENTS
from copilot.statistics import decay

WINDOWS = (7, 14, 28, 56)  # days
PAST = timedelta(days=182)
FEWEST_TURNS = 10  # of either side, below which one does not look
SLIGHT_FALL = 0.05  # of all turns together; where there is not even that, strata are not read

ROWS = """
SELECT v.answer_id, d.agent, d.arm, d.is_replayed, d.version_id = ANY(%(newest)s),
       width_bucket(%(today)s::date - d.day, %(windows)s),
       sum(d.n_exact + d.n_near + d.n_retained + d.n_semantic),
       sum(d.n_exact + d.n_near + d.n_retained + d.n_semantic + d.n_conflict + d.n_none)
FROM copilot_answerday d JOIN copilot_answerversion v ON v.id = d.version_id
WHERE d.day > %(first)s AND d.day <= %(today)s AND v.answer_id = ANY(%(answers)s)
GROUP BY 1, 2, 3, 4, 5, 6
ORDER BY 1, 2, 3, 4
"""
# The same of all strata together: a few rows, by which most answers need no second look.
WHOLE = ROWS.replace("d.agent, d.arm, d.is_replayed,", "0, '', false,", 1)


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


def decaying(now: datetime) -> list[Decay]:
    """Return the answers in use whose match rate has fallen, the surest first."""
    answers = {answer.pk: answer for answer in Answer.objects.in_use().with_version_at(now)}
    today, windows = timezone.localdate(now), range(len(WINDOWS))
    whole = _strata(WHOLE, answers, today=today)
    n_looked_at = sum(any(map(each.has_turns, windows)) for each in whole.values())
    level = decay.level(n_answers=n_looked_at, n_windows=len(WINDOWS))
    suspects = {pk: answers[pk] for pk, each in whole.items() if any(map(each.has_fallen_at_all, windows))}
    found = [
        seen
        for pk, strata in (_strata(ROWS, suspects, today=today) if suspects else {}).items()
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


def _strata(sql: str, answers: dict[int, Answer], *, today: date) -> dict[int, Strata]:
    """Read the figures of answers: by agent, arm, and whether they were replayed, or all in one stratum."""
    asked: dict[str, Any] = {
        "newest": [answer.version_id for answer in answers.values()],
        "answers": list(answers),
        "windows": list(WINDOWS),
        "today": today,
        "first": today - PAST - timedelta(days=WINDOWS[-1]),
    }
    with connection.cursor() as cursor:
        cursor.execute(sql, asked)
        rows = cursor.fetchall()
    found: defaultdict[int, defaultdict[tuple[int, str, bool], decay.Array]] = defaultdict(
        lambda: defaultdict(lambda: np.zeros((2, len(WINDOWS), 2)))
    )
    for answer, agent, arm, is_replayed, is_newest, bucket, *counts in rows:
        sums = found[answer][agent, arm, is_replayed]
        for of, count in enumerate(counts):
            sums[of, :bucket, 0] += float(count)  # these windows begin after it
            if is_newest:
                sums[of, bucket:, 1] += float(count)
    return {answer: _stacked(by_stratum) for answer, by_stratum in found.items()}


def _stacked(by_stratum: dict[tuple[int, str, bool], decay.Array]) -> Strata:
    whole = np.stack(list(by_stratum.values()))
    return Strata([agent for agent, _, _ in by_stratum], whole[:, 0], whole[:, 1])
