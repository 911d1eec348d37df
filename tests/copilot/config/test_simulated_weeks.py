"""Simulated weeks go through the real functions, and what is stored is what really happened."""

from collections import Counter

import pytest
from django.core.management import CommandError, call_command
from django.db import connection
from django.utils import timezone

from copilot.config.demo.clock import WEEKS, Clock
from copilot.config.demo.loading import load_world
from copilot.config.demo.world import World, read_world
from copilot.config.simulation.acting import Way
from copilot.config.simulation.asking import asked_in, by_day, chance_of
from copilot.config.simulation.behaviour import read_behaviour
from copilot.config.simulation.living import Life, Truth
from copilot.models import Match, Release, Suggestion, SuggestionEvent, TurnDay
from copilot.monitor import rolling
from copilot.monitor.funnel import Cell
from copilot.monitor.turns import cells
from helpdesk.models import ActiveTime, Case

BEHAVIOUR = read_behaviour()
CELLS = {Way.VERBATIM: Cell.SENT_VERBATIM, Way.EDITED: Cell.SENT_EDITED, Way.CORRECTED: Cell.SENT_EDITED}


@pytest.fixture(scope="module")
def world() -> World:
    return read_world()


def test_what_is_asked_in_a_week_comes_from_that_week_in_order(world: World) -> None:
    clock = Clock(timezone.now())
    asked = asked_in(
        9, n=400, first=100, world=world, behaviour=BEHAVIOUR, clock=clock, chance=chance_of(1, "week")
    )
    assert [each.number for each in asked] == list(range(100, 500))
    assert {each.written.week for each in asked} == {9}
    assert [each.at for each in asked] == sorted(each.at for each in asked)
    assert sum(map(len, by_day(asked))) == 400
    stirred = sum(each.written.gold.answer in BEHAVIOUR.change.facts for each in asked)
    assert stirred >= 25, "what changed is asked more often"


@pytest.mark.django_db
def test_nothing_is_simulated_outside_of_the_demo_world() -> None:
    with pytest.raises(CommandError, match="run `make demo` first"):
        call_command("simulate")


@pytest.mark.slow
@pytest.mark.django_db
def test_what_is_stored_is_what_happened(world: World, release: Release) -> None:
    clock = Clock(timezone.now())
    load_world(world, now=clock.now)
    with connection.cursor() as cursor:
        cursor.execute(
            "ANALYZE"
        )  # within one transaction nobody else does, and plans are made for empty tables
    life = Life(world, BEHAVIOUR, clock, dict.fromkeys(range(4, WEEKS + 1), release), seed=3)
    truths = [truth for week in life.weeks(240) for truth in week]
    assert len(truths) == Case.objects.filter(external_id__startswith="simulated:").count() == 240
    assert all(not truth.suggestion for truth in truths if truth.week < 4), "before the copilot came"

    cell_of = {row.pk: cell for row, cell in cells(Suggestion.objects.all(), now=timezone.now())}
    shown = [truth for truth in truths if truth.suggested and truth.arm == "offer"]
    assert len(shown) > 20
    for truth in shown:
        check_cell(truth, cell_of[truth.suggestion])

    kind_of = dict(Match.objects.current().values_list("suggestion", "kind"))
    kinds = Counter((truth.act.way, kind_of[truth.suggestion]) for truth in truths if truth.suggested)
    matching = {kind for way, kind in kinds if way in {Way.VERBATIM, Way.EDITED, Way.ANCHORED}}
    assert matching <= {"exact", "near", "retained"}
    hidden = [truth.suggestion for truth in truths if truth.arm == "shadow"]
    assert not SuggestionEvent.objects.filter(suggestion__in=hidden).exclude(type="sent").exists()

    seconds = sum(round(1000 * truth.act.seconds) for truth in truths)
    assert sum(ActiveTime.objects.values_list("milliseconds", flat=True)) == seconds
    for day in rolling.every_day():
        rolling.roll_day(day, now=timezone.now())
    assert sum(TurnDay.objects.values_list("n_turns", flat=True)) == len(cell_of)


def check_cell(truth: Truth, cell: Cell) -> None:
    done = truth.act
    if done.way in CELLS:
        expected = CELLS[done.way]
    elif done.is_removed:
        expected = Cell.INSERTED_THEN_REMOVED
    elif done.dismissed_for:
        expected = Cell.DISMISSED
    elif done.is_late:
        expected = Cell.LATE
    else:
        expected = Cell.IGNORED if done.is_viewed else Cell.DISPLAYED
    assert cell is expected, truth
