"""What all work in the background has in common: who ordered it, how far it is, how it ended."""

from django.conf import settings
from django.db import models


class JobState(models.TextChoices):
    WAITING = "waiting", "Waiting"
    RUNNING = "running", "Running"
    FINISHED = "finished", "Finished"
    CANCELLED = "cancelled", "Cancelled"
    FAILED = "failed", "Failed"


ACTIVE = (JobState.WAITING, JobState.RUNNING)


class BackgroundJob(models.Model):
    """One piece of work for a worker; `labeling/jobs.py` takes it from order to end."""

    State = JobState

    state = models.CharField(max_length=10, choices=JobState, default=JobState.WAITING)
    step = models.CharField(max_length=60, blank=True)
    share = models.FloatField(default=0.0, help_text="Of the whole that is done, 0 to 1.")
    is_cancel_asked = models.BooleanField(default=False)
    problem = models.TextField(blank=True)
    ordered_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, blank=True, on_delete=models.SET_NULL, related_name="+"
    )
    ordered_at = models.DateTimeField()
    started_at = models.DateTimeField(null=True, blank=True)
    ended_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        abstract = True
        ordering = ["-pk"]

    @property
    def is_active(self) -> bool:
        return self.state in ACTIVE

    @property
    def percent(self) -> int:
        return round(100 * self.share)
