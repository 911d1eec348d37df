"""Trainings: ordered here, watched while they run, cancelled."""

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from copilot.views.releases import check_manager
from helpdesk.requests import PageRequest
from labeling import tasks
from labeling import trainings as domain
from labeling.forms import TrainingForm
from labeling.models import TrainingRun

SHOWN = 30


@require_http_methods(["GET", "POST"])
def trainings(request: PageRequest) -> HttpResponse:
    check_manager(request.user)
    form = TrainingForm(request.POST or None)
    if request.method == "POST" and form.is_valid() and _ordered(request, form):
        return redirect("labeling:trainings")
    runs = TrainingRun.objects.select_related("release", "ordered_by")[:SHOWN]
    return render(request, "labeling/trainings.html", {"form": form, "runs": runs})


@require_GET
def training(request: PageRequest, run_id: int) -> HttpResponse:
    """One run's row, which asks for itself as long as the run is active."""
    check_manager(request.user)
    run = get_object_or_404(TrainingRun.objects.select_related("release", "ordered_by"), pk=run_id)
    return render(request, "labeling/_training.html", {"run": run})


@require_POST
def cancel(request: PageRequest, run_id: int) -> HttpResponse:
    check_manager(request.user)
    run = get_object_or_404(TrainingRun, pk=run_id)
    if not domain.JOBS.cancel(run.pk, now=timezone.now()):
        messages.error(request, f"Training {run.pk} has ended already.")
    if not request.htmx:
        return redirect("labeling:trainings")
    run.refresh_from_db()
    return render(request, "labeling/_training.html", {"run": run})


def _ordered(request: PageRequest, form: TrainingForm) -> bool:
    """Order what a valid form asks for; note on the form why that is refused."""
    try:
        run = domain.order(**form.cleaned_data, by=request.user, now=timezone.now())
    except domain.TrainingRefusedError as error:
        form.add_error(None, str(error))
        return False
    tasks.train.delay_on_commit(job_id=run.pk)  # type: ignore[attr-defined]  # not in celery's stubs
    return True
