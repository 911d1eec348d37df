"""What waits to be labeled: which messages, why these, and who has which before them."""

from typing import Self

from django.conf import settings
from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.db.models import Exists, OuterRef, Q

from copilot.models import Suggestion
from helpdesk.models import Message
from labeling.models.annotation import Annotation, Task


class Rule(models.TextChoices):
    """Why a message was picked: by chance, or because its label is worth more than another's."""

    RANDOM = "random", "Drawn at random"
    UNCERTAIN = "uncertain", "The live release is unsure of it"
    DISPUTED = "disputed", "Labeling functions disagree, or the live release does with them"
    STALE = "stale", "Its label is out of date"
    RARE = "rare", "It may be of a kind that has few labels"
    CLUSTER = "cluster", "It resembles nothing that was labeled so far"
    CONFLICT = "conflict", "What was sent says something else than what was suggested"
    DISMISSED = "dismissed", "An agent dismissed what was suggested"
    CHOSEN = "chosen", "Opened by hand"


class QueuePlan(models.Model):
    """How the queue of a task is mixed, and how far its random sample reaches.

    The sample holds the items whose `draw` lies below `sampled_below`, whatever else is known of them.
    """

    task = models.CharField(max_length=10, choices=Task, unique=True)
    overlap_percent = models.PositiveSmallIntegerField(
        default=12, help_text="Of the messages that several people label without knowing of each other."
    )
    overlap_people = models.PositiveSmallIntegerField(default=2, help_text="How many people label those.")
    sampled_below = models.FloatField(default=0.0)

    class Meta:
        constraints = [
            models.CheckConstraint(
                condition=Q(overlap_percent__lte=100), name="queue_overlap_is_a_percentage"
            ),
            models.CheckConstraint(
                condition=Q(overlap_people__gte=2, overlap_people__lte=5), name="queue_overlap_of_two_to_five"
            ),
            models.CheckConstraint(
                condition=Q(sampled_below__gte=0, sampled_below__lte=1), name="queue_sample_is_a_share"
            ),
        ]

    def __str__(self) -> str:
        return f"queue of {self.task}"


class QueueShare(models.Model):
    """What part of a task's queue a rule supplies."""

    plan = models.ForeignKey(QueuePlan, on_delete=models.CASCADE, related_name="shares")
    rule = models.CharField(max_length=20, choices=Rule)
    percent = models.PositiveSmallIntegerField()

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["plan", "rule"], name="queue_share_once"),
            # Without a random sample no figure of the whole can be told.
            models.CheckConstraint(
                condition=~Q(rule="random") | Q(percent__gte=5), name="queue_share_of_random"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.percent} % {self.rule}"


class QueueEntryQuerySet(models.QuerySet["QueueEntry"]):
    def waiting(self, task: str, mode: str) -> Self:
        """Those that still want somebody's label."""
        return self.filter(task=task, mode=mode, closed_at=None)

    def about(self, topic: str) -> Self:
        """Those that people, if only once, or the live release take for a topic's.

        What was drawn at random does not come by the release's word: a sample of which one topic is labeled first is
        none of the whole.
        """
        message = {"message": OuterRef("message")}
        labeled = Annotation.objects.standing().filter(**message, task=Task.TOPIC, label=topic)
        guessed = Suggestion.objects.filter(**message, release__state="live", topic__slug=topic)
        return self.filter(Exists(labeled) | (Exists(guessed) & ~Q(rule=Rule.RANDOM)))

    def unseen_by(self, person_id: int) -> Self:
        """Leave out what a person has labeled or passed already."""
        return self.exclude(seen_by__contains=[person_id])


class QueueEntry(models.Model):
    """A message that is to be labeled: by whom does not matter, by how many people does.

    `seen_by` are the people who labeled, skipped or flagged it: they are not asked again. It stands in the row, not in
    a table of its own, so that who alone labels does not walk past thousands of messages that wait for somebody else.
    """

    message = models.ForeignKey(Message, on_delete=models.CASCADE, related_name="queue_entries")
    task = models.CharField(max_length=10, choices=Task)
    mode = models.CharField(max_length=12, choices=Annotation.Mode, default=Annotation.Mode.BLIND)
    rule = models.CharField(max_length=20, choices=Rule)
    inclusion_probability = models.FloatField(null=True, blank=True)
    place = models.FloatField(help_text="In the queue; the smallest is next.")
    n_wanted = models.PositiveSmallIntegerField(default=1, help_text="People who are to label it.")
    n_labeled = models.PositiveSmallIntegerField(default=0)
    seen_by = ArrayField(models.BigIntegerField(), default=list, blank=True)
    queued_at = models.DateTimeField()
    closed_at = models.DateTimeField(null=True, blank=True)

    objects = QueueEntryQuerySet.as_manager()

    class Meta:
        verbose_name_plural = "queue entries"
        constraints = [
            models.UniqueConstraint(
                fields=["message", "task", "mode"], condition=Q(closed_at=None), name="queue_entry_once"
            ),
            models.CheckConstraint(
                condition=Q(rule="random", inclusion_probability__gt=0, inclusion_probability__lte=1)
                | (~Q(rule="random") & Q(inclusion_probability=None)),
                name="queue_entry_probability_iff_random",
            ),
        ]
        indexes = [
            models.Index(fields=["task", "mode", "place"], name="queue_next", condition=Q(closed_at=None)),
        ]

    def __str__(self) -> str:
        return f"{self.task} of message {self.message_id}, {self.rule}"


class Lease(models.Model):
    """A message is before a person, and before nobody else, until a time."""

    entry = models.ForeignKey(QueueEntry, on_delete=models.CASCADE, related_name="leases")
    person = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name="+")
    given_at = models.DateTimeField()
    until = models.DateTimeField()

    class Meta:
        constraints = [models.UniqueConstraint(fields=["entry", "person"], name="lease_once")]

    def __str__(self) -> str:
        return f"entry {self.entry_id} for {self.person_id} until {self.until}"
