"""Plain makers with defaults, for what tests need of the helpdesk."""

from datetime import datetime, timedelta
from itertools import count
from typing import Any

from django.utils import timezone

from helpdesk.intake import IncomingCustomer, IncomingMessage, receive_messages
from helpdesk.models import Case, Message, Reply, Role, Team, User

_numbers = count(1)


def make_user(username: str, *, role: Role = Role.AGENT, team: Team | None = None, **fields: Any) -> User:
    return User.objects.create_user(
        username=username,
        password="tillwren",
        role=role,
        team=team,
        first_name=username.capitalize(),
        **fields,
    )


def incoming(body: str = "Where is my money?", **fields: Any) -> IncomingMessage:
    number = next(_numbers)
    fields = {
        "channel": "email",
        "external_id": f"m-{number}",
        "customer": IncomingCustomer(email="priya@moss.example", name="Priya Raman"),
        "sent_at": timezone.now() - timedelta(hours=1),
    } | fields
    return IncomingMessage(body=body, **fields)


def make_message(body: str = "Where is my money?", *, announce: bool = False, **fields: Any) -> Message:
    [receipt] = receive_messages([incoming(body, **fields)], now=timezone.now(), announce=announce)
    assert not receipt.error, receipt.error
    return Message.objects.select_related("case").get(pk=receipt.message_id)


def make_case(body: str = "Where is my money?", *, team: Team | None = None, **fields: Any) -> Case:
    case = make_message(body, **fields).case
    if team:
        case.team = team
        case.save(update_fields=["team"])
    return case


def make_reply(case: Case, body: str, *, author: User | None = None, at: datetime | None = None) -> Reply:
    """A reply that is simply there: nothing is announced."""
    return Reply.objects.create(
        case=case, author=author, body=body, client_key=f"r-{next(_numbers)}", sent_at=at or timezone.now()
    )
