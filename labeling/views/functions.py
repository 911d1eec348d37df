"""The list of labeling functions, and what is done to one of them there."""

from django.contrib import messages
from django.http import Http404, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils import timezone
from django.views.decorators.http import require_GET, require_POST

from helpdesk.requests import PageRequest
from labeling import applying, exemplars, gates, mining, overview, tasks
from labeling.access import check_labeler
from labeling.models import LabelingFunction, Task

State = LabelingFunction.State


@require_GET
def functions(request: PageRequest) -> HttpResponse:
    check_labeler(request.user)
    task, state = (
        _choice(request, "task", Task.values, Task.TOPIC),
        _choice(request, "state", State.values, ""),
    )
    rows = overview.listed(task=task, state=state)
    is_reading = any(row.percent is not None for row in rows)
    context = {"task": task, "state": state, "rows": rows, "is_reading": is_reading}
    if request.htmx:
        return render(request, "labeling/_functions.html", context)
    context |= {"tasks": overview.tasks(), "states": overview.counts_of_states(task)}
    return render(request, "labeling/functions.html", context)


@require_POST
def move_function(request: PageRequest, slug: str) -> HttpResponse:
    check_labeler(request.user)
    function = get_object_or_404(LabelingFunction, slug=slug)
    try:
        gates.move(function, request.POST.get("to", ""))
    except gates.RefusedError as error:
        messages.error(request, str(error))
    else:
        tasks.expect_votes.delay_on_commit()  # type: ignore[attr-defined]  # not in celery's stubs
    return redirect("labeling:function", slug)


@require_POST
def run_again(request: PageRequest, slug: str) -> HttpResponse:
    """A function that crashed is run once more: what it needed may be there now."""
    check_labeler(request.user)
    applying.run_again(get_object_or_404(LabelingFunction, slug=slug))
    tasks.expect_votes.delay_on_commit()  # type: ignore[attr-defined]  # not in celery's stubs
    return redirect("labeling:function", slug)


@require_POST
def suggest_functions(request: PageRequest) -> HttpResponse:
    """Make drafts of what separates a label among gold: words, and messages like some of it."""
    check_labeler(request.user)
    task = request.POST.get("task", "")
    if task not in Task.values:
        raise Http404(f"no task {task!r}")
    now = timezone.now()
    made = [*mining.store(task, by=request.user, now=now), *exemplars.store(task, by=request.user, now=now)]
    messages.info(
        request, f"{len(made)} new drafts." if made else "Nothing new: the gold shows no further word."
    )
    return redirect(f"{reverse('labeling:functions')}?task={task}&state=draft")


def _choice(request: PageRequest, name: str, choices: list[str], default: str) -> str:
    found = request.GET.get(name, "")
    return found if found in choices else default
