"""The one intake: once each, and a bad message never blocks the next."""

from datetime import datetime, timedelta
from typing import Any

import pytest
from django.utils import timezone

from helpdesk.intake import IncomingCustomer, receive_messages
from helpdesk.models import Case, Customer, Message, Status
from helpdesk.signals import message_received
from tests.making import incoming, make_case, make_reply

pytestmark = pytest.mark.django_db


def test_message_opens_a_case_for_its_customer(now: datetime) -> None:
    [receipt] = receive_messages([incoming("It did it again", subject="reader")], now=now)
    message = Message.objects.get(pk=receipt.message_id)
    assert receipt.created
    assert (message.body, message.case.subject, message.case.status) == (
        "It did it again",
        "reader",
        Status.OPEN,
    )
    assert message.case.awaiting_since == message.sent_at
    assert message.case.customer.email == "priya@moss.example"


def test_same_external_id_is_stored_once(now: datetime) -> None:
    first, second = incoming("one", external_id="x"), incoming("two", external_id="x")
    [stored] = receive_messages([first], now=now)
    [again] = receive_messages([second], now=now)
    assert (again.message_id, again.case_id, again.created) == (stored.message_id, stored.case_id, False)
    assert Message.objects.get().body == "one"


def test_same_external_id_within_one_batch_is_stored_once(now: datetime) -> None:
    receipts = receive_messages([incoming(external_id="x"), incoming(external_id="x")], now=now)
    assert [receipt.created for receipt in receipts] == [True, False]
    assert receipts[0].message_id == receipts[1].message_id


def test_same_external_id_on_another_channel_is_another_message(now: datetime) -> None:
    receive_messages([incoming(external_id="x"), incoming(external_id="x", channel="chat")], now=now)
    assert Message.objects.count() == 2


@pytest.mark.parametrize(
    ("fields", "error"),
    [
        ({"body": " \n"}, "body: it is empty"),
        ({"customer": IncomingCustomer(email="nobody")}, "customer.email: Enter a valid email address."),
        ({"external_id": ""}, "external_id: between 1 and 200 characters are needed"),
        ({"external_id": "x" * 201}, "external_id: between 1 and 200 characters are needed"),
        ({"channel": "no channel"}, "channel: Enter a valid “slug”"),
        ({"case_id": 4_000_000}, "case: there is no case 4000000"),
    ],
)
def test_bad_message_is_refused_and_the_next_is_stored(
    now: datetime, fields: dict[str, Any], error: str
) -> None:
    bad, good = receive_messages([incoming(**fields), incoming("good")], now=now)
    assert error in bad.error
    assert good.created
    assert Message.objects.get().body == "good"


def test_nul_and_huge_bodies_are_taken(now: datetime) -> None:
    nul, huge = receive_messages([incoming("a\x00b"), incoming("x " * 600_000)], now=now)
    assert nul.created
    assert huge.created
    assert len(Message.objects.get(pk=huge.message_id).body) <= 200_000


def test_customer_is_known_by_email_whatever_its_case(now: datetime) -> None:
    senders = [
        IncomingCustomer(email="A@b.example", name="A"),
        IncomingCustomer(email="a@B.example", name="B"),
    ]
    receive_messages([incoming(customer=senders[0])], now=now)
    receive_messages([incoming(customer=senders[1])], now=now)
    assert Customer.objects.get().name == "A"


def test_message_extends_a_closed_case_and_reopens_it(now: datetime) -> None:
    case = make_case()
    Case.objects.filter(pk=case.pk).update(status=Status.CLOSED, awaiting_since=None)
    receive_messages([incoming("still nothing", case_id=case.pk, sent_at=now)], now=now)
    case.refresh_from_db()
    assert (case.status, case.awaiting_since, case.last_activity_at) == (Status.OPEN, now, now)


def test_waiting_begins_with_the_first_unanswered_message(now: datetime) -> None:
    case = make_case()
    since = case.awaiting_since
    receive_messages([incoming(case_id=case.pk, sent_at=now)], now=now)
    case.refresh_from_db()
    assert case.awaiting_since == since


def test_case_external_id_gathers_messages(now: datetime) -> None:
    receipts = receive_messages([incoming(case_external_id="c"), incoming(case_external_id="c")], now=now)
    later = receive_messages([incoming(case_external_id="c")], now=now)
    assert len({receipt.case_id for receipt in receipts + later}) == 1


def test_html_is_sanitised_and_its_text_is_the_body_when_there_is_none(now: datetime) -> None:
    html = '<p onclick="x()">Hello <b>there</b></p><script>alert(1)</script>'
    [receipt] = receive_messages([incoming("", html=html)], now=now)
    message = Message.objects.get(pk=receipt.message_id)
    assert "script" not in message.html
    assert "onclick" not in message.html
    assert message.body.strip() == "Hello there"


def test_news_travels_up_once_for_new_messages_only(now: datetime) -> None:
    heard: list[list[Message]] = []

    def listener(messages: list[Message], **_: Any) -> None:
        heard.append(messages)

    message_received.connect(listener)
    try:
        message = incoming()
        receive_messages([message, incoming(body="")], now=now)
        receive_messages([message], now=now)
        receive_messages([incoming()], now=now, announce=False)
    finally:
        message_received.disconnect(listener)
    assert [[row.external_id for row in messages] for messages in heard] == [[message.external_id]]


def test_reply_before_a_message_ends_its_turn(now: datetime) -> None:
    from helpdesk.turns import messages_of

    case = make_case("one", sent_at=now - timedelta(hours=3))
    make_reply(case, "answer", at=now - timedelta(hours=2))
    receive_messages([incoming("two", case_id=case.pk, sent_at=now - timedelta(hours=1))], now=now)
    receive_messages([incoming("three", case_id=case.pk, sent_at=now)], now=now)
    newest = Message.objects.get(body="three")
    assert [message.body for message in messages_of(newest)] == ["two", "three"]


def test_five_hundred_and_one_messages_are_stored(now: datetime) -> None:
    receipts = receive_messages([incoming() for _ in range(501)], now=timezone.now())
    assert all(receipt.created for receipt in receipts)


def test_a_message_can_open_a_case_that_awaits_nothing() -> None:
    now = timezone.now()
    closed, reopened = make_case(), make_case()
    batch = [incoming(), incoming(case_id=reopened.pk)]
    receipts = receive_messages(batch, now=now, announce=False, closed=True)
    opened = Case.objects.get(pk=receipts[0].case_id)
    assert (opened.status, opened.awaiting_since, opened.last_activity_at) == (
        Status.CLOSED,
        None,
        batch[0].sent_at,
    )
    assert Case.objects.get(pk=receipts[1].case_id).status == Status.OPEN, "only the cases that it opens"
    assert Case.objects.get(pk=closed.pk).status == Status.OPEN


def test_what_the_database_refuses_blocks_nobody() -> None:
    batch = [incoming(), incoming(case_attributes={"order": "\x00"}), incoming()]
    receipts = receive_messages(batch, now=timezone.now(), announce=False)
    assert [bool(receipt.error) for receipt in receipts] == [False, True, False]
    assert "the database refused it" in receipts[1].error
    assert Message.objects.count() == Case.objects.count() == 2
