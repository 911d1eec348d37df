"""A stored reply goes out by its case's channel, once."""

from datetime import datetime

from django.conf import settings

from helpdesk.channels import email
from helpdesk.models import Reply


def deliver(*, reply_id: int, now: datetime) -> None:
    """Hand a reply to its channel and remember when, or why not.

    Channels without a way out (`api`, `chat`, `import`) fetch replies through the API: nothing is to be done.
    """
    reply = Reply.objects.select_related("case__customer").get(pk=reply_id)
    if reply.delivered_at or reply.case.channel != "email":
        return
    if settings.EMAIL_BACKEND.endswith("dummy.EmailBackend"):
        _mark(reply, error="no mail server is set: set EMAIL_URL")
        return
    if not Reply.objects.filter(pk=reply.pk, delivered_at=None).update(delivered_at=now, delivery_error=""):
        return  # another worker took it
    try:
        email.send(reply)
    except OSError as error:
        _mark(reply, error=f"it could not be sent: {error.strerror or error}")


def _mark(reply: Reply, *, error: str) -> None:
    Reply.objects.filter(pk=reply.pk).update(delivered_at=None, delivery_error=error[:300])
