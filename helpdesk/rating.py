"""Customers say how satisfied they are: each rating is stored once, for the case in which the matter goes on."""

from datetime import datetime

from django.core.exceptions import ValidationError
from django.core.validators import validate_slug
from django.db import transaction

from helpdesk import bodies, live
from helpdesk.models import Case, SatisfactionRating
from helpdesk.models.rating import BEST, WORST

LONGEST_COMMENT = 5000


def rate(
    *, case: Case, channel: str, external_id: str, score: int, comment: str = "", now: datetime
) -> tuple[SatisfactionRating, bool]:
    """Store a rating and return it with whether it was new.

    The same `external_id` of the same channel is stored once; a second call returns the first rating.

    Raises:
        ValidationError: the score is none from 1 to 5, or the channel's name or id can't be taken.
    """
    if not WORST <= score <= BEST:
        raise ValidationError({"score": f"A score from {WORST} to {BEST} is needed."})
    if not 1 <= len(external_id) <= 200:
        raise ValidationError({"external_id": "Between 1 and 200 characters are needed."})
    _check_channel(channel)
    with transaction.atomic():
        case = Case.objects.lock(case.pk)
        rating, is_new = SatisfactionRating.objects.get_or_create(
            channel=channel,
            external_id=external_id,
            defaults={
                "case": case,
                "score": score,
                "comment": bodies.clipped(comment).strip()[:LONGEST_COMMENT],
                "rated_at": now,
            },
        )
        if is_new:
            live.tell([case.pk])
    return rating, is_new


def _check_channel(channel: str) -> None:
    try:
        validate_slug(channel)
    except ValidationError as error:
        raise ValidationError({"channel": error.messages}) from error
    if len(channel) > 40:
        raise ValidationError({"channel": "At most 40 characters."})
