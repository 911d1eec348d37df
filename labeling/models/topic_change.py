"""A topic that is to be merged, split or retired, with what is proposed for each of its old labels."""

from django.conf import settings
from django.db import models
from django.db.models import Q

from copilot.models import Answer, CatalogChange, Topic
from labeling.models.annotation import Annotation


class TopicChange(models.Model):
    """A change of a topic from idea to end: drafted, proposed, then applied or dropped; what is applied may be undone.

    Nothing happens to the catalog or to a label before it is applied.
    """

    class Kind(models.TextChoices):
        MERGED = CatalogChange.Kind.MERGED, "Merge it into another topic"
        SPLIT = CatalogChange.Kind.SPLIT, "Split it into several topics"
        RETIRED = CatalogChange.Kind.RETIRED, "Retire it"

    class State(models.TextChoices):
        DRAFT = "draft", "Examples are asked for"
        PROPOSING = "proposing", "Its labels are being read"
        PROPOSED = "proposed", "Waiting for review"
        APPLIED = "applied", "Applied"
        UNDONE = "undone", "Undone"
        DROPPED = "dropped", "Dropped"

    OPEN = (State.DRAFT, State.PROPOSING, State.PROPOSED)

    kind = models.CharField(max_length=10, choices=Kind)
    topic = models.ForeignKey(Topic, on_delete=models.PROTECT, related_name="topic_changes")
    state = models.CharField(max_length=10, choices=State, default=State.DRAFT)
    note = models.TextField(blank=True)
    problem = models.TextField(blank=True)
    by = models.ForeignKey(settings.AUTH_USER_MODEL, null=True, on_delete=models.SET_NULL, related_name="+")
    at = models.DateTimeField()
    change = models.OneToOneField(
        CatalogChange,
        null=True,
        blank=True,
        on_delete=models.PROTECT,
        related_name="topic_change",
        help_text="What was recorded in the catalog when it was applied.",
    )

    class Meta:
        ordering = ["-pk"]
        constraints = [
            models.UniqueConstraint(
                fields=["topic"],
                condition=Q(state__in=["draft", "proposing", "proposed"]),
                name="topic_change_one_at_a_time",
            ),
            models.CheckConstraint(
                condition=~Q(state__in=["applied", "undone"]) | Q(change__isnull=False),
                name="topic_change_applied_is_recorded",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.topic}: {self.get_kind_display().lower()}"

    @property
    def is_open(self) -> bool:
        return self.state in self.OPEN


class Heir(models.Model):
    """A topic that takes a part of another's place: examples of what belongs there, and the answers that go along."""

    change = models.ForeignKey(TopicChange, on_delete=models.CASCADE, related_name="heirs")
    topic = models.ForeignKey(Topic, on_delete=models.PROTECT, related_name="+")
    examples = models.TextField(blank=True, help_text="Questions that belong there, one a line.")
    answers = models.ManyToManyField(Answer, blank=True, related_name="+")

    class Meta:
        ordering = ["pk"]
        constraints = [models.UniqueConstraint(fields=["change", "topic"], name="heir_once")]

    def __str__(self) -> str:
        return str(self.topic)


class LabelMove(models.Model):
    """What is proposed for one old label: another label, or none, which means to ask again."""

    class Why(models.TextChoices):
        ALL = "all", "all go there"
        ANSWER = "answer", "its answer goes there"
        NEAREST = "nearest", "nearest to the examples"
        UNSURE = "unsure", "near to the examples of several, or of none"
        RETIRED = "retired", "no topic takes its place"
        PERSON = "person", "chosen by a person"

    change = models.ForeignKey(TopicChange, on_delete=models.CASCADE, related_name="moves")
    annotation = models.ForeignKey(Annotation, on_delete=models.CASCADE, related_name="moves")
    label = models.SlugField(max_length=80, blank=True)
    why = models.CharField(max_length=8, choices=Why)
    moved_to = models.OneToOneField(
        Annotation, null=True, blank=True, on_delete=models.SET_NULL, related_name="moved_by"
    )

    class Meta:
        ordering = ["pk"]
        constraints = [models.UniqueConstraint(fields=["change", "annotation"], name="label_move_once")]

    def __str__(self) -> str:
        return f"label {self.annotation_id} to {self.label or 'be asked again'}"
