"""How the figures are made."""

from django.http import HttpResponse
from django.views.decorators.http import require_GET

from copilot.monitor.method import method as method_of
from copilot.views.monitor import check_reader, show
from helpdesk.requests import PageRequest


@require_GET
def method(request: PageRequest) -> HttpResponse:
    check_reader(request.user)
    return show(request, "method", method_of())
