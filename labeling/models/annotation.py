"""What a person believes about one message."""

from django.conf import settings
from django.db import models
from django.db.models import Q

from copilot.models import Answer, Topic
from helpdesk.models import Message


class Annotation(models.Model):
    """One person's label for all three tasks: is it a question, what about, which answer is right.

    `reason` says why it is no question we may answer and is empty for a valid one, whose `answer` is empty
    when nothing in the catalog fits. `group` names the slice a message was collected for.
    """

    message = models.ForeignKey(Message, on_delete=models.CASCADE, related_name="annotations")
    author = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="annotations")
    reason = models.CharField(max_length=20, blank=True)
    topic = models.ForeignKey(Topic, null=True, blank=True, on_delete=models.PROTECT, related_name="+")
    answer = models.ForeignKey(Answer, null=True, blank=True, on_delete=models.PROTECT, related_name="+")
    also = models.ManyToManyField(
        Topic, blank=True, related_name="+", help_text="Further topics it asks about."
    )
    group = models.SlugField(max_length=40, blank=True)
    is_gold = models.BooleanField(default=False)
    made_at = models.DateTimeField()

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["message", "author"], name="annotation_once"),
            models.UniqueConstraint(
                fields=["message"], condition=Q(is_gold=True), name="annotation_one_gold"
            ),
            models.CheckConstraint(
                condition=Q(reason="", topic__isnull=False) | (~Q(reason="") & Q(topic=None, answer=None)),
                name="annotation_reason_or_topic",
            ),
        ]

    def __str__(self) -> str:
        return f"annotation of message {self.message_id} by {self.author_id}"
