"""What agents do to a case besides writing: each view makes one call of `casework`."""

from collections.abc import Callable

from django import forms
from django.contrib import messages
from django.core.exceptions import ValidationError
from django.http import HttpResponse
from django.utils import timezone
from django.views.decorators.http import require_POST

from helpdesk import access, casework, escalating
from helpdesk.forms import AssignForm, EscalateForm, PriorityForm, SnoozeForm, TagForm, TeamForm
from helpdesk.models import Case
from helpdesk.requests import PageRequest
from helpdesk.views.case import go_to_list, show_changed


@require_POST
def assign(request: PageRequest, case_id: int) -> HttpResponse:
    case = access.get_case_to_answer(request.user, case_id)
    return _change(request, case, AssignForm(request.POST, case=case), casework.assign)


@require_POST
def move(request: PageRequest, case_id: int) -> HttpResponse:
    """Give a case to another team; who may not read it any more goes back to the list."""
    case = access.get_case_to_answer(request.user, case_id)
    return _or_leave(request, case, _change(request, case, TeamForm(request.POST), casework.move))


@require_POST
def escalate(request: PageRequest, case_id: int) -> HttpResponse:
    """Flag a case; who may not read it any more, since another team has it now, goes back to the list."""
    case = access.get_case_to_answer(request.user, case_id)
    return _or_leave(request, case, _change(request, case, EscalateForm(request.POST), escalating.escalate))


@require_POST
def settle(request: PageRequest, case_id: int) -> HttpResponse:
    case = access.get_case_to_answer(request.user, case_id)
    return _change(request, case, forms.Form(request.POST), escalating.settle)


def _or_leave(request: PageRequest, case: Case, changed: HttpResponse) -> HttpResponse:
    if access.cases_for(request.user).filter(pk=case.pk).exists():
        return changed
    messages.success(request, f"#{case.number} is with {case.team} now.")
    return go_to_list(request)


@require_POST
def prioritise(request: PageRequest, case_id: int) -> HttpResponse:
    case = access.get_case_to_answer(request.user, case_id)
    return _change(request, case, PriorityForm(request.POST), casework.prioritise)


@require_POST
def snooze(request: PageRequest, case_id: int) -> HttpResponse:
    case = access.get_case_to_answer(request.user, case_id)
    return _change(request, case, SnoozeForm(request.POST), casework.snooze)


@require_POST
def tag(request: PageRequest, case_id: int) -> HttpResponse:
    case = access.get_case_to_answer(request.user, case_id)
    return _change(request, case, TagForm(request.POST), casework.tag)


@require_POST
def untag(request: PageRequest, case_id: int) -> HttpResponse:
    case = access.get_case_to_answer(request.user, case_id)
    return _change(request, case, TagForm(request.POST), casework.untag)


@require_POST
def close(request: PageRequest, case_id: int) -> HttpResponse:
    case = access.get_case_to_answer(request.user, case_id)
    return _change(request, case, forms.Form(request.POST), casework.close)


@require_POST
def reopen(request: PageRequest, case_id: int) -> HttpResponse:
    case = access.get_case_to_answer(request.user, case_id)
    return _change(request, case, forms.Form(request.POST), casework.reopen)


def _change(request: PageRequest, case: Case, form: forms.Form, act: Callable[..., object]) -> HttpResponse:
    """Do it if the form is right, say what is wrong if not, and show the case again either way."""
    try:
        if not form.is_valid():
            raise ValidationError([message for errors in form.errors.values() for message in errors])
        act(case=case, actor=request.user, now=timezone.now(), **form.cleaned_data)
    except ValidationError as error:
        for message in error.messages:
            messages.error(request, message)
    return show_changed(request, case)
