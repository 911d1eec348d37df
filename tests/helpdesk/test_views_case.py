"""The case page and its fragments."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from django.core.files.base import ContentFile
from django.test import Client
from django.utils import timezone

from helpdesk import casework
from helpdesk.attaching import IncomingAttachment
from helpdesk.models import Attachment, Case, Draft, Note, Team, User
from helpdesk.replying import add_note
from tests.making import incoming, make_case, make_message, make_reply

pytestmark = pytest.mark.django_db
HTMX = {"HX-Request": "true"}


@pytest.fixture
def client(client: Client, ana: User) -> Client:
    client.force_login(ana)
    return client


@pytest.fixture
def case(team: Team) -> Case:
    return make_case(
        "Hi,\n\nwhere is my money?\n\n-- \nPriya, Moss Café\n\n> What did you order?",
        team=team,
        subject="Payout",
    )


def test_it_shows_everything_that_stands_in_the_case(client: Client, case: Case, ana: User) -> None:
    make_reply(case, "It left this morning.", author=ana)
    Note.objects.create(
        case=case, author=ana, body="checked with the bank", client_key="n", sent_at=timezone.now()
    )
    casework.tag(case=case, name="payout", actor=ana, now=timezone.now())
    text = client.get(f"/cases/{case.pk}/").text
    for words in (
        "where is my money?",
        "It left this morning.",
        "checked with the bank",
        "payout",
        "priya@moss.example",
    ):
        assert words in text
    assert (
        text.index("where is my money?")
        < text.index("It left this morning.")
        < text.index("checked with the bank")
    )


def test_signature_and_quoted_text_are_folded(client: Client, case: Case) -> None:
    text = client.get(f"/cases/{case.pk}/").text
    assert "<summary>Signature</summary>" in text
    assert "<summary>Quoted text</summary>" in text


def test_customers_words_are_never_markup(client: Client) -> None:
    case = make_case(
        "<b onclick=x>bold</b> {{ 7|add:7 }} {% debug %}", subject="</title><script>alert(1)</script>"
    )
    text = client.get(f"/cases/{case.pk}/").text
    assert "<script>alert(1)" not in text
    assert "&lt;b onclick=x&gt;bold" in text
    assert "{{ 7|add:7 }}" in text


def test_html_is_shown_as_it_was_sanitised(client: Client) -> None:
    case = make_message(
        "", html="<p style='color:red'>Hello <b>you</b><img src='https://spy.example/a.gif'></p>"
    ).case
    text = client.get(f"/cases/{case.pk}/").text
    assert "<b>you</b>" in text
    assert "spy.example" not in text
    assert "color:red" not in text


def test_a_stranger_finds_nothing(client: Client, case: Case, gwen: User) -> None:
    client.force_login(gwen)
    for address in ("", "timeline/"):
        assert client.get(f"/cases/{case.pk}/{address}").status_code == 404


def test_an_open_page_hears_nothing_of_a_case_that_was_moved_away(
    client: Client, case: Case, gwen: User
) -> None:
    client.force_login(gwen)
    answer = client.get(f"/cases/{case.pk}/timeline/", headers={"HX-Request": "true"})
    assert (answer.status_code, answer.content) == (204, b"")


def test_the_list_beside_a_case_that_was_moved_away_is_the_readers_own(
    client: Client, case: Case, gwen: User, other_team: Team
) -> None:
    client.force_login(gwen)
    mine = make_case("Mine", team=other_team)
    text = client.get(f"/cases/{case.pk}/list/?view=all").text
    assert f'id="open-{mine.pk}"' in text
    assert f'id="open-{case.pk}"' not in text


def test_no_page_changes_by_a_get(client: Client, case: Case) -> None:
    for act in ("reply", "note", "draft", "assign", "priority", "tag", "untag", "snooze", "close", "reopen"):
        assert client.get(f"/cases/{case.pk}/{act}/").status_code == 405


def test_who_only_reads_sees_no_composer(client: Client, case: Case, nadia: User) -> None:
    client.force_login(nadia)
    text = client.get(f"/cases/{case.pk}/").text
    assert "You read cases here" in text
    assert "<textarea" not in text
    assert client.post(f"/cases/{case.pk}/close/").status_code == 403


def test_a_draft_is_there_again(client: Client, case: Case, ana: User, gwen: User) -> None:
    Draft.objects.create(case=case, author=ana, body="half a <thought>", saved_at=timezone.now())
    Draft.objects.create(case=case, author=gwen, body="not yours", saved_at=timezone.now())
    text = client.get(f"/cases/{case.pk}/").text
    assert "half a &lt;thought&gt;</textarea>" in text
    assert "not yours" not in text


def test_the_timeline_comes_again_only_when_something_changed(client: Client, case: Case, ana: User) -> None:
    stamp = client.get(f"/cases/{case.pk}/").context["timeline"].stamp
    address = f"/cases/{case.pk}/timeline/?known={stamp}"
    assert client.get(address, headers=HTMX).status_code == 204
    make_message("Are you there?", case_id=case.pk)
    assert "Are you there?" in client.get(address, headers=HTMX).text
    stamp = client.get(address, headers=HTMX).context["timeline"].stamp
    casework.close(case=case, actor=ana, now=timezone.now())
    assert "Closed" in client.get(f"/cases/{case.pk}/timeline/?known={stamp}", headers=HTMX).text


@pytest.mark.parametrize("n_entries", [1, 12])
def test_the_number_of_queries_is_the_same_for_any_case(
    client: Client, case: Case, ana: User, n_entries: int, django_assert_num_queries: Callable[..., Any]
) -> None:
    for number in range(n_entries):
        make_message(f"and {number}", case_id=case.pk)
        make_reply(case, f"yes {number}", author=ana)
        make_case(team=case.team)
        add_note(case=case, author=ana, body="@ana", client_key=str(number), now=timezone.now())
        casework.tag(case=case, name=f"tag-{number}", actor=ana, now=timezone.now())
    # session, person, case; messages, replies, notes, mentions, events, attachments, tags, earlier cases, ratings,
    # drafts; list, counts; assignees, teams, known tags
    with django_assert_num_queries(18):
        client.get(f"/cases/{case.pk}/?view=all")


def test_the_list_it_was_opened_from_stays(client: Client, case: Case) -> None:
    other = make_case("Something else", sent_at=incoming().sent_at)
    page = client.get(f"/cases/{case.pk}/?view=all&q=money")
    assert [listed.pk for listed in page.context["listing"].cases] == [case.pk]
    assert f"/cases/{case.pk}/?view=all&amp;q=money" in page.text
    assert f'id="open-{other.pk}"' not in page.text


class TestAttachment:
    @pytest.fixture
    def file(self, case: Case, media: Path) -> Attachment:
        made = Attachment(
            case=case,
            message=case.messages.get(),
            name="évidence.html",
            content_type="text/html",
            size=9,
            added_at=timezone.now(),
        )
        made.file.save("x.html", ContentFile(b"<b>hi</b>"))
        return made

    def test_it_is_saved_never_shown(self, client: Client, file: Attachment) -> None:
        response = client.get(f"/attachments/{file.pk}/")
        assert response.content == b"<b>hi</b>"
        assert response["Content-Disposition"].startswith("attachment")
        assert response["X-Content-Type-Options"] == "nosniff"

    def test_the_timeline_shows_it_and_says_what_was_not_taken(
        self, client: Client, case: Case, file: Attachment
    ) -> None:
        refused = (IncomingAttachment("<b>.zip", b""),)
        make_message("And this.", case_id=case.pk, attachments=refused)
        text = client.get(f"/cases/{case.pk}/").text
        assert f'href="/attachments/{file.pk}/" download' in text
        assert "&lt;b&gt;.zip was not taken: it is empty" in text

    def test_one_that_the_storage_lost_is_not_found(self, client: Client, file: Attachment) -> None:
        file.file.storage.delete(file.file.name)
        assert client.get(f"/attachments/{file.pk}/").status_code == 404

    def test_a_stranger_finds_nothing(self, client: Client, file: Attachment, gwen: User) -> None:
        client.force_login(gwen)
        assert client.get(f"/attachments/{file.pk}/").status_code == 404
