"""Weak labels: what functions' votes come to, who weighed them, and what gold says of that."""

from typing import Self

from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.db.models import Q

from labeling.label_models.methods import Method
from labeling.models.annotation import Task
from labeling.models.function import FunctionVersion
from labeling.models.job import BackgroundJob

METHODS = [
    (Method.MAJORITY.value, "Majority of the votes"),
    (Method.GOLD_WEIGHTED.value, "Votes weighed by gold"),
    (Method.LABEL_MODEL.value, "Label model"),
]


class WeakLabelRunQuerySet(models.QuerySet["WeakLabelRun"]):
    def finished(self, task: str) -> Self:
        """Those of a task that have labels or had some, newest first."""
        return self.filter(task=task, state=WeakLabelRun.State.FINISHED).order_by("-pk")


class WeakLabelRun(BackgroundJob):
    """Weak labels of all messages for one task: what was ordered, how far it is, what it was made of.

    `asked` is the method that was ordered, empty if gold was to choose; `method` is the one that made the labels.
    `sha256` names all that went in: functions, labels, gold, method and seed. The newest finished run of a task keeps
    its labels, earlier ones only their figures.
    """

    task = models.CharField(max_length=10, choices=Task)
    asked = models.CharField(max_length=13, choices=METHODS, blank=True)
    method = models.CharField(max_length=13, choices=METHODS, blank=True)
    seed = models.PositiveIntegerField()
    versions = models.ManyToManyField(FunctionVersion, related_name="weak_label_runs")
    labels = ArrayField(models.SlugField(max_length=80), default=list)
    sha256 = models.CharField(max_length=64, blank=True)
    n_items = models.PositiveIntegerField(default=0)
    n_covered = models.PositiveIntegerField(default=0)
    n_overlapped = models.PositiveIntegerField(default=0)
    n_conflicted = models.PositiveIntegerField(default=0)
    n_labelled = models.PositiveIntegerField(default=0)
    n_gold = models.PositiveIntegerField(default=0)
    n_gold_covered = models.PositiveIntegerField(default=0)

    objects = WeakLabelRunQuerySet.as_manager()

    class Meta(BackgroundJob.Meta):
        constraints = [
            models.UniqueConstraint(
                fields=["task"],
                condition=Q(state__in=["waiting", "running"]),
                name="weak_labels_one_of_a_task",
            )
        ]

    def __str__(self) -> str:
        return f"weak labels {self.pk} of {self.task}"


class WeakLabelShard(models.Model):
    """The weak labels of one shard's messages, sparse.

    An entry is the message's id less the shard's first (16 bits), the label's place in the run's (16 bits), and its
    probability (32 bits); a message's entries stand together, likeliest first.
    """

    run = models.ForeignKey(WeakLabelRun, on_delete=models.CASCADE, related_name="shards")
    shard = models.PositiveIntegerField()
    offsets = models.BinaryField()
    classes = models.BinaryField()
    probabilities = models.BinaryField()

    class Meta:
        constraints = [models.UniqueConstraint(fields=["run", "shard"], name="weak_label_shard_once")]

    def __str__(self) -> str:
        return f"shard {self.shard} of {self.run}"


class WeakLabelCandidate(models.Model):
    """One way to label, judged on the gold of a run; what learns from gold was cross-fitted.

    `difference` is against the majority, `low` to `high` its interval. `sureness` is its labels' mean probability.
    """

    run = models.ForeignKey(WeakLabelRun, on_delete=models.CASCADE, related_name="candidates")
    name = models.CharField(max_length=20)
    n_gold = models.PositiveIntegerField()
    n_labelled = models.PositiveIntegerField()
    n_right = models.PositiveIntegerField()
    sureness = models.FloatField(null=True)
    difference = models.FloatField(null=True)
    low = models.FloatField(null=True)
    high = models.FloatField(null=True)
    problem = models.TextField(blank=True)

    class Meta:
        ordering = ["pk"]

    def __str__(self) -> str:
        return f"{self.name} in {self.run}"


class WeakLabelFunction(models.Model):
    """What one function's votes were like in a run."""

    run = models.ForeignKey(WeakLabelRun, on_delete=models.CASCADE, related_name="functions")
    version = models.ForeignKey(FunctionVersion, on_delete=models.CASCADE, related_name="+")
    hits = models.PositiveIntegerField()
    overlaps = models.PositiveIntegerField()
    conflicts = models.PositiveIntegerField()
    n_gold = models.PositiveIntegerField(help_text="Votes on messages with gold.")
    n_right = models.PositiveIntegerField()

    class Meta:
        ordering = ["pk"]

    def __str__(self) -> str:
        return f"{self.version} in {self.run}"


class WeakLabelClass(models.Model):
    """What became of one label in a run: votes, messages with one, weak labels, gold, and gold that a vote found."""

    run = models.ForeignKey(WeakLabelRun, on_delete=models.CASCADE, related_name="classes")
    label = models.SlugField(max_length=80)
    votes = models.PositiveIntegerField()
    messages = models.PositiveIntegerField()
    n_labelled = models.PositiveIntegerField()
    n_gold = models.PositiveIntegerField()
    n_found = models.PositiveIntegerField()
    n_gold_votes = models.PositiveIntegerField()
    n_right = models.PositiveIntegerField()

    class Meta:
        ordering = ["pk"]

    def __str__(self) -> str:
        return f"{self.label} in {self.run}"


class WeakLabelConfusion(models.Model):
    """How often the chosen method said a label of messages whose gold is another one or the same; empty: no label."""

    run = models.ForeignKey(WeakLabelRun, on_delete=models.CASCADE, related_name="confusions")
    gold = models.SlugField(max_length=80)
    said = models.SlugField(max_length=80, blank=True)
    n = models.PositiveIntegerField()

    class Meta:
        ordering = ["pk"]

    def __str__(self) -> str:
        return f"{self.gold} taken for {self.said or 'nothing'} in {self.run}"
