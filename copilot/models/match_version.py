"""By which rules replies are compared with suggestions: versions of the matching, of which exactly one is current."""

from django.db import models
from django.db.models import Q

from copilot.models.release import Artifact


class MatchVersion(models.Model):
    """A way to match: normal form, rules, encoder and semantic floors, and how far history was compared by it.

    All but the progress never changes. What a version found is kept when another one becomes current.
    """

    class State(models.TextChoices):
        MADE = "made", "Made"
        RUNNING = "running", "Running"
        CANCELLED = "cancelled", "Cancelled"
        FAILED = "failed", "Failed"
        COMPLETE = "complete", "Complete"

    norm_version = models.PositiveSmallIntegerField(help_text="Of the normal form.")
    rules_version = models.PositiveSmallIntegerField(help_text="Of what is compared, and how it decides.")
    encoder = models.ForeignKey(
        Artifact,
        null=True,
        on_delete=models.PROTECT,
        related_name="+",
        help_text="None: nothing is semantic.",
    )
    pairs_sha256 = models.CharField(
        max_length=64, blank=True, help_text="Of the labelled pairs that its floors were chosen on."
    )
    created_at = models.DateTimeField()
    is_current = models.BooleanField(default=False)
    state = models.CharField(max_length=10, choices=State, default=State.MADE)
    n = models.PositiveIntegerField(
        default=0, help_text="Pairs of history, as they were counted at its start."
    )
    n_done = models.PositiveIntegerField(default=0)
    n_erased = models.PositiveIntegerField(default=0, help_text="Pairs whose text is erased: not compared.")
    reached = models.BigIntegerField(default=0, help_text="Up to which match of the current version it went.")
    attempts = models.PositiveSmallIntegerField(default=0, help_text="Times it was queued without progress.")
    problem = models.TextField(blank=True)
    touched_at = models.DateTimeField(null=True, help_text="When it last made progress or was queued.")
    ended_at = models.DateTimeField(null=True)

    class Meta:
        ordering = ["pk"]
        constraints = [
            models.UniqueConstraint(
                fields=["is_current"], condition=Q(is_current=True), name="match_version_one_current"
            ),
            models.UniqueConstraint(
                fields=["state"], condition=Q(state="running"), name="match_version_one_running"
            ),
        ]

    def __str__(self) -> str:
        return f"match version {self.pk}"

    @property
    def percent(self) -> int:
        return min(100 * self.n_done // self.n, 100) if self.n else 100


class SemanticFloor(models.Model):
    """The least closeness that counts as a semantic match in one language, and what it rests on; or why there is none.

    Of `n_pairs` labelled pairs that chose it, `n_above` are similar enough at this floor, and `n_right` of these mean
    the same. Of other pairs, which judge it, `n_same` mean the same; `n_found` are found at this floor, and
    `n_found_right` of these mean the same. These are None of a floor that nobody judged.
    """

    version = models.ForeignKey(MatchVersion, on_delete=models.CASCADE, related_name="floors")
    language = models.CharField(max_length=8)
    floor = models.FloatField(null=True)
    n_pairs = models.PositiveIntegerField()
    n_above = models.PositiveIntegerField(default=0)
    n_right = models.PositiveIntegerField(default=0)
    precision_low = models.FloatField(null=True, help_text="Of the 95 % interval after Wilson.")
    precision_high = models.FloatField(null=True)
    n_same = models.PositiveIntegerField(null=True)
    n_found = models.PositiveIntegerField(null=True)
    n_found_right = models.PositiveIntegerField(null=True)
    reason = models.CharField(max_length=200, blank=True, help_text="Why there is no floor.")

    class Meta:
        ordering = ["language"]
        constraints = [
            models.UniqueConstraint(fields=["version", "language"], name="semantic_floor_once_by_language"),
            models.CheckConstraint(
                condition=Q(floor__isnull=False) | ~Q(reason=""), name="semantic_floor_or_reason"
            ),
        ]

    def __str__(self) -> str:
        return f"semantic floor of {self.language} in {self.version}"
