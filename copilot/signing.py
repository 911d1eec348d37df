"""The blocks with which agents end their replies, learned each night from the last fifty of each."""

from datetime import datetime, timedelta

from copilot.matching.signatures import LOOKED_AT, learn_block
from copilot.models import AgentSignature
from helpdesk.models import Reply, User

LOOKS_BACK = timedelta(days=7)  # who did not write since keeps the block that was learned


def learn_signatures(*, now: datetime) -> int:
    """Learn the block of each agent who wrote of late, and return how many have one."""
    writing = Reply.objects.filter(sent_at__gte=now - LOOKS_BACK).values("author")
    return sum(bool(learn_signature(agent, now=now)) for agent in User.objects.filter(pk__in=writing))


def learn_signature(agent: User, *, now: datetime) -> str:
    """Learn the block of one agent and return it; it is empty where none is repeated."""
    replies = list(
        Reply.objects.filter(author=agent)
        .order_by("-sent_at", "-pk")
        .values_list("body", flat=True)[:LOOKED_AT]
    )
    block = learn_block(replies)
    AgentSignature.objects.update_or_create(
        agent=agent, defaults={"block": block, "n_replies": len(replies), "learned_at": now}
    )
    return block
