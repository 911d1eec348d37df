"""The page of imports: a file is sent, how far it is and what was refused is shown, and it can be cancelled."""

from pathlib import Path

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client
from django.utils import timezone

from helpdesk.models import Message, User
from labeling import importing
from labeling.models import TextImport

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("media")]

PAGE = "/labeling/imports/"
HTMX = {"HTTP_HX_REQUEST": "true"}


@pytest.fixture(autouse=True)
def queued(monkeypatch: pytest.MonkeyPatch) -> list[int]:
    queued: list[int] = []
    monkeypatch.setattr("labeling.tasks.import_texts.delay_on_commit", lambda job_id: queued.append(job_id))
    return queued


@pytest.fixture
def client(client: Client, nadia: User) -> Client:
    client.force_login(nadia)
    return client


def a_file(name: str = "texts.csv", content: bytes = b"text\none\n\xff\n") -> SimpleUploadedFile:
    return SimpleUploadedFile(name, content)


def ordered(by: User, content: bytes = b"text\none\n\xff\n") -> TextImport:
    return importing.order(file=a_file(content=content), form="csv", by=by, now=timezone.now())


def test_a_file_becomes_an_import_that_a_worker_takes_in(
    client: Client, nadia: User, queued: list[int]
) -> None:
    assert client.post(PAGE, {"file": a_file()}).url == PAGE
    row = TextImport.objects.get()
    assert (row.name, row.format, row.ordered_by, row.state) == ("texts.csv", "csv", nadia, "waiting")
    assert queued == [row.pk]


@pytest.mark.parametrize(("name", "form"), [("a.jsonl", "jsonl"), ("a.NDJSON", "jsonl"), ("a.CSV", "csv")])
def test_the_ending_tells_the_format(client: Client, name: str, form: str) -> None:
    client.post(PAGE, {"file": a_file(name)})
    assert TextImport.objects.get().format == form


@pytest.mark.parametrize(
    ("fields", "message"),
    [
        ({}, "This field is required"),
        ({"file": a_file("texts.xlsx")}, "texts.xlsx is neither .jsonl nor .csv"),
    ],
)
def test_a_bad_order_says_why(client: Client, fields: dict[str, object], message: str) -> None:
    answer = client.post(PAGE, fields)
    assert answer.status_code == 200
    assert message in answer.text
    assert not TextImport.objects.exists()


def test_too_large_a_file_is_refused_in_words(client: Client, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("labeling.forms.LARGEST_FILE", 2**20)
    answer = client.post(PAGE, {"file": a_file(content=b"x" * (2**20 + 1))})
    assert "At most 1 MB are taken at once: split the file." in answer.text


def test_an_empty_page_says_what_to_do(client: Client) -> None:
    assert "Nothing was imported yet" in client.get(PAGE).text


def test_an_import_shows_how_far_it_is_and_asks_again(client: Client, nadia: User) -> None:
    row = ordered(nadia)
    assert "waits for a worker" in client.get(PAGE).text
    TextImport.objects.filter(pk=row.pk).update(state="running", share=0.42, n_rows=3)
    text = client.get(f"{PAGE}{row.pk}/", **HTMX).text
    assert "42 %, 3 rows read" in text
    assert 'hx-trigger="every 2s"' in text
    assert "<html" not in text


def test_what_was_refused_is_told_with_its_line(client: Client, nadia: User) -> None:
    row = importing.run(ordered(nadia).pk)
    assert "1 row refused" in client.get(PAGE).text
    text = client.get(f"{PAGE}{row.pk}/").text
    assert '<th scope="row">3</th><td class="why">text: not UTF-8</td>' in text
    assert "hx-trigger" not in text


def test_cancelling_what_waits_ends_it_and_drops_its_file(client: Client, nadia: User, media: Path) -> None:
    row = ordered(nadia)
    assert client.post(f"{PAGE}{row.pk}/cancel/").url == PAGE
    row.refresh_from_db()
    assert (row.state, row.file.name) == ("cancelled", "")
    assert not [path for path in media.rglob("*") if path.is_file()]
    assert "has ended already" in client.post(f"{PAGE}{row.pk}/cancel/", follow=True).text


def test_cancelling_what_runs_keeps_what_is_taken_in(
    client: Client, nadia: User, media: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(importing, "ROWS_A_CHUNK", 2)
    row = ordered(nadia, b"text\n" + b"one\n" * 7)
    real = importing.receive_messages

    def is_cancelled_meanwhile(*args: object, **options: object) -> object:
        assert "ends at the next step" in client.post(f"{PAGE}{row.pk}/cancel/", **HTMX).text
        return real(*args, **options)

    monkeypatch.setattr(importing, "receive_messages", is_cancelled_meanwhile)
    done = importing.run(row.pk)
    assert (done.state, done.n_stored, Message.objects.count()) == ("cancelled", 2, 2)
    assert not [path for path in media.rglob("*") if path.is_file()]


def test_wrong_verbs_are_refused(client: Client, nadia: User) -> None:
    row = ordered(nadia)
    assert client.get(f"{PAGE}{row.pk}/cancel/").status_code == 405
    assert client.post(f"{PAGE}{row.pk}/").status_code == 405
    assert client.put(PAGE).status_code == 405


def test_an_agent_is_refused(client: Client, ana: User, nadia: User) -> None:
    row = ordered(nadia)
    client.force_login(ana)
    assert client.get(PAGE).status_code == 403
    assert client.post(PAGE, {"file": a_file()}).status_code == 403
    assert client.get(f"{PAGE}{row.pk}/").status_code == 403
    assert client.post(f"{PAGE}{row.pk}/cancel/").status_code == 403


def test_what_is_not_there_is_not_found(client: Client) -> None:
    assert client.get(f"{PAGE}7/").status_code == 404
    assert client.post(f"{PAGE}7/cancel/").status_code == 404
