"""What people disagree about and what they flagged, how far they agree, and how the queue is mixed."""

from django.contrib import messages
from django.core.exceptions import PermissionDenied
from django.http import Http404, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils import timezone
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from helpdesk.requests import PageRequest
from labeling import adjudicating, agreeing, queueing
from labeling.access import check_labeler
from labeling.annotation_forms import AdjudicationForm, PlanForm
from labeling.estimating import accuracy_of_live
from labeling.models import Act, Rule, Task
from labeling.views.annotate import message_for


@require_GET
def disagreements(request: PageRequest) -> HttpResponse:
    check_labeler(request.user)
    task = _task(request)
    counts = {each: adjudicating.open_disagreements().filter(task=each).count() for each in Task.values}
    context = {
        "task": task,
        "tasks": Task,
        "counts": counts,
        "n_disagreements": sum(counts.values()),
        "disputes": adjudicating.disputes_for(request.user, task=task),
        "flags": adjudicating.open_flags()[: adjudicating.SHOWN],
        "can_undo": Act.objects.standing().filter(person=request.user, mode="adjudication").exists(),
    }
    return render(request, "labeling/disagreements.html", context)


@require_POST
def adjudicate(request: PageRequest) -> HttpResponse:
    check_labeler(request.user)
    form = AdjudicationForm(request.POST)
    if not form.is_valid():
        messages.error(request, "Choose a label first.")
        return redirect("labeling:disagreements")
    said = form.cleaned_data
    said["message"] = message_for(request.user, said["message"])
    try:
        adjudicating.adjudicate(person=request.user, now=timezone.now(), **said)
    except adjudicating.LabelRefusedError as error:
        messages.error(request, str(error))
    else:
        messages.success(request, "Decided: it is gold now.")
    return redirect(f"{reverse('labeling:disagreements')}?task={said['task']}")


@require_POST
def settle_flag(request: PageRequest, flag_id: int) -> HttpResponse:
    check_labeler(request.user)
    if not adjudicating.settle_flag(flag_id, now=timezone.now()):
        messages.info(request, "Somebody had looked at it already.")
    return redirect("labeling:disagreements")


@require_GET
def agreement(request: PageRequest) -> HttpResponse:
    check_labeler(request.user)
    task = _task(request)
    context = {
        "task": task,
        "tasks": Task,
        "agreement": agreeing.agreement_of(task),
        "fewest": agreeing.FEWEST,
        "fewest_of_class": agreeing.FEWEST_OF_CLASS,
        "fewest_of_three": agreeing.FEWEST_OF_THREE,
        "looked_at": agreeing.LOOKED_AT,
    }
    return render(request, "labeling/agreement.html", context)


@require_http_methods(["GET", "POST"])
def queue(request: PageRequest) -> HttpResponse:
    """Show what waits, and how it is mixed; a data scientist changes that."""
    check_labeler(request.user)
    task = _task(request)
    plan = queueing.plan_of(task)
    form = PlanForm(request.POST or None, initial=PlanForm.initial_of(plan))
    if request.method == "POST" and _is_changed(request, task, form):
        return redirect(f"{reverse('labeling:queue')}?task={task}")
    counts = queueing.counts_by_rule(task).items()
    context = {
        "task": task,
        "tasks": Task,
        "plan": plan,
        "accuracy": accuracy_of_live(task),
        "form": form,
        "rows": [(Rule(rule), form[rule], *numbers) for rule, numbers in counts],
        "overlap": [form["overlap_percent"], form["overlap_people"]],
    }
    return render(request, "labeling/queue.html", context)


def _is_changed(request: PageRequest, task: str, form: PlanForm) -> bool:
    """Keep what a valid form says of the queue."""
    if not request.user.manages_releases:
        raise PermissionDenied("Only data scientists and administrators change how the queue is mixed.")
    if not form.is_valid():
        return False
    queueing.change_plan(task=task, **form.plan)
    messages.success(request, "Kept: it holds for what is queued from now on.")
    return True


def _task(request: PageRequest) -> Task:
    task = request.GET.get("task", Task.TOPIC)
    if task not in Task.values:
        raise Http404(f"no task {task}")
    return Task(task)
