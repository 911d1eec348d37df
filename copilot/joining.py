"""What becomes of the suggestions of two cases that become one."""

from copilot.models import Suggestion
from copilot.models.suggestion import State
from helpdesk.models import Case, Message, Reply
from helpdesk.turns import messages_of


def join(*, kept: Case, merged: Case) -> None:
    """Let suggestions follow their messages into the kept case, waiting ones too; each stays in its own arm.

    Both cases may wait for a reply: now that is one turn, which ends in the suggestion of its newest message. A turn
    that a reply has ended stays as it was.
    """
    Suggestion.objects.filter(case=merged).update(case=kept)
    newest = Message.objects.filter(case=kept).order_by("sent_at", "pk").last()
    if newest is None or Reply.objects.filter(case=kept, sent_at__gt=newest.sent_at).exists():
        return
    earlier = [message for message in messages_of(newest) if message.pk != newest.pk]
    Suggestion.objects.current().filter(message__in=earlier).update(state=State.SUPERSEDED)
