"""What is labeled: a message, as the pipeline would read it."""

from django.db import models

from helpdesk.models import Message


class Item(models.Model):
    """A message with the question of the turn that it ends, cleaned once, so that no rule and no list cleans it again.

    `draw` is a number in [0, 1) that is the message's own and says nothing of it: the items below a share of it are a
    sample at random, the same one every time.
    """

    message = models.OneToOneField(Message, on_delete=models.CASCADE, primary_key=True, related_name="item")
    text = models.TextField()
    subject = models.CharField(max_length=300, blank=True)
    language = models.CharField(max_length=8, blank=True)
    channel = models.SlugField(max_length=40)
    sent_at = models.DateTimeField()
    key = models.CharField(max_length=12, help_text="Of its words: items with the same one say the same.")
    draw = models.FloatField()

    class Meta:
        indexes = [
            models.Index(fields=["draw"], name="item_by_draw"),
            models.Index(fields=["-sent_at"], name="item_by_time"),
            models.Index(fields=["key"], name="item_by_key"),
        ]

    def __str__(self) -> str:
        return f"item {self.message_id}"
