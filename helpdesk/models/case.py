"""One customer's matter, and the questions that lists ask about it."""

from collections.abc import Collection
from typing import Self

from django.contrib.postgres.indexes import GinIndex
from django.contrib.postgres.search import SearchVector, SearchVectorField
from django.db import models
from django.db.models import F, Min, Q
from django.db.models.functions import Now

from helpdesk.models.customer import Customer
from helpdesk.models.people import Team, User

IMPORT = "import"  # the channel of texts that nobody sent to us


class Status(models.TextChoices):
    OPEN = "open", "Open"
    WAITING = "waiting", "Waiting for customer"
    SNOOZED = "snoozed", "Snoozed"
    CLOSED = "closed", "Closed"


class Priority(models.IntegerChoices):
    LOW = 1, "Low"
    NORMAL = 2, "Normal"
    HIGH = 3, "High"
    URGENT = 4, "Urgent"


ESCALATED = "escalated"  # the type of the event
FILTERED_BY = ("status", "team", "assignee", "priority", "channel", "language")


class Tag(models.Model):
    name = models.SlugField(max_length=60, unique=True)

    class Meta:
        ordering = ["name"]

    def __str__(self) -> str:
        return self.name


class CaseQuerySet(models.QuerySet["Case"]):
    def of_customers(self) -> Self:
        """Leave out texts that were imported to be labeled: nobody awaits an answer to them."""
        return self.exclude(channel=IMPORT)

    def assigned_to(self, user: User) -> Self:
        return self.filter(assignee=user).exclude(status=Status.CLOSED)

    def mentioning(self, user: User) -> Self:
        """Cases in whose notes a colleague wrote `@` and this person's name."""
        return self.filter(pk__in=user.mentioned_in.values("case_id")).exclude(status=Status.CLOSED)

    def unassigned(self) -> Self:
        return self.all_open().filter(assignee=None)

    def all_open(self) -> Self:
        return self.filter(status__in=[Status.OPEN, Status.WAITING])

    def snoozed(self) -> Self:
        return self.filter(status=Status.SNOOZED)

    def closed(self) -> Self:
        """Cases that are done; one that went on in another is not."""
        return self.filter(status=Status.CLOSED, merged_into=None)

    def lock(self, pk: int) -> "Case":
        """Return a case that nobody else changes until the transaction ends; of a merged one, where it goes on."""
        case = self.select_for_update(of=("self",)).get(pk=pk)
        return self.lock(case.merged_into_id) if case.merged_into_id else case

    def lock_all(self, pks: Collection[int]) -> "dict[int, Case]":
        """Return by number many cases as `lock` does, in the order of their numbers: so nobody waits in a circle."""
        rows = {
            case.pk: case for case in self.select_for_update(of=("self",)).filter(pk__in=pks).order_by("pk")
        }
        if missing := sorted(set(pks) - set(rows)):
            raise self.model.DoesNotExist(f"there is no case {', '.join(map(str, missing))}")
        kept = {case.merged_into_id for case in rows.values() if case.merged_into_id}
        into = self.lock_all(kept) if kept else {}
        return {pk: into[case.merged_into_id] if case.merged_into_id else case for pk, case in rows.items()}

    def escalated(self) -> Self:
        return self.filter(escalated_at__isnull=False)

    def ever_escalated(self) -> Self:
        """Cases that were escalated at some time, settled since or not."""
        return self.filter(pk__in=self.model.objects.filter(events__type=ESCALATED).values("pk"))

    def with_first_reply_at(self) -> Self:
        """Know of each case when its customer was first replied to, as `first_reply_at`; None before."""
        return self.annotate(first_reply_at=Min("replies__sent_at"))

    def awaiting_reply(self) -> Self:
        """Cases whose customer wrote last."""
        return self.filter(awaiting_since__isnull=False).exclude(status=Status.CLOSED)


class Case(models.Model):
    """One customer's matter: messages, replies and notes, and who looks after it."""

    # `case_by_customer` and `case_by_team` answer what indexes of their own would.
    customer = models.ForeignKey(Customer, on_delete=models.PROTECT, related_name="cases", db_index=False)
    channel = models.SlugField(max_length=40)
    external_id = models.CharField(max_length=200, blank=True)
    subject = models.CharField(max_length=300, blank=True)
    status = models.CharField(max_length=10, choices=Status, default=Status.OPEN)
    priority = models.PositiveSmallIntegerField(choices=Priority, default=Priority.NORMAL)
    team = models.ForeignKey(
        Team, null=True, blank=True, on_delete=models.SET_NULL, related_name="cases", db_index=False
    )
    assignee = models.ForeignKey(User, null=True, blank=True, on_delete=models.SET_NULL, related_name="cases")
    tags = models.ManyToManyField(Tag, through="CaseTag", blank=True, related_name="cases")
    language = models.CharField(max_length=8, blank=True)
    attributes = models.JSONField(default=dict, blank=True)
    created_at = models.DateTimeField()
    last_activity_at = models.DateTimeField()
    awaiting_since = models.DateTimeField(null=True, blank=True)
    snoozed_until = models.DateTimeField(null=True, blank=True)
    escalated_at = models.DateTimeField(null=True, blank=True)
    escalated_by = models.ForeignKey(
        User, null=True, blank=True, on_delete=models.SET_NULL, related_name="+", db_index=False
    )
    escalated_to = models.ForeignKey(
        Team, null=True, blank=True, on_delete=models.SET_NULL, related_name="+", db_index=False
    )
    escalation_reason = models.CharField(max_length=200, blank=True)
    merged_into = models.ForeignKey(
        "self", null=True, blank=True, on_delete=models.CASCADE, related_name="merged", db_index=False
    )
    search = models.GeneratedField(
        expression=SearchVector("subject", config="english"),
        output_field=SearchVectorField(),
        db_persist=True,
    )

    objects = CaseQuerySet.as_manager()

    class Meta:
        ordering = ["-last_activity_at", "-pk"]
        constraints = [
            models.UniqueConstraint(
                fields=["channel", "external_id"], condition=~Q(external_id=""), name="case_external_id_once"
            ),
            models.CheckConstraint(
                condition=Q(status=Status.SNOOZED, snoozed_until__isnull=False)
                | (~Q(status=Status.SNOOZED) & Q(snoozed_until__isnull=True)),
                name="case_snoozed_until_iff_snoozed",
            ),
            models.CheckConstraint(
                condition=Q(escalated_at__isnull=False)
                | Q(escalated_by__isnull=True, escalated_to__isnull=True, escalation_reason=""),
                name="case_escalated_at_some_time",
            ),
            models.CheckConstraint(
                condition=Q(merged_into__isnull=True)
                | Q(status=Status.CLOSED, awaiting_since__isnull=True) & ~Q(merged_into=F("id")),
                name="case_merged_is_closed",
            ),
        ]
        indexes = [
            models.Index(fields=["language", "-last_activity_at", "-id"], name="case_by_language"),
            models.Index(fields=["team", "-last_activity_at", "-id"], name="case_by_team"),
            models.Index(fields=["customer", "-last_activity_at"], name="case_by_customer"),
            models.Index(fields=["-last_activity_at", "-id"], name="case_by_activity"),
            # Most cases are closed, and most lists are of the others. What they are filtered by stands in their index,
            # so that a rare filter reads no row that is not shown.
            models.Index(
                fields=["-last_activity_at", "-id"],
                name="case_closed_by_activity",  # merged ones are in no list
                include=FILTERED_BY,
                condition=Q(status=Status.CLOSED, merged_into=None),
            ),
            models.Index(
                fields=["-last_activity_at", "-id"],
                name="case_open_by_activity",
                include=[*FILTERED_BY, "awaiting_since"],
                condition=~Q(status=Status.CLOSED),
            ),
            models.Index(
                fields=["assignee", "-last_activity_at", "-id"],
                name="case_open_by_assignee",
                condition=~Q(status=Status.CLOSED),
            ),
            models.Index(fields=["assignee"], name="case_by_assignee", condition=Q(assignee__isnull=False)),
            models.Index(
                fields=["awaiting_since", "id"],
                name="case_by_waiting",
                include=FILTERED_BY,
                condition=Q(awaiting_since__isnull=False) & ~Q(status=Status.CLOSED),
            ),
            # Few cases are escalated: a list of them is as quick as any other, whatever else it is filtered by.
            models.Index(
                fields=["-last_activity_at", "-id"],
                name="case_escalated_by_activity",
                condition=Q(escalated_at__isnull=False),
            ),
            models.Index(fields=["snoozed_until"], name="case_by_snooze", condition=Q(status=Status.SNOOZED)),
            models.Index(
                fields=["merged_into"], name="case_by_merge", condition=Q(merged_into__isnull=False)
            ),
            GinIndex(fields=["search"], name="case_search"),
        ]

    def __str__(self) -> str:
        return f"#{self.number} {self.subject}".strip()

    @property
    def number(self) -> int:
        """The number by which people speak of the case."""
        return self.pk

    @property
    def is_closed(self) -> bool:
        return self.status == Status.CLOSED


class CaseTag(models.Model):
    """One tag on one case. For lists of a tag the database keeps in it the case's activity, and if it is closed."""

    case = models.ForeignKey(Case, on_delete=models.CASCADE, related_name="tagged")
    tag = models.ForeignKey(Tag, on_delete=models.CASCADE, related_name="tagged")
    last_activity_at = models.DateTimeField(db_default=Now(), editable=False)
    closed = models.BooleanField(db_default=True, editable=False)

    class Meta:
        db_table = "helpdesk_case_tags"
        unique_together = [("case", "tag")]
        indexes = [
            models.Index(fields=["tag", "-last_activity_at", "-case"], name="case_tag_by_activity"),
            models.Index(fields=["tag", "case"], name="case_tag_open", condition=Q(closed=False)),
        ]

    def __str__(self) -> str:
        return f"tag {self.tag_id} on case {self.case_id}"
