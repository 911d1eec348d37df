"""What stands in a case: messages of the customer, replies and notes of agents, and what was done to it."""

from django.contrib.postgres.indexes import GinIndex
from django.contrib.postgres.search import SearchVector, SearchVectorField
from django.db import models
from django.db.models import Q
from django.db.models.functions import Left

from helpdesk.models.case import ESCALATED, Case
from helpdesk.models.people import User

# PostgreSQL refuses a search vector over 1 MB; this much of a body is searched.
SEARCHED_CHARACTERS = 50_000


def search_field() -> models.GeneratedField:
    return models.GeneratedField(
        expression=SearchVector(Left("body", SEARCHED_CHARACTERS), config="english"),
        output_field=SearchVectorField(),
        db_persist=True,
    )


class Message(models.Model):
    """From the customer to us."""

    # `message_by_case` and `message_once` answer what indexes of their own would.
    case = models.ForeignKey(Case, on_delete=models.CASCADE, related_name="messages", db_index=False)
    channel = models.SlugField(max_length=40, db_index=False)
    external_id = models.CharField(max_length=200)
    body = models.TextField(blank=True)
    html = models.TextField(blank=True)
    sent_at = models.DateTimeField()
    received_at = models.DateTimeField()
    search = search_field()

    class Meta:
        ordering = ["sent_at", "pk"]
        constraints = [models.UniqueConstraint(fields=["channel", "external_id"], name="message_once")]
        indexes = [
            models.Index(fields=["case", "sent_at"], name="message_by_case"),
            GinIndex(fields=["search"], name="message_search"),
        ]

    def __str__(self) -> str:
        return f"message {self.pk}"


class Reply(models.Model):
    """From an agent to the customer. `client_key` makes a second submission of the same reply harmless."""

    case = models.ForeignKey(Case, on_delete=models.CASCADE, related_name="replies")
    author = models.ForeignKey(User, null=True, on_delete=models.SET_NULL, related_name="replies")
    client_key = models.CharField(max_length=200)
    body = models.TextField()
    sent_at = models.DateTimeField()
    delivered_at = models.DateTimeField(null=True, blank=True)
    delivery_error = models.CharField(max_length=300, blank=True)
    search = search_field()

    class Meta:
        ordering = ["sent_at", "pk"]
        constraints = [models.UniqueConstraint(fields=["case", "client_key"], name="reply_once")]
        indexes = [
            models.Index(fields=["case", "sent_at"], name="reply_by_case"),
            models.Index(fields=["-sent_at"], name="reply_by_time"),
            GinIndex(fields=["search"], name="reply_search"),
        ]

    def __str__(self) -> str:
        return f"reply {self.pk}"


class Note(models.Model):
    """From an agent to agents; a customer never sees it."""

    case = models.ForeignKey(Case, on_delete=models.CASCADE, related_name="notes")
    author = models.ForeignKey(User, null=True, on_delete=models.SET_NULL, related_name="notes")
    client_key = models.CharField(max_length=200)
    body = models.TextField()
    mentions = models.ManyToManyField(User, blank=True, related_name="mentioned_in")
    sent_at = models.DateTimeField()
    search = search_field()

    class Meta:
        ordering = ["sent_at", "pk"]
        constraints = [models.UniqueConstraint(fields=["case", "client_key"], name="note_once")]
        indexes = [
            models.Index(fields=["case", "sent_at"], name="note_by_case"),
            GinIndex(fields=["search"], name="note_search"),
        ]

    def __str__(self) -> str:
        return f"note {self.pk}"


class Attachment(models.Model):
    """A file that came with a message or goes with a reply; served only through the door of its case.

    One that could not be taken has no file but says why: agents shall know that the customer sent it.
    """

    case = models.ForeignKey(Case, on_delete=models.CASCADE, related_name="attachments")
    message = models.ForeignKey(
        Message, null=True, blank=True, on_delete=models.CASCADE, related_name="attachments"
    )
    reply = models.ForeignKey(
        Reply, null=True, blank=True, on_delete=models.CASCADE, related_name="attachments"
    )
    file = models.FileField(upload_to="attachments/%Y/%m/", blank=True)
    name = models.CharField(max_length=200)
    content_type = models.CharField(max_length=100, default="application/octet-stream")
    size = models.PositiveIntegerField()
    refused = models.CharField(max_length=200, blank=True)
    added_at = models.DateTimeField()

    class Meta:
        ordering = ["pk"]
        constraints = [
            models.CheckConstraint(
                condition=Q(message__isnull=True) | Q(reply__isnull=True), name="attachment_has_one_owner"
            ),
            models.CheckConstraint(
                condition=(Q(refused="") & ~Q(file="")) | (~Q(refused="") & Q(file="")),
                name="attachment_is_stored_or_refused",
            ),
        ]

    def __str__(self) -> str:
        return self.name


class CaseEvent(models.Model):
    """Something an agent or a task did to a case, never changed afterwards."""

    class Type(models.TextChoices):
        ASSIGNED = "assigned", "assigned"
        STATUS = "status", "status changed"
        PRIORITY = "priority", "priority changed"
        TAGGED = "tagged", "tagged"
        UNTAGGED = "untagged", "tag removed"
        MERGED = "merged", "merged into this"
        ESCALATED = ESCALATED, "escalated"
        SETTLED = "settled", "escalation settled"

    case = models.ForeignKey(Case, on_delete=models.CASCADE, related_name="events")
    actor = models.ForeignKey(User, null=True, on_delete=models.SET_NULL, related_name="+")
    type = models.CharField(max_length=10, choices=Type)
    before = models.CharField(max_length=200, blank=True)
    after = models.CharField(max_length=200, blank=True)
    at = models.DateTimeField()

    class Meta:
        ordering = ["at", "pk"]
        indexes = [models.Index(fields=["case", "at"], name="case_event_by_case")]

    def __str__(self) -> str:
        return f"{self.get_type_display()}: {self.before} -> {self.after}"
