"""How the figures are made."""

from django.http import HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_GET

from copilot.monitor.method import method as method_of
from copilot.views.monitor import chart_as_csv, check_reader
from helpdesk.requests import PageRequest


@require_GET
def method(request: PageRequest) -> HttpResponse:
    check_reader(request.user)
    page = method_of()
    if "csv" in request.GET:
        return chart_as_csv(page.charts, request.GET["csv"], page="method")
    return render(request, "copilot/method.html", {"page": page, "charts": page.charts})
