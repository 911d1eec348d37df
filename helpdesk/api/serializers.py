"""How messages, cases and replies look from outside; they validate and render, never save."""

import base64
from typing import Any

from django.core.validators import validate_slug
from django.urls import reverse
from drf_spectacular.utils import extend_schema_field
from rest_framework import serializers

from helpdesk.attaching import HOSTILE, LONGEST_NAME, MOST_FILES, IncomingAttachment
from helpdesk.escalating import LONGEST_REASON
from helpdesk.models import Attachment, Case, Customer, Message, Reply, SatisfactionRating, Tag
from helpdesk.models.rating import BEST, WORST
from helpdesk.rating import LONGEST_COMMENT


class StrictSerializer(serializers.Serializer):
    """Refuses fields it does not know, so that a misspelt one is not lost in silence."""

    def to_internal_value(self, data: Any) -> Any:
        if isinstance(data, dict) and (unknown := sorted(set(data) - set(self.fields))):
            raise serializers.ValidationError(
                {str(name): [f"Unknown field; known are: {', '.join(self.fields)}."] for name in unknown}
            )
        return super().to_internal_value(data)


class Text(serializers.CharField):
    """Takes text only: Django's own field would take the number 7 for "7"."""

    def to_internal_value(self, data: Any) -> str:
        if not isinstance(data, str):
            self.fail("invalid")
        return super().to_internal_value(data)


@extend_schema_field({"type": "string", "format": "byte", "minLength": 4})
class Base64(serializers.Field[bytes, str, str, Any]):
    """Takes bytes as base64."""

    default_error_messages = {
        "invalid": "It is not base64: the standard alphabet, padded, without line breaks.",
        "empty": "It is empty.",
    }

    def to_internal_value(self, data: Any) -> bytes:
        if not isinstance(data, str):
            self.fail("invalid")
        try:
            content = base64.b64decode(data, validate=True)
        except ValueError:
            self.fail("invalid")
        if not content:
            self.fail("empty")
        return content


class AttachmentIn(StrictSerializer):
    name = Text(max_length=LONGEST_NAME)
    content_type = Text(max_length=100, required=False, allow_blank=True, default="")
    content = Base64(help_text="The file as base64.")

    def validate_name(self, name: str) -> str:
        if HOSTILE.search(name):
            raise serializers.ValidationError(
                "No path and no control characters: the file's own name is needed."
            )
        return name


def incoming_attachments(fields: list[dict[str, Any]]) -> tuple[IncomingAttachment, ...]:
    return tuple(IncomingAttachment(**file) for file in fields)


class CustomerIn(StrictSerializer):
    name = Text(max_length=200, required=False, allow_blank=True, default="")
    email = serializers.EmailField(max_length=254)


class MessageIn(StrictSerializer):
    channel = Text(max_length=40, validators=[validate_slug])
    external_id = Text(max_length=200)
    body = Text(max_length=2_000_000, trim_whitespace=False)
    customer = CustomerIn()
    case = serializers.IntegerField(required=False, allow_null=True, min_value=1, max_value=2**63 - 1)
    subject = Text(max_length=300, required=False, allow_blank=True, default="")
    attachments = AttachmentIn(many=True, required=False, default=list)


class AttachmentOut(serializers.ModelSerializer):
    url = serializers.SerializerMethodField(help_text="Where its content is; null if it was not taken.")
    refused = serializers.CharField(help_text="Why it was not taken; empty if it was.")

    class Meta:
        model = Attachment
        fields = ["id", "name", "size", "content_type", "url", "refused"]

    def get_url(self, attachment: Attachment) -> str | None:
        if attachment.refused:
            return None
        return reverse("helpdesk:helpdesk_api:attachment", args=[attachment.pk])


class MessageReceipt(serializers.Serializer):
    id = serializers.IntegerField(help_text="The message's id.")
    case = serializers.IntegerField(help_text="The id of its case.")
    attachments = AttachmentOut(many=True)


class ReplyIn(StrictSerializer):
    body = Text(max_length=200_000)
    client_key = Text(max_length=200, help_text="The same key on the same case sends once.")
    attachments = AttachmentIn(many=True, required=False, default=list, max_length=MOST_FILES)  # type: ignore[call-arg]  # the list's


class RatingIn(StrictSerializer):
    channel = Text(max_length=40, validators=[validate_slug], help_text="Where the customer was asked.")
    external_id = Text(max_length=200)
    case = serializers.IntegerField(min_value=1, max_value=2**63 - 1)
    score = serializers.IntegerField(min_value=WORST, max_value=BEST)
    comment = Text(max_length=LONGEST_COMMENT, required=False, allow_blank=True, default="")


class RatingOut(serializers.ModelSerializer):
    case = serializers.IntegerField(source="case_id", help_text="The case in which the matter goes on.")

    class Meta:
        model = SatisfactionRating
        fields = ["id", "case", "channel", "external_id", "score", "comment", "rated_at"]


class EscalationIn(StrictSerializer):
    reason = Text(max_length=LONGEST_REASON)
    team = Text(
        max_length=50,
        validators=[validate_slug],
        required=False,
        allow_null=True,
        default=None,
        help_text="Who is to look at it: the case goes to that team.",
    )


class EscalationOut(serializers.ModelSerializer):
    at = serializers.DateTimeField(source="escalated_at")
    by = serializers.CharField(source="escalated_by.username", default=None, allow_null=True)
    team = serializers.CharField(source="escalated_to.slug", default=None, allow_null=True)
    reason = serializers.CharField(source="escalation_reason")

    class Meta:
        model = Case
        fields = ["at", "by", "team", "reason"]


class MergeIn(StrictSerializer):
    into = serializers.IntegerField(
        min_value=1,
        max_value=2**63 - 1,
        help_text="The number of the case that is kept, of the same customer.",
    )


class CustomerOut(serializers.ModelSerializer):
    class Meta:
        model = Customer
        fields = ["id", "name", "email", "attributes"]


class MessageOut(serializers.ModelSerializer):
    attachments = AttachmentOut(many=True)

    class Meta:
        model = Message
        fields = ["id", "channel", "external_id", "body", "sent_at", "attachments"]


class ReplyOut(serializers.ModelSerializer):
    author = serializers.CharField(source="author.username", default=None, allow_null=True)
    attachments = AttachmentOut(many=True)

    class Meta:
        model = Reply
        fields = ["id", "author", "body", "client_key", "sent_at", "delivered_at", "attachments"]


class CaseOut(serializers.ModelSerializer):
    customer = CustomerOut()
    team = serializers.CharField(source="team.slug", default=None, allow_null=True)
    assignee = serializers.CharField(source="assignee.username", default=None, allow_null=True)
    tags: serializers.SlugRelatedField[Tag] = serializers.SlugRelatedField("name", many=True, read_only=True)
    priority = serializers.CharField(source="get_priority_display")

    class Meta:
        model = Case
        fields = [
            "id", "number", "subject", "status", "priority", "channel", "team", "assignee", "tags", "language",
            "customer", "created_at", "last_activity_at", "awaiting_since", "snoozed_until",
            "merged_into", "escalated_at",
        ]  # fmt: skip


class CaseDetailOut(CaseOut):
    messages = MessageOut(many=True)
    replies = ReplyOut(many=True)
    ratings = RatingOut(many=True, help_text="Newest first; the first one counts.")

    class Meta(CaseOut.Meta):
        fields = [*CaseOut.Meta.fields, "messages", "replies", "ratings"]
