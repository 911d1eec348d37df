"""What decides: trained artifacts, the releases that serve them together, and who made which of them live."""

from typing import Self

from django.conf import settings
from django.db import models
from django.db.models import Case, Deferrable, F, Q, Value, When

from copilot.pipeline.types import Floors


class Artifact(models.Model):
    """A trained head or an encoder: files in the storage of artifacts, named by their hash, and the card that rules."""

    class Kind(models.TextChoices):
        ENCODER = "encoder", "Encoder"
        VALIDITY = "validity", "Validity"
        TOPIC = "topic", "Topic"
        ANSWER = "answer", "Answer"

    kind = models.CharField(max_length=10, choices=Kind)
    sha256 = models.CharField(max_length=64)
    folder = models.CharField(max_length=200, help_text="In the storage of artifacts.")
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
    scope_floor = models.FloatField(db_default=0.0)
    confidence_floor = models.FloatField()
    languages = models.JSONField(default=list)
    dataset = models.CharField(max_length=100, blank=True, help_text="What it was trained on.")
    card = models.JSONField(default=dict, help_text="What it was made of and how it did on the test split.")
    learned_from = models.JSONField(
        default=list, help_text="Keys of its training texts (copilot/evaluation/rows.py): no test of it."
    )
    note = models.TextField(blank=True)
    shadow_share = models.FloatField(
        default=0.0, help_text="Of cases, at which it looks after the live one while it is a candidate."
    )
    created_at = models.DateTimeField()
    promoted_at = models.DateTimeField(null=True, blank=True)
    # True or NULL, so that "one is live" is a constraint which waits for the end of the promoting statement.
    is_live = models.GeneratedField(
        expression=Case(When(state="live", then=Value(True))),
        output_field=models.BooleanField(null=True),
        db_persist=True,
    )

    class Meta:
        ordering = ["-pk"]
        constraints = [
            models.UniqueConstraint(
                fields=["is_live"], deferrable=Deferrable.IMMEDIATE, name="release_one_live"
            ),
            models.CheckConstraint(
                condition=Q(shadow_share__gte=0, shadow_share__lte=1), name="release_shadow_share_is_share"
            ),
        ]

    def __str__(self) -> str:
        return self.name

    @property
    def name(self) -> str:
        return f"release {self.pk}"

    @property
    def floors(self) -> Floors:
        return Floors(
            validity=self.validity_floor,
            topic=self.topic_floor,
            answer=self.answer_floor,
            scope=self.scope_floor,
            confidence=self.confidence_floor,
        )

    @property
    def offering_floor(self) -> float:
        """How probably a message must be a question for an answer to be offered."""
        return max(self.validity_floor, self.scope_floor)

    @property
    def parts(self) -> dict[str, Artifact]:
        """The artifacts by kind, in the order of the pipeline."""
        return {
            Artifact.Kind.ENCODER: self.encoder,
            Artifact.Kind.VALIDITY: self.validity,
            Artifact.Kind.TOPIC: self.topics,
            Artifact.Kind.ANSWER: self.answers,
        }


class Promotion(models.Model):
    """A release became the live one: who did it, why, what the gate found, and what was live before."""

    release = models.ForeignKey(Release, on_delete=models.PROTECT, related_name="promotions")
    previous = models.ForeignKey(Release, null=True, on_delete=models.PROTECT, related_name="+")
    actor = models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, on_delete=models.SET_NULL, related_name="+"
    )
    at = models.DateTimeField()
    reason = models.TextField(blank=True)
    is_rollback = models.BooleanField(default=False)
    is_override = models.BooleanField(default=False, help_text="The gate refused it.")
    findings = models.JSONField(default=list, help_text="What the gate found: [passed, text] each.")

    class Meta:
        ordering = ["-at", "-pk"]
        constraints = [
            models.CheckConstraint(
                condition=Q(is_override=False) | ~Q(reason=""), name="promotion_override_has_reason"
            )
        ]

    def __str__(self) -> str:
        return f"{'rollback to' if self.is_rollback else 'promotion of'} release {self.release_id}"


class EvaluationQuerySet(models.QuerySet["Evaluation"]):
    def own_first(self) -> Self:
        """Those on what the release was trained on first: on other datasets it was run to be compared. Then by time."""
        return self.alias(is_own=Q(dataset=F("release__dataset"))).order_by("-is_own", "-evaluated_at")


class Evaluation(models.Model):
    """What was said on a dataset's rows, one by one, so that every figure is arithmetic.

    TEST is a release on the test split. The others judge its way of training on all rows, each by heads that never saw
    its case: CROSSFIT takes five folds, FORWARD the latest quarter, trained on what came before.
    """

    class Method(models.TextChoices):
        TEST = "test", "Test split"
        CROSSFIT = "crossfit", "Cross-fitted"
        FORWARD = "forward", "Latest quarter"

    release = models.ForeignKey(Release, on_delete=models.CASCADE, related_name="evaluations")
    method = models.CharField(max_length=10, choices=Method, default=Method.TEST)
    dataset = models.CharField(max_length=100)
    dataset_sha256 = models.CharField(max_length=64)
    rows = models.JSONField(default=list, help_text="See copilot/evaluation/rows.py.")
    latency = models.JSONField(default=dict, help_text="Milliseconds of one question: {stage: [p50, p95]}.")
    n_timed = models.PositiveIntegerField(default=0)
    code = models.CharField(max_length=100, blank=True, help_text="The version of the code that made it.")
    evaluated_at = models.DateTimeField()

    objects = EvaluationQuerySet.as_manager()

    class Meta:
        ordering = ["-evaluated_at"]
        constraints = [
            models.UniqueConstraint(
                fields=["release", "dataset_sha256", "method"], name="evaluation_once_by_method"
            ),
        ]

    def __str__(self) -> str:
        return f"release {self.release_id} on {self.dataset}"
