"""The beat of a case's page: somebody works there."""

from datetime import timedelta

from django.http import Http404, HttpResponse
from django.utils import timezone
from django.views.decorators.http import require_POST

from helpdesk import access
from helpdesk.forms import BeatForm
from helpdesk.requests import PageRequest
from helpdesk.working import add_active_time


@require_POST
def beat(request: PageRequest, case_id: int) -> HttpResponse:
    """Add the time; nothing for a case that its agent no longer sees, having moved it while its page was open."""
    try:
        case = access.get_case_to_answer(request.user, case_id)
    except Http404:
        return HttpResponse(status=204)
    form = BeatForm(request.POST)
    if not form.is_valid():
        return HttpResponse(form.errors.as_text(), status=400, content_type="text/plain")
    spent = timedelta(milliseconds=form.cleaned_data["milliseconds"])
    add_active_time(case=case, agent=request.user, spent=spent, now=timezone.now())
    return HttpResponse(status=204)
