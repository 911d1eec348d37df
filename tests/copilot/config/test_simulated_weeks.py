"""Simulated weeks go through the real functions, and what is stored is what really happened."""

from collections import Counter
from datetime import timedelta
from functools import partial

import pytest
from django.db import connection
from django.utils import timezone

from copilot.config.demo.clock import Clock
from copilot.config.demo.loading import load_world
from copilot.config.demo.world import World, read_world
from copilot.config.simulation.acting import Way
from copilot.config.simulation.asking import ANSWERED_WITHIN, asked_in, by_day, chance_of
from copilot.config.simulation.behaviour import read_behaviour
from copilot.config.simulation.happening import Truth
from copilot.config.simulation.living import Life
from copilot.models import Match, Release, Suggestion, SuggestionEvent, TurnDay
from copilot.monitor import rolling
from copilot.monitor.turns import cells
from helpdesk.models import ActiveTime, Case, CaseEvent, Reply, SatisfactionRating, Status, StatusChange
from tests.copilot.config import supposed

BEHAVIOUR = read_behaviour()


@pytest.fixture(scope="module")
def world() -> World:
    return read_world()


def after_week_three(release: Release, week: int) -> Release | None:
    return release if week > 3 else None


def test_what_is_asked_in_a_week_comes_from_that_week_in_order(world: World) -> None:
    clock = Clock(timezone.now())
    asked = asked_in(
        9, n=400, first=100, world=world, behaviour=BEHAVIOUR, clock=clock, chance=chance_of(1, "week")
    )
    assert [each.number for each in asked] == list(range(100, 500))
    assert {each.written.week for each in asked} == {9}
    assert [each.at for each in asked] == sorted(each.at for each in asked)
    assert clock.start_of_week(9) <= asked[0].at
    assert asked[-1].at < clock.start_of_week(10)
    assert sum(map(len, by_day(asked))) == 400
    stirred = sum(each.written.gold.answer in BEHAVIOUR.change.facts for each in asked)
    assert stirred >= 25, "what changed is asked more often"


def test_what_is_asked_last_is_history_when_the_weeks_end(world: World) -> None:
    clock = Clock(timezone.now())
    asked = asked_in(12, n=400, first=0, world=world, behaviour=BEHAVIOUR, clock=clock, chance=chance_of(2))
    assert asked[-1].at <= clock.now - ANSWERED_WITHIN


@pytest.mark.slow
@pytest.mark.django_db
def test_what_is_stored_is_what_happened(world: World, release: Release) -> None:
    clock = Clock(timezone.now())
    load_world(world, now=clock.now)
    n_open = Case.objects.awaiting_reply().count()
    with connection.cursor() as cursor:
        cursor.execute(
            "ANALYZE"
        )  # within one transaction nobody else does, and plans are made for empty tables
    life = Life(world, BEHAVIOUR, clock, 3, partial(after_week_three, release))
    days = list(life.days(300))
    truths = [truth for day in days[:40] for truth in life.live(day)]
    # Another process goes on: it knows what is lived and what agents were shown.
    later = Life(world, BEHAVIOUR, clock, 3, partial(after_week_three, release))
    assert later.n_lived() == days[40].asked[0].number
    later.remember()
    assert later.seen == life.seen
    truths += [truth for day in days[40:] for truth in later.live(day)]
    assert not later.live(days[50]), "what is lived is not lived again"

    simulated = Case.objects.filter(external_id__startswith="simulated:")
    assert simulated.count() == sum(truth.turn.place == 1 for truth in truths) == 300
    assert set(simulated.values_list("status", flat=True)) == {Status.CLOSED}
    assert simulated.filter(tags__name="simulated").count() == 300
    assert Case.objects.awaiting_reply().count() == n_open, "the inbox is as it was"
    assert not Reply.objects.filter(case__in=simulated, sent_at__gt=clock.now).exists()
    assert all(not truth.suggestion for truth in truths if truth.week < 4), "before the copilot came"

    cell_of = {row.pk: cell for row, cell in cells(Suggestion.objects.all(), now=timezone.now())}
    shown = [truth for truth in truths if truth.suggested and truth.arm == "offer"]
    assert len(shown) > 20
    for truth in shown:
        assert cell_of[truth.suggestion] is supposed.cell_of(truth.act, is_shown=True), truth

    kind_of = dict(Match.objects.current().values_list("suggestion", "kind"))
    kinds = Counter((truth.act.way, kind_of[truth.suggestion]) for truth in truths if truth.suggested)
    matching = {kind for way, kind in kinds if way in {Way.VERBATIM, Way.EDITED, Way.ANCHORED}}
    assert matching <= {"exact", "near", "retained"}
    hidden = [truth.suggestion for truth in truths if truth.arm == "shadow"]
    assert not SuggestionEvent.objects.filter(suggestion__in=hidden).exclude(type="sent").exists()

    check_what_followed(truths)
    for day in rolling.every_day():
        rolling.roll_day(day, now=timezone.now())
    assert sum(TurnDay.objects.values_list("n_turns", flat=True)) == len(cell_of)


def check_what_followed(truths: list[Truth]) -> None:
    """The figures of cases have something to show: time, ratings, calls for help, customers who came back."""
    cases = {truth.turn.message.case_id for truth in truths}
    seconds = sum(round(1000 * truth.act.seconds) for truth in truths)
    assert sum(ActiveTime.objects.values_list("milliseconds", flat=True)) == seconds
    n_rated = SatisfactionRating.objects.filter(case__in=cases).count()
    assert 0.05 * len(cases) < n_rated < 0.3 * len(cases)
    back = [truth for truth in truths if truth.turn.place == 2]
    assert 0.01 * len(cases) < len(back) < 0.15 * len(cases)
    reopened = StatusChange.objects.filter(case__in=cases, before=Status.CLOSED, after=Status.OPEN)
    assert reopened.count() == len(back)
    for truth in back:
        assert timedelta(days=1) <= truth.turn.message.sent_at - truth.turn.message.case.created_at
    n_escalated = CaseEvent.objects.filter(case__in=cases, type=CaseEvent.Type.ESCALATED).count()
    assert 0 < n_escalated < 0.1 * len(cases)
    assert not Case.objects.escalated().filter(pk__in=cases).exists(), "all calls for help were answered"
    ready = [truth for truth in truths if truth.scene.offer and truth.scene.offer.is_ready]
    assert 0.8 < len(ready) / sum(truth.scene.offer is not None for truth in truths) <= 1
