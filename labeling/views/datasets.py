"""Datasets: frozen here, looked at, and exported as streams."""

import logging
from collections.abc import AsyncIterator, Iterator

from asgiref.sync import sync_to_async
from django.contrib import messages
from django.http import Http404, HttpResponse, HttpResponseBase, StreamingHttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone
from django.utils.http import content_disposition_header
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from copilot import evaluating
from copilot.datasets import DatasetError
from copilot.views.releases import check_manager
from helpdesk.requests import PageRequest
from labeling import frozen, shelf, tasks
from labeling.access import check_labeler
from labeling.exporting.exports import export, export_key
from labeling.forms import ExportForm, FreezeForm
from labeling.freezing import Recipe, Takes
from labeling.models import FrozenDataset

logger = logging.getLogger(__name__)

SHOWN = 10


@require_http_methods(["GET", "POST"])
def datasets(request: PageRequest) -> HttpResponse:
    check_labeler(request.user)
    form = FreezeForm(request.POST or None)
    if request.method == "POST":
        check_manager(request.user)
        if form.is_valid() and _ordered(request, form):
            return redirect("labeling:datasets")
    freezes = FrozenDataset.objects.exclude(state=FrozenDataset.State.FINISHED).select_related("ordered_by")
    context = {"form": form, "freezes": freezes[:SHOWN], "datasets": shelf.shelved()}
    return render(request, "labeling/datasets.html", context)


@require_GET
def freeze(request: PageRequest, freeze_id: int) -> HttpResponse:
    """One freeze's row, which asks for itself as long as it is active."""
    check_labeler(request.user)
    row = get_object_or_404(FrozenDataset.objects.select_related("ordered_by"), pk=freeze_id)
    return render(request, "labeling/_freeze.html", {"freeze": row})


@require_POST
def cancel_freeze(request: PageRequest, freeze_id: int) -> HttpResponse:
    check_manager(request.user)
    row = get_object_or_404(FrozenDataset.objects.select_related("ordered_by"), pk=freeze_id)
    if not frozen.JOBS.cancel(row.pk, now=timezone.now()):
        messages.error(request, f"{row.name} has ended already.")
    if not request.htmx:
        return redirect("labeling:datasets")
    row.refresh_from_db()
    return render(request, "labeling/_freeze.html", {"freeze": row})


@require_GET
def dataset(request: PageRequest, name: str) -> HttpResponse:
    check_labeler(request.user)
    try:
        found = shelf.shelved_as(name)
    except DatasetError as error:
        raise Http404(str(error)) from error
    return render(request, "labeling/dataset.html", {"dataset": found, "form": ExportForm()})


@require_GET
def export_dataset(request: PageRequest, name: str) -> HttpResponseBase:
    """The dataset in a format, or with `key` what brings a redacted one back."""
    check_labeler(request.user)
    form = ExportForm(request.GET)
    if not form.is_valid():
        raise Http404(f"no such export: {form.errors.as_text()}")
    made, choice, is_key = form.made, form.choice, form.is_key
    try:
        folder = evaluating.folder_of(name)
        chunks = export_key(folder, choice) if is_key else export(folder, made, choice)
    except DatasetError as error:
        raise Http404(str(error)) from error
    logger.info(
        "%s exports %s of %s as %s", request.user.pk, "the key" if is_key else choice, name, made.slug
    )
    file_name = f"{name}-key.jsonl" if is_key else made.file_name(name, choice)
    return _streamed(chunks, file_name, "application/x-ndjson" if is_key else made.content_type)


def _streamed(chunks: Iterator[bytes], name: str, content_type: str) -> StreamingHttpResponse:
    response = StreamingHttpResponse(_read(chunks), content_type=content_type)
    response["Content-Disposition"] = content_disposition_header(True, name) or "attachment"
    response["Cache-Control"] = "private, no-store"
    response["X-Accel-Buffering"] = "no"
    return response


async def _read(chunks: Iterator[bytes]) -> AsyncIterator[bytes]:
    """Read in a thread, a chunk at a time: under ASGI an ordinary iterator would be read whole before it is sent."""
    read = sync_to_async(lambda: next(chunks, b""))
    while chunk := await read():
        yield chunk


def _ordered(request: PageRequest, form: FreezeForm) -> bool:
    """Order what a valid form asks for; note on the form why that is refused."""
    fields = form.cleaned_data
    recipe = Recipe(takes=Takes(fields["takes"]), seed=fields["seed"], test_share=fields["test_share"])
    try:
        row = frozen.order(name=fields["name"], recipe=recipe, by=request.user, now=timezone.now())
    except frozen.FreezeRefusedError as error:
        form.add_error(None, str(error))
        return False
    tasks.freeze.delay_on_commit(job_id=row.pk)  # type: ignore[attr-defined]  # not in celery's stubs
    return True
