"""Merging a case into another, which is shown then."""

from django.contrib import messages
from django.core.exceptions import ValidationError
from django.http import Http404, HttpResponse
from django.utils import timezone
from django.views.decorators.http import require_POST

from helpdesk import access
from helpdesk.forms import MergeForm
from helpdesk.merging import merge_cases
from helpdesk.models import Case
from helpdesk.requests import PageRequest
from helpdesk.views.case import go_to_list, show_changed


@require_POST
def merge(request: PageRequest, case_id: int) -> HttpResponse:
    case = access.get_case_to_answer(request.user, case_id)
    try:
        kept = _chosen(request)
        merge_cases(kept=kept, merged=case, actor=request.user, now=timezone.now())
    except ValidationError as error:
        for message in error.messages:
            messages.error(request, message)
        return show_changed(request, case)
    messages.success(request, f"#{case.number} goes on here, in #{kept.number}.")
    return go_to_list(request, case_id=kept.pk)


def _chosen(request: PageRequest) -> Case:
    """Return the case to merge into.

    Raises:
        ValidationError: none was named, or none that this person may answer.
    """
    form = MergeForm(request.POST)
    if not form.is_valid():
        raise ValidationError([message for errors in form.errors.values() for message in errors])
    try:
        return access.get_case_to_answer(request.user, form.cleaned_data["into"])
    except Http404 as error:
        raise ValidationError(f"There is {error}.") from error
