"""Evaluations that somebody asked for on a page, until they are stored."""

from django.db import models

from copilot.models.release import Release


class EvaluationOrder(models.Model):
    """A release is to be run over a dataset's test split; gone once that is done, and `problem` says why it failed."""

    release = models.ForeignKey(Release, on_delete=models.CASCADE, related_name="evaluation_orders")
    dataset = models.CharField(max_length=100)
    ordered_at = models.DateTimeField()
    problem = models.TextField(blank=True)

    class Meta:
        ordering = ["release"]
        constraints = [
            models.UniqueConstraint(fields=["release", "dataset"], name="evaluation_order_once_by_dataset")
        ]

    def __str__(self) -> str:
        return f"evaluation of release {self.release_id} on {self.dataset}"
