"""Pages of the monitor: read the address, make the figures, show them or one of their tables as a file."""

from collections.abc import Iterable, Mapping
from types import MappingProxyType
from typing import Protocol

from django.core.exceptions import PermissionDenied
from django.http import Http404, HttpResponse
from django.shortcuts import render
from django.utils import timezone
from django.views.decorators.http import require_GET

from copilot.models import Release, Topic
from copilot.monitor.adoption import adoption as adoption_of
from copilot.monitor.charts import Chart
from copilot.monitor.filters import PERS, SPANS, Filters, languages, read_filters
from copilot.monitor.shares import METHOD
from copilot.monitor.tables import as_file, kind_of
from copilot.simulated import name_of
from helpdesk.models import User
from helpdesk.requests import PageRequest


@require_GET
def adoption(request: PageRequest) -> HttpResponse:
    check_reader(request.user)
    filters = read_filters(request.GET, today=timezone.localdate())
    return show(request, "adoption", adoption_of(filters), choices(filters))


class Page(Protocol):
    """What a page shows: charts, and whatever its template asks for besides."""

    @property
    def charts(self) -> Iterable[Chart]: ...


def show(
    request: PageRequest, name: str, page: Page, context: Mapping[str, object] = MappingProxyType({})
) -> HttpResponse:
    """Show the page of that name, or one of its tables as a file."""
    if kind := kind_of(request.GET):
        return chart_as_file(page.charts, request.GET[kind], kind=kind, page=name)
    figures = {"page": page, "charts": page.charts, "method": METHOD}
    return render(request, f"copilot/{name}.html", {**figures, **context})


def check_reader(user: User) -> None:
    """Let those in who read figures.

    Raises:
        PermissionDenied: all others.
    """
    if not user.reads_dashboards:
        raise PermissionDenied(
            "Figures about the copilot are for data scientists, experts and administrators."
        )


def choices(filters: Filters) -> dict[str, object]:
    """Return what the form of filters offers, and what is chosen."""
    return {
        "filters": filters,
        "query": filters.query,
        "spans": SPANS,
        "pers": PERS,
        "releases": Release.objects.order_by("-pk").values_list("pk", flat=True)[:50],
        "topics": Topic.objects.order_by("name").values_list("slug", "name"),
        "languages": languages(),
    }


def chart_as_file(charts: Iterable[Chart], key: str, *, kind: str, page: str) -> HttpResponse:
    """Answer with one chart's table as a file.

    Raises:
        Http404: the page has no such chart.
    """
    known = {chart.key: chart for chart in charts}
    if key not in known:
        raise Http404(f"no such table: name one of {', '.join(known)}")
    return as_file(known[key].table, kind=kind, name=name_of(f"{page}-{key}"))
