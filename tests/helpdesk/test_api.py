"""The REST API of the helpdesk: works, refuses the wrong verb, refuses strangers, names what is bad."""

from typing import Any

import pytest
from pytest_django import DjangoAssertNumQueries
from rest_framework.authtoken.models import Token
from rest_framework.test import APIClient

from helpdesk.models import Case, Message, Reply, Team, User
from tests.making import make_case, make_reply

pytestmark = pytest.mark.django_db


def body(**fields: Any) -> dict[str, Any]:
    customer = {"name": "Priya Raman", "email": "priya@moss.example"}
    return {"channel": "api", "external_id": "x-1", "body": "Where is it?", "customer": customer} | fields


def test_message_opens_a_case_once(api: APIClient) -> None:
    first = api.post("/api/messages/", body(subject="parcel"), format="json")
    again = api.post("/api/messages/", body(), format="json")
    assert (first.status_code, again.status_code) == (201, 200)
    stored = {"id": Message.objects.get().pk, "case": Case.objects.get().pk, "attachments": []}
    assert first.json() == again.json() == stored
    assert Case.objects.get().subject == "parcel"


def test_message_extends_a_case(api: APIClient) -> None:
    case = make_case()
    answer = api.post("/api/messages/", body(case=case.pk), format="json")
    assert answer.json()["case"] == case.pk
    assert case.messages.count() == 2


@pytest.mark.parametrize(
    ("fields", "field", "message"),
    [
        ({"body": None}, "body", "This field may not be null."),
        ({"body": ""}, "body", "This field may not be blank."),
        ({"body": " \n "}, "body", "it is empty"),
        ({"channel": "two words"}, "channel", "Enter a valid"),
        ({"customer": {"email": "nobody"}}, "customer.email", "Enter a valid email address."),
        ({"customer": "me"}, "customer", "Invalid data"),
        ({"case": "new"}, "case", "A valid integer is required."),
        ({"external_id": "x" * 201}, "external_id", "no more than 200 characters"),
        ({"colour": "red"}, "colour", "Unknown field; known are: channel, external_id"),
    ],
)
def test_bad_message_is_a_problem_that_names_the_field(
    api: APIClient, fields: dict[str, Any], field: str, message: str
) -> None:
    answer = api.post("/api/messages/", body(**fields), format="json")
    assert (answer.status_code, answer["content-type"]) == (400, "application/problem+json")
    [error] = [error for error in answer.json()["errors"] if error["field"] == field]
    assert message in error["message"]
    assert not Message.objects.exists()


def test_message_for_an_unknown_case_is_not_taken(api: APIClient) -> None:
    answer = api.post("/api/messages/", body(case=4_000_000), format="json")
    assert (answer.status_code, answer.json()["detail"]) == (404, "case: no case #4000000 that you may see")
    assert not Message.objects.exists()


@pytest.mark.parametrize("raw", [b"{", b'{"body": "\xff"}', b"[]", b"null", b'"text"'])
def test_malformed_body_is_a_problem(api: APIClient, raw: bytes) -> None:
    answer = api.post("/api/messages/", raw, content_type="application/json")
    assert (answer.status_code, answer.json()["status"]) == (400, 400)
    assert answer.json()["detail"]


def test_other_media_type_is_refused(api: APIClient) -> None:
    assert (
        api.post("/api/messages/", "a=b", content_type="application/x-www-form-urlencoded").status_code == 415
    )


def test_token_signs_in(client: Any, ana: User) -> None:
    header = {"HTTP_AUTHORIZATION": f"Token {Token.objects.create(user=ana).key}"}
    assert client.get("/api/cases/", **header).status_code == 200


@pytest.mark.parametrize("header", [{}, {"HTTP_AUTHORIZATION": "Token none"}])
@pytest.mark.parametrize("path", ["/api/messages/", "/api/cases/", "/api/cases/1/", "/api/cases/1/replies/"])
def test_nobody_else_gets_in(client: Any, db: None, path: str, header: dict[str, str]) -> None:
    answer = client.get(path, **header)
    assert answer.status_code in {401, 403}
    assert answer["content-type"].startswith("application/problem+json")


def test_expert_may_not_write(nadia: User) -> None:
    case = make_case()
    client = APIClient()
    client.force_authenticate(nadia)
    assert client.post("/api/messages/", body(), format="json").status_code == 403
    answer = client.post(f"/api/cases/{case.pk}/replies/", {"body": "x", "client_key": "k"}, format="json")
    assert (answer.status_code, answer.json()["detail"]) == (
        403,
        "Subject-matter experts read cases; only agents answer and change them.",
    )


def test_strangers_case_is_not_found(gwen: User, team: Team) -> None:
    case = make_case(team=team)
    client = APIClient()
    client.force_authenticate(gwen)
    assert client.get("/api/cases/").json()["results"] == []
    assert client.get(f"/api/cases/{case.pk}/").status_code == 404
    answer = client.post(f"/api/cases/{case.pk}/replies/", {"body": "x", "client_key": "k"}, format="json")
    assert answer.status_code == 404
    assert client.post("/api/messages/", body(case=case.pk), format="json").status_code == 404


def test_cases_are_listed_newest_first_in_pages(api: APIClient) -> None:
    cases = [make_case(f"message {n}") for n in range(3)]
    first = api.get("/api/cases/?limit=2").json()
    second = api.get(first["next"]).json()
    assert [row["id"] for row in first["results"] + second["results"]] == sorted(
        (c.pk for c in cases), reverse=True
    )
    assert second["next"] is None


def test_cases_by_status(api: APIClient) -> None:
    make_case()
    assert len(api.get("/api/cases/?status=open").json()["results"]) == 1
    assert api.get("/api/cases/?status=closed").json()["results"] == []
    assert api.get("/api/cases/?status=lost").json()["errors"][0]["field"] == "status"


def test_list_costs_the_same_however_long(
    api: APIClient, django_assert_num_queries: DjangoAssertNumQueries, team: Team
) -> None:
    for n in range(5):
        make_case(f"message {n}", team=team)
    with django_assert_num_queries(2):  # cases, tags
        api.get("/api/cases/")


def test_case_shows_what_was_said(api: APIClient, ana: User) -> None:
    case = make_case("Where is it?")
    make_reply(case, "On its way.", author=ana)
    shown = api.get(f"/api/cases/{case.pk}/").json()
    assert [message["body"] for message in shown["messages"]] == ["Where is it?"]
    assert [(reply["body"], reply["author"]) for reply in shown["replies"]] == [("On its way.", "ana")]


def test_reply_is_sent_once(api: APIClient) -> None:
    case = make_case()
    url, fields = f"/api/cases/{case.pk}/replies/", {"body": "Soon.", "client_key": "k"}
    first, again = (api.post(url, fields, format="json") for _ in range(2))
    assert (first.status_code, again.status_code) == (201, 200)
    assert first.json()["id"] == again.json()["id"] == Reply.objects.get().pk


def test_half_filled_reply_is_not_sent(api: APIClient) -> None:
    case = make_case()
    fields = {"body": "Order {{case.order_id}}", "client_key": "k"}
    answer = api.post(f"/api/cases/{case.pk}/replies/", fields, format="json")
    assert answer.status_code == 400
    assert answer.json()["errors"] == [
        {"field": "body", "message": "Fill in or remove {{case.order_id}} before sending."}
    ]
    assert not Reply.objects.exists()


@pytest.mark.parametrize("path", ["/api/messages/", "/api/cases/", "/api/cases/1/", "/api/cases/1/replies/"])
def test_wrong_verb_is_refused(api: APIClient, path: str) -> None:
    answer = api.delete(path)
    assert (answer.status_code, answer.json()["status"]) == (405, 405)


def test_too_many_requests_are_told_to_wait(api: APIClient, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("rest_framework.throttling.UserRateThrottle.rate", "1/min", raising=False)
    answers = [api.get("/api/cases/") for _ in range(2)]
    assert answers[1].status_code == 429
    assert answers[1]["Retry-After"]


def test_schema_and_its_page_are_there_for_who_is_signed_in(client: Any, ana: User) -> None:
    assert client.get("/api/schema/").status_code == 401
    client.force_login(ana)
    assert b"/api/messages/" in client.get("/api/schema/").content
    assert client.get("/api/docs/").status_code == 200
