"""Datasets that were frozen here, or are being frozen: who ordered which, and what came of it."""

from django.conf import settings
from django.db import models
from django.db.models import Q


class FrozenDatasetQuerySet(models.QuerySet["FrozenDataset"]):
    def active(self) -> "FrozenDatasetQuerySet":
        """Those that wait or run."""
        return self.filter(state__in=FrozenDataset.ACTIVE)


class FrozenDataset(models.Model):
    """One freeze: what was ordered, how far it is, and by which hashes its dataset is known."""

    class State(models.TextChoices):
        WAITING = "waiting", "Waiting"
        RUNNING = "running", "Running"
        FINISHED = "finished", "Finished"
        FAILED = "failed", "Failed"

    class Takes(models.TextChoices):
        GOLD = "gold", "Gold"
        WEAK = "weak", "Weak labels"
        BOTH = "both", "Gold and weak labels"

    ACTIVE = (State.WAITING, State.RUNNING)

    name = models.SlugField(max_length=100)
    takes = models.CharField(max_length=10, choices=Takes, default=Takes.GOLD)
    seed = models.PositiveIntegerField(default=1)
    test_share = models.FloatField()
    state = models.CharField(max_length=10, choices=State, default=State.WAITING)
    step = models.CharField(max_length=60, blank=True)
    share = models.FloatField(default=0.0, help_text="Of the whole that is done, 0 to 1.")
    problem = models.TextField(blank=True)
    sha256 = models.CharField(max_length=64, blank=True, help_text="Of examples and catalog.")
    manifest_sha256 = models.CharField(
        max_length=64, blank=True, help_text="Of what went in, and the settings."
    )
    n_train = models.PositiveIntegerField(default=0)
    n_test = models.PositiveIntegerField(default=0)
    n_left_out = models.PositiveIntegerField(default=0)
    ordered_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, blank=True, on_delete=models.SET_NULL, related_name="+"
    )
    ordered_at = models.DateTimeField()
    started_at = models.DateTimeField(null=True, blank=True)
    ended_at = models.DateTimeField(null=True, blank=True)

    objects = FrozenDatasetQuerySet.as_manager()

    class Meta:
        ordering = ["-pk"]
        constraints = [
            models.UniqueConstraint(
                fields=["name"],
                condition=Q(state__in=["waiting", "running"]),
                name="frozen_dataset_one_of_a_name",
            ),
            models.CheckConstraint(
                condition=Q(test_share__gt=0, test_share__lt=1), name="frozen_dataset_test_is_a_share"
            ),
        ]

    def __str__(self) -> str:
        return f"dataset {self.name}"

    @property
    def is_active(self) -> bool:
        return self.state in self.ACTIVE

    @property
    def percent(self) -> int:
        return round(100 * self.share)
