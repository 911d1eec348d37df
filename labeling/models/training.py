"""Trainings: ordered by a person, done by a worker or a command, one of a stage at a time."""

from django.conf import settings
from django.db import models
from django.db.models import Q

from copilot.models import Release


class TrainingRunQuerySet(models.QuerySet["TrainingRun"]):
    def active(self) -> "TrainingRunQuerySet":
        """Those that wait or run."""
        return self.filter(state__in=TrainingRun.ACTIVE)


class TrainingRun(models.Model):
    """One training: what was ordered, how far it is, and what came of it."""

    class Stage(models.TextChoices):
        ALL = "all", "All stages"
        ENCODER = "encoder", "Encoder, and all stages"
        TOPIC = "topic", "Topic, validity and answer"
        VALIDITY = "validity", "Validity"
        ANSWER = "answer", "Answer"

    class State(models.TextChoices):
        WAITING = "waiting", "Waiting"
        RUNNING = "running", "Running"
        FINISHED = "finished", "Finished"
        CANCELLED = "cancelled", "Cancelled"
        FAILED = "failed", "Failed"

    ACTIVE = (State.WAITING, State.RUNNING)

    stage = models.CharField(max_length=10, choices=Stage)
    adds = models.CharField(
        max_length=60, blank=True, help_text="Slug of a topic, if that alone is added to the live release."
    )
    dataset = models.CharField(max_length=100)
    seed = models.PositiveIntegerField()
    target_risk = models.FloatField()
    state = models.CharField(max_length=10, choices=State, default=State.WAITING)
    step = models.CharField(max_length=60, blank=True)
    share = models.FloatField(default=0.0, help_text="Of the whole that is done, 0 to 1.")
    is_cancel_asked = models.BooleanField(default=False)
    problem = models.TextField(blank=True)
    release = models.ForeignKey(
        Release, null=True, blank=True, on_delete=models.SET_NULL, related_name="training_runs"
    )
    ordered_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, blank=True, on_delete=models.SET_NULL, related_name="+"
    )
    ordered_at = models.DateTimeField()
    started_at = models.DateTimeField(null=True, blank=True)
    ended_at = models.DateTimeField(null=True, blank=True)

    objects = TrainingRunQuerySet.as_manager()

    class Meta:
        ordering = ["-pk"]
        constraints = [
            models.UniqueConstraint(
                fields=["stage"],
                condition=Q(state__in=["waiting", "running"]),
                name="training_one_of_a_stage",
            )
        ]

    def __str__(self) -> str:
        return f"training {self.pk} of {self.stage} on {self.dataset}"

    @property
    def is_active(self) -> bool:
        return self.state in self.ACTIVE

    @property
    def percent(self) -> int:
        return round(100 * self.share)
