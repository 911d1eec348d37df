"""What is simulated in this database, how far it is, and how it can be removed."""

from django.http import HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_GET

from copilot.models import Simulation
from helpdesk.requests import PageRequest


@require_GET
def simulation(request: PageRequest) -> HttpResponse:
    """Show the page or, where an open page asks, how far it is."""
    template = "copilot/_simulation.html" if request.htmx else "copilot/simulation.html"
    return render(request, template, {"simulation": Simulation.objects.first()})


@require_GET
def simulation_mark(request: PageRequest) -> HttpResponse:
    """Show the mark that stands on every page, as it is now."""
    return render(request, "copilot/_simulated.html", {"simulated": Simulation.objects.first()})
