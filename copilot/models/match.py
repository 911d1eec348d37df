"""How the reply that was sent compares with the suggestion of its turn."""

from django.db import models

from copilot.models.suggestion import Suggestion
from helpdesk.models import Reply


class Match(models.Model):
    """The comparison of one suggestion with one reply, with the figures that decided it."""

    class Kind(models.TextChoices):
        EXACT = "exact", "Exact"
        NEAR = "near", "Near"
        RETAINED = "retained", "Retained"
        SEMANTIC = "semantic", "Semantic"
        CONFLICT = "conflict", "Conflict"
        NONE = "none", "None"

    MATCHING = (Kind.EXACT, Kind.NEAR, Kind.RETAINED, Kind.SEMANTIC)

    suggestion = models.OneToOneField(Suggestion, on_delete=models.CASCADE, related_name="match")
    reply = models.OneToOneField(Reply, on_delete=models.CASCADE, related_name="match")
    kind = models.CharField(max_length=10, choices=Kind)
    similarity = models.FloatField(help_text="Levenshtein, 0 to 1.")
    retained = models.FloatField(help_text="Share of the suggestion that was kept.")
    share = models.FloatField(help_text="Share of the reply that came from the suggestion.")
    survival = models.FloatField(help_text="Of four-token runs.")
    kept_characters = models.PositiveIntegerField()
    n_reply_tokens = models.PositiveIntegerField(
        help_text="After greeting, closing and quotes are taken off."
    )
    delta = models.JSONField(default=dict, help_text="Facts only in the suggestion, and only in the reply.")
    norm_version = models.PositiveSmallIntegerField()
    recorded_at = models.DateTimeField()

    class Meta:
        verbose_name_plural = "matches"
        indexes = [models.Index(fields=["recorded_at"], name="match_by_time")]

    def __str__(self) -> str:
        return f"{self.kind} match of suggestion {self.suggestion_id}"

    @property
    def is_match(self) -> bool:
        return self.kind in self.MATCHING
