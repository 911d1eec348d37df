"""Figures of cases as integers, by the day on which they were opened: what experiments and the support page read.

The sums of logs make means and variances of times; the bins make medians. Products with a covariate are not stored:
what is known of a case before it gets its arm (its agent's and its topic's earlier times, its channel) is the same for
all cases of a row, so that its products follow from the row's sums (see `monitor/foretelling.py`).
"""

import math

from django.db import models

from copilot.models.catalog import Topic
from copilot.models.experiment import Variant
from copilot.models.suggestion import Arm

TIME_BINS = 64
LONGEST = 7 * 24 * 3600  # seconds: the window in which a case is followed
LAST_LOG = math.log(LONGEST)


class CaseDay(models.Model):
    """What became of the cases that were opened on one day and have all of this in common, within seven days.

    A merged case counts once, with the one in which it goes on and under the arm of that. `agent` is the hash of who
    replied first: that is settled soon and for good, while who replied most may be what a treatment changes. `topic` is
    that of the first message. `arm` is empty for cases from before arms were drawn; where an experiment divides
    agents, arm and variant are those of the first reply's author.

    Times are in millionths of ln seconds, and at least one second. Their histograms are a byte a case: in which of 64
    bins its time is, least first. The bins are equal in ln seconds, from one second to seven days, which are in the
    last. A case is closed, censored (still open after seven days, counted beside figures and never in them) or neither
    yet.

    A suggestion was in sight if anybody's page reported so, or that they inserted or dismissed it: among the cases that
    were given an arm, those in which something of it reached somebody.
    """

    day = models.DateField()
    arm = models.CharField(max_length=6, choices=Arm, blank=True)
    variant = models.ForeignKey(
        Variant, null=True, on_delete=models.CASCADE, related_name="+", db_index=False
    )
    channel = models.SlugField(max_length=40, db_index=False)
    topic = models.ForeignKey(Topic, null=True, on_delete=models.CASCADE, related_name="+", db_index=False)
    agent = models.BigIntegerField(help_text="A hash; 0 is nobody.")
    reply_bins = models.BinaryField(
        default=b"", help_text="Of those replied to: of the time to the first reply."
    )
    handle_bins = models.BinaryField(default=b"", help_text="Of those timed: of the time worked on them.")

    n_cases = models.PositiveIntegerField()
    n_replied = models.PositiveIntegerField(help_text="Replied to within seven days.")
    n_closed = models.PositiveIntegerField(help_text="Closed within seven days.")
    n_censored = models.PositiveIntegerField(help_text="Not closed within seven days.")
    reply_log = models.BigIntegerField(help_text="Sum over those replied to: time to the first reply.")
    reply_log_squares = models.BigIntegerField()
    n_timed = models.PositiveIntegerField(help_text="Closed, and worked on in a page that told how long.")
    handle_log = models.BigIntegerField(
        help_text="Sum over those timed: time worked on them, breaks left out."
    )
    handle_log_squares = models.BigIntegerField()
    n_followed = models.PositiveIntegerField(help_text="Closed, and seven days have passed since.")
    n_reopened = models.PositiveIntegerField(help_text="Of those followed: came back within seven days.")
    n_escalated = models.PositiveIntegerField(help_text="Of those closed or censored.")
    n_corrected = models.PositiveIntegerField(
        help_text="Of those replied to: a reply followed another within a day, with no word of the customer between."
    )
    n_rated = models.PositiveIntegerField(help_text="Of those closed.")
    rating_sum = models.PositiveIntegerField()
    n_satisfied = models.PositiveIntegerField(help_text="Of those rated: with 4 or 5.")
    n_replied_seen = models.PositiveIntegerField(
        default=0, help_text="Of those replied to: a suggestion was in sight before the first reply."
    )
    n_decided_seen = models.PositiveIntegerField(
        default=0,
        help_text="Of those closed or censored: a suggestion was in sight before it was closed, or within seven days.",
    )
    n_timed_seen = models.PositiveIntegerField(default=0, help_text="The same, of those timed.")
    n_followed_seen = models.PositiveIntegerField(default=0, help_text="The same, of those followed.")
    n_rated_seen = models.PositiveIntegerField(default=0, help_text="The same, of those rated.")

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["day", "arm", "variant", "channel", "topic", "agent"],
                nulls_distinct=False,
                name="case_day_once",
            )
        ]
        indexes = [
            models.Index(fields=["variant", "day"], name="case_day_by_variant"),
            models.Index(fields=["topic", "day"], name="case_day_by_topic"),
        ]

    def __str__(self) -> str:
        return f"{self.n_cases} cases of {self.day}"


KEYS = {"id", "day", "arm", "variant_id", "channel", "topic_id", "agent"}
_SUMMED = [field for field in CaseDay._meta.concrete_fields if field.attname not in KEYS]
BINS = ("reply_bins", "handle_bins")
COUNTS = tuple(field.attname for field in _SUMMED if field.attname not in BINS)
TIMES = ("n_replied", "reply_log", "n_timed", "handle_log")


class CaseWeek(models.Model):
    """`CaseDay` by agent, summed over a week that begins on its Monday: what pages read that ask for no topic.

    Each case is in it twice or three times: among all, among those of its channel, and among those of its variant, if
    an experiment divides it. So `variant` is empty for whatever has one or none, `channel` for all channels, and one of
    both always is. The columns that are summed are the same, added below.
    """

    week = models.DateField()
    variant = models.ForeignKey(
        Variant, null=True, on_delete=models.CASCADE, related_name="+", db_index=False
    )
    channel = models.SlugField(max_length=40, blank=True, db_index=False)
    agent = models.BigIntegerField(help_text="A hash; 0 is nobody.")

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["variant", "channel", "week", "agent"], nulls_distinct=False, name="case_week_once"
            )
        ]
        indexes = [models.Index(fields=["week"], name="case_week_by_week")]

    def __str__(self) -> str:
        return f"cases of an agent, week of {self.week}"


for _field in _SUMMED:
    _field.clone().contribute_to_class(CaseWeek, _field.attname)


class KindWeek(models.Model):
    """The times of a week's cases by channel and topic, of those that an agent replied to: what foretells others."""

    week = models.DateField()
    channel = models.SlugField(max_length=40, db_index=False)
    topic = models.ForeignKey(Topic, null=True, on_delete=models.CASCADE, related_name="+")

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["week", "channel", "topic"], nulls_distinct=False, name="kind_week_once"
            )
        ]

    def __str__(self) -> str:
        return f"cases of a channel and a topic, week of {self.week}"


for _field in _SUMMED:
    if _field.attname in TIMES:
        _field.clone().contribute_to_class(KindWeek, _field.attname)


class BacklogDay(models.Model):
    """By how much the cases that wait to be closed grew and shrank on one day, whenever they were opened."""

    day = models.DateField()
    channel = models.SlugField(max_length=40, db_index=False)
    n_opened = models.PositiveIntegerField(help_text="Came in, or came back.")
    n_closed = models.PositiveIntegerField()

    class Meta:
        constraints = [models.UniqueConstraint(fields=["day", "channel"], name="backlog_day_once")]

    def __str__(self) -> str:
        return f"{self.n_opened} opened and {self.n_closed} closed on {self.day}"
