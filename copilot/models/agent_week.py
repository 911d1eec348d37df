"""Figures of weeks, all agents in one row: what pages read of a year, in a tenth of the time of its days.

There are about as many pairs of an agent and a topic in a week as turns, so that summing alone saves little. Hence a
field is a column of numbers, one for each agent, eight bytes each, as PostgreSQL sends them and `monitor/columns.py`
takes them; `agents` are their hashes, ascending. A week begins on its Monday.
"""

from django.db import models

from copilot.models.agent_day import COUNTS
from copilot.models.catalog import AnswerVersion, Topic
from copilot.models.release import Release
from copilot.models.suggestion import Arm


class AgentWeek(models.Model):
    """The sums of `TurnDay` over topics and variants; its counts are the same columns, added below."""

    week = models.DateField()
    release = models.ForeignKey(Release, null=True, on_delete=models.CASCADE, related_name="+")
    arm = models.CharField(max_length=6, choices=Arm)
    language = models.CharField(max_length=8, blank=True)
    is_replayed = models.BooleanField(default=False)
    agents = models.BinaryField()

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["week", "release", "arm", "language", "is_replayed"],
                nulls_distinct=False,
                name="agent_week_once",
            )
        ]

    def __str__(self) -> str:
        return f"turns by agent, week of {self.week}"


for _name in (*COUNTS, "n_matches", "n_compared"):
    models.BinaryField().contribute_to_class(AgentWeek, _name)


class TopicWeek(models.Model):
    """The sums of `TurnDay` by topic that match rates are made of; agents with nothing compared are left out."""

    week = models.DateField()
    release = models.ForeignKey(Release, null=True, on_delete=models.CASCADE, related_name="+")
    arm = models.CharField(max_length=6, choices=Arm)
    topic = models.ForeignKey(Topic, null=True, on_delete=models.CASCADE, related_name="+")
    language = models.CharField(max_length=8, blank=True)
    is_replayed = models.BooleanField(default=False)
    agents = models.BinaryField()
    n_matches = models.BinaryField()
    n_compared = models.BinaryField()

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["week", "release", "arm", "topic", "language", "is_replayed"],
                nulls_distinct=False,
                name="topic_week_once",
            )
        ]

    def __str__(self) -> str:
        return f"replies about a topic by agent, week of {self.week}"


class VersionWeek(models.Model):
    """The sums of `AnswerDay` that the list of answers is made of; agents with none of them are left out."""

    week = models.DateField()
    release = models.ForeignKey(Release, null=True, on_delete=models.CASCADE, related_name="+")
    arm = models.CharField(max_length=6, choices=Arm)
    version = models.ForeignKey(AnswerVersion, on_delete=models.CASCADE, related_name="+")
    language = models.CharField(max_length=8, blank=True)
    agents = models.BinaryField()
    n_shown = models.BinaryField()
    n_used = models.BinaryField()
    n_matches = models.BinaryField()
    n_compared = models.BinaryField()

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["week", "release", "arm", "version", "language"],
                nulls_distinct=False,
                name="version_week_once",
            )
        ]

    def __str__(self) -> str:
        return f"suggestions of a version by agent, week of {self.week}"
