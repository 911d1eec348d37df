"""A simulation runs in pieces, survives what kills it, is done once, and can be removed."""

from datetime import datetime, timedelta
from io import StringIO
from typing import Any

import pytest
from django.core.management import CommandError, call_command
from django.utils import timezone

from copilot import evaluating, releases
from copilot.config import tasks
from copilot.config.demo.clock import WEEKS
from copilot.config.demo.loading import clock_of_world, load_world
from copilot.config.demo.world import read_world
from copilot.config.management.commands import demo
from copilot.config.simulation import running, schooling
from copilot.config.simulation.living import Day, Life
from copilot.datasets import key_of
from copilot.models import Release, Simulation
from helpdesk.models import Case
from tests.making import make_message

pytestmark = pytest.mark.django_db
State = Simulation.State


@pytest.fixture
def queued(monkeypatch: pytest.MonkeyPatch) -> list[int]:
    """The simulations whose next piece was queued."""
    found: list[int] = []
    monkeypatch.setattr(
        tasks.simulate, "delay", lambda *, simulation_id, queued_at: found.append(simulation_id)
    )
    return found


@pytest.fixture
def demo_case() -> None:
    make_message("Hello", external_id="demo:one")


def test_nothing_is_simulated_outside_of_the_demo_world() -> None:
    with pytest.raises(CommandError, match="run `make demo` first"):
        call_command("simulate")
    assert not Simulation.objects.exists()


@pytest.mark.usefixtures("demo_case")
def test_a_seed_has_one_number_of_cases(now: datetime) -> None:
    row = running.order(n_cases=10, seed=4, now=now)
    assert running.order(n_cases=10, seed=4, now=now) == row
    with pytest.raises(running.SimulationRefusedError, match="seed 4 was simulated with 10 cases"):
        running.order(n_cases=20, seed=4, now=now)


@pytest.mark.usefixtures("demo_case")
def test_the_demo_begins_it_goes_on_with_it_and_does_not_do_it_again(
    now: datetime, queued: list[int]
) -> None:
    first = running.begin(n_cases=10, now=now)
    assert running.begin(n_cases=20, now=now) == first
    Simulation.objects.update(state=State.FAILED)
    running.begin(n_cases=10, now=now)
    assert queued == [first.pk] * 3
    Simulation.objects.update(state=State.FINISHED)
    running.begin(n_cases=10, now=now)
    assert queued == [first.pk] * 3


@pytest.mark.usefixtures("demo_case")
def test_what_a_killed_process_left_is_queued_again(now: datetime, queued: list[int]) -> None:
    row = running.order(n_cases=10, seed=1, now=now)
    running.sweep(now=now)
    assert queued == [], "it has just given a sign of life"
    running.sweep(now=now + running.LOST_AFTER)
    running.sweep(now=now + running.LOST_AFTER)
    assert queued == [row.pk], "once"


@pytest.mark.usefixtures("demo_case")
def test_of_two_pieces_that_were_queued_the_later_one_counts(now: datetime, queued: list[int]) -> None:
    row = running.order(n_cases=10, seed=1, now=now)
    running.queue(row.pk, now=now + timedelta(seconds=1))
    assert not running.go_on(row.pk, queued_at=now)
    row.refresh_from_db()
    assert row.state == State.WAITING, "nothing was done"


def test_the_demo_can_do_without() -> None:
    parser = demo.Command().create_parser("manage.py", "demo")
    assert parser.parse_args(["--simulate", "0"]).simulate == 0
    assert parser.parse_args([]).simulate >= 2000


def test_simulated_cases_are_removed_and_others_stay(demo_case: None, now: datetime) -> None:
    make_message("Hello again", external_id="simulated:1:0", case_external_id="simulated:1:0")
    running.order(n_cases=1, seed=1, now=now)
    said = StringIO()
    call_command("simulate", "--remove", stdout=said)
    assert said.getvalue().startswith("1 simulated cases removed")
    assert Case.objects.count() == 1
    assert not Simulation.objects.exists()


@pytest.mark.slow
def test_it_runs_in_pieces_and_what_failed_goes_on(
    monkeypatch: pytest.MonkeyPatch, queued: list[int]
) -> None:
    monkeypatch.setattr(schooling, "SCHOOLED_IN", ())
    load_world(read_world(), now=timezone.now())
    row = running.order(n_cases=96, seed=1, now=timezone.now())
    live = Life.live

    def failing(life: Life, day: Day) -> Any:
        found = live(life, day)
        if day.week == 3:
            raise OSError("the disk is full")
        return found

    monkeypatch.setattr(Life, "live", failing)
    with pytest.raises(OSError, match="disk is full"):
        run(row)
    row.refresh_from_db()
    assert (row.state, row.problem) == (State.FAILED, "OSError: the disk is full")
    assert not running.go_on(row.pk), "until somebody orders it again"
    monkeypatch.setattr(Life, "live", live)
    running.order(n_cases=96, seed=1, now=timezone.now())
    row.refresh_from_db()
    tasks.simulate(simulation_id=row.pk, queued_at=row.told_at.isoformat())
    row.refresh_from_db()
    assert 0 < row.share <= 1
    run(row)
    row.refresh_from_db()
    assert (row.state, row.share, row.n_weeks) == (State.FINISHED, 1.0, WEEKS)
    assert Case.objects.filter(external_id__startswith="simulated:1:").count() == 96


def run(row: Simulation) -> None:
    while running.go_on(row.pk, seconds=0.5):
        pass


@pytest.mark.slow
def test_the_release_of_a_week_has_learned_from_nothing_of_it(
    release: Release, settings: Any, tmp_path: Any
) -> None:
    settings.DATASETS_ROOT = tmp_path
    world, now = read_world(), timezone.now()
    load_world(world, now=now)
    clock = clock_of_world(now)
    assert schooling.is_schooled(3)
    assert schooling.release_of(3, clock=clock, now=now) is None
    assert not schooling.is_schooled(4)
    taught = schooling.release_of(5, clock=clock, now=now)
    assert taught is not None
    assert schooling.is_schooled(4)
    assert schooling.release_of(7, clock=clock, now=now) == taught, "one serves until the next is taught"
    assert taught.state == Release.State.RETIRED
    assert releases.live() == release
    dataset = evaluating.read_dataset(taught.dataset)
    assert max(example.at for example in dataset.examples) < clock.start_of_week(4)
    before = {key_of(each.body) for each in world.messages if each.week < 4}
    learned = set(taught.learned_from)
    later = {key_of(each.body) for each in world.messages if each.week >= 4 and not each.subject} - before
    assert learned
    assert not learned & later
    assert dataset.card["until"]
