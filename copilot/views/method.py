"""How the figures are made, and how to ask for them in SQL."""

from django.http import HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_GET

from copilot.monitor.dictionary import EXAMPLES, views
from copilot.monitor.method import method as method_of
from copilot.views.monitor import check_reader, show
from helpdesk.requests import PageRequest


@require_GET
def method(request: PageRequest) -> HttpResponse:
    check_reader(request.user)
    return show(request, "method", method_of())


@require_GET
def dictionary(request: PageRequest) -> HttpResponse:
    """Show what can be asked in SQL, as the database describes it."""
    check_reader(request.user)
    return render(request, "copilot/dictionary.html", {"views": views(), "examples": EXAMPLES})
