"""How fresh the gold is, what is announced, and what can be undone."""

import csv
from collections.abc import Sequence
from datetime import datetime

from django.conf import settings
from django.contrib import messages
from django.db.models import Count
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from copilot import changing
from copilot.models import AnswerVersion, CatalogChange
from helpdesk.requests import PageRequest
from labeling import reshaping, staleness
from labeling.access import check_labeler
from labeling.forms import AnnouncementForm
from labeling.freshness import Freshness, freshness_of_topics
from labeling.models import Annotation, TopicChange

SHOWN = 50
COLUMNS = ("topic", "area", "gold_labels", "messages", "stale", "older_than_bar", "bar_days", "median_age_days",
           "oldest_age_days", "answers_due", "owners_of_due", "drafts_waiting", "as_of")  # fmt: skip


@require_GET
def freshness(request: PageRequest) -> HttpResponse:
    check_labeler(request.user)
    now = timezone.now()
    rows = freshness_of_topics(now=now, today=timezone.localdate(), old_after=settings.LABELING_OLD_AFTER)
    if request.GET.get("format") == "csv":
        return _csv(rows, now)
    context = {
        "rows": rows,
        "n": sum(row.n for row in rows),
        "n_stale": sum(row.n_stale for row in rows),
        "n_due": sum(len(row.due) for row in rows),
        "n_waiting": AnswerVersion.objects.waiting().count(),
        "reshaping": TopicChange.objects.filter(state__in=TopicChange.OPEN).select_related("topic", "by"),
        "old_days": settings.LABELING_OLD_AFTER.days,
        "history": CatalogChange.objects.select_related("by", "undone_by", "topic_change")
        .prefetch_related("topics", "answers", "heirs")
        .annotate(n_stale=Count("stale_labels"))[:SHOWN],
    }
    return render(request, "labeling/freshness.html", context)


@require_http_methods(["GET", "POST"])
def announce(request: PageRequest) -> HttpResponse:
    """Announce a change of a policy or a product, after seeing how many labels it makes stale."""
    check_labeler(request.user)
    form = AnnouncementForm(request.POST or None, initial={"since": timezone.localdate()})
    is_valid = request.method == "POST" and form.is_valid()
    if is_valid and "preview" not in request.POST and _announced(request, form):
        return redirect("labeling:freshness")
    context = {"form": form, "preview": _preview(form) if is_valid else None}
    return render(request, "labeling/announce.html", context)


@require_POST
def undo_change(request: PageRequest, change_id: int) -> HttpResponse:
    """Undo a change of the catalog, and what it did to labels."""
    check_labeler(request.user)
    change = get_object_or_404(CatalogChange, pk=change_id)
    try:
        reshaping.undo_change(change, by=request.user, now=timezone.now())
    except (changing.ChangeError, reshaping.ReshapingError) as error:
        messages.error(request, f"{error}.")
    else:
        messages.success(request, "Undone: the labels that it alone made doubtful are believed again.")
    return redirect("labeling:freshness")


def _announced(request: PageRequest, form: AnnouncementForm) -> bool:
    """Announce what a valid form says; note on the form why that is refused."""
    try:
        change = changing.announce(**form.cleaned_data, by=request.user, now=timezone.now())
    except changing.ChangeError as error:
        form.add_error(None, str(error))
        return False
    n = change.stale_labels.count()
    messages.success(request, f"Announced. {n} label{'' if n == 1 else 's'} will be asked again first.")
    return True


def _preview(form: AnnouncementForm) -> dict[str, object]:
    """How many labels an announcement would make stale, and which."""
    given = form.cleaned_data
    found = staleness.affected(
        given["topics"], since=given["since"], is_topic_affected=given["is_topic_affected"]
    )
    fresh = found.filter(stale_at=None)
    by_label = fresh.values_list("task", "label").annotate(n=Count("pk")).order_by("-n", "label")
    names = dict(Annotation._meta.get_field("task").flatchoices)
    return {
        "n": fresh.count(),
        "n_already": found.exclude(stale_at=None).count(),
        "n_gold": fresh.filter(is_gold=True).count(),
        "by_label": [(names[task], label, n) for task, label, n in by_label[:SHOWN]],
    }


def _csv(rows: Sequence[Freshness], now: datetime) -> HttpResponse:
    response = HttpResponse(content_type="text/csv; charset=utf-8")
    response["Content-Disposition"] = 'attachment; filename="freshness.csv"'
    writer = csv.writer(response)
    writer.writerow(COLUMNS)
    for row in rows:
        writer.writerow(
            [row.topic.slug, row.topic.area.slug, row.n, row.n_messages, row.n_stale, row.n_old,
             settings.LABELING_OLD_AFTER.days, row.median_age, row.oldest_age, len(row.due), "; ".join(row.owners),
             row.n_waiting, now.isoformat()]
        )  # fmt: skip
    return response
