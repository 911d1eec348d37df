"""Datasets that were frozen here, or are being frozen: who ordered which, and what came of it."""

from django.db import models
from django.db.models import Q

from labeling.models.job import BackgroundJob


class FrozenDataset(BackgroundJob):
    """One freeze: what was ordered, how far it is, and by which hashes its dataset is known."""

    class Takes(models.TextChoices):
        GOLD = "gold", "Gold"
        WEAK = "weak", "Weak labels"
        BOTH = "both", "Gold and weak labels"

    name = models.SlugField(max_length=100)
    takes = models.CharField(max_length=10, choices=Takes, default=Takes.GOLD)
    seed = models.PositiveIntegerField(default=1)
    test_share = models.FloatField()
    sha256 = models.CharField(max_length=64, blank=True, help_text="Of examples and catalog.")
    manifest_sha256 = models.CharField(
        max_length=64, blank=True, help_text="Of what went in, and the settings."
    )
    n_train = models.PositiveIntegerField(default=0)
    n_test = models.PositiveIntegerField(default=0)
    n_left_out = models.PositiveIntegerField(default=0)

    class Meta(BackgroundJob.Meta):
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
