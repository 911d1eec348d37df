"""Weak labels: what functions come to, ordered here, watched while they are made, judged by gold."""

import csv

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils import timezone
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from helpdesk.requests import PageRequest
from labeling import tasks, weak_labels, weak_runs
from labeling.access import check_labeler
from labeling.forms import WeakLabelsForm
from labeling.models import Task, WeakLabelRun
from labeling.weak_report import TABLES, Report, as_cells, report_on

SHOWN = 10


@require_http_methods(["GET", "POST"])
def weak_labels_page(request: PageRequest) -> HttpResponse:
    check_labeler(request.user)
    form = WeakLabelsForm(request.POST or None, initial={"task": _task(request)})
    if request.method == "POST" and form.is_valid() and _ordered(request, form):
        return redirect(f"{request.path}?task={form.cleaned_data['task']}")
    task = _task(request)
    newest = weak_labels.newest_run(task)
    report = report_on(newest) if newest else None
    if report and request.GET.get("csv") in TABLES:
        return _as_csv(report, request.GET["csv"])
    runs = WeakLabelRun.objects.filter(task=task).select_related("ordered_by")[:SHOWN]
    context = {"form": form, "task": task, "tasks": Task.values, "report": report, "runs": runs}
    return render(request, "labeling/weak_labels.html", context)


@require_GET
def weak_label_run(request: PageRequest, run_id: int) -> HttpResponse:
    """One run's row, which asks for itself as long as the run is active."""
    check_labeler(request.user)
    run = get_object_or_404(WeakLabelRun.objects.select_related("ordered_by"), pk=run_id)
    answer = render(request, "labeling/_weak_run.html", {"run": run})
    if not run.is_active:
        answer["HX-Refresh"] = "true"  # the figures of the page are new
    return answer


@require_POST
def cancel(request: PageRequest, run_id: int) -> HttpResponse:
    check_labeler(request.user)
    run = get_object_or_404(WeakLabelRun.objects.select_related("ordered_by"), pk=run_id)
    if not weak_runs.JOBS.cancel(run.pk, now=timezone.now()):
        messages.error(request, f"Weak labels {run.pk} have ended already.")
    if not request.htmx:
        return redirect(f"{reverse('labeling:weak_labels')}?task={run.task}")
    run.refresh_from_db()
    return render(request, "labeling/_weak_run.html", {"run": run})


def _task(request: PageRequest) -> str:
    found = request.GET.get("task", request.POST.get("task", ""))
    return found if found in Task.values else Task.TOPIC


def _ordered(request: PageRequest, form: WeakLabelsForm) -> bool:
    """Order what a valid form asks for; note on the form why that is refused."""
    try:
        run = weak_runs.order(**form.cleaned_data, by=request.user, now=timezone.now())
    except weak_runs.WeakLabelsRefusedError as error:
        form.add_error(None, str(error))
        return False
    tasks.label_weakly.delay_on_commit(job_id=run.pk)  # type: ignore[attr-defined]  # not in celery's stubs
    return True


def _as_csv(report: Report, table: str) -> HttpResponse:
    response = HttpResponse(content_type="text/csv; charset=utf-8")
    name = f"weak-labels-{report.run.task}-{report.run.pk}-{table}.csv"
    response["Content-Disposition"] = f'attachment; filename="{name}"'
    csv.writer(response).writerows(as_cells(report, table))
    return response
