"""What a person believes about one message."""

from typing import Self

from django.conf import settings
from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.db.models import Q

from copilot.models import AnswerVersion, CatalogChange
from helpdesk.models import Message


class Task(models.TextChoices):
    """What is to be said of a message; each has labels of its own, which `labeling.labels` lists."""

    VALIDITY = "validity", "Is it a question we may answer?"
    TOPIC = "topic", "What is it about?"
    ANSWER = "answer", "Which answer is right?"


class AnnotationQuerySet(models.QuerySet["Annotation"]):
    def standing(self) -> Self:
        """Leave out what its author took back."""
        return self.filter(undone_at=None)

    def gold(self, task: str) -> Self:
        """What models learn from."""
        return self.standing().filter(task=task, is_gold=True)

    def judging(self, task: str) -> Self:
        """The gold that models and labeling functions are judged by: still believed, and said by who was told no topic.

        It is what `Example.may_judge` says of a dataset's rows.
        """
        return self.gold(task).unanchored().filter(stale_at=None)

    def unanchored(self) -> Self:
        """Leave out what was said with a topic's name above the message: it tells nothing of the whole."""
        return self.filter(topic_filter="")

    def stale(self) -> Self:
        """What is no longer believed: it should be asked again first."""
        return self.standing().filter(stale_at__isnull=False)


class Annotation(models.Model):
    """One person's label of a message for one task, never changed: taken back, or followed by another.

    Only what was said blind or adjudicated may be gold: who sees a prediction tends to agree with it. A label that was
    drawn at random carries with which probability, and one that a rule picked that rule's name, so that an estimate
    knows whom it may ask.
    """

    class Mode(models.TextChoices):
        BLIND = "blind", "Blind: nothing was predicted on the screen"
        CONFIRM = "confirm", "A prediction was on the screen"
        ADJUDICATION = "adjudication", "Decided between people who disagreed"

    message = models.ForeignKey(Message, on_delete=models.CASCADE, related_name="annotations")
    author = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="annotations")
    task = models.CharField(max_length=10, choices=Task)
    label = models.SlugField(max_length=80)
    also = ArrayField(
        models.SlugField(max_length=80), default=list, blank=True, help_text="Further labels that hold."
    )
    mode = models.CharField(max_length=12, choices=Mode, default=Mode.BLIND)
    is_gold = models.BooleanField(default=False)
    answer_version = models.ForeignKey(
        AnswerVersion,
        null=True,
        blank=True,
        on_delete=models.SET_NULL,
        related_name="+",
        help_text="What the answer said when it was chosen.",
    )
    topic_version = models.PositiveSmallIntegerField(
        null=True, blank=True, help_text="Which meaning the topic had when it was chosen."
    )
    note = models.TextField(blank=True)
    group = models.SlugField(max_length=40, blank=True, help_text="The slice it was collected for.")
    picked_by = models.SlugField(max_length=20, blank=True, help_text="The rule that put it before a person.")
    inclusion_probability = models.FloatField(
        null=True, blank=True, help_text="With which it was drawn at random; empty if a rule picked it."
    )
    topic_filter = models.SlugField(
        max_length=80,
        blank=True,
        help_text="The topic to which its author had narrowed the queue: who is told a topic tends to agree.",
    )
    seconds = models.FloatField(null=True, blank=True, help_text="From the screen to the label.")
    made_at = models.DateTimeField()
    undone_at = models.DateTimeField(null=True, blank=True)
    stale_at = models.DateTimeField(
        null=True, blank=True, help_text="Since when it is no longer believed and should be asked again."
    )
    stale_by = models.ForeignKey(
        CatalogChange,
        null=True,
        blank=True,
        on_delete=models.SET_NULL,
        related_name="stale_labels",
        help_text="The change that made it doubtful.",
    )
    replaces = models.ForeignKey(
        "self",
        null=True,
        blank=True,
        on_delete=models.SET_NULL,
        related_name="replaced_by",
        help_text="The label that it took the place of when a topic was merged or split.",
    )

    objects = AnnotationQuerySet.as_manager()

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["message", "task", "author"], condition=Q(undone_at=None), name="annotation_once"
            ),
            models.UniqueConstraint(
                fields=["message", "task"],
                condition=Q(is_gold=True, undone_at=None),
                name="annotation_one_gold",
            ),
            models.CheckConstraint(
                condition=Q(is_gold=False) | ~Q(mode="confirm"), name="annotation_gold_is_blind"
            ),
            models.CheckConstraint(
                condition=Q(inclusion_probability=None)
                | Q(inclusion_probability__gt=0, inclusion_probability__lte=1),
                name="annotation_inclusion_is_a_probability",
            ),
        ]
        indexes = [
            models.Index(fields=["task", "label"], name="annotation_by_label"),
            models.Index(fields=["author", "-made_at"], name="annotation_by_author"),
        ]

    def __str__(self) -> str:
        return f"{self.task} of message {self.message_id} by {self.author_id}: {self.label}"
