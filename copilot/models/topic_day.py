"""Figures of days summed over agents: what pages count and make no interval of, a tenth of the rows."""

from django.db import models

from copilot.models.catalog import AnswerVersion, Topic
from copilot.models.release import Release


class TopicDay(models.Model):
    """The sums of `TurnDay` by topic and language: how many turns came in, and how many of them got nothing."""

    day = models.DateField()
    release = models.ForeignKey(Release, null=True, on_delete=models.CASCADE, related_name="+")
    topic = models.ForeignKey(Topic, null=True, on_delete=models.CASCADE, related_name="+")
    language = models.CharField(max_length=8, blank=True)
    n_turns = models.PositiveIntegerField()
    n_failed = models.PositiveIntegerField()
    n_withheld = models.PositiveIntegerField()
    n_off = models.PositiveIntegerField()

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["day", "release", "topic", "language"], nulls_distinct=False, name="topic_day_once"
            )
        ]
        indexes = [models.Index(fields=["language"], name="topic_day_languages")]

    def __str__(self) -> str:
        return f"{self.n_turns} turns about a topic, {self.day}"


class VersionDay(models.Model):
    """The sums of `AnswerDay` by version of an answer: how often it was suggested, and how often that matches."""

    day = models.DateField()
    release = models.ForeignKey(Release, null=True, on_delete=models.CASCADE, related_name="+")
    version = models.ForeignKey(AnswerVersion, on_delete=models.CASCADE, related_name="+")
    language = models.CharField(max_length=8, blank=True)
    n_suggested = models.PositiveIntegerField()
    n_matches = models.PositiveIntegerField()
    n_compared = models.PositiveIntegerField()

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["day", "release", "version", "language"],
                nulls_distinct=False,
                name="version_day_once",
            )
        ]

    def __str__(self) -> str:
        return f"{self.n_suggested} suggestions of a version, {self.day}"
