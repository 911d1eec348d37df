"""Simulated experts judge samples as the file says, once, and leave with the rest."""

import random
from dataclasses import dataclass
from datetime import date, datetime, timedelta

import pytest
from django.utils import timezone

from copilot.config.demo.clock import Clock
from copilot.config.demo.world import read_world
from copilot.config.simulation import removing
from copilot.config.simulation.behaviour import read_behaviour
from copilot.config.simulation.dividing import experiment_of
from copilot.config.simulation.judging import USERNAME, Panel, verdict
from copilot.config.simulation.living import Life
from copilot.models import Experiment, Judgment, Match, Verdict
from copilot.monitor.filters import Filters
from copilot.monitor.labels import labels_of
from helpdesk.models import Case, Role, User
from labeling import judging
from labeling.models import JudgingAct, TurnToJudge, WeeklySample
from tests.copilot.making import make_answer
from tests.copilot.test_judging import compared
from tests.making import make_user

BEHAVIOUR = read_behaviour()
WEEKS_AGO = 5


def test_they_err_as_often_as_the_file_says() -> None:
    chance, n = random.Random(1), 20_000
    said = {
        is_right: [verdict(is_right, BEHAVIOUR.experts, chance) for _ in range(n)]
        for is_right in (True, False)
    }
    for is_right, wrong, rate in (
        (True, Verdict.NO, BEHAVIOUR.experts.condemns),
        (False, Verdict.YES, BEHAVIOUR.experts.passes),
    ):
        known = [each for each in said[is_right] if each != Verdict.CANT_SAY]
        assert len(known) / n == pytest.approx(1 - BEHAVIOUR.experts.unsure, abs=0.005)
        assert known.count(wrong) / len(known) == pytest.approx(rate, abs=0.006)


@dataclass(frozen=True)
class Judged:
    panel: Panel
    week: date


@pytest.fixture
def judged(ana: User) -> Judged:
    """Forty simulated turns of one closed week, half of which were answered with the suggestion."""
    life = Life(read_world(), BEHAVIOUR, Clock(timezone.now()), 1, lambda week: None)
    panel = Panel(life, 400)
    asked = [asked for day in life.days(400) for asked in day.asked if asked.written.gold.answer][:40]
    versions = {
        slug: make_answer(slug) for slug in dict.fromkeys(each.written.gold.answer or "" for each in asked)
    }
    for number, each in enumerate(asked):
        turn = compared(
            author=ana, kind="exact" if number % 2 else "none", days_ago=7 * WEEKS_AGO, confidence=0.9,
            answer=versions[each.written.gold.answer or ""],
        )  # fmt: skip
        turn.case.messages.update(external_id=f"simulated:1:{each.number}")
        Case.objects.filter(pk=turn.case_id).update(external_id=f"simulated:1:{each.number}")
    day = timezone.localdate(timezone.now()) - timedelta(weeks=WEEKS_AGO)
    return Judged(panel, day - timedelta(days=day.weekday()))


@pytest.mark.django_db
def test_a_closed_week_is_drawn_from_and_judged_once(judged: Judged, nadia: User) -> None:
    panel, week = judged.panel, judged.week
    now = timezone.now()
    assert week in panel.weeks(now=now)
    n = panel.judge(week, size=20)
    assert n == TurnToJudge.objects.count() > 10
    n_twice = sum(turn.n_judges == 2 for turn in TurnToJudge.objects.all())
    assert n + n_twice == Judgment.objects.count() == JudgingAct.objects.count() > n
    assert week not in panel.weeks(now=now)
    assert panel.judge(week, size=20) == 0
    judges = User.objects.filter(username__startswith=USERNAME)
    assert {(judge.role, judge.is_active, judge.last_name) for judge in judges} == {
        (Role.SME, False, "(simulated)")
    }
    assert not judging.waiting_for(nadia, now=now).exists(), "nobody is asked for them again"
    labels = labels_of(Filters(today=timezone.localdate(now)))
    assert len(labels) == n
    assert sum(label.right or 0 for label in labels) > 0.7 * n, "each answer is the one that fits"


@pytest.mark.django_db
def test_the_newest_closed_week_is_left_to_people(judged: Judged) -> None:
    now = datetime.combine(
        judged.week + timedelta(days=14), datetime.min.time(), tzinfo=timezone.get_default_timezone()
    )
    assert judged.week not in judged.panel.weeks(now=now + timedelta(days=1))
    assert judged.week in judged.panel.weeks(now=now + timedelta(days=8))


@pytest.mark.django_db
def test_all_of_it_leaves_with_the_simulated_cases(judged: Judged, ana: User, sana: User) -> None:
    real = compared(author=ana, kind="exact", days_ago=7 * WEEKS_AGO, confidence=0.9)
    judged.panel.judge(judged.week, size=20)
    experiment_of(BEHAVIOUR.experiment, seed=1, clock=judged.panel.life.clock)
    assert removing.remove(now=timezone.now()) == 40
    assert not Judgment.objects.exists()
    assert not WeeklySample.objects.exists(), "the week is drawn from anew, from what is left"
    assert not Experiment.objects.exists()
    assert not User.objects.filter(username__startswith=USERNAME).exists()
    assert Match.objects.get().suggestion == real
    assert removing.remove(now=timezone.now()) == 0


@pytest.mark.django_db
def test_people_with_such_a_name_are_no_experts(judged: Judged) -> None:
    make_user("ines", role=Role.SME)
    judged.panel.judge(judged.week, size=20)
    removing.remove(now=timezone.now())
    assert User.objects.filter(username="ines").exists()
