"""How a case stood over time: what is needed to say when it was closed, and whether it came back."""

from datetime import date, datetime, timedelta
from typing import Self

from django.db import models
from django.db.models import Count, Exists, F, OuterRef, Q
from django.db.models.functions import TruncDate

from helpdesk.models.case import Case, Status
from helpdesk.models.people import User


class StatusChangeQuerySet(models.QuerySet["StatusChange"]):
    def openings(self) -> Self:
        """The first change of each case, from nothing."""
        return self.filter(before="")

    def closings(self) -> Self:
        """Leave out cases that went on in others: those were not done."""
        return self.filter(after=Status.CLOSED, case__merged_into=None).exclude(before="")

    def reopenings(self) -> Self:
        return self.filter(before=Status.CLOSED)

    def reopened_within(self, span: timedelta) -> Self:
        """Those after which the case was reopened within a time."""
        later = StatusChange.objects.reopenings().filter(
            case=OuterRef("case"),
            at__gte=OuterRef("at"),
            at__lte=OuterRef("at") + span,
            pk__gt=OuterRef("pk"),
        )
        return self.filter(Exists(later))

    def backlog_at(self, moment: datetime) -> int:
        """Return how many cases were there and not closed at a moment."""
        return self.filter(at__lt=moment).aggregate(n=NET)["n"]

    def net_by_day(self) -> dict[date, int]:
        """Return by how much the backlog grew on each day, of the current time zone, on which something changed."""
        days = self.order_by().values_list(TruncDate("at")).annotate(n=NET)
        return dict(sorted(days))


class StatusChange(models.Model):
    """A case got another status; append-only, the first one from nothing. Nobody is the actor of a customer's message.

    Rows of one case are told in the order of their numbers: a message may say that it was sent before the case was
    closed.
    """

    case = models.ForeignKey(Case, on_delete=models.CASCADE, related_name="status_changes", db_index=False)
    before = models.CharField(max_length=10, choices=Status, blank=True)
    after = models.CharField(max_length=10, choices=Status)
    actor = models.ForeignKey(User, null=True, on_delete=models.SET_NULL, related_name="+")
    at = models.DateTimeField()

    objects = StatusChangeQuerySet.as_manager()

    class Meta:
        ordering = ["pk"]
        constraints = [
            models.CheckConstraint(condition=~Q(before=F("after")), name="status_change_changes_something")
        ]
        indexes = [
            models.Index(fields=["case", "id"], name="status_change_by_case"),
            models.Index(fields=["at"], name="status_change_by_time"),
        ]

    def __str__(self) -> str:
        return f"case {self.case_id}: {self.before or 'nothing'} -> {self.after}"


NET = Count("pk", filter=~Q(after=Status.CLOSED)) - Count("pk", filter=~Q(before__in=["", Status.CLOSED]))
