"""A turn: the customer's messages since the last reply."""

from helpdesk.models import Message, Reply


def messages_of(message: Message) -> list[Message]:
    """Return the turn that a message stands in, up to that message, oldest first."""
    last_reply = (
        Reply.objects.filter(case=message.case_id, sent_at__lt=message.sent_at).order_by("-sent_at").first()
    )
    turn = Message.objects.filter(case=message.case_id, sent_at__lte=message.sent_at)
    if last_reply:
        turn = turn.filter(sent_at__gt=last_reply.sent_at)
    return list(turn.order_by("sent_at", "pk"))
