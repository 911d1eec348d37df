"""Experiments for data scientists: the list, one of them with what it changes, started and ended."""

from django.contrib import messages
from django.core.exceptions import PermissionDenied
from django.http import Http404, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone
from django.views.decorators.http import require_GET, require_POST

from copilot import experimenting
from copilot.experimenting import ExperimentError
from copilot.models import Experiment
from copilot.monitor.experiment import experiment_page, listed
from copilot.monitor.tables import kind_of
from copilot.views.monitor import chart_as_file, check_reader
from helpdesk.models import User
from helpdesk.requests import PageRequest

LONGEST_REASON = 2000


@require_GET
def experiments(request: PageRequest) -> HttpResponse:
    check_reader(request.user)
    return render(request, "copilot/experiments.html", {"groups": listed()})


@require_GET
def experiment(request: PageRequest, experiment_id: int) -> HttpResponse:
    check_reader(request.user)
    found = get_object_or_404(Experiment.objects.with_people(), pk=experiment_id)
    asked = request.GET.get("variant", "")
    position = int(asked) if asked.isdecimal() and len(asked) < 3 else None
    page = experiment_page(found, today=timezone.localdate(), position=position)
    charts = page.compared.charts if page.compared else ()
    if kind := kind_of(request.GET):
        return chart_as_file(charts, request.GET[kind], kind=kind, page=f"experiment-{found.pk}")
    query = f"variant={page.treatment.position}" if page.treatment else ""
    context = {"page": page, "experiment": found, "charts": charts, "query": query}
    return render(request, "copilot/experiment.html", context)


@require_POST
def start_experiment(request: PageRequest, experiment_id: int) -> HttpResponse:
    _check_manager(request.user)
    found = _experiment(experiment_id)
    try:
        experimenting.start(found, by=request.user, now=timezone.now())
    except ExperimentError as error:
        messages.error(request, f"{error}.")
    else:
        messages.success(request, "It runs: cases that are opened from now on are divided.")
    return redirect("copilot:experiment", experiment_id=found.pk)


@require_POST
def end_experiment(request: PageRequest, experiment_id: int) -> HttpResponse:
    _check_manager(request.user)
    found = _experiment(experiment_id)
    reason = request.POST.get("reason", "").strip()[:LONGEST_REASON]
    if not reason:
        messages.error(request, "Say why it ends now: whoever reads the result will ask.")
        return redirect("copilot:experiment", experiment_id=found.pk)
    try:
        experimenting.end(found, by=request.user, now=timezone.now(), reason=reason)
    except ExperimentError as error:
        messages.error(request, f"{error}.")
    else:
        messages.success(request, "It has ended: its cases keep their variant, new ones get none.")
    return redirect("copilot:experiment", experiment_id=found.pk)


def _experiment(number: int) -> Experiment:
    found = Experiment.objects.filter(pk=number).first()
    if found is None:
        raise Http404(f"there is no experiment {number}")
    return found


def _check_manager(user: User) -> None:
    if not user.manages_releases:
        raise PermissionDenied("Experiments are started and ended by data scientists and administrators.")
