"""Figures of each day as integers, from which the monitor's pages are drawn; made anew from events at any time.

All are counts, characters or millionths: sums of floats depend on their order, so that two runs could not agree.
Agents stand here by a hash: figures need to know who is the same, not who it is.
"""

from django.db import models
from django.db.models import F

from copilot.models.catalog import AnswerVersion, Topic
from copilot.models.experiment import Variant
from copilot.models.match_version import MatchVersion
from copilot.models.release import Release
from copilot.models.suggestion import Arm, Reason, State

CONFIDENCE_BINS = 100
NOBODY = 0  # the agent of turns that nobody has answered


def matches() -> models.GeneratedField:
    """Return the column of replies that match; a match is what `Match.MATCHING` says."""
    return models.GeneratedField(
        expression=F("n_exact") + F("n_near") + F("n_retained") + F("n_semantic"),
        output_field=models.IntegerField(),
        db_persist=True,
    )


def compared() -> models.GeneratedField:
    """Return the column of replies that are compared."""
    return models.GeneratedField(
        expression=F("n_exact")
        + F("n_near")
        + F("n_retained")
        + F("n_semantic")
        + F("n_conflict")
        + F("n_none"),
        output_field=models.IntegerField(),
        db_persist=True,
    )


class TurnDay(models.Model):
    """What became of the turns of one day that have all of this in common: where each of them is in the funnel, how
    the replies compare with what was suggested.

    The day is that of the turn's newest message, in the time zone of the installation. `arm` and `variant` are those
    of the case or, where an experiment divides agents, of who replied. Matches are counted where the reply has at
    least eight tokens of its own (metrics section 4); the others are `n_short`.
    """

    day = models.DateField()
    release = models.ForeignKey(Release, null=True, on_delete=models.CASCADE, related_name="+")
    arm = models.CharField(max_length=6, choices=Arm)
    variant = models.ForeignKey(Variant, null=True, on_delete=models.CASCADE, related_name="+")
    topic = models.ForeignKey(Topic, null=True, on_delete=models.CASCADE, related_name="+")
    language = models.CharField(max_length=8, blank=True)
    agent = models.BigIntegerField(help_text="A hash; 0 is nobody.")
    is_replayed = models.BooleanField(
        default=False, help_text="Suggested afterwards, by a release that may know the reply."
    )

    n_turns = models.PositiveIntegerField()
    n_failed = models.PositiveIntegerField()
    n_withheld = models.PositiveIntegerField()
    n_off = models.PositiveIntegerField()
    n_shadow = models.PositiveIntegerField()
    n_waiting = models.PositiveIntegerField()
    n_censored = models.PositiveIntegerField()
    n_sent_verbatim = models.PositiveIntegerField()
    n_sent_edited = models.PositiveIntegerField()
    n_inserted_then_removed = models.PositiveIntegerField()
    n_dismissed = models.PositiveIntegerField()
    n_late = models.PositiveIntegerField()
    n_offered = models.PositiveIntegerField()
    n_displayed = models.PositiveIntegerField()
    n_ignored = models.PositiveIntegerField()

    n_kept = models.PositiveIntegerField(help_text="Sent edited, with at least half of the suggestion in it.")
    n_late_shown = models.PositiveIntegerField(default=0, help_text="Late, and on the page of who replied.")
    n_late_seen = models.PositiveIntegerField(default=0, help_text="Late, and in sight.")
    n_late_acted = models.PositiveIntegerField(
        default=0, help_text="The agent was ahead, and inserted or dismissed it all the same."
    )
    n_fallback = models.PositiveIntegerField(help_text="The live release stood in for a variant's.")
    n_opened = models.PositiveIntegerField(
        default=0,
        help_text="Offered, and known whether the suggestion was there when its case was first opened.",
    )
    n_ready = models.PositiveIntegerField(default=0, help_text="It was.")
    n_replayed = models.PositiveIntegerField(
        help_text="Of replayed turns, those with a compared or short reply."
    )

    n_exact = models.PositiveIntegerField()
    n_near = models.PositiveIntegerField()
    n_retained = models.PositiveIntegerField()
    n_semantic = models.PositiveIntegerField()
    n_conflict = models.PositiveIntegerField()
    n_none = models.PositiveIntegerField()
    n_pending = models.PositiveIntegerField(
        help_text="Compared by words; a worker still looks at what both mean."
    )
    n_short = models.PositiveIntegerField(
        help_text="Replies of fewer than eight tokens, which are not compared."
    )
    n_by_hand = models.PositiveIntegerField(
        default=0,
        help_text="Matches of what was offered and not inserted: written, or from the agent's own notes.",
    )
    n_frame_only = models.PositiveIntegerField(
        help_text="Sent with another greeting, closing or signature alone."
    )
    retained_millionths = models.BigIntegerField(
        help_text="Sum over suggestions that were sent: the share of each that was kept."
    )
    share_millionths = models.BigIntegerField(help_text="The same: the share of the reply that came from it.")
    kept_characters = models.BigIntegerField(help_text="Of suggestions that were sent.")
    n_matches = matches()
    n_compared = compared()

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["day", "release", "arm", "variant", "topic", "language", "agent", "is_replayed"],
                nulls_distinct=False,
                name="turn_day_once",
            )
        ]

    def __str__(self) -> str:
        return f"{self.n_turns} turns of {self.day}"


class ConfidenceDay(models.Model):
    """How many replies of a day match the suggestion, by its confidence: for calibration and CBPE.

    `bin` n holds confidences from n to n + 1 hundredths; 1.0 is in the last.
    """

    day = models.DateField()
    release = models.ForeignKey(Release, on_delete=models.CASCADE, related_name="+")
    arm = models.CharField(max_length=6, choices=Arm)
    bin = models.PositiveSmallIntegerField()
    n = models.PositiveIntegerField()
    n_matches = models.PositiveIntegerField()

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["day", "release", "arm", "bin"], name="confidence_day_once")
        ]

    def __str__(self) -> str:
        return f"{self.n} replies of {self.day} at {self.bin} %"


class AnswerDay(models.Model):
    """What became of the suggestions of one day that have all of this in common, one version of an answer first of all.

    Matches are counted as in `TurnDay`. A correction counts on the day of its question, like the reply it corrects.
    """

    day = models.DateField()
    release = models.ForeignKey(Release, null=True, on_delete=models.CASCADE, related_name="+")
    version = models.ForeignKey(AnswerVersion, on_delete=models.CASCADE, related_name="+")
    arm = models.CharField(max_length=6, choices=Arm)
    language = models.CharField(max_length=8, blank=True)
    agent = models.BigIntegerField(help_text="A hash; 0 is nobody.")
    is_replayed = models.BooleanField(help_text="Suggested afterwards, by a release that may know the reply.")

    n_suggested = models.PositiveIntegerField(
        help_text="Turns with its text, on the screen or in the shadow."
    )
    n_shown = models.PositiveIntegerField(help_text="On the page of who replied.")
    n_verbatim = models.PositiveIntegerField()
    n_edited = models.PositiveIntegerField()
    n_dismissed = models.PositiveIntegerField()
    n_wrong_topic = models.PositiveIntegerField()
    n_wrong_answer = models.PositiveIntegerField()
    n_out_of_date = models.PositiveIntegerField()
    n_tone = models.PositiveIntegerField()
    n_not_a_question = models.PositiveIntegerField()

    n_exact = models.PositiveIntegerField()
    n_near = models.PositiveIntegerField()
    n_retained = models.PositiveIntegerField()
    n_semantic = models.PositiveIntegerField()
    n_conflict = models.PositiveIntegerField()
    n_none = models.PositiveIntegerField()
    n_pending = models.PositiveIntegerField()
    n_short = models.PositiveIntegerField()

    n_followed = models.PositiveIntegerField(
        help_text="Replies that used it, with another one within 24 hours."
    )
    n_corrected = models.PositiveIntegerField(help_text="Of these, where the other one takes something back.")
    survival_millionths = models.BigIntegerField(
        help_text="Sum over replies that used it: runs of four words that were sent."
    )
    corrected_survival_millionths = models.BigIntegerField(
        help_text="The same, of the correction where there is one."
    )
    n_used = models.GeneratedField(
        expression=F("n_verbatim") + F("n_edited"), output_field=models.IntegerField(), db_persist=True
    )
    n_matches = matches()
    n_compared = compared()

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["day", "version", "release", "arm", "language", "agent", "is_replayed"],
                nulls_distinct=False,
                name="answer_day_once",
            )
        ]
        indexes = [
            # All that the list of answers and their alarm are made of.
            models.Index(
                fields=["version", "day"],
                include=[
                    "release", "arm", "language", "agent", "is_replayed",
                    "n_shown", "n_used", "n_matches", "n_compared",
                ],
                name="answer_day_by_version",
            )
        ]  # fmt: skip

    def __str__(self) -> str:
        return f"{self.n_suggested} suggestions of {self.day}"


class RollupState(models.Model):
    """Up to when events are in the figures, by which version replies were compared and by which rules all is counted;
    one row.
    """

    seen_until = models.DateTimeField()
    match_version = models.ForeignKey(MatchVersion, null=True, on_delete=models.SET_NULL, related_name="+")
    rules = models.CharField(max_length=60, blank=True, help_text="The versions of what is counted how.")

    def __str__(self) -> str:
        return f"rolled up until {self.seen_until}"


class ReasonDay(models.Model):
    """How many turns of a day got no suggestion, by what was decided and why."""

    day = models.DateField()
    state = models.CharField(max_length=10, choices=State)
    reason = models.CharField(max_length=20, choices=Reason)
    n = models.PositiveIntegerField()

    class Meta:
        constraints = [models.UniqueConstraint(fields=["day", "state", "reason"], name="reason_day_once")]

    def __str__(self) -> str:
        return f"{self.n} turns of {self.day}: {self.reason}"
