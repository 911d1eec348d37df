"""What people did while they labeled, one undo step each, and what they disagree about."""

from typing import Self

from django.conf import settings
from django.db import models
from django.db.models import Q

from helpdesk.models import Message
from labeling.models.annotation import Annotation, Task
from labeling.models.queue import QueueEntry


class ActQuerySet(models.QuerySet["Act"]):
    def standing(self) -> Self:
        """Leave out what was undone."""
        return self.filter(undone_at=None)

    def open_flags(self) -> Self:
        """What was flagged, and nobody has looked at since."""
        return self.standing().filter(kind=Act.Kind.FLAGGED, settled_at=None)


class Act(models.Model):
    """A person labeled, skipped or flagged a message; all that it changed is undone with it."""

    class Kind(models.TextChoices):
        LABELED = "labeled", "Labeled"
        SKIPPED = "skipped", "Skipped"
        FLAGGED = "flagged", "Flagged"

    class Flag(models.TextChoices):
        AMBIGUOUS = "ambiguous", "Ambiguous"
        TOPICS = "topics", "The topics are wrong"
        PERSONAL = "personal", "Personal data in it"
        OTHER_PRODUCT = "other_product", "Not our product"

    person = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+")
    message = models.ForeignKey(Message, on_delete=models.CASCADE, related_name="+")
    entry = models.ForeignKey(
        QueueEntry, null=True, blank=True, on_delete=models.SET_NULL, related_name="acts"
    )
    task = models.CharField(max_length=10, choices=Task)
    mode = models.CharField(max_length=12, choices=Annotation.Mode)
    kind = models.CharField(max_length=10, choices=Kind)
    flag = models.CharField(max_length=20, choices=Flag, blank=True)
    note = models.TextField(blank=True)
    made = models.ManyToManyField(Annotation, related_name="+", blank=True)
    replaced = models.ManyToManyField(Annotation, related_name="+", blank=True)
    at = models.DateTimeField()
    undone_at = models.DateTimeField(null=True, blank=True)
    settled_at = models.DateTimeField(
        null=True, blank=True, help_text="When somebody had looked at what was flagged."
    )

    objects = ActQuerySet.as_manager()

    class Meta:
        constraints = [
            models.CheckConstraint(
                condition=(Q(kind="flagged") & ~Q(flag="")) | (~Q(kind="flagged") & Q(flag="")),
                name="act_flag_iff_flagged",
            )
        ]
        indexes = [
            models.Index(fields=["person", "-at"], name="act_by_person", condition=Q(undone_at=None)),
            models.Index(
                fields=["-at"],
                name="act_flags",
                condition=Q(kind="flagged", undone_at=None, settled_at=None),
            ),
        ]

    def __str__(self) -> str:
        return f"{self.kind}: {self.task} of message {self.message_id}"


class Disagreement(models.Model):
    """People labeled a message differently: it has no gold until somebody else decides."""

    message = models.ForeignKey(Message, on_delete=models.CASCADE, related_name="disagreements")
    task = models.CharField(max_length=10, choices=Task)
    opened_at = models.DateTimeField()
    closed_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["message", "task"], condition=Q(closed_at=None), name="disagreement_once"
            )
        ]

    def __str__(self) -> str:
        return f"disagreement about {self.task} of message {self.message_id}"
