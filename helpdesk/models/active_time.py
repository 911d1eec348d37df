"""How long agents worked on cases: what an experiment compares is this, and not the time on the clock."""

from django.db import models
from django.db.models import Q

from helpdesk.models.case import Case
from helpdesk.models.people import User


class ActiveTime(models.Model):
    """How long one agent worked on one case on one day (of the site's time zone), as its page told by its beats.

    Whole milliseconds, so that sums are the same in whatever order they are made. The time spent on a case that was
    merged later stays with it.
    """

    case = models.ForeignKey(Case, on_delete=models.CASCADE, related_name="active_times", db_index=False)
    agent = models.ForeignKey(User, null=True, on_delete=models.SET_NULL, related_name="active_times")
    day = models.DateField()
    milliseconds = models.PositiveIntegerField()

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["case", "agent", "day"], name="active_time_once"),
            models.CheckConstraint(
                condition=Q(milliseconds__lte=86_400_000), name="active_time_within_a_day"
            ),
        ]
        indexes = [models.Index(fields=["day"], name="active_time_by_day")]

    def __str__(self) -> str:
        return f"{self.seconds:.0f} s of agent {self.agent_id} on case {self.case_id}, {self.day}"

    @property
    def seconds(self) -> float:
        return self.milliseconds / 1000


class Beat(models.Model):
    """When an agent's page told last that somebody works there, wherever that was: one row an agent.

    It is what keeps many tabs, or a made-up burst, from adding more time than has passed.
    """

    agent = models.OneToOneField(User, on_delete=models.CASCADE, primary_key=True, related_name="beat")
    at = models.DateTimeField()
    told = models.PositiveIntegerField(
        help_text="Milliseconds that the last beat told of, as far as they had passed."
    )
    untold = models.PositiveIntegerField(help_text="Milliseconds that have passed and may still be told of.")

    def __str__(self) -> str:
        return f"beat of agent {self.agent_id}"
