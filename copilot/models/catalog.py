"""What may be said: topics, answers with their versions, and each team's guidance."""

from datetime import date, datetime
from typing import Self

from django.conf import settings
from django.db import models
from django.db.models import F, OuterRef, Q, Subquery

from helpdesk.models import Team


class Area(models.Model):
    """A group of topics that one team looks after."""

    slug = models.SlugField(max_length=60, unique=True)
    name = models.CharField(max_length=120)
    team = models.ForeignKey(Team, null=True, blank=True, on_delete=models.SET_NULL, related_name="areas")

    class Meta:
        ordering = ["name"]

    def __str__(self) -> str:
        return self.name


class Topic(models.Model):
    """What a question can be about."""

    area = models.ForeignKey(Area, on_delete=models.PROTECT, related_name="topics")
    slug = models.SlugField(max_length=60, unique=True)
    name = models.CharField(max_length=120)
    guideline = models.TextField(
        blank=True, help_text="What belongs here and what does not, for people who label."
    )
    version = models.PositiveSmallIntegerField(
        default=1, help_text="Counts the meanings it had; a label knows under which one it was made."
    )
    retired_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        ordering = ["name"]

    def __str__(self) -> str:
        return self.name


class Visibility(models.TextChoices):
    PUBLIC = "public", "May be sent to customers"
    INTERNAL = "internal", "Internal only"


class AnswerQuerySet(models.QuerySet["Answer"]):
    def in_use(self) -> Self:
        return self.filter(retired_at=None, topic__retired_at=None)

    def with_version_at(self, at: datetime) -> Self:
        """Add `version_id`, the version approved last before a time; answers without one are left out."""
        latest = AnswerVersion.objects.filter(answer=OuterRef("pk"), approved_at__lte=at).order_by("-number")
        return self.annotate(version_id=Subquery(latest.values("pk")[:1])).filter(version_id__isnull=False)


class Answer(models.Model):
    """Approved text on one topic, with an owner who keeps it true."""

    topic = models.ForeignKey(Topic, on_delete=models.PROTECT, related_name="answers")
    slug = models.SlugField(max_length=80, unique=True)
    name = models.CharField(max_length=160)
    owner = models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, blank=True, on_delete=models.SET_NULL, related_name="answers"
    )
    visibility = models.CharField(max_length=10, choices=Visibility, default=Visibility.PUBLIC)
    review_on = models.DateField(null=True, blank=True)
    expires_on = models.DateField(null=True, blank=True, help_text="From this day on it is withheld.")
    conflicts_with = models.ManyToManyField("self", blank=True)
    retired_at = models.DateTimeField(null=True, blank=True)
    version_id: int  # only from `with_version_at`

    objects = AnswerQuerySet.as_manager()

    class Meta:
        ordering = ["name"]

    def __str__(self) -> str:
        return self.name

    def is_expired(self, on: date) -> bool:
        """Whether its text may no longer be offered on a day."""
        return self.expires_on is not None and self.expires_on <= on

    def is_review_due(self, on: date) -> bool:
        """Whether its owner should have looked at it again by a day."""
        return self.review_on is not None and self.review_on <= on

    @property
    def is_internal(self) -> bool:
        return self.visibility == Visibility.INTERNAL


class AnswerVersionQuerySet(models.QuerySet["AnswerVersion"]):
    def waiting(self) -> Self:
        """The drafts that nobody approved or declined yet."""
        return self.filter(approved_at=None, declined_at=None, answer__retired_at=None)


class AnswerVersion(models.Model):
    """One wording of an answer, never changed once approved; `{{name}}` marks a variable."""

    class Change(models.TextChoices):
        MEANING = "meaning", "Its meaning has changed"
        WORDING = "wording", "Only its wording has changed"

    answer = models.ForeignKey(Answer, on_delete=models.CASCADE, related_name="versions")
    number = models.PositiveIntegerField()
    body = models.TextField()
    author = models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, on_delete=models.SET_NULL, related_name="+"
    )
    change = models.CharField(max_length=8, choices=Change, default=Change.MEANING)
    note = models.TextField(blank=True, help_text="What changed and why, for who approves it.")
    created_at = models.DateTimeField()
    approved_at = models.DateTimeField(null=True, blank=True)
    approved_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, blank=True, on_delete=models.SET_NULL, related_name="+"
    )
    declined_at = models.DateTimeField(null=True, blank=True)

    objects = AnswerVersionQuerySet.as_manager()

    class Meta:
        ordering = ["answer", "number"]
        constraints = [
            models.CheckConstraint(
                condition=Q(approved_at=None) | Q(declined_at=None), name="answer_approved_or_declined"
            ),
            models.UniqueConstraint(fields=["answer", "number"], name="answer_version_once"),
            models.CheckConstraint(
                condition=Q(approved_at=None) | Q(approved_at__gte=F("created_at")),
                name="answer_approved_after_made",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.answer} v{self.number}"

    @property
    def is_waiting(self) -> bool:
        return self.approved_at is None and self.declined_at is None


class Guidance(models.Model):
    """A team's voice: how its replies begin and end, and its rules in words."""

    team = models.OneToOneField(Team, on_delete=models.CASCADE, related_name="guidance")
    greeting = models.CharField(max_length=200, blank=True)
    closing = models.TextField(blank=True)
    rules = models.TextField(blank=True)

    class Meta:
        verbose_name_plural = "guidance"

    def __str__(self) -> str:
        return f"guidance of {self.team}"


class Term(models.Model):
    """The name of a product or plan: a reply that names another one says something else."""

    name = models.CharField(max_length=80, unique=True)

    class Meta:
        ordering = ["name"]

    def __str__(self) -> str:
        return self.name
