"""Labeling functions as a file: taken from the list page, and given to it."""

from django import forms
from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import redirect
from django.utils import timezone
from django.views.decorators.http import require_GET, require_POST

from helpdesk.requests import PageRequest
from labeling import sharing, tasks
from labeling.access import check_labeler
from labeling.functions.errors import SpecError


class FileForm(forms.Form):
    file = forms.FileField(max_length=200)


@require_GET
def export_functions(request: PageRequest) -> HttpResponse:
    check_labeler(request.user)
    headers = {"Content-Disposition": 'attachment; filename="functions.yaml"'}
    return HttpResponse(sharing.exported(), content_type="application/yaml; charset=utf-8", headers=headers)


@require_POST
def import_functions(request: PageRequest) -> HttpResponse:
    check_labeler(request.user)
    form = FileForm(request.POST, request.FILES)
    try:
        if not form.is_valid():
            raise SpecError("choose a file of functions first")
        text = form.cleaned_data["file"].read(4 * sharing.LARGEST + 1).decode()
        done = sharing.import_from(text, by=request.user, now=timezone.now())
    except (SpecError, UnicodeDecodeError) as error:
        messages.error(request, f"Nothing was imported: {error}")
    else:
        messages.success(request, f"{done.n_new} new, {done.n_changed} changed, {done.n_same} the same.")
        tasks.expect_votes.delay_on_commit()  # type: ignore[attr-defined]  # not in celery's stubs
    return redirect("labeling:functions")
