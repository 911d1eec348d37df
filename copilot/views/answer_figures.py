"""How topics and answers do: the list of them, and a page for each answer."""

from django.http import HttpResponse
from django.shortcuts import get_object_or_404, render
from django.utils import timezone
from django.views.decorators.http import require_GET

from copilot.models import Answer
from copilot.monitor.answer_figures import answer_figures as figures_of
from copilot.monitor.filters import read_filters
from copilot.monitor.one_answer import one_answer
from copilot.monitor.shares import METHOD
from copilot.monitor.tables import kind_of
from copilot.views.monitor import chart_as_file, check_reader, choices
from helpdesk.requests import PageRequest

MOST = 50  # rows of a table, unless all are asked for


@require_GET
def answer_figures(request: PageRequest) -> HttpResponse:
    check_reader(request.user)
    filters = read_filters(request.GET, today=timezone.localdate())
    page = figures_of(filters, now=timezone.now())
    if kind := kind_of(request.GET):
        return chart_as_file(page.charts, request.GET[kind], kind=kind, page="answers")
    shown = "" if "all" in request.GET else f":{MOST}"
    context = choices(filters) | {"page": page, "method": METHOD, "most": MOST, "shown": shown}
    return render(request, "copilot/answer_figures.html", context)


@require_GET
def answer_figure(request: PageRequest, answer_id: int) -> HttpResponse:
    check_reader(request.user)
    answer = get_object_or_404(Answer.objects.select_related("topic", "owner"), pk=answer_id)
    filters = read_filters(request.GET, today=timezone.localdate())
    page = one_answer(answer, filters, now=timezone.now())
    if kind := kind_of(request.GET):
        return chart_as_file(page.charts, request.GET[kind], kind=kind, page=f"answer-{answer.slug}")
    context = choices(filters) | {"page": page, "answer": answer, "charts": page.charts, "method": METHOD}
    return render(request, "copilot/answer_figure.html", context)
