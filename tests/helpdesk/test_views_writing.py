"""Replies, notes and drafts, with and without JavaScript."""

from pathlib import Path
from typing import Any

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.http import HttpResponse
from django.test import Client
from django.utils import timezone

from helpdesk.models import Case, Draft, Team, User
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


class TestReply:
    def test_a_plain_form_sends_and_comes_back(self, client: Client, case: Case) -> None:
        response = client.post(
            f"/cases/{case.pk}/reply/", {"body": "Today.", "client_key": "k", "list": "view=mine"}
        )
        assert response["Location"] == f"/cases/{case.pk}/?view=mine"
        assert [reply.body for reply in case.replies.all()] == ["Today."]

    def test_htmx_gets_an_empty_composer_and_the_new_timeline(self, client: Client, case: Case) -> None:
        text = client.post(
            f"/cases/{case.pk}/reply/", {"body": "Today.", "client_key": "k"}, headers=HTMX
        ).text
        assert text.startswith(f'<div id="composer-{case.pk}"')
        assert f'id="timeline-{case.pk}"' in text
        assert "Today.</textarea>" not in text
        assert "Today." in text

    def test_the_same_key_sends_once(self, client: Client, case: Case) -> None:
        for _ in range(2):
            client.post(f"/cases/{case.pk}/reply/", {"body": "Today.", "client_key": "k"})
        assert case.replies.count() == 1

    @pytest.mark.parametrize(
        ("typed", "said"),
        [
            ("   ", "the reply is empty"),
            ("On {{payout.date}}.", "Fill in or remove {{payout.date}} before sending."),
        ],
    )
    @pytest.mark.parametrize("headers", [HTMX, {}])
    def test_what_is_half_filled_stays_in_the_composer(
        self, client: Client, case: Case, typed: str, said: str, headers: dict[str, str]
    ) -> None:
        response = client.post(
            f"/cases/{case.pk}/reply/", {"body": typed, "client_key": "kept-key"}, headers=headers
        )
        assert response.status_code == 200
        assert said in response.text
        assert f"{typed}</textarea>" in response.text
        assert 'value="kept-key"' in response.text
        assert not case.replies.exists()

    def test_send_and_close_opens_the_next_case(self, client: Client, case: Case) -> None:
        following = make_case()
        sent = {"body": "Done.", "client_key": "k", "close": "on", "list": "view=all", "next": following.pk}
        response = client.post(f"/cases/{case.pk}/reply/", sent)
        assert response["Location"] == f"/cases/{following.pk}/?view=all"
        case.refresh_from_db()
        assert case.status == "closed"

    def test_after_the_last_case_comes_the_list(self, client: Client, case: Case) -> None:
        sent = {
            "body": "Done.",
            "client_key": "k",
            "close": "on",
            "list": "view=mine",
            "next": "//evil.example",
        }
        response = client.post(f"/cases/{case.pk}/reply/", sent, headers=HTMX)
        assert response["HX-Redirect"] == "/cases/?view=mine"

    def test_a_stranger_and_a_reader_are_refused(
        self, client: Client, case: Case, gwen: User, nadia: User
    ) -> None:
        for person, status in ((gwen, 404), (nadia, 403)):
            client.force_login(person)
            for kind in ("reply", "note", "draft"):
                assert (
                    client.post(f"/cases/{case.pk}/{kind}/", {"body": "x", "client_key": "k"}).status_code
                    == status
                )

    def test_without_a_key_nothing_is_sent(self, client: Client, case: Case) -> None:
        assert client.post(f"/cases/{case.pk}/reply/", {"body": "Hello"}).status_code == 400


class TestReplyWithFiles:
    @pytest.fixture(autouse=True)
    def small_files(self, settings: Any, media: Path) -> None:
        settings.ATTACHMENT_MAX_BYTES = 1024

    def send(self, client: Client, case: Case, *files: SimpleUploadedFile, **fields: Any) -> HttpResponse:
        headers = fields.pop("headers", {})
        typed = {"body": "Here it is.", "client_key": "k", "files": files} | fields
        return client.post(f"/cases/{case.pk}/reply/", typed, headers=headers)

    def test_they_go_with_it(self, client: Client, case: Case) -> None:
        photo = SimpleUploadedFile("photo.png", b"\x89PNG", "image/png")
        response = self.send(client, case, photo, SimpleUploadedFile("b.txt", b"hi", "text/plain"))
        assert response.status_code == 302
        files = case.replies.get().attachments.all()
        assert [(file.name, file.content_type) for file in files] == [
            ("photo.png", "image/png"),
            ("b.txt", "text/plain"),
        ]
        assert client.get(f"/attachments/{files[0].pk}/").content == b"\x89PNG"

    @pytest.mark.parametrize("headers", [HTMX, {}])
    @pytest.mark.parametrize(
        ("content", "typed", "said"),
        [
            (b"x" * 1025, "Here it is.", "big.zip was not taken: larger than 1.0\xa0KB."),
            (b"", "Here it is.", "big.zip was not taken: it is empty."),
            (b"x", "  ", "the reply is empty"),
        ],
    )
    def test_what_was_typed_stays_when_it_is_refused(
        self, client: Client, case: Case, headers: dict[str, str], content: bytes, typed: str, said: str
    ) -> None:
        response = self.send(
            client, case, SimpleUploadedFile("big.zip", content), body=typed, headers=headers
        )
        assert response.status_code == 200
        assert said in response.text
        assert "Choose the files again" in response.text
        assert f"{typed}</textarea>" in response.text
        assert not case.replies.exists()

    def test_a_refusal_without_files_asks_for_none(self, client: Client, case: Case) -> None:
        assert "Choose the files again" not in self.send(client, case, body="").text

    def test_none_is_no_file(self, client: Client, case: Case) -> None:
        self.send(client, case)
        assert not case.replies.get().attachments.exists()


class TestNote:
    def test_it_is_kept_and_mentions_a_colleague(self, client: Client, case: Case, gwen: User) -> None:
        client.post(f"/cases/{case.pk}/note/", {"body": "@gwen please look", "client_key": "k"})
        note = case.notes.get()
        assert list(note.mentions.all()) == [gwen]

    def test_who_is_mentioned_is_marked_and_nothing_else(
        self, client: Client, case: Case, gwen: User
    ) -> None:
        body = "Ask @gwen. Not @nobody, <b>@gwen</b> https://x.example/@gwen"
        client.post(f"/cases/{case.pk}/note/", {"body": body, "client_key": "k"})
        text = client.get(f"/cases/{case.pk}/").text
        mark = '<b class="mention" title="Gwen">@gwen</b>'
        assert f"Ask {mark}. Not @nobody, &lt;b&gt;{mark}&lt;/b&gt; <a " in text
        assert 'href="https://x.example/@gwen"' in text

    def test_an_empty_one_is_told_in_the_note_composer(self, client: Client, case: Case) -> None:
        text = client.post(f"/cases/{case.pk}/note/", {"body": "", "client_key": "k"}, headers=HTMX).text
        assert "the note is empty" in text
        assert 'id="mode-note" checked' in text


class TestDraft:
    def save(self, client: Client, case: Case, body: str, **fields: str) -> int:
        typed = {"kind": "reply", "body": body, "client_key": "k"} | fields
        return client.post(f"/cases/{case.pk}/draft/", typed).status_code

    def test_each_kind_is_kept_once(self, client: Client, case: Case, ana: User) -> None:
        for body, kind in (("a", "reply"), ("ab", "reply"), ("n", "note")):
            assert self.save(client, case, body, kind=kind) == 204
        assert dict(Draft.objects.filter(author=ana).values_list("kind", "body")) == {
            "reply": "ab",
            "note": "n",
        }

    def test_what_was_deleted_is_forgotten(self, client: Client, case: Case) -> None:
        self.save(client, case, "something")
        self.save(client, case, " ")
        assert not Draft.objects.exists()

    def test_words_that_arrive_after_they_were_sent_are_not_kept(self, client: Client, case: Case) -> None:
        client.post(f"/cases/{case.pk}/reply/", {"body": "Sent.", "client_key": "k"})
        assert self.save(client, case, "Sent.") == 204
        assert not Draft.objects.exists()

    def test_an_unknown_kind_is_refused(self, client: Client, case: Case) -> None:
        assert self.save(client, case, "x", kind="poem") == 400

    def test_sending_forgets_it(self, client: Client, case: Case, ana: User) -> None:
        Draft.objects.create(case=case, author=ana, body="Sen", saved_at=timezone.now())
        client.post(f"/cases/{case.pk}/reply/", {"body": "Sent.", "client_key": "k"})
        assert not Draft.objects.exists()
