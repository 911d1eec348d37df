"""Is the process alive, and is all there that it needs?"""

from collections.abc import Callable

from celery import current_app
from django.apps import apps
from django.contrib.auth.decorators import login_not_required
from django.db import DatabaseError, connection
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.views.decorators.http import require_safe
from kombu.exceptions import OperationalError


@require_safe
@login_not_required
def healthz(request: HttpRequest) -> HttpResponse:
    """Alive: the process answers."""
    return HttpResponse("ok\n", content_type="text/plain")


@require_safe
@login_not_required
def readyz(request: HttpRequest) -> JsonResponse:
    """Ready: every check passes; 503 names those that do not."""
    checks: dict[str, Callable[[], str]] = {"database": _database, "broker": _broker}
    for app in apps.get_app_configs():  # an app may bring a check of its own
        if check := getattr(app, "check_ready", None):
            checks[app.label] = check
    failures = {name: problem for name, check in checks.items() if (problem := check())}
    return JsonResponse({name: failures.get(name, "ok") for name in checks}, status=503 if failures else 200)


def _database() -> str:
    try:
        with connection.cursor() as cursor:
            cursor.execute("SELECT 1")
    except DatabaseError:
        return "the database does not answer"
    return ""


def _broker() -> str:
    try:
        with current_app.connection_for_write(connect_timeout=2) as broker:
            broker.ensure_connection(max_retries=1, timeout=2)
    except (OperationalError, OSError):
        return "the broker does not answer"
    return ""
