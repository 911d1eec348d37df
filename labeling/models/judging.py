"""Turns drawn at random that wait to be judged blind, and who judged or skipped which."""

from typing import Self

from django.conf import settings
from django.db import models
from django.db.models import Case, Count, F, OuterRef, Q, Subquery, Value, When
from django.db.models.functions import Coalesce, Mod

from copilot.models import Suggestion

EVERY = 10  # th turn of a sample is judged by two people, so that it is known how far they agree


class WeeklySample(models.Model):
    """A week whose turns were drawn from, once; `week` is its Monday."""

    week = models.DateField(unique=True)
    seed = models.PositiveIntegerField()
    n_turns = models.PositiveIntegerField(help_text="Drawn from.")
    drawn_at = models.DateTimeField()

    def __str__(self) -> str:
        return f"sample of the week of {self.week}"


class TurnToJudgeQuerySet(models.QuerySet["TurnToJudge"]):
    def unsettled(self) -> Self:
        """Leave out those that were judged by as many people as they are to be."""
        judged = JudgingAct.objects.standing().filter(turn=OuterRef("pk"), kind=JudgingAct.Kind.JUDGED)
        n_judged = judged.order_by().values("turn").annotate(n=Count("pk")).values("n")
        n_judges = Case(When(chance=0, then=Value(2)), default=Value(1))
        of = self.alias(chance=Mod("place", EVERY), n_judged=Coalesce(Subquery(n_judged), 0))
        return of.alias(n_wanted=n_judges).filter(n_judged__lt=F("n_wanted"))


class TurnToJudge(models.Model):
    """One drawn turn, before one person at a time; `place` is its order within the week, left to chance.

    So every tenth place is a tenth that is left to chance too: two people judge it, neither knowing of the other.
    """

    sample = models.ForeignKey(WeeklySample, on_delete=models.CASCADE, related_name="turns", db_index=False)
    suggestion = models.OneToOneField(Suggestion, on_delete=models.CASCADE, related_name="+")
    stratum = models.CharField(max_length=200)
    inclusion_probability = models.FloatField()
    place = models.PositiveIntegerField()
    held_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, on_delete=models.SET_NULL, related_name="+"
    )
    held_until = models.DateTimeField(null=True)

    objects = TurnToJudgeQuerySet.as_manager()

    class Meta:
        verbose_name_plural = "turns to judge"
        constraints = [models.UniqueConstraint(fields=["sample", "place"], name="turn_to_judge_place_once")]

    def __str__(self) -> str:
        return f"turn of suggestion {self.suggestion_id} to judge"

    @property
    def n_judges(self) -> int:
        """How many people are to judge it."""
        return 1 if self.place % EVERY else 2


class JudgingActQuerySet(models.QuerySet["JudgingAct"]):
    def standing(self) -> Self:
        """Leave out what was undone."""
        return self.filter(undone_at=None)


class JudgingAct(models.Model):
    """A person judged or skipped a turn: one step that can be undone."""

    class Kind(models.TextChoices):
        JUDGED = "judged", "Judged"
        SKIPPED = "skipped", "Skipped"

    person = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+")
    turn = models.ForeignKey(TurnToJudge, on_delete=models.CASCADE, related_name="acts")
    kind = models.CharField(max_length=10, choices=Kind)
    at = models.DateTimeField()
    undone_at = models.DateTimeField(null=True)

    objects = JudgingActQuerySet.as_manager()

    class Meta:
        indexes = [
            models.Index(fields=["person", "-at"], name="judging_act_by_person", condition=Q(undone_at=None))
        ]

    def __str__(self) -> str:
        return f"{self.kind}: {self.turn}"
