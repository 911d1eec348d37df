"""The page of every morning: alerts, and what is other than on the same weekdays before."""

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect
from django.utils import timezone
from django.views.decorators.http import require_GET, require_POST

from copilot.forms import AlertForm
from copilot.models import Alert
from copilot.monitor import alerting
from copilot.monitor.today import today as today_of
from copilot.views.monitor import check_reader, show
from helpdesk.requests import PageRequest

PAST = 10  # alerts that are over


@require_GET
def today(request: PageRequest) -> HttpResponse:
    check_reader(request.user)
    now = timezone.now()
    alerts = Alert.objects.select_related("owner").prefetch_related("events__actor")
    context = {
        "now": now, "alerts": alerts.open(),
        "past": alerts.exclude(resolved_at=None).order_by("-resolved_at")[:PAST], "snoozes": alerting.SNOOZES,
        "checks": alerting.CHECKS, "budget": alerting.budget(), "most": alerting.BUDGET,
    }  # fmt: skip
    return show(request, "today", today_of(now), context)


@require_POST
def alert(request: PageRequest, alert_id: int) -> HttpResponse:
    """Take an alert on, give it back, put it off or bring it back."""
    check_reader(request.user)
    found, form = get_object_or_404(Alert, pk=alert_id), AlertForm(request.POST)
    if not form.is_valid():
        return HttpResponse(form.errors.as_text(), status=400, content_type="text/plain")
    try:
        form.carry_out(found, by=request.user, now=timezone.now())
    except alerting.AlertError as error:
        messages.error(request, f"{error}.")
    return redirect("copilot:today")
