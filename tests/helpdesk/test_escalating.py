"""Escalating a case: when, by whom, to which team and why; and settling it again."""

from datetime import datetime, timedelta

import pytest
from django.core.exceptions import ValidationError
from django.db import IntegrityError, connection
from django.test import Client
from rest_framework.test import APIClient

from helpdesk.escalating import escalate, settle
from helpdesk.merging import merge_cases
from helpdesk.models import Case, CaseEvent, Team, User
from tests.making import make_case

pytestmark = pytest.mark.django_db
HTMX = {"HX-Request": "true"}


@pytest.fixture
def case(team: Team) -> Case:
    return make_case(team=team)


@pytest.fixture
def client(client: Client, ana: User) -> Client:
    client.force_login(ana)
    return client


def test_it_is_known_when_by_whom_to_whom_and_why(
    case: Case, ana: User, other_team: Team, now: datetime
) -> None:
    escalate(case=case, team=other_team, reason="  Money \n is missing ", actor=ana, now=now)
    case.refresh_from_db()
    assert (case.escalated_at, case.escalated_by, case.escalated_to) == (now, ana, other_team)
    assert case.escalation_reason == "Money is missing"
    assert case.team == other_team
    assert "to Money Desk: Money is missing" in str(case.events.get(type="escalated"))


def test_without_a_team_it_stays_where_it_is(case: Case, ana: User, team: Team, now: datetime) -> None:
    escalate(case=case, team=None, reason="Legal threat", actor=ana, now=now)
    assert (case.team, case.escalated_to) == (team, None)


def test_it_counts_from_the_first_time_and_is_recorded_each_time(
    case: Case, ana: User, now: datetime
) -> None:
    for reason in ("One", "One", "Two"):
        escalate(case=case, team=None, reason=reason, actor=ana, now=now)
        now += timedelta(hours=1)
    assert case.escalated_at == now - timedelta(hours=3)
    assert [event.after for event in case.events.all()] == ["One", "Two"]


def test_settled_it_was_still_escalated_once(case: Case, ana: User, now: datetime) -> None:
    escalate(case=case, team=None, reason="Legal threat", actor=ana, now=now)
    for _ in range(2):
        settle(case=case, actor=ana, now=now)
    case.refresh_from_db()
    assert (case.escalated_at, case.escalated_by, case.escalation_reason) == (None, None, "")
    assert not Case.objects.escalated().exists()
    assert list(Case.objects.ever_escalated()) == [case]
    assert CaseEvent.objects.filter(type="settled").count() == 1


@pytest.mark.parametrize(("reason", "said"), [(" \n", "Say why"), ("x" * 201, "At most 200 characters")])
def test_it_needs_a_short_reason(case: Case, ana: User, now: datetime, reason: str, said: str) -> None:
    with pytest.raises(ValidationError, match=said):
        escalate(case=case, team=None, reason=reason, actor=ana, now=now)
    assert not CaseEvent.objects.exists()


def test_the_database_knows_no_reason_without_a_time(case: Case) -> None:
    with pytest.raises(IntegrityError, match="case_escalated_at_some_time"):
        Case.objects.filter(pk=case.pk).update(escalation_reason="Why?")


def test_a_merged_case_brings_its_escalation(case: Case, ana: User, now: datetime) -> None:
    kept = make_case()
    escalate(case=case, team=None, reason="Legal threat", actor=ana, now=now)
    merge_cases(kept=kept, merged=case, actor=ana, now=now)
    kept.refresh_from_db()
    assert (kept.escalated_at, kept.escalated_by, kept.escalation_reason) == (now, ana, "Legal threat")


class TestPage:
    def test_it_is_marked_and_settled(self, client: Client, case: Case) -> None:
        text = client.post(f"/cases/{case.pk}/escalate/", {"reason": "<b>Why</b>"}, headers=HTMX).text
        assert "Escalated</span>" in text
        assert "&lt;b&gt;Why&lt;/b&gt;" in text
        assert "Escalated</span>" in client.get("/cases/?view=all").text
        text = client.post(f"/cases/{case.pk}/settle/", headers=HTMX).text
        assert "settled the escalation" in text
        assert "Escalated</span>" not in text

    def test_who_may_not_read_it_any_more_goes_back_to_the_list(
        self, client: Client, case: Case, other_team: Team
    ) -> None:
        values = {"reason": "Money", "team": other_team.pk, "list": "view=all"}
        response = client.post(f"/cases/{case.pk}/escalate/", values, headers=HTMX)
        assert response["HX-Redirect"] == "/cases/?view=all"

    def test_it_works_without_javascript(self, client: Client, case: Case) -> None:
        assert client.post(f"/cases/{case.pk}/escalate/", {"reason": "Why"}).status_code == 302
        case.refresh_from_db()
        assert case.escalated_at

    def test_what_is_wrong_is_told(self, client: Client, case: Case) -> None:
        address = f"/cases/{case.pk}/escalate/"
        assert "Say why" in client.post(address, {}, headers=HTMX).text
        assert (
            "Select a valid choice" in client.post(address, {"team": 999, "reason": "x"}, headers=HTMX).text
        )

    def test_strangers_readers_and_other_verbs_are_refused(
        self, client: Client, case: Case, gwen: User, nadia: User
    ) -> None:
        for act in ("escalate", "settle"):
            client.force_login(User.objects.get(username="ana"))
            assert client.get(f"/cases/{case.pk}/{act}/").status_code == 405
            for person, status in ((gwen, 404), (nadia, 403)):
                client.force_login(person)
                assert client.post(f"/cases/{case.pk}/{act}/", {"reason": "x"}).status_code == status

    def test_a_list_can_be_of_the_escalated(
        self, client: Client, case: Case, ana: User, now: datetime
    ) -> None:
        make_case("Another")
        escalate(case=case, team=None, reason="Legal threat", actor=ana, now=now)
        for address in ("?view=all&escalated=yes", "?view=awaiting&escalated=yes"):
            assert [row.pk for row in client.get(f"/cases/{address}").context["listing"].cases] == [case.pk]
        assert len(client.get("/cases/?view=all&escalated=perhaps").context["listing"].cases) == 2


class TestApi:
    def test_it_answers_with_the_escalation(self, api: APIClient, case: Case, other_team: Team) -> None:
        address = f"/api/cases/{case.pk}/escalation/"
        answer = api.post(address, {"reason": "Legal threat"}, format="json")
        assert (answer.status_code, answer.json()) == (
            200,
            {"at": answer.json()["at"], "by": "ana", "team": None, "reason": "Legal threat"},
        )
        assert api.get(f"/api/cases/{case.pk}/").json()["escalated_at"] == answer.json()["at"]
        assert api.delete(address).status_code == 204
        assert (
            api.post(address, {"reason": "x", "team": "money-desk"}, format="json").json()["team"]
            == "money-desk"
        )
        assert api.delete(address).status_code == 404  # another team's now

    @pytest.mark.parametrize(
        ("values", "field"),
        [({}, "reason"), ({"reason": ""}, "reason"), ({"reason": "x", "team": "no team\0"}, "team"),
         ({"reason": "x" * 201}, "reason"), ({"reason": "x", "to": "y"}, "to")],
    )  # fmt: skip
    def test_what_is_wrong_is_named(
        self, api: APIClient, case: Case, values: dict[str, str], field: str
    ) -> None:
        answer = api.post(f"/api/cases/{case.pk}/escalation/", values, format="json")
        assert (answer.status_code, answer.json()["errors"][0]["field"]) == (400, field)

    def test_strangers_readers_and_other_verbs_are_refused(
        self, api: APIClient, case: Case, gwen: User, nadia: User
    ) -> None:
        address = f"/api/cases/{case.pk}/escalation/"
        assert api.get(address).status_code == 405
        for person, status in ((gwen, 404), (nadia, 403)):
            api.force_authenticate(person)
            assert api.post(address, {"reason": "x"}, format="json").status_code == status
            assert api.delete(address).status_code == status

    def test_a_team_that_is_not_there_is_told(self, api: APIClient, case: Case) -> None:
        answer = api.post(f"/api/cases/{case.pk}/escalation/", {"reason": "x", "team": "none"}, format="json")
        assert (answer.status_code, answer.json()["detail"]) == (404, "team: there is no team none")


def test_few_escalated_cases_are_found_by_an_index(ana: User, now: datetime) -> None:
    for number in range(30):
        make_case(f"message {number}")
    with connection.cursor() as cursor:
        cursor.execute("SET LOCAL enable_seqscan = off")
        plan = Case.objects.escalated().order_by("-last_activity_at", "-pk").values("pk")[:51].explain()
    assert "case_escalated_by_activity" in plan
