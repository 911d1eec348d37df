"""The helpdesk's news reach the copilot: a message asks for a suggestion, a reply is compared with it, and
it follows its message into another case."""

from typing import Any

from django.dispatch import receiver
from django.utils import timezone

from copilot import contamination, correcting, expecting, joining, recording, shadowing
from helpdesk.models import Case, Message, Reply
from helpdesk.signals import cases_merged, message_received, reply_sent


@receiver(message_received)
def expect_suggestions(messages: list[Message], **_: Any) -> None:
    expecting.expect(messages, now=timezone.now())


@receiver(reply_sent)
def record_matches(replies: list[Reply], **_: Any) -> None:
    recording.record_replies(replies, now=timezone.now())
    shadowing.record_replies(replies, now=timezone.now())
    correcting.record_follow_ups(replies, now=timezone.now())


@receiver(cases_merged)
def join_suggestions(kept: Case, merged: Case, **_: Any) -> None:
    contamination.note_merge(kept=kept, merged=merged, now=timezone.now())
    joining.join(kept=kept, merged=merged)
