"""Alerts: found by checks, told once, looked after by somebody, and over when their condition is.

1. `look` asks every check and opens an alert for each condition that is new. What is still found keeps its alert, with
   the figures of today.
2. What is found no longer is over: at once, or after its check's patience, so that one that begins anew with each day
   does not come and go.
3. What nobody was told of is sent by e-mail: to its owner, otherwise to the data scientists.
4. People take an alert on, or put it off for some days.

Chance alone may raise some: each check says how many a month at most. To add a check, add a line to `CHECKS`.
"""

import logging
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta
from smtplib import SMTPException

from django.conf import settings
from django.core.mail import get_connection, send_mail
from django.core.mail.backends.base import BaseEmailBackend
from django.db import connection, transaction
from django.urls import reverse

from copilot.models import Alert, AlertEvent
from copilot.monitor import checks, label_free
from copilot.monitor.checks import Found
from copilot.statistics import decay
from copilot.statistics.alarms import SHARE_LEVEL
from helpdesk.models import Role, User

logger = logging.getLogger(__name__)

LOCK = 20_274  # of who looks
BUDGET = 1.0  # false alarms a month, all checks together
SNOOZES = {"1": "A day", "7": "A week", "28": "Four weeks"}
Type = AlertEvent.Type


@dataclass(frozen=True)
class Check:
    """One thing that is looked for; `budget` is how many false alarms a month it may raise at most."""

    name: str
    title: str
    find: Callable[[datetime], list[Found]]
    budget: float = 0.0
    patience: timedelta = timedelta(0)


DAY = timedelta(days=1)
CHECKS = (
    Check("match_rate", "Match rate", checks.match_rate_has_fallen, 2 * checks.LEVEL, 14 * DAY),
    Check("sample_ratio", "Shares of cases", checks.sample_ratio_mismatch, 2 * SHARE_LEVEL),
    Check("funnel", "Sums of the funnel", checks.funnel_does_not_sum),
    Check("failures", "Failures", checks.share_above(checks.FAILURES), 31 * SHARE_LEVEL, DAY),
    Check("fallbacks", "Fallbacks", checks.share_above(checks.FALLBACKS), 31 * SHARE_LEVEL, DAY),
    Check("lateness", "Lateness", checks.share_above(checks.LATENESS), 6 * SHARE_LEVEL, 7 * DAY),
    Check("unseen", "Unseen questions", checks.questions_are_unseen, 6 * SHARE_LEVEL, 7 * DAY),
    Check("calibration", "Confidence", checks.confidence_has_parted, 31 * (1 - label_free.SURE), 7 * DAY),
    Check("decay", "Answers out of date", checks.answers_have_decayed, decay.BUDGET / 12, 7 * DAY),
)


class AlertError(Exception):
    """An alert can't be changed so; the message says why."""


def look(*, now: datetime, all_checks: Iterable[Check] = CHECKS) -> list[Alert]:
    """Look for what is wrong, and return the alerts that are open; does nothing while another process looks."""
    with transaction.atomic():
        if not _try_lock():
            return []
        for check in all_checks:
            _note(check, check.find(now), now=now)
    for alert in Alert.objects.open().awake_at(now).filter(mailed_at=None).select_related("owner"):
        _mail(alert, now=now)
    return list(Alert.objects.open())


def take(alert: Alert, *, by: User, now: datetime) -> None:
    """Make somebody its owner."""
    _change(alert, Type.TAKEN, by=by, now=now, owner=by)


def leave(alert: Alert, *, by: User, now: datetime) -> None:
    """Give it back: nobody owns it."""
    _change(alert, Type.LEFT, by=by, now=now, owner=None)


def snooze(alert: Alert, *, days: int, by: User, now: datetime) -> None:
    """Put it off for some days, in which nobody is reminded of it."""
    until = now + timedelta(days=days)
    _change(alert, Type.SNOOZED, by=by, now=now, note=f"for {days} days", snoozed_until=until)


def wake(alert: Alert, *, by: User, now: datetime) -> None:
    """Bring back what was put off."""
    _change(alert, Type.WOKEN, by=by, now=now, snoozed_until=None)


def budget() -> float:
    """Return how many false alarms a month all checks may raise at most."""
    return sum(check.budget for check in CHECKS)


def _note(check: Check, found: Iterable[Found], *, now: datetime) -> None:
    """Open, bring up to date and resolve the alerts of one check."""
    open_ones = {alert.subject: alert for alert in Alert.objects.open().filter(check_name=check.name)}
    for each in found:
        values = {"title": each.title, "evidence": each.evidence, "seen_at": now}
        if known := open_ones.pop(each.subject, None):
            Alert.objects.filter(pk=known.pk).update(**values)
            continue
        alert = Alert.objects.create(check_name=check.name, subject=each.subject, opened_at=now, **values)
        AlertEvent.objects.create(alert=alert, type=Type.OPENED, at=now, note=each.evidence)
    for alert in open_ones.values():
        if alert.seen_at + check.patience <= now:
            Alert.objects.filter(pk=alert.pk).update(resolved_at=now)
            AlertEvent.objects.create(alert=alert, type=Type.RESOLVED, at=now, note=alert.evidence)


def _change(
    alert: Alert, kind: AlertEvent.Type, *, by: User, now: datetime, note: str = "", **values: object
) -> None:
    with transaction.atomic():
        if not Alert.objects.open().filter(pk=alert.pk).update(**values):
            raise AlertError(f"{alert} is over: there is nothing left to look after")
        AlertEvent.objects.create(alert=alert, type=kind, actor=by, at=now, note=note)


def _mail(alert: Alert, *, now: datetime) -> None:
    """Tell of an alert once; what can't be sent is tried again with the next look."""
    to = _recipients(alert)
    if not to or not Alert.objects.filter(pk=alert.pk, mailed_at=None).update(mailed_at=now):
        return
    text = f"{alert.evidence}\n\nWho looks after it is said on the page Today: {reverse('copilot:today')}\n"
    try:
        send_mail(
            f"{settings.SITE_NAME}: {alert.title}",
            text,
            settings.DEFAULT_FROM_EMAIL,
            to,
            connection=_outbox(),
        )
    except (OSError, SMTPException):
        logger.exception("an alert can't be sent by e-mail")
        Alert.objects.filter(pk=alert.pk).update(mailed_at=None)
        return
    AlertEvent.objects.create(alert=alert, type=Type.MAILED, at=now, note=", ".join(to))


def _recipients(alert: Alert) -> list[str]:
    if alert.owner and alert.owner.email:
        return [alert.owner.email]
    people = User.objects.filter(is_active=True, role=Role.DATA_SCIENTIST).exclude(email="")
    return list(people.order_by("pk").values_list("email", flat=True))


def _outbox() -> BaseEmailBackend | None:
    """Return where mail goes: as configured, or without EMAIL_URL into a folder where it can be read."""
    if not settings.EMAIL_BACKEND.endswith("dummy.EmailBackend"):
        return None
    return get_connection(
        "django.core.mail.backends.filebased.EmailBackend", file_path=str(settings.DATA_DIR / "mail")
    )


def _try_lock() -> bool:
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_try_advisory_xact_lock(%s, 0)", [LOCK])
        return bool(cursor.fetchone()[0])
