"""How the support as a whole does: the figures that stand beside those of the copilot."""

from django.http import HttpResponse
from django.utils import timezone
from django.views.decorators.http import require_GET

from copilot.models import BacklogDay, Topic
from copilot.monitor.case_filters import CaseFilters, read_case_filters
from copilot.monitor.filters import SPANS
from copilot.monitor.support import support as support_of
from copilot.views.monitor import check_reader, show
from helpdesk.requests import PageRequest


@require_GET
def support(request: PageRequest) -> HttpResponse:
    check_reader(request.user)
    filters = read_case_filters(request.GET, today=timezone.localdate())
    return show(request, "support", support_of(filters), choices(filters))


def choices(filters: CaseFilters) -> dict[str, object]:
    """Return what the form of filters offers, and what is chosen."""
    return {
        "filters": filters,
        "query": filters.query,
        "spans": SPANS,
        "channels": BacklogDay.objects.order_by("channel").values_list("channel", flat=True).distinct(),
        "topics": Topic.objects.order_by("name").values_list("slug", "name"),
    }
