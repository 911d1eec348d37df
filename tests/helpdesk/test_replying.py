"""Replies and notes: stored once, never half-filled, told upwards."""

from concurrent.futures import ThreadPoolExecutor
from datetime import datetime, timedelta
from typing import Any

import pytest
from django.core.exceptions import ValidationError
from django.db import connection, transaction
from django.test.utils import CaptureQueriesContext

from helpdesk import drafting
from helpdesk.models import Case, Draft, Note, Reply, Status, StatusChange, User
from helpdesk.replying import OutgoingReply, add_note, send_replies, send_reply
from helpdesk.signals import reply_sent
from tests.making import make_case, make_user
from tests.processes import wait_until

pytestmark = pytest.mark.django_db


def test_reply_is_stored_and_the_case_waits_for_its_customer(ana: User, now: datetime) -> None:
    case = make_case()
    reply, is_new = send_reply(case=case, author=ana, body="Hi Priya,\n\nSoon.", client_key="k", now=now)
    case.refresh_from_db()
    assert is_new
    assert (case.status, case.awaiting_since, case.assignee) == (Status.WAITING, None, ana)
    assert case.last_activity_at == reply.sent_at == now


def test_same_key_sends_once(ana: User, now: datetime) -> None:
    case = make_case()
    first, _ = send_reply(case=case, author=ana, body="one", client_key="k", now=now)
    again, is_new = send_reply(case=case, author=ana, body="two", client_key="k", now=now)
    assert (again, is_new) == (first, False)
    assert Reply.objects.get().body == "one"


def test_send_and_close_closes(ana: User, now: datetime) -> None:
    case = make_case()
    send_reply(case=case, author=ana, body="one", client_key="k", now=now, close=True)
    case.refresh_from_db()
    assert case.status == Status.CLOSED


@pytest.mark.parametrize(
    ("body", "error"),
    [
        ("  \n", "Write something first: the reply is empty."),
        ("Your order {{case.order_id}}", "Fill in or remove {{case.order_id}} before sending."),
        ("{{ a }} and {{b.c}}", "Fill in or remove {{ a }}, {{b.c}} before sending."),
    ],
)
def test_unfinished_reply_is_not_sent(ana: User, now: datetime, body: str, error: str) -> None:
    with pytest.raises(ValidationError) as caught:
        send_reply(case=make_case(), author=ana, body=body, client_key="k", now=now)
    assert caught.value.message_dict == {"body": [error]}
    assert not Reply.objects.exists()


def test_draft_ends_with_its_reply_and_a_colleagues_stays(ana: User, now: datetime) -> None:
    case, owen = make_case(), make_user("owen")
    for author in (ana, owen):
        Draft.objects.create(case=case, author=author, body="half", saved_at=now)
    send_reply(case=case, author=ana, body="whole", client_key="k", now=now)
    assert Draft.objects.get().author == owen


@pytest.mark.django_db(transaction=True)
def test_words_that_arrive_while_they_are_sent_are_not_kept(ana: User, now: datetime) -> None:
    case = make_case()
    words = {"case": case, "author": ana, "body": "Sent.", "client_key": "k", "now": now}

    def arrive() -> bool:
        try:
            return drafting.save_draft(kind=Draft.Kind.REPLY, **words)
        finally:
            connection.close()

    with ThreadPoolExecutor(1) as browser:
        with transaction.atomic():
            Case.objects.lock(case.pk)
            arriving = browser.submit(arrive)
            wait_until(somebody_waits, "the draft waits for the case")
            send_reply(**words)
        assert arriving.result() is False
    assert not Draft.objects.exists()


def somebody_waits() -> bool:
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_stat_clear_snapshot()")
        cursor.execute(
            "SELECT 1 FROM pg_stat_activity WHERE datname = current_database() AND wait_event_type = 'Lock'"
        )
        return cursor.fetchone() is not None


def test_news_travels_up_once(ana: User, now: datetime) -> None:
    heard: list[Reply] = []

    def listener(replies: list[Reply], **_: Any) -> None:
        heard.extend(replies)

    reply_sent.connect(listener)
    try:
        case = make_case()
        reply, _ = send_reply(case=case, author=ana, body="one", client_key="k", now=now)
        send_reply(case=case, author=ana, body="one", client_key="k", now=now)
    finally:
        reply_sent.disconnect(listener)
    assert heard == [reply]


def test_note_is_kept_once_and_mentions_colleagues(ana: User, now: datetime) -> None:
    case, owen = make_case(), make_user("owen")
    note, _ = add_note(
        case=case, author=ana, body="Please look, @owen. mail@x.example", client_key="n", now=now
    )
    add_note(case=case, author=ana, body="again", client_key="n", now=now)
    case.refresh_from_db()
    assert list(note.mentions.all()) == [owen]
    assert Note.objects.count() == 1
    assert case.awaiting_since is not None


def test_history_that_is_made_afterwards_is_delivered_to_nobody(
    ana: User, now: datetime, django_capture_on_commit_callbacks: Any
) -> None:
    case = make_case()
    with django_capture_on_commit_callbacks() as quiet:
        send_replies([OutgoingReply(case, ana, "Done.", "k", now)], announce=False)
    with django_capture_on_commit_callbacks() as told:
        send_reply(case=case, author=ana, body="Done again.", client_key="l", now=now)
    assert len(told) == len(quiet) + 1


def test_many_are_stored_in_order_and_of_a_case_the_last_one_counts(ana: User, now: datetime) -> None:
    one, other, later = make_case(), make_case("Hello?"), now + timedelta(minutes=5)
    batch = [
        OutgoingReply(one, ana, "First.", "a", now),
        OutgoingReply(other, ana, "Elsewhere.", "a", now, close=True),
        OutgoingReply(one, ana, "Second.", "b", later, close=True),
        OutgoingReply(one, ana, "First, again.", "a", later),
    ]
    sent = send_replies(batch)
    assert [(reply.body, is_new) for reply, is_new in sent] == [
        ("First.", True), ("Elsewhere.", True), ("Second.", True), ("First.", False),
    ]  # fmt: skip
    one.refresh_from_db()
    assert (one.status, one.last_activity_at, one.assignee) == (Status.CLOSED, later, ana)
    changes = StatusChange.objects.filter(case=one).exclude(before="").order_by("at")
    assert list(changes.values_list("after", flat=True)) == [Status.WAITING, Status.CLOSED]


def test_of_many_none_is_sent_if_one_can_not_be(ana: User, now: datetime) -> None:
    batch = [
        OutgoingReply(make_case(), ana, "Fine.", "a", now),
        OutgoingReply(make_case(), ana, " ", "a", now),
    ]
    with pytest.raises(ValidationError, match="the reply is empty"):
        send_replies(batch)
    assert not Reply.objects.exists()


def test_the_queries_do_not_grow_with_the_replies(ana: User, now: datetime) -> None:
    def n_queries(n: int) -> int:
        batch = [OutgoingReply(make_case(), ana, "Fine.", "a", now) for _ in range(n)]
        with CaptureQueriesContext(connection) as queries:
            send_replies(batch, announce=False)
        return len(queries)

    assert n_queries(2) == n_queries(12)
