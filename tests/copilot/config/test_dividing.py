"""The experiment of simulated weeks divides simulated cases, and no others."""

from collections import Counter
from datetime import timedelta

import pytest
from django.utils import timezone
from pytest_django import Settings

from copilot import assigning
from copilot.config.demo.clock import Clock
from copilot.config.simulation.behaviour import Trial
from copilot.config.simulation.dividing import experiment_of
from copilot.models import Assignment, Experiment
from helpdesk.models import Role
from tests.making import make_case, make_user

pytestmark = pytest.mark.django_db
TRIAL = Trial(from_week=5, hidden=0.3, planned=1000)


@pytest.fixture
def clock() -> Clock:
    make_user("sana", role=Role.DATA_SCIENTIST)
    return Clock(timezone.now())


def test_it_is_stored_once_and_over_from_the_beginning(clock: Clock) -> None:
    experiment = experiment_of(TRIAL, seed=7, clock=clock)
    assert (experiment.state, experiment.n_planned) == ("ended", 1000)
    assert experiment.started_at == clock.start_of_week(5)
    assert [(each.arm, each.share) for each in experiment.variants.all()] == [
        ("shadow", 300_000),
        ("offer", 700_000),
    ]
    later = Clock(clock.now + timedelta(days=1))
    assert experiment_of(TRIAL, seed=7, clock=later) == experiment
    assert experiment_of(TRIAL, seed=8, clock=clock) != experiment
    assert Experiment.objects.running() is None


def test_who_asks_for_it_has_cases_divided_from_its_first_week_on(clock: Clock, settings: Settings) -> None:
    settings.COPILOT_HOLDOUT_SHARE = 0.0
    experiment = experiment_of(TRIAL, seed=7, clock=clock)
    before = make_case(sent_at=clock.start_of_week(5) - timedelta(hours=1))
    cases = [make_case(sent_at=clock.start_of_week(6)) for _ in range(60)]
    assigning.assign([before, *cases], now=clock.now, experiment=experiment)
    assert Assignment.objects.get(case=before).experiment is None
    arms = Counter(Assignment.objects.filter(experiment=experiment).values_list("arm", flat=True))
    assert set(arms) == {"offer", "shadow"}
    assert arms.total() == 60
    other = make_case()
    assigning.assign([other], now=clock.now)
    assert Assignment.objects.get(case=other).experiment is None
