"""Messages become items: the same question that the pipeline reads, once."""

from datetime import datetime, timedelta

import pytest

from copilot.suggesting import question_of_turn
from helpdesk.intake import IncomingCustomer
from helpdesk.models import Message
from labeling.collecting import collect
from labeling.models import Item
from tests.making import make_message, make_reply

pytestmark = pytest.mark.django_db


def test_every_message_becomes_the_question_of_its_turn(now: datetime) -> None:
    at = now - timedelta(days=3)
    first = make_message(
        "Hello,\n\nmy reader is dead.", subject="Broken Wren Mini", case_external_id="c-1", sent_at=at
    )
    second = make_message("It is WM-7F3K.", case_external_id="c-1", sent_at=at + timedelta(hours=1))
    make_reply(first.case, "Charge it.", at=at + timedelta(hours=2))
    third = make_message("Thanks, and my payout?", case_external_id="c-1", sent_at=at + timedelta(hours=3))
    other = make_message(
        "Wo ist mein Geld? Ich warte seit einer Woche.",
        customer=IncomingCustomer(email="b@moss.example"),
        sent_at=at,
    )

    assert collect(now=now) == 4

    for message in Message.objects.select_related("case"):
        question = question_of_turn(message, message.case)
        item = message.item
        assert (item.text, item.subject, item.language) == (
            question.text,
            question.subject,
            question.language or "",
        )
    assert Item.objects.get(message=second).text.startswith("Broken Wren Mini\nmy reader is dead.")
    assert "reader" not in Item.objects.get(message=third).text
    assert Item.objects.get(message=other).language == "de"


def test_collecting_again_adds_nothing(now: datetime) -> None:
    make_message()
    assert collect(now=now) == 1
    assert collect(now=now) == 0
    make_message("Something new")
    assert collect(now=now) == 1


def test_a_limit_leaves_the_rest_for_the_next_time(now: datetime) -> None:
    for number in range(5):
        make_message(f"Question {number}")
    assert [collect(now=now, limit=2) for _ in range(4)] == [2, 2, 1, 0]


def test_the_work_does_not_grow_by_the_message(now: datetime, django_assert_num_queries: object) -> None:
    for number in range(20):
        make_message(f"Question {number}")
    with django_assert_num_queries(5):
        collect(now=now, limit=20)


def test_simulated_messages_become_no_items(now: datetime) -> None:
    make_message("Nobody asked this.", external_id="simulated:1:0")
    real = make_message("Somebody asked this.")
    assert collect(now=now) == 1
    assert Item.objects.get().message == real


def test_same_words_share_a_key_and_draws_differ(now: datetime) -> None:
    for body in ("Where is my money?", "where is MY money"):
        make_message(body, customer=IncomingCustomer(email=f"{len(body)}@moss.example"))
    collect(now=now)
    one, other = Item.objects.all()
    assert one.key == other.key
    assert one.draw != other.draw


def test_an_empty_and_an_endless_message_are_items_too(now: datetime) -> None:
    empty = make_message("Hi", customer=IncomingCustomer(email="a@moss.example"))
    endless = make_message("Why so long? " * 10_000, customer=IncomingCustomer(email="b@moss.example"))
    Message.objects.filter(pk=empty.pk).update(body="")
    assert collect(now=now) == 2
    assert empty.item.text == ""
    assert len(endless.item.text) <= 20_000
