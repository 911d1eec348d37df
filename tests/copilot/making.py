"""Plain makers for what tests need of the catalog."""

from datetime import date, datetime, timedelta
from typing import Any

from django.utils import timezone

from copilot.models import Answer, AnswerVersion, Area, Topic
from helpdesk.models import Team


def make_topic(slug: str = "payout-timing", *, team: Team | None = None) -> Topic:
    area, _ = Area.objects.get_or_create(slug="area", defaults={"name": "Area", "team": team})
    return Topic.objects.get_or_create(slug=slug, defaults={"area": area, "name": slug.replace("-", " ")})[0]


def make_answer(
    slug: str = "payout-schedule",
    body: str = "Payouts are sent at 07:00 on the next working day and arrive by 12:00.",
    *,
    topic: Topic | None = None,
    approved_at: datetime | None = None,
    expires_on: date | None = None,
    **fields: Any,
) -> AnswerVersion:
    answer, _ = Answer.objects.get_or_create(
        slug=slug,
        defaults={"topic": topic or make_topic(), "name": slug, "expires_on": expires_on} | fields,
    )
    at = approved_at or timezone.now() - timedelta(days=30)
    return AnswerVersion.objects.create(
        answer=answer, number=answer.versions.count() + 1, body=body, created_at=at, approved_at=at
    )
