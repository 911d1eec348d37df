"""One case: its page, and the fragments in which it is shown again after a change."""

import uuid

from django.http import HttpResponse, QueryDict
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils import timezone
from django.views.decorators.http import require_GET
from django_htmx.http import HttpResponseClientRedirect

from helpdesk import access, attaching, casework, drafting, forms, listing, live, reading
from helpdesk.models import Case, Priority, Tag, Team
from helpdesk.models.people import NAMED_BY
from helpdesk.requests import PageRequest, quiet_when_gone


@require_GET
def case(request: PageRequest, case_id: int) -> HttpResponse:
    case = access.get_case(request.user, case_id)
    if case.pk != case_id:
        return go_to_list(request, case_id=case.pk)
    return render(request, "helpdesk/case.html", page_of(request, case) | composer_of(request, case))


@require_GET
@quiet_when_gone
def timeline(request: PageRequest, case_id: int) -> HttpResponse:
    """Show a case's changing parts again; nothing (204) when the page shows them already."""
    case = access.get_case(request.user, case_id)
    if case.pk != case_id:
        return go_to_list(request, case_id=case.pk)
    if request.GET.get("known") == reading.timeline_of(case).stamp:
        return HttpResponse(status=204)
    return render(request, "helpdesk/_case_update.html", parts_of(request, case))


@require_GET
def cases(request: PageRequest, case_id: int) -> HttpResponse:
    """Show the list beside a case again: the reader's own, also if the case itself was just moved out of sight."""
    page = listing.list_cases(user=request.user, filters=listing.Filters.read(request.GET))
    return render(request, "helpdesk/_cases.html", {"open_id": case_id, "listing": page})


def page_of(request: PageRequest, case: Case) -> dict[str, object]:
    """Return what the whole page shows, but for what is being typed."""
    since = live.moment()
    page = listing.list_cases(
        user=request.user, filters=listing.Filters.read(QueryDict(listing_query(request)))
    )
    return parts_of(request, case) | {
        "since": since,
        "listing": page,
        "open_id": case.pk,
        "next": page.after(case),
        "views": listing.VIEWS,
        "counts": listing.count_views(request.user),
        "assignees": casework.possible_assignees(case).only(*NAMED_BY),
        "teams": Team.objects.exclude(pk=case.team_id or 0),
        "known_tags": Tag.objects.values_list("name", flat=True)[:200],
        "presets": forms.snooze_presets(timezone.localtime()),
        "list_query": listing_query(request),
    }


def parts_of(request: PageRequest, case: Case) -> dict[str, object]:
    """Return what the timeline, the bar and the side of a case show."""
    return {
        "case": case,
        "timeline": reading.timeline_of(case),
        "tags": list(case.tags.all()),
        "ratings": list(case.ratings.all()),
        "earlier": listing.earlier_cases(case=case, user=request.user),
        "priorities": Priority,
        "may_answer": request.user.answers_cases,
    }


def composer_of(request: PageRequest, case: Case) -> dict[str, object]:
    """Return what an empty composer, or one with a draft, shows."""
    return {
        "drafts": drafting.drafts_of(case=case, author=request.user),
        "reply_key": uuid.uuid4(),
        "note_key": uuid.uuid4(),
        "limits": attaching.limits(),
        "list_query": listing_query(request),
    }


def listing_query(request: PageRequest) -> str:
    """Return the list from which a case was opened, as the address or a form's field `list` names it."""
    address = QueryDict(request.POST["list"]) if "list" in request.POST else request.GET
    return listing.Filters.read(address).query


def show_changed(request: PageRequest, case: Case) -> HttpResponse:
    """Answer a change: fragments for htmx, the page itself for a plain form or a case that went on in another."""
    if request.htmx and is_shown(request, case):
        return render(request, "helpdesk/_case_update.html", parts_of(request, case) | {"is_answer": True})
    return go_to_list(request, case_id=case.pk)


def is_shown(request: PageRequest, case: Case) -> bool:
    """Return whether the page that asks shows this case, and not one that was merged into it."""
    asked = request.resolver_match
    return asked is not None and asked.kwargs["case_id"] == case.pk


def go_to_list(request: PageRequest, *, case_id: int | None = None) -> HttpResponse:
    """Leave a case for the list it was opened from, or for another case of that list."""
    query = listing_query(request)
    address = reverse("helpdesk:case", args=[case_id]) if case_id else reverse("helpdesk:inbox")
    address = f"{address}?{query}" if query else address
    return HttpResponseClientRedirect(address) if request.htmx else redirect(address)
