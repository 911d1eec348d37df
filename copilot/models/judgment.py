"""What experts said, blind, of a turn that was drawn at random: was the suggestion right, was the reply right?"""

from django.conf import settings
from django.db import models
from django.db.models import Q

from copilot.models.suggestion import Suggestion


class Verdict(models.TextChoices):
    YES = "yes", "Yes"
    NO = "no", "No"
    CANT_SAY = "cant_say", "Can't say"


class Judgment(models.Model):
    """One person's verdicts on a turn's suggestion and on the reply that was sent, seen without saying which is which.

    `week` is the Monday of the week whose turns were drawn from, `stratum` what was drawn from, and
    `inclusion_probability` how likely each turn of it was to be drawn: a judgment stands for the inverse of it.
    """

    # The constraint's index begins with the suggestion: it needs none of its own.
    suggestion = models.ForeignKey(
        Suggestion, on_delete=models.CASCADE, related_name="judgments", db_index=False
    )
    judge = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+")
    suggestion_verdict = models.CharField(max_length=10, choices=Verdict)
    reply_verdict = models.CharField(max_length=10, choices=Verdict)
    stratum = models.CharField(max_length=200)
    inclusion_probability = models.FloatField()
    week = models.DateField()
    judged_at = models.DateTimeField()

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["suggestion", "judge"], name="judgment_once_by_judge"),
            models.CheckConstraint(
                condition=Q(inclusion_probability__gt=0, inclusion_probability__lte=1),
                name="judgment_probability_above_zero",
            ),
        ]
        indexes = [models.Index(fields=["week"], name="judgment_by_week")]

    def __str__(self) -> str:
        return f"judgment of suggestion {self.suggestion_id}"
