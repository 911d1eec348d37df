"""The helpdesk's news reach the copilot: a message asks for a suggestion, a reply is compared with it."""

from typing import Any

from django.dispatch import receiver
from django.utils import timezone

from copilot import recording, shadowing, suggesting
from helpdesk.models import Message, Reply
from helpdesk.signals import message_received, reply_sent


@receiver(message_received)
def expect_suggestions(messages: list[Message], **_: Any) -> None:
    suggesting.expect(messages, now=timezone.now())


@receiver(reply_sent)
def record_match(reply: Reply, **_: Any) -> None:
    recording.record_reply(reply, now=timezone.now())
    shadowing.record_reply(reply, now=timezone.now())
