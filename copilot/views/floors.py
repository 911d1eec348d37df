"""The floors page: what another floor would offer, and how much of it would be wrong."""

from django.http import HttpResponse
from django.utils import timezone
from django.views.decorators.http import require_GET

from copilot.monitor.figures import Unit, written
from copilot.monitor.filters import read_filters
from copilot.monitor.floors import RISKS, read_asked
from copilot.monitor.floors import floors as floors_of
from copilot.views.monitor import check_reader, choices, show
from helpdesk.requests import PageRequest


@require_GET
def floors(request: PageRequest) -> HttpResponse:
    check_reader(request.user)
    filters, asked = read_filters(request.GET, today=timezone.localdate()), read_asked(request.GET)
    risks = [(risk, written(float(risk), Unit.SHARE), float(risk) == asked.risk) for risk in RISKS]
    context = choices(filters) | {"risks": risks, "query": f"{filters.query}&{asked.query}"}
    return show(request, "floors", floors_of(filters, asked), context)
