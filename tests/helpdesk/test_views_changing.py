"""Assigning, tagging, prioritising, snoozing, closing and reopening from the page."""

from datetime import timedelta

import pytest
from django.test import Client
from django.utils import timezone

from helpdesk.models import Case, Team, User
from tests.making import make_case

pytestmark = pytest.mark.django_db
HTMX = {"HX-Request": "true"}


@pytest.fixture
def client(client: Client, ana: User) -> Client:
    client.force_login(ana)
    return client


@pytest.fixture
def case(team: Team) -> Case:
    return make_case(team=team)


def change(client: Client, case: Case, act: str, **values: object) -> str:
    response = client.post(f"/cases/{case.pk}/{act}/", values, headers=HTMX)
    assert response.status_code == 200
    case.refresh_from_db()
    return response.text


def test_each_act_changes_the_case_and_shows_it(client: Client, case: Case, ana: User) -> None:
    text = change(client, case, "assign", assignee=ana.pk)
    assert case.assignee == ana
    for fragment in ("timeline", "bar", "side"):
        assert f'id="{fragment}-{case.pk}"' in text
    change(client, case, "priority", priority=4)
    change(client, case, "tag", name="Reader swap")
    assert (case.priority, [tag.name for tag in case.tags.all()]) == (4, ["reader-swap"])
    change(client, case, "untag", name="reader-swap")
    change(client, case, "snooze", preset="tomorrow")
    assert not case.tags.exists()
    assert case.snoozed_until > timezone.now()
    change(client, case, "close")
    assert case.status == "closed"
    change(client, case, "reopen")
    assert case.status == "open"
    change(client, case, "assign", assignee="")
    assert case.assignee is None


class TestMoving:
    def test_an_agent_who_may_not_read_it_any_more_goes_back_to_the_list(
        self, client: Client, case: Case, other_team: Team
    ) -> None:
        values = {"team": other_team.pk, "list": "view=unassigned"}
        response = client.post(f"/cases/{case.pk}/team/", values, headers=HTMX)
        assert response["HX-Redirect"] == "/cases/?view=unassigned"
        case.refresh_from_db()
        assert case.team == other_team
        assert f"#{case.number} is with Money Desk now." in client.get("/cases/").text

    def test_who_reads_it_still_stays(self, client: Client, case: Case, ana: User) -> None:
        Case.objects.filter(pk=case.pk).update(assignee=ana)
        assert f'id="side-{case.pk}"' in change(client, case, "team", team="")
        assert (case.team, case.assignee) == (None, ana)

    def test_a_team_that_is_not_there_is_told(self, client: Client, case: Case, team: Team) -> None:
        assert "Select a valid choice" in change(client, case, "team", team=999_999)
        assert case.team == team

    def test_it_rejects_get(self, client: Client, case: Case) -> None:
        assert client.get(f"/cases/{case.pk}/team/").status_code == 405


def test_a_plain_form_comes_back_to_the_page(client: Client, case: Case) -> None:
    assert client.post(f"/cases/{case.pk}/close/")["Location"] == f"/cases/{case.pk}/"


def test_a_time_of_ones_own_is_local_time(client: Client, case: Case) -> None:
    tomorrow = timezone.localtime() + timedelta(days=1)
    change(client, case, "snooze", until=tomorrow.strftime("%Y-%m-%dT10:30"))
    assert timezone.localtime(case.snoozed_until).strftime("%H:%M") == "10:30"


@pytest.mark.parametrize(
    ("act", "values", "said"),
    [
        ("assign", {"assignee": 999_999}, "Select a valid choice"),
        ("tag", {"name": "no/slashes"}, "A tag is made of letters, digits, - and _."),
        ("tag", {"name": ""}, "Type a tag first."),
        ("priority", {"priority": 9}, "Select a valid choice"),
        ("snooze", {"until": "2020-01-01T09:00"}, "Choose a time that is still to come."),
        ("snooze", {}, "Choose a time to snooze until."),
    ],
)
def test_what_is_wrong_is_told(
    client: Client, case: Case, act: str, values: dict[str, object], said: str
) -> None:
    assert said in change(client, case, act, **values)
    assert case.status == "open"


def test_a_colleague_of_another_team_is_no_choice(client: Client, case: Case, gwen: User) -> None:
    assert "Select a valid choice" in change(client, case, "assign", assignee=gwen.pk)


def test_a_stranger_and_a_reader_are_refused(client: Client, case: Case, gwen: User, nadia: User) -> None:
    for person, status in ((gwen, 404), (nadia, 403)):
        client.force_login(person)
        for act in ("assign", "team", "priority", "tag", "untag", "snooze", "close", "reopen"):
            assert client.post(f"/cases/{case.pk}/{act}/").status_code == status
