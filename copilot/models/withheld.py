"""What a suggestion would have said that was withheld only because it was not sure enough."""

from django.db import models
from django.db.models import Q

from copilot.models.catalog import AnswerVersion
from copilot.models.match import Match
from copilot.models.match_version import MatchVersion
from copilot.models.suggestion import Suggestion
from helpdesk.models import Reply


class WithheldText(models.Model):
    """The text below the floor: seen by nobody, compared with the reply, so that a lower floor can be judged.

    It has a table of its own, so that no door to a suggestion can show it and no figure about suggestions count it.
    `kind` is empty until the turn is answered; `version` is what it was compared by.
    """

    suggestion = models.OneToOneField(
        Suggestion, primary_key=True, on_delete=models.CASCADE, related_name="withheld"
    )
    answer = models.ForeignKey(AnswerVersion, on_delete=models.PROTECT, related_name="+")
    text = models.TextField()
    reply = models.ForeignKey(Reply, null=True, on_delete=models.CASCADE, related_name="+")
    version = models.ForeignKey(MatchVersion, null=True, on_delete=models.PROTECT, related_name="+")
    kind = models.CharField(max_length=10, choices=Match.Kind, blank=True)
    is_pending = models.BooleanField(default=False, help_text="Answered; a worker still compares both.")
    n_reply_tokens = models.PositiveIntegerField(null=True)
    recorded_at = models.DateTimeField(null=True, help_text="When the reply was noted, or last compared.")

    class Meta:
        indexes = [
            models.Index(fields=["suggestion"], name="withheld_pending", condition=Q(is_pending=True)),
            models.Index(fields=["recorded_at"], name="withheld_by_time"),
        ]

    def __str__(self) -> str:
        return f"what suggestion {self.suggestion_id} would have said"
