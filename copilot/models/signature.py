"""How agents end their replies: learned, so that it is no edit of a suggestion."""

from django.conf import settings
from django.db import models


class AgentSignature(models.Model):
    """The lines with which an agent ends most replies; empty where no block is repeated often enough."""

    agent = models.OneToOneField(settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name="signature")
    block = models.TextField(blank=True)
    n_replies = models.PositiveSmallIntegerField(
        help_text="How many of the last replies it was learned from."
    )
    learned_at = models.DateTimeField()

    def __str__(self) -> str:
        return f"signature of agent {self.agent_id}"
