"""How often suggestions are right, and what showing them does: the monitor's pages Accuracy and Influence."""

from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.views.decorators.http import require_GET

from copilot.monitor.accuracy import accuracy as accuracy_of
from copilot.monitor.filters import read_filters
from copilot.monitor.influence import influence as influence_of
from copilot.monitor.shares import METHOD
from copilot.views.monitor import chart_as_csv, check_reader, choices
from helpdesk.requests import PageRequest


@require_GET
def accuracy(request: PageRequest) -> HttpResponse:
    check_reader(request.user)
    filters = read_filters(request.GET, today=timezone.localdate())
    page = accuracy_of(filters)
    if "csv" in request.GET:
        return chart_as_csv(page.charts, request.GET["csv"], page="accuracy")
    context = choices(filters) | {"page": page, "charts": page.charts, "method": METHOD}
    return render(request, "copilot/accuracy.html", context)


@require_GET
def influence(request: PageRequest) -> HttpResponse:
    check_reader(request.user)
    filters = read_filters(request.GET, today=timezone.localdate())
    page = influence_of(filters)
    if "csv" in request.GET:
        return chart_as_csv(page.charts, request.GET["csv"], page="influence")
    context = choices(filters) | {"page": page, "charts": page.charts, "method": METHOD}
    return render(request, "copilot/influence.html", context)


@require_GET
def moved(request: PageRequest) -> HttpResponse:
    """Lead from the address of the match rate, which this page took over."""
    return redirect("copilot:accuracy", permanent=True)
