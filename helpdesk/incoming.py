"""A customer's message as a channel read it, and cleaned for storage; nothing of it is trusted."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import TypeAlias

from django.core.exceptions import ValidationError
from django.core.validators import validate_email, validate_slug

from helpdesk import bodies
from helpdesk.attaching import IncomingAttachment

Key: TypeAlias = tuple[str, str]


@dataclass(frozen=True)
class IncomingCustomer:
    email: str
    name: str = ""
    attributes: Mapping[str, object] = field(default_factory=dict)


@dataclass(frozen=True)
class IncomingMessage:
    """A customer's message as a channel read it.

    `case_id` extends that case; `case_external_id` extends the channel's case of that name or makes it; with
    neither the message opens a case. `html` is what the customer's mail program sent, to be sanitised here.
    """

    channel: str
    external_id: str
    body: str
    customer: IncomingCustomer
    sent_at: datetime
    subject: str = ""
    html: str = ""
    case_id: int | None = None
    case_external_id: str = ""
    case_attributes: Mapping[str, object] = field(default_factory=dict)
    attachments: tuple[IncomingAttachment, ...] = ()

    @property
    def key(self) -> Key:
        return self.channel, self.external_id


def wrong_in(email: str, channel: str) -> tuple[str, ...]:
    """Say what is wrong with where a message comes from."""
    problems = []
    for name, value, check in (
        ("customer.email", email.strip(), validate_email),
        ("channel", channel, validate_slug),
    ):
        try:
            check(value)
        except ValidationError as error:
            problems.append(f"{name}: {error.messages[0]}")
    if len(channel) > 40:
        problems.append("channel: at most 40 characters")
    return tuple(problems)


def read(message: IncomingMessage, wrong: Sequence[str]) -> IncomingMessage:
    """Return the message cleaned for storage.

    Raises:
        ValidationError: a field can't be taken; the message names it, after what is `wrong` anyway.
    """
    problems = list(wrong)
    external_id = bodies.clipped(message.external_id).strip()
    if not external_id or len(external_id) > 200:
        problems.append("external_id: between 1 and 200 characters are needed")
    html = bodies.sanitised(bodies.clipped(message.html)) if message.html else ""
    body = bodies.clipped(message.body) or (bodies.plain(html) if html else "")
    if not body.strip():
        problems.append("body: it is empty")
    if problems:
        raise ValidationError(problems)
    customer = message.customer
    return replace(
        message,
        external_id=external_id,
        body=body,
        html=html,
        subject=" ".join(bodies.clipped(message.subject).split())[:300],
        customer=IncomingCustomer(
            email=customer.email.strip().lower(),
            name=" ".join(bodies.clipped(customer.name).split())[:200],
            attributes=customer.attributes,
        ),
    )
