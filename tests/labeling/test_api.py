"""The import of texts through the API: answered at once with a job that says how far it is."""

from typing import Any

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from rest_framework.authtoken.models import Token
from rest_framework.test import APIClient

from helpdesk.models import Message, User
from labeling import importing
from labeling.models import TextImport

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("media")]

URL = "/api/labeling/imports/"


@pytest.fixture
def api(nadia: User) -> APIClient:
    """Nadia's API client, known by her token."""
    client = APIClient()
    client.credentials(HTTP_AUTHORIZATION=f"Token {Token.objects.create(user=nadia).key}")
    return client


def upload(api: APIClient, content: bytes = b'{"text": "one"}\n{\n', **fields: Any) -> Any:
    form = {"file": SimpleUploadedFile("texts.jsonl", content), "format": "jsonl", **fields}
    return api.post(URL, form, format="multipart")


def test_an_upload_is_answered_with_a_job_that_tells_how_far_it_is(api: APIClient) -> None:
    answer = upload(api)
    assert answer.status_code == 202
    told = answer.json()
    assert (told["state"], told["share"], told["n_stored"], told["url"]) == (
        "waiting",
        0.0,
        0,
        answer["Location"],
    )
    assert not Message.objects.exists()
    importing.run(told["id"])
    done = api.get(told["url"]).json()
    assert (done["state"], done["share"], done["n_rows"], done["n_stored"]) == ("finished", 1.0, 2, 1)
    assert done["rejects"][0]["line"] == 2
    assert done["rejects"][0]["reason"].startswith("no JSON")


@pytest.mark.parametrize(
    ("fields", "field", "message"),
    [
        ({"file": "words"}, "file", "The submitted data was not a file"),
        ({"format": "xml"}, "format", "is not a valid choice"),
        ({"colour": "red"}, "colour", "Unknown field; known are: file, format"),
    ],
)
def test_a_bad_upload_is_a_problem_that_names_the_field(
    api: APIClient, fields: dict[str, Any], field: str, message: str
) -> None:
    answer = upload(api, **fields)
    assert (answer.status_code, answer["content-type"]) == (400, "application/problem+json")
    [error] = answer.json()["errors"]
    assert error["field"] == field
    assert message in error["message"]
    assert not TextImport.objects.exists()


def test_a_csv_is_taken_whatever_its_name(api: APIClient) -> None:
    answer = upload(api, b"text\nx\n", format="csv")
    assert (answer.status_code, TextImport.objects.get().format) == (202, "csv")


def test_a_large_file_is_taken_as_a_small_one(api: APIClient) -> None:
    told = upload(api, b'{"text": "' + b"word " * 600_000 + b'"}\n{"text": "one"}\n').json()
    done = importing.run(told["id"])
    assert (done.n_stored, done.n_rejected) == (1, 1), "the first line is longer than a row may be"


def test_no_file_is_a_problem(api: APIClient) -> None:
    assert [error["field"] for error in api.post(URL, {}, format="multipart").json()["errors"]] == [
        "file",
        "format",
    ]
    assert api.post(URL, {"text": "x"}, format="json").status_code == 415


def test_too_large_a_file_is_refused(api: APIClient, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(importing, "LARGEST_FILE", 5)
    answer = upload(api)
    assert (answer.status_code, TextImport.objects.count()) == (413, 0)


def test_agents_and_strangers_are_refused(api: APIClient, ana: User) -> None:
    url = upload(api).json()["url"]
    api.credentials()
    assert [upload(api).status_code, api.get(url).status_code] == [401, 401]
    api.force_authenticate(ana)
    assert [upload(api).status_code, api.get(url).status_code] == [403, 403]
    assert TextImport.objects.count() == 1


def test_other_verbs_and_numbers_are_refused(api: APIClient) -> None:
    url = upload(api).json()["url"]
    assert api.get(URL).status_code == 405
    assert api.delete(url).status_code == 405
    assert api.get(f"{URL}999999/").status_code == 404
