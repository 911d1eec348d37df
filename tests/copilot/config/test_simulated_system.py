"""Twelve weeks through the real system: what the monitor's estimators say lies near what is known to be true.

Truth is what the same agents would have done with the same turns in either arm, several times over. Labels are those
of the weekly samples, which simulated experts judge; alarms are those that the daily look raises.
"""

import random
from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime, timedelta
from functools import cache, partial
from math import inf, log, log1p
from statistics import fmean

import numpy as np
import pytest
from django.db import connection
from django.utils import timezone

from copilot import meaning
from copilot.config.demo.clock import Clock
from copilot.config.demo.loading import load_world
from copilot.config.demo.world import read_world
from copilot.config.simulation.acting import Act, act
from copilot.config.simulation.behaviour import Demand, read_behaviour
from copilot.config.simulation.happening import Truth
from copilot.config.simulation.judging import Panel
from copilot.config.simulation.living import Life
from copilot.matching import compare
from copilot.models import Alert, Experiment, Match, Release, TurnDay
from copilot.monitor import alerting, case_reading, figures, reading, rolling
from copilot.monitor.correcting import by_prediction, by_strata, share_right
from copilot.monitor.decaying import WINDOWS
from copilot.monitor.experiment import experiment_page
from copilot.monitor.filters import Filters
from copilot.monitor.funnel import SUBSTANTIVE, Cell
from copilot.monitor.labelled import labelled_arms
from copilot.monitor.labels import labels_of
from copilot.monitor.shares import share
from copilot.statistics.decay import LEAST_FALL
from copilot.statistics.differences import difference_of_rates
from tests.copilot.config import supposed

N_CASES, SEED = 20_000, 5
REPEATS = 3  # lives of each turn in each arm
ARMS = ("shadow", "offer")
# What changes is asked about often, from the beginning: enough turns to tell in two weeks, before the catalog follows.
BEHAVIOUR = replace(read_behaviour(), demand=Demand(stirred=12.0, from_week=1))
FOLLOWS = 10  # the week in which the catalog follows the change


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
def test_estimates_lie_within_three_standard_errors_of_the_truth(release: Release) -> None:
    world, clock = read_world(), Clock(timezone.now())
    load_world(world, now=clock.now)
    life = Life(world, BEHAVIOUR, clock, SEED, partial(serving, release))
    truths = [truth for truth in lived(life) if truth.suggestion]
    suggested = [truth for truth in truths if truth.suggested]
    weeks = range(BEHAVIOUR.change.week, FOLLOWS)
    after = Counter(truth.suggested for truth in suggested if truth.week in weeks)
    assert all(after[answer] >= 150 for answer in BEHAVIOUR.change.facts), after

    check_funnel(truths)
    turns = TurnDay.objects.filter(arm__in=ARMS)
    sums = [reading.by_agent(turns.filter(arm=arm), names=("n_matches", "n_compared"))[0] for arm in ARMS]
    agents = np.union1d(*(of_arm.hashes for of_arm in sums))
    k, n = np.zeros((2, len(agents), len(ARMS)))
    for at, of_arm in enumerate(sums):
        places = np.searchsorted(agents, of_arm.hashes)
        k[places, at], n[places, at] = of_arm["n_matches"], of_arm["n_compared"]
    true = [match_rate(suggested, is_shown=arm == "offer") for arm in ARMS]
    for at, arm in enumerate(ARMS):
        found = share(f"match rate, {arm}", k[:, at], n[:, at])
        Figure(found.value or 0, found.low or 0, found.high or 0).check(found.name, true[at])
    influence = difference_of_rates(k, n)
    Figure(influence.estimate, influence.low, influence.high).check("influence", true[1] - true[0])
    check_experiment(clock, truths)
    check_accuracy(life, suggested)
    check_decay(clock, suggested)


def lived(life: Life) -> list[Truth]:
    """Live twelve weeks and roll them up."""
    truths = []
    for number, day in enumerate(life.days(N_CASES)):
        if number % 10 == 0:
            with connection.cursor() as cursor:
                cursor.execute("ANALYZE")  # which the server does by itself only after a minute
        truths += life.live(day)
    meaning.settle(seconds=inf)
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
    [agents] = reading.by_agent(TurnDay.objects.all(), names=[f"n_{cell}" for cell in Cell]).values()
    assert {cell: n for cell, n in reading.cells_of(agents).items() if n} == dict(expected)


def check_accuracy(life: Life, suggested: Sequence[Truth]) -> None:
    """What experts say of the samples holds of all turns of these weeks, as such experts would call them."""
    panel = Panel(life, N_CASES)
    for week in panel.weeks(now=life.clock.now):
        panel.judge(week)
    filters = Filters(today=timezone.localdate(life.clock.now))
    labels = labels_of(filters)
    weeks = {label.week for label in labels}
    counted = Match.objects.current().filter(n_reply_tokens__gte=SUBSTANTIVE)
    kind_of = dict(counted.values_list("suggestion", "kind"))
    judged = [each for each in suggested if each.suggestion in kind_of and monday_of(each) in weeks]
    matches = [each for each in judged if kind_of[each.suggestion] in Match.MATCHING]
    others = [each for each in judged if kind_of[each.suggestion] not in Match.MATCHING]
    arms = labelled_arms(filters, labels)
    whole, of_matches, of_others = map(called_right, (judged, matches, others))
    check_figure(by_strata(labels, arms), whole)
    check_figure(by_prediction(labels, arms)[0], whole)
    check_figure(share_right("PPV", [label for label in labels if label.is_match]), of_matches)
    check_figure(share_right("FOR", [label for label in labels if not label.is_match]), of_others)


def check_figure(found: figures.Figure, truth: float) -> None:
    assert found.value is not None, found.note
    Figure(found.value, found.low or 0, found.high or 0).check(found.name, truth)


def called_right(truths: Sequence[Truth]) -> float:
    """Return the share of suggestions that experts would call right."""
    right = fmean(
        truth.is_suggested_right
        and not BEHAVIOUR.change.is_outdated(truth.suggested, truth.scene.offer.text, week=truth.scene.week)
        for truth in truths
        if truth.scene.offer
    )
    return BEHAVIOUR.experts.share_called_right(right)


def day_of(truth: Truth) -> date:
    return timezone.localdate(truth.turn.message.sent_at)


def monday_of(truth: Truth) -> date:
    return day_of(truth) - timedelta(days=day_of(truth).weekday())


def check_decay(clock: Clock, suggested: Sequence[Truth]) -> None:
    """The daily look flags the two answers that became wrong, in time, and no answer whose suggestions stayed right.

    Of a week there are few texts, which come again and again: where one of them is taken for another question, that
    answer is suggested a hundred times wrongly within days, and agents truly keep less of it.
    """
    at = clock.start_of_week(5)
    while at <= clock.now:
        alerting.look(now=at)
        at += timedelta(days=1)
    flagged = Alert.objects.filter(check_name="decay")
    assert {alert.subject for alert in flagged} >= set(BEHAVIOUR.change.facts)
    for alert in flagged:
        week, said = clock.week_of(alert.opened_at), f"{alert.subject}: {alert.evidence}"
        if alert.subject in BEHAVIOUR.change.facts:
            assert BEHAVIOUR.change.week <= week < FOLLOWS, f"in week {week:.1f}, {said}"
        else:
            of_it = [
                each
                for each in suggested
                if each.suggested == alert.subject and each.sent_at < alert.opened_at
            ]
            assert any(less_right(of_it, since=alert.opened_at - timedelta(days=days)) for days in WINDOWS), (
                said
            )


def less_right(truths: Sequence[Truth], *, since: datetime) -> bool:
    """Whether the suggestions of an answer became wrong more often, by what it takes for an alarm."""
    earlier = [each.is_suggested_right for each in truths if each.sent_at < since]
    later = [each.is_suggested_right for each in truths if each.sent_at >= since]
    return bool(earlier and later) and fmean(later) <= fmean(earlier) - LEAST_FALL


def check_experiment(clock: Clock, truths: Sequence[Truth]) -> None:
    """The experiment's page tells how much sooner agents are done, of the cases that it was planned to decide on."""
    experiment = Experiment.objects.get()
    page = experiment_page(experiment, today=timezone.localdate(clock.now))
    assert page.compared, page.instead
    end = case_reading.by_week(experiment.pk).end_of(experiment.n_planned)
    assert end, "the experiment has its cases"
    started = timezone.localdate(experiment.started_at)
    decided = [truth for truth in truths if started <= day_of(truth) and monday_of(truth) < end]
    effect = fmean(
        again(truth, log_seconds, is_shown=True) - again(truth, log_seconds, is_shown=False)
        if truth.suggested
        else 0.0
        for truth in decided
    )
    [times] = [chart.table.rows for chart in page.compared.charts if chart.key == "times"]
    rows = {row.name: row for row in times}
    for name in ("Handle time", "Handle time, adjusted"):
        row = rows[name]
        assert row.value is not None, row.note
        Figure(*map(log1p, (row.value, row.low, row.high))).check(name, effect)


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
    return float(compared(truth.scene.offer.text, done.body)[1] >= SUBSTANTIVE)


def log_seconds(truth: Truth, done: Act) -> float:
    return log(done.seconds)


@cache
def compared(suggested: str, sent: str) -> tuple[str, int]:
    """Return the kind of a match, and how many tokens the reply has."""
    found = compare(suggested, sent)
    return str(found.kind), found.n_sent_tokens
