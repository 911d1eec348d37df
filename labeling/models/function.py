"""Labeling functions: rules that vote for a label, kept as data, and what they said."""

from typing import Any, Self

from django.conf import settings
from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.db.models import Exists, OuterRef, Q

from labeling.models.annotation import Task

SHARD = 16_384  # ids of messages in one shard, so that an id within it fits in 16 bits with room to spare


class LabelingFunctionQuerySet(models.QuerySet["LabelingFunction"]):
    def voting(self) -> Self:
        """Those whose votes are computed: whoever is on trial is watched, whoever is active is believed."""
        return self.filter(state__in=LabelingFunction.VOTING)


class LabelingFunction(models.Model):
    """One rule with an owner who looks after it; what it says stands in its newest version.

    A function that crashed says in `problem` on which message, and votes no more until somebody has mended it: a crash
    is never an abstain. `warning` is what the weekly look found.
    """

    class State(models.TextChoices):
        DRAFT = "draft", "Draft"
        TRIAL = "trial", "On trial"
        ACTIVE = "active", "Active"
        RETIRED = "retired", "Retired"

    VOTING = (State.TRIAL, State.ACTIVE)

    slug = models.SlugField(max_length=80, unique=True)
    task = models.CharField(max_length=10, choices=Task)
    owner = models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, blank=True, on_delete=models.SET_NULL, related_name="functions"
    )
    state = models.CharField(max_length=10, choices=State, default=State.DRAFT)
    note = models.TextField(blank=True, help_text="What it notices, and why that tells the label.")
    problem = models.TextField(blank=True, help_text="Where it crashed.")
    warning = models.TextField(blank=True, help_text="Why it was put back on trial.")
    created_at = models.DateTimeField()

    objects = LabelingFunctionQuerySet.as_manager()

    class Meta:
        ordering = ["slug"]
        indexes = [models.Index(fields=["task", "state"], name="function_by_state")]

    def __str__(self) -> str:
        return self.slug

    @property
    def is_voting(self) -> bool:
        return self.state in self.VOTING


class FunctionVersionQuerySet(models.QuerySet["FunctionVersion"]):
    def newest(self) -> Self:
        """Only the newest version of each function, which is the one that counts."""
        newer = FunctionVersion.objects.filter(function=OuterRef("function"), number__gt=OuterRef("number"))
        return self.filter(~Exists(newer))


class FunctionVersion(models.Model):
    """What a function says, never changed: whoever edits makes the next one.

    `sha256` names task, label and specification: two versions with the same one vote alike, so votes are kept by it.
    """

    class Kind(models.TextChoices):
        KEYWORD = "keyword", "Words"
        REGEX = "regex", "Regular expression"
        FIELD = "field", "Field"
        NEIGHBOUR = "neighbour", "Like these messages"
        OUTCOME = "outcome", "What the agent did"
        CODE = "code", "Code"
        ARTIFACT = "artifact", "Trained head"
        LLM = "llm", "Language model"

    function = models.ForeignKey(LabelingFunction, on_delete=models.CASCADE, related_name="versions")
    number = models.PositiveIntegerField()
    kind = models.CharField(max_length=10, choices=Kind)
    label = models.SlugField(
        max_length=80, blank=True, help_text="What it votes for; empty if the kind chooses among labels."
    )
    spec = models.JSONField(help_text="As its kind's module in labeling/functions/ reads it.")
    sha256 = models.CharField(max_length=64, db_index=True)
    note = models.CharField(max_length=300, blank=True, help_text="What was changed.")
    author = models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, on_delete=models.SET_NULL, related_name="+"
    )
    made_at = models.DateTimeField()

    objects = FunctionVersionQuerySet.as_manager()

    class Meta:
        ordering = ["function", "number"]
        constraints = [
            models.UniqueConstraint(fields=["function", "number"], name="function_version_once"),
            models.CheckConstraint(condition=~Q(sha256=""), name="function_version_has_hash"),
        ]

    def __str__(self) -> str:
        return f"{self.function} v{self.number}"

    def save(self, *args: Any, **kwargs: Any) -> None:
        if self.pk and not self._state.adding:
            raise TypeError(f"{self} is never changed: save the next version instead")
        super().save(*args, **kwargs)


class FunctionFigures(models.Model):
    """What a version's votes are worth, counted again whenever votes or gold have changed.

    `alike` is the function that says the same on most of its messages.
    """

    version = models.OneToOneField(FunctionVersion, on_delete=models.CASCADE, related_name="figures")
    n_items = models.PositiveIntegerField()
    n_hits = models.PositiveIntegerField(help_text="Messages it voted on.")
    n_broadest = models.PositiveIntegerField(help_text="Of these, for the label that it gives most often.")
    n_gold = models.PositiveIntegerField(help_text="Hits that have gold.")
    n_right = models.PositiveIntegerField()
    n_overlaps = models.PositiveIntegerField(help_text="Hits on which another function voted too.")
    n_conflicts = models.PositiveIntegerField(help_text="Hits on which another function voted otherwise.")
    alike = models.ForeignKey(LabelingFunction, null=True, on_delete=models.SET_NULL, related_name="+")
    n_alike = models.PositiveIntegerField(default=0)
    measured_at = models.DateTimeField()

    def __str__(self) -> str:
        return f"figures of {self.version}"


class ModelAnswer(models.Model):
    """What a language model once said for a rule to a text, named by the text's words; empty if it was no label."""

    sha256 = models.CharField(max_length=64)
    key = models.CharField(max_length=12)
    label = models.SlugField(max_length=80, blank=True)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["sha256", "key"], name="model_answer_once")]

    def __str__(self) -> str:
        return f"{self.label or 'no label'} for {self.key}"


class VoteShard(models.Model):
    """What one rule said about the messages of one shard: sparse, and computed again once the shard grew.

    A vote is an entry of two arrays of 16 bits each: the message's id less the shard's first, ascending, and the place
    of the label in `labels`.
    """

    sha256 = models.CharField(max_length=64)
    shard = models.PositiveIntegerField(help_text="The message's id divided by the shard's size.")
    n_items = models.PositiveIntegerField(help_text="How many items were read.")
    offsets = models.BinaryField()
    classes = models.BinaryField()
    labels = ArrayField(models.SlugField(max_length=80))
    computed_at = models.DateTimeField()

    class Meta:
        constraints = [models.UniqueConstraint(fields=["sha256", "shard"], name="vote_shard_once")]

    def __str__(self) -> str:
        return f"votes of {self.sha256[:12]} on shard {self.shard}"
