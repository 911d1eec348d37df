"""What was suggested for each turn, and what agents did with it."""

from typing import Self

from django.conf import settings
from django.db import models
from django.db.models import F, Q

from copilot.models.catalog import AnswerVersion, Topic
from copilot.models.release import Release
from copilot.pipeline.types import Reason as PipelineReason
from helpdesk.models import Case, Message


class Arm(models.TextChoices):
    OFFER = "offer", "Offer"
    SHADOW = "shadow", "Shadow"
    OFF = "off", "Off"


class State(models.TextChoices):
    PENDING = "pending", "Pending"
    OFFERED = "offered", "Offered"
    SHADOW = "shadow", "Shadow"
    WITHHELD = "withheld", "Withheld"
    FAILED = "failed", "Failed"
    OFF = "off", "Off"
    SUPERSEDED = "superseded", "Superseded"


class Reason(models.TextChoices):
    """Why a turn got no suggestion on the screen."""

    THANKS = PipelineReason.THANKS, "thanks or closing, no question"
    AUTO_REPLY = PipelineReason.AUTO_REPLY, "automatic reply"
    SPAM = PipelineReason.SPAM, "looks like spam"
    NO_REQUEST = PipelineReason.NO_REQUEST, "no request in it"
    OTHER_LANGUAGE = PipelineReason.OTHER_LANGUAGE, "not in a language we answer"
    OUT_OF_SCOPE = PipelineReason.OUT_OF_SCOPE, "not something we answer"
    TOPIC_UNSURE = PipelineReason.TOPIC_UNSURE, "topic unsure"
    TOPIC_RETIRED = PipelineReason.TOPIC_RETIRED, "topic retired since the release was trained"
    NO_ANSWER = PipelineReason.NO_ANSWER, "no approved answer fits"
    ANSWER_UNSURE = PipelineReason.ANSWER_UNSURE, "answer unsure"
    ANSWER_EXPIRED = PipelineReason.ANSWER_EXPIRED, "answer expired"
    CONFLICTING_ANSWERS = PipelineReason.CONFLICTING_ANSWERS, "conflicting answers"
    VALIDITY_UNSURE = PipelineReason.VALIDITY_UNSURE, "perhaps not something we answer"
    CONFIDENCE_LOW = PipelineReason.CONFIDENCE_LOW, "not sure enough"
    HELD_OUT = "held_out", "held out for measuring"
    OFF = "off", "off for measuring"
    NO_RELEASE = "no_release", "no release is live: train and promote one"
    RELEASE_BROKEN = "release_broken", "the live release can't be loaded"
    LOST = "lost", "given up after five attempts"


# A turn's message without what makes it large.
MESSAGE_TEXTS = ("message__body", "message__html", "message__search")


class SuggestionQuerySet(models.QuerySet["Suggestion"]):
    def current(self) -> Self:
        """Leave out those that a newer message of the same turn replaced."""
        return self.exclude(state=State.SUPERSEDED)

    def with_treatment(self) -> Self:
        """Load along what decides who may see a suggestion."""
        return self.select_related("message", "case__assignment__experiment").defer(*MESSAGE_TEXTS)

    def generated(self) -> Self:
        """Those that hold a text, on the screen or in the shadow."""
        return self.filter(state__in=[State.OFFERED, State.SHADOW])

    def latest_for(self, case: Case) -> "Suggestion | None":
        return (
            self.filter(case=case)
            .with_treatment()
            .select_related("answer__answer__owner", "answer__answer__topic", "topic", "release")
            .order_by("-message__sent_at", "-pk")
            .first()
        )

    def newest_in(self, cases: models.QuerySet[Case]) -> Self:
        """Return the suggestion of each case's newest turn."""
        return self.filter(case__in=cases).order_by("case", "-message__sent_at", "-pk").distinct("case")


class Suggestion(models.Model):
    """An answer for a turn, or the reason why none: made pending with its message, filled in once, never changed.

    A turn is known by its newest message; an older message's suggestion is superseded. In the arm OFF nothing is
    computed: the row stands for the turn, so that turns sum.
    """

    case = models.ForeignKey(Case, on_delete=models.CASCADE, related_name="suggestions")
    message = models.OneToOneField(Message, on_delete=models.CASCADE, related_name="suggestion")
    state = models.CharField(max_length=10, choices=State, default=State.PENDING)
    reason = models.CharField(max_length=20, choices=Reason, blank=True)
    detail = models.CharField(
        max_length=300, blank=True, help_text="What failed, or which candidates were close."
    )
    arm = models.CharField(max_length=6, choices=Arm)
    release = models.ForeignKey(Release, null=True, on_delete=models.PROTECT, related_name="suggestions")
    topic = models.ForeignKey(Topic, null=True, on_delete=models.PROTECT, related_name="+")
    second_topic = models.ForeignKey(Topic, null=True, on_delete=models.PROTECT, related_name="+")
    n_topics = models.PositiveSmallIntegerField(
        null=True, help_text="How many topics it was decided for, or are plausible; the first two are named."
    )
    answer = models.ForeignKey(
        AnswerVersion, null=True, on_delete=models.PROTECT, related_name="suggestions", db_index=False
    )  # the first column of `suggestion_by_answer`
    text = models.TextField(blank=True)
    parts = models.JSONField(default=list, help_text="The text in pieces: [kind, text, name].")
    validity_probability = models.FloatField(null=True)
    topic_probability = models.FloatField(null=True)
    second_topic_probability = models.FloatField(null=True)
    answer_probability = models.FloatField(null=True)
    confidence = models.FloatField(null=True)
    question = models.TextField(blank=True)
    encoder_ms = models.FloatField(null=True)
    validity_ms = models.FloatField(null=True)
    topic_ms = models.FloatField(null=True)
    answer_ms = models.FloatField(null=True)
    wording_ms = models.FloatField(null=True)
    created_at = models.DateTimeField()
    queued_at = models.DateTimeField()
    attempts = models.PositiveSmallIntegerField(default=0)
    finished_at = models.DateTimeField(null=True)

    objects = SuggestionQuerySet.as_manager()

    class Meta:
        constraints = [
            models.CheckConstraint(
                condition=~Q(state__in=["offered", "shadow"]) | (Q(answer__isnull=False) & ~Q(text="")),
                name="suggestion_generated_has_text",
            ),
            models.CheckConstraint(
                condition=~Q(state__in=["withheld", "failed", "off"]) | ~Q(reason=""),
                name="suggestion_withheld_has_reason",
            ),
        ]
        indexes = [
            models.Index(fields=["case", "-message"], name="suggestion_by_case"),
            models.Index(fields=["queued_at"], name="suggestion_pending", condition=Q(state="pending")),
            models.Index(fields=["created_at"], name="suggestion_by_time"),
            models.Index(
                fields=["answer", "created_at"],
                include=["id"],
                condition=Q(answer__isnull=False),
                name="suggestion_by_answer",
            ),
            models.Index(fields=["id"], name="suggestion_with_question", condition=~Q(question="")),
        ]

    def __str__(self) -> str:
        return f"suggestion {self.pk} ({self.state})"

    @property
    def is_pending(self) -> bool:
        return self.state == State.PENDING

    @property
    def is_offered(self) -> bool:
        return self.state == State.OFFERED

    @property
    def milliseconds(self) -> dict[str, float | None]:
        return {
            name: getattr(self, f"{name}_ms")
            for name in ("encoder", "validity", "topic", "answer", "wording")
        }


class Alternative(models.Model):
    """Another answer that came close, worded like the suggestion itself; rank 1 is the best of them."""

    suggestion = models.ForeignKey(Suggestion, on_delete=models.CASCADE, related_name="alternatives")
    rank = models.PositiveSmallIntegerField()
    answer = models.ForeignKey(AnswerVersion, on_delete=models.PROTECT, related_name="+")
    text = models.TextField()
    probability = models.FloatField()

    class Meta:
        ordering = ["rank"]
        constraints = [models.UniqueConstraint(fields=["suggestion", "rank"], name="alternative_rank_once")]

    def __str__(self) -> str:
        return f"alternative {self.rank} of suggestion {self.suggestion_id}"


class DecidingSentence(models.Model):
    """Which sentence of its question spoke most for a suggestion's answer: told after the suggestion, and once."""

    suggestion = models.OneToOneField(Suggestion, on_delete=models.CASCADE, related_name="deciding")
    start = models.PositiveIntegerField(help_text="Its first character in the question.")
    end = models.PositiveIntegerField(help_text="The character after its last.")

    class Meta:
        constraints = [
            models.CheckConstraint(condition=Q(end__gt=F("start")), name="deciding_sentence_not_empty")
        ]

    def __str__(self) -> str:
        return f"deciding sentence of suggestion {self.suggestion_id}"


class SuggestionEvent(models.Model):
    """Something that happened to a suggestion, most of it on somebody's screen; append-only, doubled ones kept once.

    `at` is the server's clock, which alone is believed. In which order a page did things is what it counted itself,
    since its reports may arrive in another one.
    """

    class Type(models.TextChoices):
        OPENED = "opened", "Opened with the suggestion there"
        AWAITED = "awaited", "Opened before the suggestion was there"
        DISPLAYED = "displayed", "Displayed"
        VIEWED = "viewed", "Viewed"
        INSERTED = "inserted", "Inserted"
        ALTERNATIVE_INSERTED = "alternative_inserted", "Alternative inserted"
        INSERTION_UNDONE = "insertion_undone", "Insertion undone"
        DISMISSED = "dismissed", "Dismissed"
        WHY_OPENED = "why_opened", "Why opened"
        SENT = "sent", "Reply sent"
        RELEASE_FALLBACK = "release_fallback", "The live release stood in for the variant's"

    BY_SERVER = (Type.SENT, Type.RELEASE_FALLBACK)  # a page may not report them

    class DismissReason(models.TextChoices):
        WRONG_TOPIC = "wrong_topic", "Wrong topic"
        WRONG_ANSWER = "wrong_answer", "Wrong answer"
        OUT_OF_DATE = "out_of_date", "Out of date"
        TONE = "tone", "Tone"
        NOT_A_QUESTION = "not_a_question", "Not a question"

    suggestion = models.ForeignKey(Suggestion, on_delete=models.CASCADE, related_name="events")
    type = models.CharField(max_length=24, choices=Type)
    actor = models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, on_delete=models.SET_NULL, related_name="+"
    )
    at = models.DateTimeField()
    client_seq = models.CharField(max_length=60, help_text="Chosen by the page; the same one is kept once.")
    page = models.CharField(max_length=40, blank=True, help_text="The browser tab that reported it.")
    page_order = models.PositiveBigIntegerField(
        null=True, help_text="Counted by the tab, through all of its reloads."
    )
    dismiss_reason = models.CharField(max_length=20, choices=DismissReason, blank=True)
    rank = models.PositiveSmallIntegerField(null=True, help_text="Which alternative.")
    typed_before = models.PositiveIntegerField(
        null=True, help_text="Characters in the agent's reply when the card was displayed."
    )

    class Meta:
        ordering = ["at", "pk"]
        constraints = [
            models.UniqueConstraint(fields=["suggestion", "client_seq"], name="suggestion_event_once")
        ]
        indexes = [models.Index(fields=["at"], name="suggestion_event_by_time")]

    def __str__(self) -> str:
        return f"{self.type} of suggestion {self.suggestion_id}"
