"""The doors to a case: who sees it, who may change it."""

import pytest
from django.contrib.auth.models import AnonymousUser
from django.core.exceptions import PermissionDenied
from django.http import Http404

from helpdesk import access
from helpdesk.models import Case, Team, User
from tests.making import make_case, make_user

pytestmark = pytest.mark.django_db


def test_agent_sees_the_cases_of_their_team_of_no_team_and_their_own(
    ana: User, team: Team, other_team: Team
) -> None:
    mine, nobodys, theirs, lent = (make_case(team=t) for t in (team, None, other_team, other_team))
    lent.assignee = ana
    lent.save()
    assert set(access.cases_for(ana)) == {mine, nobodys, lent}
    assert theirs not in access.cases_for(ana)


def test_agents_who_see_a_case_are_those_to_whom_it_is_listed(
    ana: User, gwen: User, nadia: User, team: Team, other_team: Team
) -> None:
    make_user("kim", is_active=False, team=team)
    loner = make_user("loner")
    lent = make_case(team=other_team)
    lent.assignee = ana
    lent.save()
    imported = make_case(channel="import")
    for case in (make_case(team=team), make_case(team=other_team), make_case(), lent, imported):
        listed = {user for user in (ana, gwen, loner) if case in access.cases_for(user)}
        assert set(access.agents_who_see(case)) == listed


def test_experts_see_every_case(nadia: User, sana: User, team: Team, other_team: Team) -> None:
    cases = {make_case(team=team), make_case(team=other_team)}
    assert set(access.cases_for(nadia)) == set(access.cases_for(sana)) == cases


def test_nobody_else_sees_any(ana: User, team: Team) -> None:
    make_case(team=team)
    ana.is_active = False
    assert not access.cases_for(ana)
    assert not access.cases_for(AnonymousUser())  # type: ignore[arg-type]


def test_strangers_case_does_not_exist(gwen: User, team: Team) -> None:
    case = make_case(team=team)
    with pytest.raises(Http404, match=f"no case #{case.pk} that you may see"):
        access.get_case(gwen, case.pk)


def test_expert_reads_and_may_not_answer(nadia: User) -> None:
    case = make_case()
    assert access.get_case(nadia, case.pk) == case
    with pytest.raises(PermissionDenied, match="Subject-matter experts read cases"):
        access.get_case_to_answer(nadia, case.pk)


def test_agent_of_a_small_team_sees_few_cases_and_who_sees_all_sees_many(
    ana: User, sana: User, team: Team, other_team: Team
) -> None:
    for of_team in (team, None, other_team, other_team):
        make_case(team=of_team)
    assert access.sees_few_cases(ana, most=2)
    assert access.sees_few_cases(sana, most=4)
    assert not access.sees_few_cases(ana, most=1)
    assert not access.sees_few_cases(sana, most=3)


def test_cases_lent_to_an_agent_count_among_those_they_see(ana: User, other_team: Team) -> None:
    for _ in range(2):
        make_case(team=other_team)
    Case.objects.update(assignee=ana)
    assert access.sees_few_cases(ana, most=2)
    assert not access.sees_few_cases(ana, most=1)
