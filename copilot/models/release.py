"""What decides: trained artifacts, and the releases that serve them together."""

from django.db import models
from django.db.models import Q


class Artifact(models.Model):
    """A trained head or an encoder: a folder of arrays and a card, named by its hash."""

    class Kind(models.TextChoices):
        ENCODER = "encoder", "Encoder"
        VALIDITY = "validity", "Validity"
        TOPIC = "topic", "Topic"
        ANSWER = "answer", "Answer"

    kind = models.CharField(max_length=10, choices=Kind)
    sha256 = models.CharField(max_length=64)
    folder = models.CharField(max_length=200, help_text="Below ARTIFACTS_ROOT.")
    card = models.JSONField(default=dict)
    created_at = models.DateTimeField()

    class Meta:
        ordering = ["-pk"]
        constraints = [models.UniqueConstraint(fields=["kind", "sha256"], name="artifact_once")]

    def __str__(self) -> str:
        return f"{self.kind} {self.sha256[:8]}"


class Release(models.Model):
    """An immutable set of artifacts and floors; exactly one is live."""

    class State(models.TextChoices):
        CANDIDATE = "candidate", "Candidate"
        LIVE = "live", "Live"
        RETIRED = "retired", "Retired"

    state = models.CharField(max_length=10, choices=State, default=State.CANDIDATE)
    encoder = models.ForeignKey(Artifact, on_delete=models.PROTECT, related_name="+")
    validity = models.ForeignKey(Artifact, on_delete=models.PROTECT, related_name="+")
    topics = models.ForeignKey(Artifact, on_delete=models.PROTECT, related_name="+")
    answers = models.ForeignKey(Artifact, on_delete=models.PROTECT, related_name="+")
    validity_floor = models.FloatField()
    topic_floor = models.FloatField()
    answer_floor = models.FloatField()
    confidence_floor = models.FloatField()
    languages = models.JSONField(default=list)
    note = models.TextField(blank=True)
    created_at = models.DateTimeField()
    promoted_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        ordering = ["-pk"]
        constraints = [
            models.UniqueConstraint(fields=["state"], condition=Q(state="live"), name="release_one_live")
        ]

    def __str__(self) -> str:
        return self.name

    @property
    def name(self) -> str:
        return f"release {self.pk}"
