"""What an agent has typed and not yet sent."""

from django.db import models

from helpdesk.models.case import Case
from helpdesk.models.people import User


class Draft(models.Model):
    """One agent's unsent words on one case, saved while they type."""

    class Kind(models.TextChoices):
        REPLY = "reply", "Reply"
        NOTE = "note", "Note"

    case = models.ForeignKey(Case, on_delete=models.CASCADE, related_name="drafts")
    author = models.ForeignKey(User, on_delete=models.CASCADE, related_name="drafts")
    kind = models.CharField(max_length=5, choices=Kind, default=Kind.REPLY)
    body = models.TextField(blank=True)
    saved_at = models.DateTimeField()

    class Meta:
        constraints = [models.UniqueConstraint(fields=["case", "author", "kind"], name="draft_once")]

    def __str__(self) -> str:
        return f"draft of {self.author_id} on case {self.case_id}"
