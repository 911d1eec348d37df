"""Experiments: what is compared, which arm each case has for good, and what agents were shown of it."""

from typing import Self

from django.conf import settings
from django.db import models
from django.db.models import Q

from copilot.experiments import MILLION
from copilot.models.release import Release
from copilot.models.suggestion import Arm, Suggestion
from helpdesk.models import Case


class ExperimentQuerySet(models.QuerySet["Experiment"]):
    def running(self) -> "Experiment | None":
        return self.filter(state=Experiment.State.RUNNING).prefetch_related("variants").first()

    def with_people(self) -> Self:
        return self.select_related("made_by", "started_by", "ended_by").prefetch_related("variants")


class Experiment(models.Model):
    """A question put to chance. Once it runs nothing of it changes but its end: a changed one is a new one.

    The database sees to that (see the triggers of its migration).
    """

    class State(models.TextChoices):
        DRAFT = "draft", "Draft"
        RUNNING = "running", "Running"
        ENDED = "ended", "Ended"

    class Unit(models.TextChoices):
        CASE = "case", "Case"
        AGENT = "agent", "Agent"
        AGENT_WEEK = "agent_week", "Agent and week"

    class Outcome(models.TextChoices):
        HANDLE_TIME = "handle_time", "Handle time"
        FIRST_REPLY_TIME = "first_reply_time", "Time to the first reply"
        REOPENED = "reopened", "Reopened within seven days"
        ESCALATED = "escalated", "Escalated"
        SATISFACTION = "satisfaction", "Satisfaction"
        MATCHED = "matched", "Reply matches the suggestion"

    name = models.CharField(max_length=100)
    hypothesis = models.TextField(help_text="What is expected, of whom and why, in words.")
    salt = models.CharField(
        max_length=64, unique=True, help_text="Decides with the unit which variant it has."
    )
    unit = models.CharField(max_length=10, choices=Unit, default=Unit.CASE)
    primary_outcome = models.CharField(max_length=20, choices=Outcome, default=Outcome.HANDLE_TIME)
    n_planned = models.PositiveIntegerField(help_text="Cases at which it is decided.")
    state = models.CharField(max_length=8, choices=State, default=State.DRAFT)
    predecessor = models.ForeignKey(
        "self", null=True, blank=True, on_delete=models.PROTECT, related_name="successors"
    )
    made_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, on_delete=models.SET_NULL, related_name="+"
    )
    made_at = models.DateTimeField()
    started_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, on_delete=models.SET_NULL, related_name="+"
    )
    started_at = models.DateTimeField(null=True)
    ended_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, on_delete=models.SET_NULL, related_name="+"
    )
    ended_at = models.DateTimeField(null=True)
    end_reason = models.TextField(blank=True)

    objects = ExperimentQuerySet.as_manager()

    class Meta:
        ordering = ["-pk"]
        constraints = [
            models.UniqueConstraint(
                fields=["state"], condition=Q(state="running"), name="experiment_one_running"
            ),
            models.CheckConstraint(
                condition=Q(state="draft", started_at=None, ended_at=None)
                | Q(state="running", started_at__isnull=False, ended_at=None)
                | Q(state="ended", started_at__isnull=False, ended_at__isnull=False),
                name="experiment_state_has_its_times",
            ),
            models.CheckConstraint(condition=~Q(salt="") & ~Q(name=""), name="experiment_has_name_and_salt"),
            models.CheckConstraint(condition=Q(n_planned__gt=0), name="experiment_plans_cases"),
        ]

    def __str__(self) -> str:
        return f"experiment {self.pk} ({self.name})"

    @property
    def is_draft(self) -> bool:
        return self.state == self.State.DRAFT

    @property
    def divides_agents(self) -> bool:
        """Whether the agent decides what is shown, so that every case's suggestion is made ready."""
        return self.unit != self.Unit.CASE


class Variant(models.Model):
    """One of the treatments that an experiment compares: an arm, and the release that serves it."""

    experiment = models.ForeignKey(Experiment, on_delete=models.CASCADE, related_name="variants")
    position = models.PositiveSmallIntegerField()
    name = models.CharField(max_length=60)
    share = models.PositiveIntegerField(help_text="Of a million units; all variants together have them all.")
    arm = models.CharField(max_length=6, choices=Arm)
    release = models.ForeignKey(
        Release,
        null=True,
        blank=True,
        on_delete=models.PROTECT,
        related_name="variants",
        help_text="None: the live one.",
    )

    class Meta:
        ordering = ["position"]
        constraints = [
            models.UniqueConstraint(fields=["experiment", "position"], name="variant_position_once"),
            models.UniqueConstraint(fields=["experiment", "name"], name="variant_name_once"),
            models.CheckConstraint(
                condition=Q(share__gt=0, share__lte=MILLION), name="variant_share_of_million"
            ),
            models.CheckConstraint(
                condition=~Q(arm="off") | Q(release=None), name="variant_off_has_no_release"
            ),
        ]

    def __str__(self) -> str:
        return self.name


class Assignment(models.Model):
    """The arm of a case, drawn when its first message came in, and what drew it; never changed.

    Without an experiment it is the permanent holdout's word. Where an experiment divides agents the case is in it, but
    has no variant: that is its reader's (see `Exposure`).
    """

    case = models.OneToOneField(Case, primary_key=True, on_delete=models.CASCADE, related_name="assignment")
    arm = models.CharField(max_length=6, choices=Arm)
    is_held_out = models.BooleanField(help_text="By the permanent holdout, before any experiment.")
    experiment = models.ForeignKey(
        Experiment, null=True, on_delete=models.PROTECT, related_name="assignments"
    )
    variant = models.ForeignKey(Variant, null=True, on_delete=models.PROTECT, related_name="assignments")
    at = models.DateTimeField()

    class Meta:
        constraints = [
            models.CheckConstraint(
                condition=Q(is_held_out=False) | Q(arm="shadow", experiment=None),
                name="assignment_held_out_is_in_no_experiment",
            ),
            models.CheckConstraint(
                condition=Q(variant=None) | Q(experiment__isnull=False),
                name="assignment_variant_has_experiment",
            ),
        ]

    def __str__(self) -> str:
        return f"case {self.case_id}: {self.arm}"


class Exposure(models.Model):
    """Which variant of an experiment that divides agents one of them has of a suggestion: noted at their first act."""

    suggestion = models.ForeignKey(Suggestion, on_delete=models.CASCADE, related_name="exposures")
    agent = models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, on_delete=models.SET_NULL, related_name="+"
    )
    variant = models.ForeignKey(Variant, on_delete=models.PROTECT, related_name="exposures")
    at = models.DateTimeField()

    class Meta:
        ordering = ["at", "pk"]
        constraints = [models.UniqueConstraint(fields=["suggestion", "agent"], name="exposure_once_an_agent")]

    def __str__(self) -> str:
        return f"{self.variant_id} of suggestion {self.suggestion_id}"


class Contamination(models.Model):
    """Something that makes two arms more alike than they should be; append-only."""

    class Kind(models.TextChoices):
        SAME_CUSTOMER = "same_customer", "A customer has open cases in two arms"
        BOTH_VARIANTS = "both_variants", "An agent answers cases of two variants"
        TWO_READERS = "two_readers", "Agents of two variants worked on one suggestion"
        MERGED = "merged", "Cases of two arms were merged"
        HIDDEN_REPORTED = "hidden_reported", "A page reported to have shown what is hidden"

    kind = models.CharField(max_length=16, choices=Kind)
    case = models.ForeignKey(Case, on_delete=models.CASCADE, related_name="contaminations")
    other_case = models.ForeignKey(Case, null=True, on_delete=models.CASCADE, related_name="+")
    experiment = models.ForeignKey(
        Experiment, null=True, on_delete=models.PROTECT, related_name="contaminations"
    )
    agent = models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, on_delete=models.SET_NULL, related_name="+"
    )
    at = models.DateTimeField()

    class Meta:
        ordering = ["at", "pk"]
        constraints = [
            models.UniqueConstraint(
                fields=["experiment", "agent"],
                condition=Q(kind="both_variants"),
                name="contamination_of_an_agent_once",
            )
        ]

    def __str__(self) -> str:
        return f"{self.kind} in case {self.case_id}"
