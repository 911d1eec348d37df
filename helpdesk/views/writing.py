"""Replies, notes and drafts."""

from django.contrib import messages
from django.core.exceptions import ValidationError
from django.http import HttpResponse
from django.shortcuts import render
from django.utils import timezone
from django.views.decorators.http import require_POST

from helpdesk import access, attaching, drafting, replying
from helpdesk.forms import DraftForm, WritingForm
from helpdesk.models import Case, Draft
from helpdesk.requests import PageRequest
from helpdesk.views.case import composer_of, go_to_list, is_shown, page_of, parts_of, show_changed


@require_POST
def reply(request: PageRequest, case_id: int) -> HttpResponse:
    case = access.get_case_to_answer(request.user, case_id)
    form = WritingForm(request.POST)
    if not form.is_valid():
        return HttpResponse("client_key is missing", status=400)
    typed = form.cleaned_data | {"attachments": attaching.read_uploads(request.FILES.getlist("files"))}
    try:
        replying.send_reply(case=case, author=request.user, now=timezone.now(), **typed)
    except ValidationError as error:
        return _show_refused(request, case, "reply", form.cleaned_data, error)
    return _go_on(request, case) if form.cleaned_data["close"] else _show_sent(request, case)


@require_POST
def note(request: PageRequest, case_id: int) -> HttpResponse:
    case = access.get_case_to_answer(request.user, case_id)
    form = WritingForm(request.POST)
    if not form.is_valid():
        return HttpResponse("client_key is missing", status=400)
    typed = form.cleaned_data
    try:
        replying.add_note(
            case=case,
            author=request.user,
            body=typed["body"],
            client_key=typed["client_key"],
            now=timezone.now(),
        )
    except ValidationError as error:
        return _show_refused(request, case, "note", typed, error)
    return _show_sent(request, case)


@require_POST
def draft(request: PageRequest, case_id: int) -> HttpResponse:
    case = access.get_case_to_answer(request.user, case_id)
    form = DraftForm(request.POST)
    if not form.is_valid():
        return HttpResponse(form.errors.as_text(), status=400, content_type="text/plain")
    typed = form.cleaned_data | {"kind": Draft.Kind(form.cleaned_data["kind"])}
    typed["typed_in_merged"] = not is_shown(request, case)
    drafting.save_draft(case=case, author=request.user, now=timezone.now(), **typed)
    return HttpResponse(status=204)


def _show_sent(request: PageRequest, case: Case) -> HttpResponse:
    if not request.htmx or not is_shown(request, case):
        return show_changed(request, case)
    case = access.get_case(request.user, case.pk)
    context = parts_of(request, case) | composer_of(request, case) | {"is_answer": True}
    return render(request, "helpdesk/_sent.html", context)


def _show_refused(
    request: PageRequest, case: Case, kind: str, typed: dict[str, object], error: ValidationError
) -> HttpResponse:
    """Show the composer again with what was typed and why it was not sent."""
    context = composer_of(request, case) | {
        "case": case,
        "may_answer": True,
        "mode": kind,
        "errors": error.messages,
        "files_lost": bool(request.FILES),
        "drafts": drafting.drafts_of(case=case, author=request.user) | {kind: str(typed["body"])},
        f"{kind}_key": typed["client_key"],
    }
    if request.htmx:
        return render(request, "helpdesk/_composer.html", context)
    return render(request, "helpdesk/case.html", page_of(request, case) | context)


def _go_on(request: PageRequest, case: Case) -> HttpResponse:
    """Open the next case of the list; the list itself after the last one."""
    messages.success(request, f"Sent, and #{case.number} is closed.")
    following = request.POST.get("next", "")
    is_case = following.isdecimal() and len(following) < 19
    return go_to_list(request, case_id=int(following) if is_case else None)
