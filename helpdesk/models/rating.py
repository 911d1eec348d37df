"""How satisfied customers said they were."""

from typing import Self

from django.core.validators import MaxValueValidator, MinValueValidator
from django.db import models
from django.db.models import Q

from helpdesk.models.case import Case

WORST, BEST = 1, 5


class SatisfactionRatingQuerySet(models.QuerySet["SatisfactionRating"]):
    def that_count(self) -> Self:
        """The one of each case that counts: what its customer said last."""
        return self.order_by("case_id", "-rated_at", "-pk").distinct("case_id")


class SatisfactionRating(models.Model):
    """A customer's rating of a case, from 1 to 5, never changed afterwards.

    A customer may rate again, when the case came back or on second thoughts. The last rating counts and the earlier
    ones stay: a figure of the past can be computed anew, and nobody's bad rating is silently replaced by a better one.
    """

    case = models.ForeignKey(Case, on_delete=models.CASCADE, related_name="ratings", db_index=False)
    channel = models.SlugField(max_length=40, db_index=False)
    external_id = models.CharField(max_length=200)
    score = models.PositiveSmallIntegerField(validators=[MinValueValidator(WORST), MaxValueValidator(BEST)])
    comment = models.TextField(blank=True)
    rated_at = models.DateTimeField()

    objects = SatisfactionRatingQuerySet.as_manager()

    class Meta:
        ordering = ["-rated_at", "-pk"]
        constraints = [
            models.UniqueConstraint(fields=["channel", "external_id"], name="rating_once"),
            models.CheckConstraint(condition=Q(score__gte=WORST, score__lte=BEST), name="rating_from_1_to_5"),
        ]
        indexes = [
            models.Index(fields=["case", "-rated_at", "-id"], name="rating_by_case"),
            models.Index(fields=["rated_at"], name="rating_by_time"),
        ]

    def __str__(self) -> str:
        return f"{self.score} of {BEST} for case {self.case_id}"
