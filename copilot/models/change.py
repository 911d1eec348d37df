"""What happened to the catalog: the one record that tells which labels may no longer be believed."""

from typing import Self

from django.conf import settings
from django.db import models
from django.db.models import Q

from copilot.models.catalog import Answer, Topic


class CatalogChangeQuerySet(models.QuerySet["CatalogChange"]):
    def standing(self) -> Self:
        """Leave out what was undone."""
        return self.filter(undone_at=None)


class CatalogChange(models.Model):
    """A change that people announced or made, never edited: it stands, or it was undone.

    `topics` and `answers` are those it touches; `heirs` took the place of a topic that was merged or split. Whoever
    labeled before `since` did not know of it.
    """

    class Kind(models.TextChoices):
        ADDED = "added", "An answer is new"
        MEANING = "meaning", "An answer says something else"
        ANSWER_RETIRED = "answer_retired", "An answer is retired"
        POLICY = "policy", "A policy has changed"
        PRODUCT = "product", "A product has changed"
        GUIDELINE = "guideline", "A topic means something else"
        RENAMED = "renamed", "A topic has another name"
        MERGED = "merged", "A topic went into another one"
        SPLIT = "split", "A topic was split"
        RETIRED = "retired", "A topic is retired"

    ANNOUNCED = (Kind.POLICY, Kind.PRODUCT)
    RESHAPING = (Kind.MERGED, Kind.SPLIT, Kind.RETIRED)

    kind = models.CharField(max_length=16, choices=Kind)
    topics = models.ManyToManyField(Topic, blank=True, related_name="changes")
    answers = models.ManyToManyField(Answer, blank=True, related_name="changes")
    heirs = models.ManyToManyField(Topic, blank=True, related_name="+")
    is_topic_affected = models.BooleanField(
        default=False,
        help_text="Whether what belongs to the topics has changed too, not only which answer is right.",
    )
    since = models.DateTimeField(help_text="Labels made earlier are no longer believed.")
    was = models.TextField(blank=True, help_text="The name or guideline before it.")
    note = models.TextField(blank=True)
    by = models.ForeignKey(settings.AUTH_USER_MODEL, null=True, on_delete=models.SET_NULL, related_name="+")
    at = models.DateTimeField()
    undone_at = models.DateTimeField(null=True, blank=True)
    undone_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, blank=True, on_delete=models.SET_NULL, related_name="+"
    )

    objects = CatalogChangeQuerySet.as_manager()

    class Meta:
        ordering = ["-at", "-pk"]
        constraints = [
            models.CheckConstraint(
                condition=Q(since__lte=models.F("at")), name="catalog_change_is_no_forecast"
            )
        ]

    def __str__(self) -> str:
        return f"change {self.pk} ({self.kind})"

    @property
    def is_standing(self) -> bool:
        return self.undone_at is None

    @property
    def is_reshaping(self) -> bool:
        """Whether labels were moved with it, so that it is undone together with them."""
        return self.kind in self.RESHAPING
