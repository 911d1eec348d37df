"""Assigning, tagging, prioritising, snoozing, closing: each recorded, nothing written when nothing changes."""

from datetime import datetime, timedelta

import pytest
from django.core.exceptions import ValidationError

from helpdesk import casework
from helpdesk.models import CaseEvent, Priority, Status, Team, User
from tests.making import make_case

pytestmark = pytest.mark.django_db


def test_assigning_is_recorded(ana: User, now: datetime) -> None:
    case = make_case()
    casework.assign(case=case, assignee=ana, actor=ana, now=now)
    casework.assign(case=case, assignee=ana, actor=ana, now=now)
    event = CaseEvent.objects.get()
    assert (event.before, event.after, event.actor) == ("nobody", "Ana", ana)
    assert case.assignee == ana


def test_case_is_not_given_to_who_can_not_answer_it(
    ana: User, gwen: User, nadia: User, team: Team, now: datetime
) -> None:
    case = make_case(team=team)
    with pytest.raises(ValidationError, match="Nadia does not answer cases"):
        casework.assign(case=case, assignee=nadia, actor=ana, now=now)
    with pytest.raises(ValidationError, match="Gwen is not in team Shop Care"):
        casework.assign(case=case, assignee=gwen, actor=ana, now=now)
    assert list(casework.possible_assignees(case)) == [ana]


def test_moving_to_another_team_takes_the_assignee_off(
    ana: User, team: Team, other_team: Team, now: datetime
) -> None:
    case = make_case(team=team)
    casework.assign(case=case, assignee=ana, actor=ana, now=now)
    casework.move(case=case, team=other_team, actor=ana, now=now)
    case.refresh_from_db()
    assert (case.team, case.assignee) == (other_team, None)


def test_snoozed_case_wakes_when_its_time_has_come(ana: User, now: datetime) -> None:
    case = make_case()
    casework.snooze(case=case, until=now + timedelta(hours=1), actor=ana, now=now)
    assert casework.wake_snoozed(now=now) == 0
    assert casework.wake_snoozed(now=now + timedelta(hours=2)) == 1
    case.refresh_from_db()
    assert (case.status, case.snoozed_until) == (Status.OPEN, None)


def test_snoozing_into_the_past_is_refused(ana: User, now: datetime) -> None:
    with pytest.raises(ValidationError, match="still to come"):
        casework.snooze(case=make_case(), until=now, actor=ana, now=now)


def test_closing_and_reopening(ana: User, now: datetime) -> None:
    case = make_case()
    casework.close(case=case, actor=ana, now=now)
    casework.reopen(case=case, actor=ana, now=now)
    assert [(event.before, event.after) for event in CaseEvent.objects.all()] == [
        ("Open", "Closed"),
        ("Closed", "Open"),
    ]


def test_priority_is_recorded_by_name(ana: User, now: datetime) -> None:
    case = make_case()
    casework.prioritise(case=case, priority=Priority.URGENT, actor=ana, now=now)
    assert str(CaseEvent.objects.get()) == "priority changed: Normal -> Urgent"


@pytest.mark.parametrize(("name", "stored"), [("Refund", "refund"), ("market stall", "market-stall")])
def test_tag_is_put_on_once_and_taken_off(ana: User, now: datetime, name: str, stored: str) -> None:
    case = make_case()
    casework.tag(case=case, name=name, actor=ana, now=now)
    casework.tag(case=case, name=name, actor=ana, now=now)
    assert [tag.name for tag in case.tags.all()] == [stored]
    casework.untag(case=case, name=stored, actor=ana, now=now)
    assert not case.tags.exists()
    assert CaseEvent.objects.count() == 2


@pytest.mark.parametrize("name", ["", "a/b", "x" * 61])
def test_bad_tag_is_refused(ana: User, now: datetime, name: str) -> None:
    with pytest.raises(ValidationError):
        casework.tag(case=make_case(), name=name, actor=ana, now=now)
