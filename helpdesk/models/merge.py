"""Which case went on in which other, and what it brought."""

from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.db.models import F, Q

from helpdesk.models.case import Case
from helpdesk.models.people import User


class CaseMerge(models.Model):
    """One case became part of another; never changed afterwards.

    It names the rows that changed hands, so that they can be told apart again; what the merged case was otherwise
    still stands in its own row, its events and its history.
    """

    kept = models.ForeignKey(Case, on_delete=models.CASCADE, related_name="merges")
    merged = models.OneToOneField(Case, on_delete=models.CASCADE, related_name="merge")
    actor = models.ForeignKey(User, null=True, on_delete=models.SET_NULL, related_name="+")
    at = models.DateTimeField()
    messages = ArrayField(models.BigIntegerField(), default=list)
    replies = ArrayField(models.BigIntegerField(), default=list)
    notes = ArrayField(models.BigIntegerField(), default=list)
    ratings = ArrayField(models.BigIntegerField(), default=list)
    tags = ArrayField(models.BigIntegerField(), default=list)

    class Meta:
        constraints = [
            models.CheckConstraint(condition=~Q(kept=F("merged")), name="case_merge_of_two"),
        ]

    def __str__(self) -> str:
        return f"case {self.merged_id} went on in case {self.kept_id}"
