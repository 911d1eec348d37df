"""The page of conflicts: what was sent states another fact than what was suggested."""

from django.http import HttpResponse
from django.shortcuts import render
from django.utils import timezone
from django.views.decorators.http import require_GET

from copilot.monitor.conflicts import conflicts as conflicts_of
from copilot.monitor.filters import read_filters
from copilot.monitor.tables import kind_of
from copilot.views.monitor import chart_as_file, check_reader, choices
from helpdesk.requests import PageRequest


@require_GET
def conflicts(request: PageRequest) -> HttpResponse:
    check_reader(request.user)
    filters = read_filters(request.GET, today=timezone.localdate())
    page = conflicts_of(filters, reader=request.user, now=timezone.now())
    if kind := kind_of(request.GET):
        return chart_as_file(page.charts, request.GET[kind], kind=kind, page="monitor")
    return render(request, "copilot/conflicts.html", choices(filters) | {"page": page})
