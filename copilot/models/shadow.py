"""What a candidate would have suggested where the live release did."""

from django.db import models

from copilot.models.catalog import AnswerVersion, Topic
from copilot.models.match import Match
from copilot.models.match_version import MatchVersion
from copilot.models.release import Release
from copilot.models.suggestion import Reason, Suggestion
from helpdesk.models import Reply


class ShadowOutcome(models.Model):
    """A candidate's outcome for one turn: seen by nobody, compared with the same reply as the live suggestion.

    `kind` is empty until the turn is answered; `version` is what it was compared by.
    """

    suggestion = models.ForeignKey(Suggestion, on_delete=models.CASCADE, related_name="shadows")
    release = models.ForeignKey(Release, on_delete=models.CASCADE, related_name="shadows")
    reason = models.CharField(max_length=20, choices=Reason, blank=True, help_text="Why it has no text.")
    topic = models.ForeignKey(Topic, null=True, on_delete=models.PROTECT, related_name="+")
    answer = models.ForeignKey(AnswerVersion, null=True, on_delete=models.PROTECT, related_name="+")
    confidence = models.FloatField(null=True)
    text = models.TextField(blank=True)
    created_at = models.DateTimeField()
    reply = models.ForeignKey(Reply, null=True, on_delete=models.CASCADE, related_name="+")
    version = models.ForeignKey(MatchVersion, null=True, on_delete=models.PROTECT, related_name="+")
    kind = models.CharField(max_length=10, choices=Match.Kind, blank=True)
    is_pending = models.BooleanField(default=False, help_text="Answered; a worker still compares both.")
    n_reply_tokens = models.PositiveIntegerField(null=True)
    recorded_at = models.DateTimeField(null=True, help_text="When the reply was noted, or last compared.")

    class Meta:
        constraints = [models.UniqueConstraint(fields=["suggestion", "release"], name="shadow_outcome_once")]
        indexes = [models.Index(fields=["id"], name="shadow_pending", condition=models.Q(is_pending=True))]

    def __str__(self) -> str:
        return f"shadow of release {self.release_id} for suggestion {self.suggestion_id}"
