"""Files through the REST API: taken as base64, told in every answer, fetched through the door of their case."""

import base64
from typing import Any

import pytest
from pytest_django import DjangoAssertNumQueries
from rest_framework.authtoken.models import Token
from rest_framework.test import APIClient

from helpdesk.models import Attachment, Message, Reply, Team, User
from tests.making import make_case

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("media")]


def file(**fields: Any) -> dict[str, Any]:
    content = base64.b64encode(b"<b>hi</b>").decode()
    return {"name": "évidence.html", "content_type": "text/html", "content": content} | fields


def message(*files: Any, **fields: Any) -> dict[str, Any]:
    customer = {"name": "Priya Raman", "email": "priya@moss.example"}
    message = {"channel": "api", "external_id": "x-1", "body": "See this.", "customer": customer}
    return message | {"attachments": list(files)} | fields


def test_a_message_brings_its_files_once(api: APIClient) -> None:
    first = api.post("/api/messages/", message(file()), format="json")
    again = api.post("/api/messages/", message(file(), file()), format="json")
    assert (first.status_code, again.status_code) == (201, 200)
    assert first.json() == again.json()
    pk = Attachment.objects.get().pk
    told = {"id": pk, "name": "évidence.html", "size": 9, "content_type": "text/html", "refused": ""}
    assert first.json()["attachments"] == [told | {"url": f"/api/attachments/{pk}/"}]


def test_a_file_that_is_too_large_costs_not_the_message(api: APIClient, settings: Any) -> None:
    settings.ATTACHMENT_MAX_BYTES = 5
    answer = api.post("/api/messages/", message(file()), format="json")
    assert answer.status_code == 201
    [told] = answer.json()["attachments"]
    assert (told["url"], told["refused"]) == (None, "larger than 5\xa0bytes")
    assert api.get(f"/api/attachments/{told['id']}/").status_code == 404


@pytest.mark.parametrize(
    ("bad", "field", "said"),
    [
        (file(content="no base64!"), "attachments.1.content", "It is not base64"),
        (file(content="YWJj\nYWJj"), "attachments.1.content", "It is not base64"),
        (file(content="für"), "attachments.1.content", "It is not base64"),
        (file(content=7), "attachments.1.content", "It is not base64"),
        (file(content=""), "attachments.1.content", "It is empty."),
        (file(content=None), "attachments.1.content", "This field may not be null."),
        (file(name="../x"), "attachments.1.name", "No path and no control characters"),
        (file(name="x" * 201), "attachments.1.name", "no more than 200 characters"),
        (file(name=" "), "attachments.1.name", "This field may not be blank."),
        (file(content_type=["a"]), "attachments.1.content_type", "Not a valid string."),
        (file(size=3), "attachments.1.size", "Unknown field; known are: name, content_type, content."),
        ("text", "attachments.1", "Invalid data"),
    ],
)
@pytest.mark.parametrize("path", ["/api/messages/", "/api/cases/{}/replies/"])
def test_a_bad_file_is_a_problem_that_names_its_field(
    api: APIClient, path: str, bad: Any, field: str, said: str
) -> None:
    sent = message(file(), bad)
    if "replies" in path:
        sent = {"body": "Here.", "client_key": "k", "attachments": sent["attachments"]}
        path = path.format(make_case().pk)
    n_messages = Message.objects.count()
    answer = api.post(path, sent, format="json")
    assert answer.status_code == 400
    [error] = answer.json()["errors"]
    assert (error["field"], said in error["message"]) == (field, True), error
    assert (Message.objects.count(), Reply.objects.count()) == (n_messages, 0)


@pytest.mark.parametrize("files", ["text", {"name": "x"}, None])
def test_files_that_are_no_list_are_a_problem(api: APIClient, files: Any) -> None:
    answer = api.post("/api/messages/", message(attachments=files), format="json")
    assert (answer.status_code, answer.json()["errors"][0]["field"]) == (400, "attachments")


def test_a_reply_takes_its_files_and_tells_of_them(api: APIClient) -> None:
    case = make_case()
    url, fields = (
        f"/api/cases/{case.pk}/replies/",
        {"body": "Here.", "client_key": "k", "attachments": [file()]},
    )
    first, again = (api.post(url, fields, format="json") for _ in range(2))
    assert (first.status_code, again.status_code) == (201, 200)
    [told] = first.json()["attachments"]
    assert again.json()["attachments"] == [told]
    assert api.get(told["url"]).content == b"<b>hi</b>"
    [reply] = api.get(f"/api/cases/{case.pk}/").json()["replies"]
    assert reply["attachments"] == [told]


@pytest.mark.parametrize(
    ("files", "said"),
    [
        ([file(content="eHh4eHh4eHh4eHh4")], "évidence.html was not taken: larger than 9\xa0bytes."),
        ([file()] * 21, "no more than 20 elements"),
    ],
)
def test_a_reply_is_not_sent_without_its_files(
    api: APIClient, settings: Any, files: list[dict[str, Any]], said: str
) -> None:
    settings.ATTACHMENT_MAX_BYTES = 9
    fields = {"body": "Here.", "client_key": "k", "attachments": files}
    answer = api.post(f"/api/cases/{make_case().pk}/replies/", fields, format="json")
    assert answer.status_code == 400
    [error] = answer.json()["errors"]
    assert (error["field"], said in error["message"]) == ("attachments", True), error
    assert not Reply.objects.exists()


def test_a_case_costs_the_same_however_many_files(
    api: APIClient, django_assert_num_queries: DjangoAssertNumQueries
) -> None:
    case = make_case()
    for n in range(4):
        api.post("/api/messages/", message(file(), external_id=str(n), case=case.pk), format="json")
        fields = {"body": "Here.", "client_key": str(n), "attachments": [file()]}
        api.post(f"/api/cases/{case.pk}/replies/", fields, format="json")
    with django_assert_num_queries(8):  # case; messages, replies, the files of each, authors; ratings; tags
        shown = api.get(f"/api/cases/{case.pk}/").json()
    assert [len(each["attachments"]) for each in shown["messages"]] == [0, 1, 1, 1, 1]


class TestHugeBody:
    @pytest.mark.parametrize("path", ["/api/messages/", "/api/cases/{}/replies/"])
    def test_it_is_a_problem(self, client: Any, ana: User, settings: Any, path: str) -> None:
        path = path.format(make_case().pk)
        settings.DATA_UPLOAD_MAX_MEMORY_SIZE = 1000
        header = {"HTTP_AUTHORIZATION": f"Token {Token.objects.create(user=ana).key}"}
        answer = client.post(path, message(body="x" * 1000), content_type="application/json", **header)
        assert answer.status_code == 413
        assert answer["content-type"].startswith("application/problem+json")
        assert "At most 1000\xa0bytes are taken at once" in answer.json()["detail"]
        assert not Message.objects.filter(external_id="x-1").exists()

    def test_two_of_the_largest_files_are_taken(self, client: Any, ana: User, settings: Any) -> None:
        largest = base64.b64encode(b"x" * settings.ATTACHMENT_MAX_BYTES).decode()
        header = {"HTTP_AUTHORIZATION": f"Token {Token.objects.create(user=ana).key}"}
        sent = message(file(content=largest), file(content=largest), body="w" * 200_000)
        answer = client.post("/api/messages/", sent, content_type="application/json", **header)
        assert answer.status_code == 201, answer.content
        assert [told["refused"] for told in answer.json()["attachments"]] == ["", ""]


class TestContent:
    @pytest.fixture
    def url(self, api: APIClient, team: Team) -> str:
        case = make_case(team=team)
        answer = api.post("/api/messages/", message(file(), case=case.pk), format="json")
        return answer.json()["attachments"][0]["url"]

    def test_a_token_fetches_it_whatever_it_accepts(self, client: Any, ana: User, url: str) -> None:
        header = {"HTTP_AUTHORIZATION": f"Token {Token.objects.create(user=ana).key}"}
        for accept in ({}, {"HTTP_ACCEPT": "image/png"}):
            answer = client.get(url, **header, **accept)
            assert (answer.status_code, answer.content) == (200, b"<b>hi</b>")
        assert answer["Content-Type"] == "text/html"
        assert answer["Content-Disposition"].startswith("attachment")
        assert answer["X-Content-Type-Options"] == "nosniff"

    def test_nobody_else_gets_it(self, client: Any, gwen: User, url: str) -> None:
        assert client.get(url).status_code == 401
        header = {"HTTP_AUTHORIZATION": f"Token {Token.objects.create(user=gwen).key}"}
        answer = client.get(url, **header)
        assert (answer.status_code, answer.json()["detail"]) == (404, "no such attachment that you may see")

    @pytest.mark.parametrize("pk", [4_000_000, 10**30])
    def test_an_unknown_one_is_not_found(self, api: APIClient, pk: int) -> None:
        assert api.get(f"/api/attachments/{pk}/").status_code == 404

    def test_wrong_verb_is_refused(self, api: APIClient, url: str) -> None:
        for verb in (api.post, api.put, api.delete):
            assert verb(url).status_code == 405

    def test_one_that_the_storage_lost_is_not_found(self, api: APIClient, url: str) -> None:
        found = Attachment.objects.get().file
        found.storage.delete(found.name)
        assert api.get(url).status_code == 404
