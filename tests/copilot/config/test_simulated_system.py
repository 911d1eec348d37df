"""Twelve weeks through the real system: what the monitor's estimators say lies near what is known to be true.

Truth is what the same agents would have done with the same turns in either arm, many times over. A case takes some
25 ms of Python, for everything is stored one by one as in life: so these are 5,000 cases rather than 20,000, with a
larger holdout, a lower floor and more questions about what changed than in life, for more turns to tell something.
"""

import random
from collections import Counter
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cache, partial
from math import log
from statistics import fmean
from typing import Any

import numpy as np
import pytest
from django.db import connection
from django.utils import timezone

from copilot.config.demo.clock import Clock
from copilot.config.demo.loading import load_world
from copilot.config.demo.world import read_world
from copilot.config.simulation.acting import Act, act
from copilot.config.simulation.answering import Truth
from copilot.config.simulation.behaviour import read_behaviour
from copilot.config.simulation.living import Life
from copilot.matching import compare
from copilot.models import Match, Release, TurnDay
from copilot.monitor import reading, rolling
from copilot.monitor.funnel import Cell
from copilot.monitor.shares import share
from copilot.statistics.corrected import clustered_post_stratified
from copilot.statistics.differences import difference_of_rates
from copilot.statistics.handle_time import effect_on_log
from helpdesk.models import ActiveTime
from tests.copilot.config import supposed

N_CASES, SEED = 5000, 5
HOLDOUT, FLOOR = 0.25, 0.2
REPEATS, LABELS = 12, 300  # lives of each turn in each arm; labels of each stratum
ARMS = ("shadow", "offer")
BEHAVIOUR = replace(read_behaviour(), stirred=12.0)
KINDS = ("exact", "near", "retained", "semantic", "conflict", "none")


@dataclass(frozen=True)
class Figure:
    """An estimate with the ends of its 95 % interval."""

    value: float
    low: float
    high: float

    def check(self, name: str, truth: float) -> None:
        error = (self.high - self.low) / 2 / 1.96
        assert abs(self.value - truth) <= 3 * error, (
            f"{name}: {self.value:.3f} ± {error:.3f}, truth {truth:.3f}"
        )


@pytest.mark.slow
@pytest.mark.django_db(transaction=True)
def test_estimates_lie_within_three_standard_errors_of_the_truth(release: Release, settings: Any) -> None:
    settings.COPILOT_HOLDOUT_SHARE = HOLDOUT
    release.confidence_floor = release.answer_floor = FLOOR
    release.save(update_fields=["confidence_floor", "answer_floor"])
    truths = [truth for truth in lived(release) if truth.suggestion]
    suggested = [truth for truth in truths if truth.suggested]
    after = Counter(truth.suggested for truth in suggested if truth.week >= BEHAVIOUR.change.week)
    assert all(after[answer] >= 150 for answer in BEHAVIOUR.change.facts), after

    check_funnel(truths)
    turns = TurnDay.objects.filter(arm__in=ARMS)
    sums = reading.by_agent(turns, by="arm", names=[f"n_{kind}" for kind in KINDS])
    agents = sorted({agent for arm in ARMS for agent in sums[arm]})
    n = np.array([[of_all(sums[arm].get(agent, {})) for arm in ARMS] for agent in agents])
    k = np.array([[of_matches(sums[arm].get(agent, {})) for arm in ARMS] for agent in agents])
    true = [match_rate(suggested, is_shown=arm == "offer") for arm in ARMS]
    for at, arm in enumerate(ARMS):
        found = share(f"match rate, {arm}", k[:, at], n[:, at])
        Figure(found.value or 0, found.low or 0, found.high or 0).check(found.name, true[at])
    influence = difference_of_rates(k, n)
    Figure(influence.estimate, influence.low, influence.high).check("influence", true[1] - true[0])
    check_accuracy(suggested)
    check_handle_time(truths)


def lived(release: Release) -> list[Truth]:
    """Live twelve weeks and roll them up."""
    world, clock = read_world(), Clock(timezone.now())
    load_world(world, now=clock.now)
    with connection.cursor() as cursor:
        cursor.execute("ANALYZE")
    life = Life(world, BEHAVIOUR, clock, SEED, partial(serving, release))
    truths = []
    for number, day in enumerate(life.days(N_CASES)):
        truths += life.live(day)
        if number % 10 == 0:
            with connection.cursor() as cursor:
                cursor.execute("ANALYZE")  # within one transaction nobody else does
    for each in rolling.every_day():
        rolling.roll_day(each, now=timezone.now())
    return truths


def serving(release: Release, week: int) -> Release | None:
    return release if week > 3 else None


def check_funnel(truths: Sequence[Truth]) -> None:
    """Every cell holds exactly the turns that ended there."""
    expected = Counter(
        supposed.cell_of(truth.act, is_shown=truth.arm == "offer") if truth.suggested else Cell.WITHHELD
        for truth in truths
    )
    assert {cell: n for cell, n in reading.cells_of(TurnDay.objects.all()).items() if n} == dict(expected)


def check_accuracy(suggested: Sequence[Truth]) -> None:
    """Labels are drawn as many of each stratum, at random; they are the truth, as a perfect expert would say it."""
    kind_of = dict(Match.objects.current().values_list("suggestion", "kind"))
    strata: dict[bool, list[Truth]] = {True: [], False: []}
    for truth in suggested:
        strata[kind_of[truth.suggestion] in Match.MATCHING].append(truth)
    drawn = {key: random.Random(SEED).sample(rows, min(LABELS, len(rows))) for key, rows in strata.items()}
    agents = sorted({truth.agent.pk for truth in suggested})
    right = {key: [truth for truth in rows if truth.is_suggested_right] for key, rows in drawn.items()}
    counts = [np.array([by_agent(rows[key], agents) for key in strata]).T for rows in (right, drawn, strata)]
    found = clustered_post_stratified(*counts)
    truth = fmean(truth.is_suggested_right for truth in suggested)
    Figure(found.estimate, found.low, found.high).check("accuracy", truth)


def check_handle_time(truths: Sequence[Truth]) -> None:
    """The holdout is an experiment on the time that cases take."""
    arm_of = {truth.turn.message.case_id: truth.arm for truth in truths}
    agents = sorted({truth.agent.pk for truth in truths})
    total, n = np.zeros((len(agents), 2)), np.zeros((len(agents), 2))
    for case, agent, spent in ActiveTime.objects.values_list("case", "agent", "milliseconds"):
        if case in arm_of:
            at = agents.index(agent), ARMS.index(arm_of[case])
            total[at] += log(spent / 1000)
            n[at] += 1
    found = effect_on_log(total, n, seed=SEED).log
    effect = fmean(
        again(truth, log_seconds, is_shown=True) - again(truth, log_seconds, is_shown=False)
        if truth.suggested
        else 0.0
        for truth in truths
    )
    Figure(found.estimate, found.low, found.high).check("handle time", effect)


def again(truth: Truth, of: Callable[[Truth, Act], float], *, is_shown: bool) -> float:
    """Return the mean of something over many lives of a turn whose suggestion is shown, or hidden."""
    assert truth.scene.offer
    scene = replace(truth.scene, offer=replace(truth.scene.offer, is_shown=is_shown))
    chance = random.Random(f"{truth.suggestion}/{is_shown}")
    habit = BEHAVIOUR.habit_of[truth.agent.username]
    return fmean(of(truth, act(scene, habit, BEHAVIOUR, chance)) for _ in range(REPEATS))


def match_rate(truths: Sequence[Truth], *, is_shown: bool) -> float:
    """Return the share of matches among replies that say enough to be compared."""
    matches = fmean(again(truth, matched, is_shown=is_shown) for truth in truths)
    return matches / fmean(again(truth, substantive, is_shown=is_shown) for truth in truths)


def matched(truth: Truth, done: Act) -> float:
    assert truth.scene.offer
    kind, _ = compared(truth.scene.offer.text, done.body)
    return float(kind in Match.MATCHING and substantive(truth, done))


def substantive(truth: Truth, done: Act) -> float:
    assert truth.scene.offer
    return float(compared(truth.scene.offer.text, done.body)[1] >= rolling.SUBSTANTIVE)


def log_seconds(truth: Truth, done: Act) -> float:
    return log(done.seconds)


@cache
def compared(suggested: str, sent: str) -> tuple[str, int]:
    """Return the kind of a match, and how many tokens the reply has."""
    found = compare(suggested, sent)
    return str(found.kind), found.n_sent_tokens


def of_matches(sums: Mapping[str, int]) -> int:
    return sum(sums.get(f"n_{kind}", 0) for kind in KINDS[:4])


def of_all(sums: Mapping[str, int]) -> int:
    return sum(sums.get(f"n_{kind}", 0) for kind in KINDS)


def by_agent(truths: Iterable[Truth], agents: Sequence[int]) -> list[int]:
    counted = Counter(truth.agent.pk for truth in truths)
    return [counted[agent] for agent in agents]
