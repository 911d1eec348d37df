"""The helpdesk's work in the background: each task loads by id and makes one call."""

from celery import shared_task
from django.utils import timezone


@shared_task
def deliver_reply(*, reply_id: int) -> None:
    from helpdesk.channels import delivering

    delivering.deliver(reply_id=reply_id, now=timezone.now())


@shared_task
def wake_snoozed_cases() -> None:
    from helpdesk import casework

    casework.wake_snoozed(now=timezone.now())
