"""Trainings: ordered by a person, done by a worker or a command, one of a stage at a time."""

from django.db import models
from django.db.models import Q

from copilot.models import Release
from labeling.models.job import BackgroundJob


class TrainingRun(BackgroundJob):
    """One training: what was ordered, how far it is, and what came of it."""

    class Stage(models.TextChoices):
        ALL = "all", "All stages"
        ENCODER = "encoder", "Encoder, and all stages"
        TOPIC = "topic", "Topic, validity and answer"
        VALIDITY = "validity", "Validity"
        ANSWER = "answer", "Answer"

    stage = models.CharField(max_length=10, choices=Stage)
    adds = models.CharField(
        max_length=60, blank=True, help_text="Slug of a topic, if that alone is added to the live release."
    )
    dataset = models.CharField(max_length=100)
    seed = models.PositiveIntegerField()
    target_risk = models.FloatField()
    release = models.ForeignKey(
        Release, null=True, blank=True, on_delete=models.SET_NULL, related_name="training_runs"
    )

    class Meta(BackgroundJob.Meta):
        constraints = [
            models.UniqueConstraint(
                fields=["stage"],
                condition=Q(state__in=["waiting", "running"]),
                name="training_one_of_a_stage",
            )
        ]

    def __str__(self) -> str:
        return f"training {self.pk} of {self.stage} on {self.dataset}"
