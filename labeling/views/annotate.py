"""One message at a time: labeled, skipped or flagged with a key, and taken back with another."""

from collections.abc import Mapping
from dataclasses import asdict, replace
from urllib.parse import urlencode

from django.contrib import messages
from django.http import Http404, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils import timezone
from django.views.decorators.http import require_GET, require_POST

from helpdesk import access
from helpdesk.models import Message, User
from helpdesk.requests import PageRequest
from labeling import annotating, leasing
from labeling.access import check_labeler
from labeling.annotation_forms import Asked, AskedForm, FlagForm, SubmissionForm
from labeling.forms import TOPICS_IN_USE
from labeling.models import Act, Annotation, Disagreement, Rule, Task
from labeling.showing import Screen, progress_of, screen_of

MODES = {Annotation.Mode.BLIND: "Blind", Annotation.Mode.CONFIRM: "Confirm"}
NO_LABEL = "Choose a label first: by its number, by typing, or with the mouse."
SECOND = "Somebody else had labeled it meanwhile, as your ten minutes were over: yours is kept as a second opinion."
FLAGGED = "Flagged. It waits under Disagreements until somebody has looked at it."


@require_GET
def annotate(request: PageRequest) -> HttpResponse:
    """Show the next message of a queue, or a certain one."""
    check_labeler(request.user)
    return _show(request, _asked(request.GET))


@require_POST
def submit(request: PageRequest) -> HttpResponse:
    check_labeler(request.user)
    asked, form = _asked(request.POST), SubmissionForm(request.POST)
    sitting = _sitting(request, asked)
    if not form.is_valid():
        return _show_refused(request, asked, NO_LABEL)
    try:
        kept = annotating.submit(sitting, form.submission, now=timezone.now())
    except annotating.LabelRefusedError as error:
        return _show_refused(request, asked, str(error))
    if kept.is_second_opinion:
        messages.info(request, SECOND)
    return _go_on(request, asked)


@require_POST
def skip(request: PageRequest) -> HttpResponse:
    check_labeler(request.user)
    asked = _asked(request.POST)
    annotating.skip(_sitting(request, asked), now=timezone.now())
    return _go_on(request, asked)


@require_POST
def flag(request: PageRequest) -> HttpResponse:
    check_labeler(request.user)
    asked, form = _asked(request.POST), FlagForm(request.POST)
    sitting = _sitting(request, asked)
    if not form.is_valid():
        return _show_refused(request, asked, "Choose why you flag it.")
    annotating.flag(sitting, **form.cleaned_data, now=timezone.now())
    messages.success(request, FLAGGED)
    return _go_on(request, asked)


@require_POST
def undo(request: PageRequest) -> HttpResponse:
    """Take back the latest act, and show its message again, whichever task it was of."""
    check_labeler(request.user)
    act = annotating.undo(person=request.user, now=timezone.now())
    if act is None:
        messages.info(request, "There is nothing left to undo.")
        return _go_on(request, _asked(request.POST))
    messages.info(request, f"Taken back: {act.get_kind_display().lower()}.")
    asked = Asked(act.task, act.mode, act.message_id, _asked(request.POST).topic)
    if act.mode not in MODES:
        return _go_to(request, reverse("labeling:disagreements"))
    return _show(request, asked) if request.htmx else redirect(_address(asked))


def message_for(user: User, message_id: int | None) -> Message:
    """Return a message that this person may read.

    Raises:
        Http404: there is none with this number, or its case is not this person's to see.
    """
    found = Message.objects.select_related("case__customer").defer("search", "case__search")
    message = found.filter(pk=message_id or 0, case__in=access.cases_for(user)).first()
    if message is None:
        raise Http404(f"no message {message_id} that you may see")
    return message


def _asked(data: Mapping[str, str]) -> Asked:
    """Read which queue a request is about; it is not found if there is no such task or mode."""
    form = AskedForm(data)
    if not form.is_valid():
        raise Http404(f"no such {' or '.join(form.errors)}")
    return form.asked


def _sitting(request: PageRequest, asked: Asked) -> annotating.Sitting:
    message = message_for(request.user, asked.message)
    return annotating.Sitting(request.user, message, asked.task, asked.mode, asked.topic)


def _address(asked: Asked) -> str:
    query = {name: value for name, value in asdict(asked).items() if value}
    return f"{reverse('labeling:annotate')}?{urlencode(query)}"


def _go_to(request: PageRequest, address: str) -> HttpResponse:
    return HttpResponse(headers={"HX-Redirect": address}) if request.htmx else redirect(address)


def _go_on(request: PageRequest, asked: Asked) -> HttpResponse:
    """Show the next message in place of the one that is done."""
    following = replace(asked, message=None)
    return _show(request, following) if request.htmx else redirect(_address(following))


def _show(request: PageRequest, asked: Asked, **more: object) -> HttpResponse:
    context = {
        "screen": _screen(request.user, asked),
        "progress": progress_of(
            request.user, task=asked.task, mode=asked.mode, topic=asked.topic, now=timezone.now()
        ),
        "topic": TOPICS_IN_USE.filter(slug=asked.topic).first() if asked.topic else None,
        "topics": TOPICS_IN_USE.order_by("name"),  # of the page, not of the fragment
        "task": Task(asked.task),
        "mode": asked.mode,
        "tasks": Task,
        "modes": MODES,
        "flags": Act.Flag,
        "n_disagreements": Disagreement.objects.filter(
            closed_at=None
        ).count,  # of the page, not of the fragment
        "is_answer": bool(request.htmx),
    } | more
    name = "labeling/_annotator.html" if request.htmx else "labeling/annotate.html"
    return render(request, name, context)


def _screen(person: User, asked: Asked) -> Screen | None:
    """Lease the message asked for, or the next one, and return what is shown of it."""
    about = {"task": asked.task, "mode": asked.mode}
    if asked.message is None:
        lease = leasing.next_for(person, **about, topic=asked.topic, now=timezone.now())
        if lease is None:
            return None
        message = message_for(person, lease.entry.message_id)
    else:
        message = message_for(person, asked.message)
        lease = leasing.lease_message(person, message.pk, **about, now=timezone.now())
    rule = lease.entry.rule if lease else Rule.CHOSEN
    return screen_of(message, person=person, **about, rule=rule)


def _show_refused(request: PageRequest, asked: Asked, problem: str) -> HttpResponse:
    """Show the message again with what was typed and why it was not stored."""
    typed = {name: request.POST.get(name, "") for name in ("note", "text")}
    return _show(request, asked, problem=problem, typed=typed)
