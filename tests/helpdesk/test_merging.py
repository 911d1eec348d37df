"""Two cases of one customer become one: everything moves, nothing is lost, and the old number leads on."""

from datetime import datetime, timedelta
from typing import Any

import pytest
from django.core.exceptions import ValidationError
from django.test import Client
from rest_framework.test import APIClient

from helpdesk import casework, drafting
from helpdesk.attaching import IncomingAttachment
from helpdesk.intake import IncomingCustomer, receive_messages
from helpdesk.merging import merge_cases
from helpdesk.models import (
    Case,
    CaseMerge,
    Draft,
    Message,
    Note,
    Priority,
    Reply,
    Status,
    StatusChange,
    Team,
    User,
)
from helpdesk.models.case import IMPORT
from helpdesk.replying import add_note, send_reply
from helpdesk.signals import cases_merged
from tests.making import incoming, make_case, make_message, make_reply

pytestmark = pytest.mark.django_db
HTMX = {"HX-Request": "true"}


@pytest.fixture
def kept(team: Team, now: datetime) -> Case:
    return make_case(
        "Where is my reader?", team=team, sent_at=now - timedelta(hours=5), case_external_id="one"
    )


@pytest.fixture
def merged(team: Team, now: datetime) -> Case:
    return make_case(
        "And the charger?",
        team=team,
        sent_at=now - timedelta(hours=3),
        case_external_id="two",
        subject="Charger",
    )


@pytest.fixture
def client(client: Client, ana: User) -> Client:
    client.force_login(ana)
    return client


def merge(kept: Case, merged: Case, actor: User, now: datetime) -> None:
    merge_cases(kept=kept, merged=merged, actor=actor, now=now)
    kept.refresh_from_db()
    merged.refresh_from_db()


@pytest.mark.usefixtures("media")
def test_everything_stands_in_the_kept_case_in_order(
    kept: Case, merged: Case, ana: User, now: datetime, client: Client
) -> None:
    make_reply(kept, "It left today.", author=ana, at=now - timedelta(hours=4))
    make_reply(merged, "So did that.", author=ana, at=now - timedelta(hours=2))
    add_note(case=merged, author=ana, body="@ana look", client_key="n", now=now - timedelta(hours=1))
    make_message("See this", case_id=merged.pk, sent_at=now, attachments=(IncomingAttachment("a.txt", b"a"),))
    casework.tag(case=merged, name="charger", actor=ana, now=now)
    merge(kept, merged, ana, now)
    words = (
        "Where is my reader?",
        "It left today.",
        "And the charger?",
        "So did that.",
        "look",
        "See this",
        "a.txt",
    )
    text = client.get(f"/cases/{kept.pk}/").text
    places = [text.index(word, text.index('class="timeline"')) for word in words]
    assert places == sorted(places)
    assert [tag.name for tag in kept.tags.all()] == ["charger"]
    assert f"merged <b>#{merged.number} Charger</b> into this" in text
    for rows in (merged.messages, merged.replies, merged.notes, merged.attachments):
        assert not rows.exists()


def test_what_moved_is_recorded_so_that_it_can_be_told_apart(
    kept: Case, merged: Case, ana: User, now: datetime
) -> None:
    said = merged.messages.get().pk, make_reply(merged, "So did that.", author=ana).pk
    for case in (kept, merged):
        casework.tag(case=case, name="both", actor=ana, now=now)
    casework.tag(case=merged, name="charger", actor=ana, now=now)
    merge(kept, merged, ana, now)
    record = CaseMerge.objects.get()
    assert (record.kept, record.merged, record.actor, record.at) == (kept, merged, ana, now)
    assert (record.messages, record.replies, record.notes) == ([said[0]], [said[1]], [])
    assert [tag.name for tag in kept.tags.filter(pk__in=record.tags)] == ["charger"]


def test_the_kept_case_awaits_what_either_awaited_as_urgently(
    kept: Case, merged: Case, ana: User, now: datetime
) -> None:
    since = merged.awaiting_since
    casework.prioritise(case=merged, priority=Priority.URGENT, actor=ana, now=now)
    casework.assign(case=merged, assignee=ana, actor=ana, now=now)
    send_reply(case=kept, author=ana, body="Done.", client_key="k", now=now - timedelta(hours=4), close=True)
    Case.objects.filter(pk=kept.pk).update(assignee=None)
    merge(kept, merged, ana, now)
    assert (kept.status, kept.awaiting_since, kept.priority) == (Status.OPEN, since, Priority.URGENT)
    assert (kept.subject, kept.assignee) == ("Charger", ana)
    assert (merged.status, merged.awaiting_since, merged.merged_into) == (Status.CLOSED, None, kept)
    assert [change.after for change in kept.status_changes.all()] == ["open", "closed", "open"]
    assert [event.type for event in kept.events.all()] == ["merged", "priority", "assigned"]


def test_a_closed_case_reopens_nothing(kept: Case, merged: Case, ana: User, now: datetime) -> None:
    send_reply(case=kept, author=ana, body="Done.", client_key="k", now=now)
    casework.close(case=merged, actor=ana, now=now)
    merge(kept, merged, ana, now)
    assert (kept.status, kept.awaiting_since) == (Status.WAITING, None)


def test_a_merged_case_counts_neither_as_done_nor_among_the_closed(
    kept: Case, merged: Case, ana: User, now: datetime, client: Client
) -> None:
    merge(kept, merged, ana, now)
    assert not StatusChange.objects.closings().exists()
    assert StatusChange.objects.backlog_at(now + timedelta(minutes=1)) == 1
    assert not client.get("/cases/?view=closed").context["listing"].cases


def test_the_same_client_key_in_both_is_no_trouble(
    kept: Case, merged: Case, ana: User, now: datetime
) -> None:
    for case in (kept, merged):
        send_reply(case=case, author=ana, body="Soon.", client_key="k", now=now)
        add_note(case=case, author=ana, body="Called.", client_key="k", now=now)
    merge(kept, merged, ana, now)
    keys = {"k", f"k#{merged.pk}"}
    assert set(kept.replies.values_list("client_key", flat=True)) == keys
    assert set(kept.notes.values_list("client_key", flat=True)) == keys


def test_no_draft_is_lost(kept: Case, merged: Case, ana: User, gwen: User, now: datetime) -> None:
    for case, author, body in ((kept, ana, "About one"), (merged, ana, "About two"), (merged, gwen, "Mine")):
        Draft.objects.create(case=case, author=author, body=body, saved_at=now)
    merge(kept, merged, ana, now)
    assert drafting.drafts_of(case=kept, author=ana) == {"reply": "About one\n\nAbout two"}
    assert drafting.drafts_of(case=kept, author=gwen) == {"reply": "Mine"}


def test_what_is_typed_on_an_open_page_while_it_is_merged_is_kept(
    kept: Case, merged: Case, ana: User, now: datetime, client: Client
) -> None:
    for case, body in ((kept, "About one"), (merged, "About")):
        Draft.objects.create(case=case, author=ana, body=body, saved_at=now)
    merge(kept, merged, ana, now)
    typed = {"kind": "reply", "body": "About two", "client_key": "k"}
    for sent in (typed, typed | {"body": ""}):
        assert client.post(f"/cases/{merged.pk}/draft/", sent).status_code == 204
    assert drafting.drafts_of(case=kept, author=ana) == {"reply": "About one\n\nAbout two"}


def test_messages_to_the_old_case_go_on_in_the_kept_one(
    kept: Case, merged: Case, ana: User, now: datetime
) -> None:
    merge(kept, merged, ana, now)
    by_number, by_name = receive_messages(
        [incoming("by number", case_id=merged.pk), incoming("by name", case_external_id="two")], now=now
    )
    assert by_number.case_id == by_name.case_id == kept.pk
    assert kept.messages.count() == 4


def test_messages_to_both_numbers_in_one_batch_meet_in_the_kept_case(
    kept: Case, merged: Case, ana: User, now: datetime
) -> None:
    merge(kept, merged, ana, now)
    send_reply(case=kept, author=ana, body="Done.", client_key="k", now=now, close=True)
    times = [now + timedelta(minutes=minute) for minute in (1, 3, 2)]
    numbers = [{"case_id": merged.pk}, {"case_id": kept.pk}, {"case_external_id": "one"}]
    batch = [incoming(sent_at=at, **number) for at, number in zip(times, numbers, strict=True)]
    assert {receipt.case_id for receipt in receive_messages(batch, now=now)} == {kept.pk}
    kept.refresh_from_db()
    assert (kept.awaiting_since, kept.last_activity_at) == (times[0], times[1])
    assert [change.after for change in kept.status_changes.all()][-2:] == ["closed", "open"]


def test_what_was_taken_in_before_is_answered_with_the_kept_case(
    kept: Case, ana: User, team: Team, now: datetime
) -> None:
    message = incoming("once")
    [first] = receive_messages([message], now=now)
    merge(kept, Case.objects.get(pk=first.case_id), ana, now)
    [again] = receive_messages([message], now=now)
    assert (again.case_id, again.message_id, again.created) == (kept.pk, first.message_id, False)


def test_acts_begun_on_the_old_case_reach_the_kept_one(
    kept: Case, merged: Case, ana: User, now: datetime
) -> None:
    merge(kept, merged, ana, now)
    merged.merged_into = None  # as somebody knew it who began before
    send_reply(case=merged, author=ana, body="Soon.", client_key="late", now=now)
    add_note(case=merged, author=ana, body="Called.", client_key="late", now=now)
    casework.close(case=merged, actor=ana, now=now)
    assert Reply.objects.get().case == Note.objects.get().case == kept
    kept.refresh_from_db()
    assert kept.is_closed


def test_merging_on_leads_every_old_number_to_the_last_case(
    kept: Case, merged: Case, ana: User, team: Team, now: datetime
) -> None:
    last = make_case("Third", team=team)
    merge(kept, merged, ana, now)
    merge(last, kept, ana, now)
    merged.refresh_from_db()
    assert merged.merged_into == last
    assert Message.objects.filter(case=last).count() == 3


def test_news_travels_up(kept: Case, merged: Case, ana: User, now: datetime) -> None:
    heard: list[tuple[Case, Case, int]] = []

    def listener(kept: Case, merged: Case, **_: Any) -> None:
        heard.append((kept, merged, kept.messages.count()))

    cases_merged.connect(listener)
    try:
        merge(kept, merged, ana, now)
    finally:
        cases_merged.disconnect(listener)
    assert heard == [(kept, merged, 2)]


class TestRefused:
    def check(self, kept: Case, merged: Case, actor: User, now: datetime, said: str) -> None:
        with pytest.raises(ValidationError, match=said):
            merge_cases(kept=kept, merged=merged, actor=actor, now=now)
        assert not CaseMerge.objects.filter(at=now).exists()

    def test_a_case_is_not_merged_into_itself(self, kept: Case, ana: User, now: datetime) -> None:
        self.check(kept, kept, ana, now, "are one case already")

    def test_nor_twice(self, kept: Case, merged: Case, ana: User, now: datetime) -> None:
        merge(kept, merged, ana, now - timedelta(seconds=1))
        self.check(kept, merged, ana, now, "are one case already")
        self.check(merged, kept, ana, now, "are one case already")

    def test_nor_into_what_went_on_elsewhere(
        self, kept: Case, merged: Case, ana: User, now: datetime
    ) -> None:
        merge(kept, merged, ana, now - timedelta(seconds=1))
        self.check(merged, make_case("Third"), ana, now, f"goes on in #{kept.number}")

    def test_customers_do_not_read_each_other(self, kept: Case, ana: User, now: datetime) -> None:
        other = make_case(customer=IncomingCustomer(email="tom@else.example"))
        self.check(kept, other, ana, now, "are of two customers")

    def test_texts_to_label_are_no_case(self, kept: Case, ana: User, now: datetime) -> None:
        self.check(kept, make_case(channel=IMPORT), ana, now, "can't be merged")


class TestPage:
    def test_it_goes_on_in_the_chosen_case(self, client: Client, kept: Case, merged: Case) -> None:
        text = client.get(f"/cases/{merged.pk}/").text
        assert f'<button name="into" value="{kept.pk}"' in text
        response = client.post(
            f"/cases/{merged.pk}/merge/", {"into": kept.pk, "list": "view=all"}, headers=HTMX
        )
        assert response["HX-Redirect"] == f"/cases/{kept.pk}/?view=all"
        assert f"#{merged.number} goes on here, in #{kept.number}." in client.get(f"/cases/{kept.pk}/").text

    def test_a_number_does_without_javascript(self, client: Client, kept: Case, merged: Case) -> None:
        response = client.post(f"/cases/{merged.pk}/merge/", {"into": "", "number": f"#{kept.number}"})
        assert response["Location"] == f"/cases/{kept.pk}/"

    def test_the_old_number_leads_to_the_kept_case(
        self, client: Client, kept: Case, merged: Case, ana: User, now: datetime
    ) -> None:
        merge(kept, merged, ana, now)
        assert client.get(f"/cases/{merged.pk}/?view=all")["Location"] == f"/cases/{kept.pk}/?view=all"
        found = client.get(f"/cases/?view=closed&q=%23{merged.number}")
        assert found.status_code == 200

    def test_an_open_page_of_the_old_case_moves_on(
        self, client: Client, kept: Case, merged: Case, ana: User, now: datetime
    ) -> None:
        merge(kept, merged, ana, now)
        address = f"/cases/{merged.pk}/"
        answers = [
            client.get(f"{address}timeline/?view=all&known=1", headers=HTMX),
            client.post(f"{address}tag/", {"name": "late"}, headers=HTMX),
            client.post(f"{address}reply/", {"body": "Soon.", "client_key": "k"}, headers=HTMX),
        ]
        assert [answer["HX-Redirect"].partition("?")[0] for answer in answers] == [f"/cases/{kept.pk}/"] * 3
        assert answers[0]["HX-Redirect"].endswith("?view=all")  # the list it was opened from
        assert kept.replies.exists()

    @pytest.mark.parametrize(
        ("values", "said"),
        [
            ({}, "Name the case to merge into by its number."),
            ({"number": "the other"}, "Name the case to merge into by its number."),
            ({"number": "999999"}, "There is no case #999999 that you may see."),
        ],
    )
    def test_what_is_wrong_is_told(
        self, client: Client, merged: Case, values: dict[str, str], said: str
    ) -> None:
        assert said in client.post(f"/cases/{merged.pk}/merge/", values, headers=HTMX).text
        assert not CaseMerge.objects.exists()

    def test_strangers_readers_and_other_verbs_are_refused(
        self, client: Client, kept: Case, merged: Case, gwen: User, nadia: User
    ) -> None:
        assert client.get(f"/cases/{merged.pk}/merge/").status_code == 405
        for person, status in ((gwen, 404), (nadia, 403)):
            client.force_login(person)
            assert client.post(f"/cases/{merged.pk}/merge/", {"into": kept.pk}).status_code == status

    def test_the_case_merged_into_must_be_theirs_too(
        self, client: Client, kept: Case, merged: Case, other_team: Team
    ) -> None:
        Case.objects.filter(pk=kept.pk).update(team=other_team)
        text = client.post(f"/cases/{merged.pk}/merge/", {"into": kept.pk}, headers=HTMX).text
        assert f"There is no case #{kept.pk} that you may see." in text


class TestApi:
    def test_it_answers_with_the_kept_case(self, api: APIClient, kept: Case, merged: Case) -> None:
        answer = api.post(f"/api/cases/{merged.pk}/merge/", {"into": kept.pk}, format="json")
        assert (answer.status_code, answer.json()["id"]) == (200, kept.pk)
        assert api.get(f"/api/cases/{merged.pk}/").json()["id"] == kept.pk
        [listed] = api.get("/api/cases/?status=closed").json()["results"]
        assert (listed["id"], listed["merged_into"]) == (merged.pk, kept.pk)

    def test_what_is_wrong_is_told(self, api: APIClient, kept: Case) -> None:
        other = make_case(customer=IncomingCustomer(email="tom@else.example"))
        answer = api.post(f"/api/cases/{other.pk}/merge/", {"into": kept.pk}, format="json")
        assert (answer.status_code, answer["content-type"]) == (409, "application/problem+json")
        assert "are of two customers" in answer.json()["detail"]
        assert api.post(f"/api/cases/{other.pk}/merge/", {"in": 1}, format="json").status_code == 400
        assert api.post(f"/api/cases/{other.pk}/merge/", {"into": 999_999}, format="json").status_code == 404

    def test_strangers_readers_and_other_verbs_are_refused(
        self, api: APIClient, kept: Case, merged: Case, gwen: User, nadia: User
    ) -> None:
        assert api.get(f"/api/cases/{merged.pk}/merge/").status_code == 405
        for person, status in ((gwen, 404), (nadia, 403)):
            api.force_authenticate(person)
            answer = api.post(f"/api/cases/{merged.pk}/merge/", {"into": kept.pk}, format="json")
            assert answer.status_code == status
