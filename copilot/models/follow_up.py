"""What else was told to the customer soon after a reply that was compared with a suggestion."""

from django.db import models

from copilot.models.suggestion import Suggestion
from helpdesk.models import Reply


class FollowUp(models.Model):
    """A reply within 24 hours after another one in the same case, which answered a suggestion's turn.

    `is_correction` if it takes back what the first one said; `delta` holds the facts that differ, the first reply's as
    "suggested". It is told once, when the reply is sent, so that it stays known when the texts are erased.
    """

    reply = models.OneToOneField(Reply, on_delete=models.CASCADE, related_name="follow_up")
    suggestion = models.ForeignKey(Suggestion, on_delete=models.CASCADE, related_name="follow_ups")
    is_correction = models.BooleanField()
    survival = models.FloatField(help_text="Of the suggestion's four-token runs, in this reply.")
    delta = models.JSONField(default=dict)
    rules_version = models.PositiveSmallIntegerField()
    recorded_at = models.DateTimeField(db_index=True)

    def __str__(self) -> str:
        return f"reply {self.reply_id} after that to suggestion {self.suggestion_id}"
