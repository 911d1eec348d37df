"""Texts to label come in by a file: sent here, watched while a worker takes them in, cancelled."""

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from helpdesk.requests import PageRequest
from labeling import importing, tasks
from labeling.access import check_labeler
from labeling.forms import ImportForm
from labeling.models import TextImport

SHOWN = 30


@require_http_methods(["GET", "POST"])
def imports(request: PageRequest) -> HttpResponse:
    check_labeler(request.user)
    is_sent = request.method == "POST"
    form = ImportForm(request.POST, request.FILES) if is_sent else ImportForm()
    if is_sent and form.is_valid():
        row = importing.order(
            file=form.cleaned_data["file"], form=form.form, by=request.user, now=timezone.now()
        )
        tasks.import_texts.delay_on_commit(job_id=row.pk)  # type: ignore[attr-defined]  # not in celery's stubs
        return redirect("labeling:imports")
    rows = TextImport.objects.select_related("ordered_by")[:SHOWN]
    return render(request, "labeling/imports.html", {"form": form, "imports": rows})


@require_GET
def text_import(request: PageRequest, import_id: int) -> HttpResponse:
    """One import with what was refused; its row alone asks for itself as long as it is active."""
    check_labeler(request.user)
    row = get_object_or_404(TextImport.objects.select_related("ordered_by"), pk=import_id)
    if request.htmx:
        return render(request, "labeling/_import.html", {"import": row})
    rejects = row.rejects.all()[: importing.MOST_REJECTS]
    return render(request, "labeling/import.html", {"import": row, "rejects": rejects})


@require_POST
def cancel(request: PageRequest, import_id: int) -> HttpResponse:
    check_labeler(request.user)
    row = get_object_or_404(TextImport.objects.select_related("ordered_by"), pk=import_id)
    if not importing.cancel(row.pk, now=timezone.now()):
        messages.error(request, f"Import {row.pk} has ended already.")
    if not request.htmx:
        return redirect("labeling:imports")
    row.refresh_from_db()
    return render(request, "labeling/_import.html", {"import": row})
