"""The drift page: has what comes in changed, and does it cost anything."""

from django.http import HttpResponse
from django.utils import timezone
from django.views.decorators.http import require_GET

from copilot.monitor.drift import drift as drift_of
from copilot.monitor.filters import read_filters
from copilot.views.monitor import check_reader, choices, show
from helpdesk.requests import PageRequest


@require_GET
def drift(request: PageRequest) -> HttpResponse:
    check_reader(request.user)
    filters = read_filters(request.GET, today=timezone.localdate())
    return show(request, "drift", drift_of(filters), choices(filters))
