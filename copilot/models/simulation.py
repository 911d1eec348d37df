"""Simulated weeks in the database: how far they are, so that every page can say what is not real."""

from typing import Self

from django.db import models
from django.db.models import Q


class SimulationQuerySet(models.QuerySet["Simulation"]):
    def unfinished(self) -> Self:
        return self.filter(state__in=[Simulation.State.WAITING, Simulation.State.RUNNING])


class Simulation(models.Model):
    """Cases that nobody asked, answered by agents who are none: `n_cases` in twelve weeks, decided by a seed.

    What is lived of it stays when its process ends, and the next one goes on from there. `share` is what is done of
    the whole, `n_weeks` how many weeks are over.
    """

    class State(models.TextChoices):
        WAITING = "waiting", "Waiting"
        RUNNING = "running", "Running"
        FINISHED = "finished", "Finished"
        FAILED = "failed", "Failed"

    seed = models.PositiveIntegerField(unique=True)
    n_cases = models.PositiveIntegerField()
    state = models.CharField(max_length=10, choices=State, default=State.WAITING)
    step = models.CharField(max_length=60, blank=True)
    share = models.FloatField(default=0.0)
    n_weeks = models.PositiveSmallIntegerField(default=0)
    ordered_at = models.DateTimeField()
    started_at = models.DateTimeField(null=True, blank=True)
    told_at = models.DateTimeField(help_text="The last sign of life.")
    finished_at = models.DateTimeField(null=True, blank=True)
    problem = models.TextField(blank=True)

    objects = SimulationQuerySet.as_manager()

    class Meta:
        ordering = ["-pk"]
        constraints = [
            models.CheckConstraint(condition=Q(share__gte=0, share__lte=1), name="simulation_share_is_share"),
        ]

    def __str__(self) -> str:
        return f"{self.n_cases} simulated cases, seed {self.seed}"

    @property
    def is_active(self) -> bool:
        return self.state in {self.State.WAITING, self.State.RUNNING}

    @property
    def percent(self) -> int:
        return int(100 * self.share)
