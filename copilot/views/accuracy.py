"""How often suggestions are right, and what showing them does: the monitor's pages Accuracy and Influence."""

from django.http import HttpResponse
from django.shortcuts import redirect
from django.utils import timezone
from django.views.decorators.http import require_GET

from copilot.monitor.accuracy import accuracy as accuracy_of
from copilot.monitor.filters import read_filters
from copilot.monitor.influence import influence as influence_of
from copilot.views.monitor import check_reader, choices, show
from helpdesk.requests import PageRequest


@require_GET
def accuracy(request: PageRequest) -> HttpResponse:
    check_reader(request.user)
    filters = read_filters(request.GET, today=timezone.localdate())
    return show(request, "accuracy", accuracy_of(filters), choices(filters))


@require_GET
def influence(request: PageRequest) -> HttpResponse:
    check_reader(request.user)
    filters = read_filters(request.GET, today=timezone.localdate())
    return show(request, "influence", influence_of(filters), choices(filters))


@require_GET
def moved(request: PageRequest) -> HttpResponse:
    """Lead from the address of the match rate, which this page took over."""
    return redirect("copilot:accuracy", permanent=True)
