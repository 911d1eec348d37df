"""How the reply that was sent compares with the suggestion of its turn."""

from typing import Self

from django.db import models
from django.db.models import Subquery

from copilot.models.match_version import MatchVersion
from copilot.models.suggestion import Suggestion
from helpdesk.models import Reply


def current_version() -> Subquery:
    """Return the id of the current version as a part of a query, for filters over `matches`."""
    return Subquery(MatchVersion.objects.filter(is_current=True).values("pk")[:1])


class MatchQuerySet(models.QuerySet["Match"]):
    def current(self) -> Self:
        """Those of the current version: each turn once, however often history was compared."""
        return self.filter(version=current_version())


class Match(models.Model):
    """The comparison of a turn's reply with what was suggested by one version, with the figures that decided it.

    `suggestion` stands for the turn. The text that was compared is that of `compared`: an agent may have inserted one
    that a newer message superseded.

    All versions lie in this one table: to make another one current is then a change of one row, at once and for
    every reader, while with a table of archived matches it would rewrite a million rows twice.
    """

    class Kind(models.TextChoices):
        EXACT = "exact", "Exact"
        NEAR = "near", "Near"
        RETAINED = "retained", "Retained"
        SEMANTIC = "semantic", "Semantic"
        CONFLICT = "conflict", "Conflict"
        NONE = "none", "None"

    MATCHING = (Kind.EXACT, Kind.NEAR, Kind.RETAINED, Kind.SEMANTIC)

    # The constraints' indexes begin with suggestion and reply: those need none of their own.
    suggestion = models.ForeignKey(
        Suggestion, on_delete=models.CASCADE, related_name="matches", db_index=False
    )
    closest = models.ForeignKey(
        Suggestion,
        null=True,
        blank=True,
        on_delete=models.CASCADE,
        related_name="+",
        db_index=False,
        help_text="The earlier suggestion of the same turn whose text is compared; empty where it is its own.",
    )
    reply = models.ForeignKey(Reply, on_delete=models.CASCADE, related_name="matches", db_index=False)
    version = models.ForeignKey(
        MatchVersion, on_delete=models.PROTECT, related_name="matches", db_index=False
    )
    kind = models.CharField(max_length=10, choices=Kind)
    is_pending = models.BooleanField(
        default=False, help_text="Its kind is by words alone; a worker still looks at what both mean."
    )
    similarity = models.FloatField(help_text="Levenshtein, 0 to 1.")
    closeness = models.FloatField(
        null=True, help_text="Of both bodies in meaning, where words alone did not decide; at most 1."
    )
    retained = models.FloatField(help_text="Share of the suggestion that was kept.")
    share = models.FloatField(help_text="Share of the reply that came from the suggestion.")
    survival = models.FloatField(help_text="Of four-token runs.")
    kept_characters = models.PositiveIntegerField()
    n_reply_tokens = models.PositiveIntegerField(
        help_text="After greeting, closing and quotes are taken off."
    )
    only_frame_edited = models.BooleanField(
        default=False, help_text="Sent with another greeting, closing or signature, and nothing else changed."
    )
    delta = models.JSONField(default=dict, help_text="Facts only in the suggestion, and only in the reply.")
    recorded_at = models.DateTimeField()

    objects = MatchQuerySet.as_manager()

    class Meta:
        verbose_name_plural = "matches"
        constraints = [
            models.UniqueConstraint(fields=["suggestion", "version"], name="match_once_by_suggestion"),
            models.UniqueConstraint(fields=["reply", "version"], name="match_once_by_reply"),
        ]
        indexes = [
            models.Index(fields=["version", "recorded_at"], name="match_by_time"),
            models.Index(fields=["version", "id"], name="match_by_version"),
            models.Index(fields=["id"], name="match_pending", condition=models.Q(is_pending=True)),
            models.Index(
                fields=["closest"], name="match_by_closest", condition=models.Q(closest__isnull=False)
            ),
        ]

    def __str__(self) -> str:
        return f"{self.kind} match of suggestion {self.suggestion_id}"

    @property
    def compared(self) -> Suggestion:
        """The suggestion whose text was compared with the reply."""
        return self.closest or self.suggestion

    @property
    def is_match(self) -> bool:
        return self.kind in self.MATCHING
