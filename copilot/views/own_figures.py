"""An agent's own figures, which nobody else is shown."""

from django.core.exceptions import PermissionDenied
from django.http import HttpResponse
from django.utils import timezone
from django.views.decorators.http import require_GET

from copilot.monitor.filters import SPANS, Filters, read_filters
from copilot.monitor.own import METHOD
from copilot.monitor.own import own_figures as figures_of
from copilot.views.monitor import show
from helpdesk.requests import PageRequest


@require_GET
def own_figures(request: PageRequest) -> HttpResponse:
    """Show who asks their own figures; the address can name nobody."""
    if not request.user.answers_cases:
        raise PermissionDenied("Only those who answer cases have figures of their own.")
    asked = read_filters(request.GET, today=timezone.localdate())
    filters = Filters(today=asked.today, days=asked.days)
    context = {"filters": filters, "query": f"days={filters.days}", "spans": SPANS, "method": METHOD}
    return show(request, "own_figures", figures_of(request.user.pk, filters), context)
