"""The drift page: has what comes in changed, and does it cost anything."""

from django.http import HttpResponse
from django.shortcuts import render
from django.utils import timezone
from django.views.decorators.http import require_GET

from copilot.monitor.drift import drift as drift_of
from copilot.monitor.filters import read_filters
from copilot.views.monitor import chart_as_csv, check_reader, choices
from helpdesk.requests import PageRequest


@require_GET
def drift(request: PageRequest) -> HttpResponse:
    check_reader(request.user)
    filters = read_filters(request.GET, today=timezone.localdate())
    page = drift_of(filters)
    if "csv" in request.GET:
        return chart_as_csv(page.charts, request.GET["csv"], page="drift")
    return render(request, "copilot/drift.html", choices(filters) | {"page": page, "charts": page.charts})
