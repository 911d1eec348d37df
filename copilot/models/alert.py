"""Alerts: conditions of the figures that somebody has to look at, and what became of each."""

from datetime import datetime
from typing import Self

from django.conf import settings
from django.db import models
from django.db.models import Q


class AlertQuerySet(models.QuerySet["Alert"]):
    def open(self) -> Self:
        """Those whose condition holds, the oldest first."""
        return self.filter(resolved_at=None).order_by("opened_at", "pk")

    def awake_at(self, now: datetime) -> Self:
        """Leave out those that somebody has put off."""
        return self.filter(Q(snoozed_until=None) | Q(snoozed_until__lte=now))


class Alert(models.Model):
    """A condition that a check found, from when it was seen first until it was over; one is open for each subject.

    `evidence` says it in words with the figures of the last look.
    """

    check_name = models.SlugField(
        max_length=40, help_text="Which check found it (copilot/monitor/alerting.py)."
    )
    subject = models.CharField(
        max_length=100, blank=True, help_text="Of what, where a check looks at several."
    )
    title = models.CharField(max_length=200)
    evidence = models.TextField()
    opened_at = models.DateTimeField()
    seen_at = models.DateTimeField(help_text="When its condition was last found.")
    resolved_at = models.DateTimeField(null=True)
    owner = models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, on_delete=models.SET_NULL, related_name="+"
    )
    snoozed_until = models.DateTimeField(null=True)
    mailed_at = models.DateTimeField(null=True)

    objects = AlertQuerySet.as_manager()

    class Meta:
        ordering = ["-pk"]
        constraints = [
            models.UniqueConstraint(
                fields=["check_name", "subject"], condition=Q(resolved_at=None), name="alert_once_open"
            )
        ]

    def __str__(self) -> str:
        return f"alert {self.pk} ({self.title})"

    @property
    def is_open(self) -> bool:
        return self.resolved_at is None


class AlertEvent(models.Model):
    """Something that became of an alert; append-only. Nobody is the actor of what a check did."""

    class Type(models.TextChoices):
        OPENED = "opened", "Found"
        TAKEN = "taken", "Taken on"
        LEFT = "left", "Given back"
        SNOOZED = "snoozed", "Put off"
        WOKEN = "woken", "Brought back"
        MAILED = "mailed", "Sent by e-mail"
        RESOLVED = "resolved", "Over"

    alert = models.ForeignKey(Alert, on_delete=models.CASCADE, related_name="events")
    type = models.CharField(max_length=10, choices=Type)
    actor = models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, on_delete=models.SET_NULL, related_name="+"
    )
    at = models.DateTimeField()
    note = models.TextField(blank=True)

    class Meta:
        ordering = ["at", "pk"]

    def __str__(self) -> str:
        return f"{self.type}: {self.alert_id}"
