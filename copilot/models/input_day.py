"""What came in and how sure the copilot was of it, by day: the rollups behind the pages of floors and of drift."""

from django.db import models
from django.db.models import Q
from pgvector.django import HalfVectorField

from copilot.models.catalog import Topic
from copilot.models.release import Release
from copilot.models.suggestion import Arm, Reason
from copilot.models.vector import DIMENSIONS


class FloorDay(models.Model):
    """Turns of one day by confidence, above the floor (no reason) or withheld for being unsure, with what became of
    those whose text nobody saw.

    `n_hidden` counts the replies compared with a text that their author did not see: of a generated suggestion in the
    shadow, of a withheld one always. `bin` n holds confidences from n to n + 1 hundredths; 1.0 is in the last.
    """

    day = models.DateField()
    release = models.ForeignKey(Release, on_delete=models.CASCADE, related_name="+")
    reason = models.CharField(max_length=20, choices=Reason, blank=True)
    arm = models.CharField(max_length=6, choices=Arm)
    agent = models.BigIntegerField(help_text="A hash; 0 is nobody.")
    bin = models.PositiveSmallIntegerField()
    n_turns = models.PositiveIntegerField()
    n_hidden = models.PositiveIntegerField()
    n_matches = models.PositiveIntegerField()

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["day", "release", "reason", "arm", "agent", "bin"], name="floor_day_once"
            )
        ]
        indexes = [
            # What replies to hidden texts tell: few of the rows, read without the rows themselves.
            models.Index(
                fields=["release", "day"],
                include=["reason", "agent", "bin", "n_hidden", "n_matches"],
                condition=Q(n_hidden__gt=0),
                name="floor_day_hidden",
            )
        ]

    def __str__(self) -> str:
        return f"{self.n_turns} turns of {self.day} at {self.bin} %"


class BinDay(models.Model):
    """The sums of `FloorDay` over arms and agents."""

    day = models.DateField()
    release = models.ForeignKey(Release, on_delete=models.CASCADE, related_name="+")
    reason = models.CharField(max_length=20, choices=Reason, blank=True)
    bin = models.PositiveSmallIntegerField()
    n_turns = models.PositiveIntegerField()

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["release", "day", "reason", "bin"], name="bin_day_once")
        ]

    def __str__(self) -> str:
        return f"{self.n_turns} turns of all, {self.day} at {self.bin} %"


class InputDay(models.Model):
    """How many computed turns of one day have a value in common, such as their channel. Topics and languages are in
    TurnDay, confidences in FloorDay.

    A length's value is the least of its bin in characters, a product's its name, empty where a question names none.
    Templates are counted of replies.
    """

    class Part(models.TextChoices):
        LENGTH = "length", "Length"
        CHANNEL = "channel", "Channel"
        KIND = "kind", "Question or what else"
        UNSEEN = "unseen", "Unlike all before"
        PRODUCT = "product", "Product that is named"
        TEMPLATE = "template", "Template that is sent"

    day = models.DateField()
    release = models.ForeignKey(Release, on_delete=models.CASCADE, related_name="+")
    part = models.CharField(max_length=10, choices=Part)
    value = models.CharField(max_length=80)
    n = models.PositiveIntegerField()

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["day", "release", "part", "value"], name="input_day_once")
        ]

    def __str__(self) -> str:
        return f"{self.n} turns of {self.day} with {self.part} {self.value}"


class SeenTopic(models.Model):
    """The middle of a topic's questions in a release's first weeks: what later ones are unlike of, if they are.

    `limit` is the distance from the nearest middle that 99 of 100 questions of those weeks keep, the same for all
    topics of a release.
    """

    release = models.ForeignKey(Release, on_delete=models.CASCADE, related_name="+")
    topic = models.ForeignKey(Topic, on_delete=models.CASCADE, related_name="+")
    centroid = HalfVectorField(dimensions=DIMENSIONS)
    n = models.PositiveIntegerField()
    limit = models.FloatField()

    class Meta:
        constraints = [models.UniqueConstraint(fields=["release", "topic"], name="seen_topic_once")]

    def __str__(self) -> str:
        return f"{self.n} questions of topic {self.topic_id} as release {self.release_id} began"
