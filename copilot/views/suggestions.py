"""The suggestion card above the composer: what it shows, why, and what an agent does with it."""

import math
from dataclasses import dataclass

from django.http import Http404, HttpResponse
from django.shortcuts import get_object_or_404, render
from django.utils import timezone
from django.utils.text import Truncator
from django.views.decorators.http import require_GET, require_POST
from rest_framework.throttling import UserRateThrottle

from copilot import neighbours, recording
from copilot.forms import EventForm
from copilot.models import Suggestion
from copilot.models.suggestion import State
from copilot.showing import is_hidden, offered_to
from copilot.views.card import Card, card_for
from helpdesk import access
from helpdesk.requests import PageRequest, quiet_when_gone

LARGEST_LIST = 100
EXPLAINED = (State.OFFERED, State.WITHHELD, State.FAILED)
AROUND = 160  # characters shown on either side of the sentence that decided
ALONE = 280  # characters shown of a question without one


class Reports(UserRateThrottle):
    """Of one person's pages: a script gone wild does not fill the table of events."""

    scope = "reports"


@dataclass(frozen=True)
class Asked:
    """A question cut around the sentence that decided."""

    before: str
    sentence: str
    after: str


@require_GET
@quiet_when_gone
def suggestion(request: PageRequest, case_id: int) -> HttpResponse:
    """Show the card of the turn that waits; nothing (204) when the page shows this very state already."""
    case = access.get_case(request.user, case_id)
    latest = Suggestion.objects.latest_for(case) if case.awaiting_since else None
    card = card_for(latest, user=request.user, today=timezone.localdate()) if latest else Card()
    if request.GET.get("known") == card.stamp:
        return HttpResponse(status=204)
    context = {"case": case, "card": card, "may_answer": request.user.answers_cases}
    return render(request, "copilot/_suggestion.html", context)


@require_GET
def readiness(request: PageRequest) -> HttpResponse:
    """Mark, in a list of cases, those whose suggestion is there; the others' marks are taken away."""
    asked = [
        int(key) for key in request.GET.getlist("case")[:LARGEST_LIST] if key.isdecimal() and len(key) < 19
    ]
    cases = access.cases_for(request.user).filter(pk__in=asked, awaiting_since__isnull=False)
    ready = offered_to(request.user, cases)
    return render(request, "copilot/_readiness.html", {"marks": [(pk, pk in ready) for pk in asked]})


@require_POST
def suggestion_event(request: PageRequest, suggestion_id: int) -> HttpResponse:
    """Take what a page reports; its own clock is never asked."""
    found = get_object_or_404(Suggestion.objects.with_treatment(), pk=suggestion_id)
    access.get_case_to_answer(request.user, found.case_id)
    if not (flood := Reports()).allow_request(request, None):  # type: ignore[arg-type]  # asks only for the user
        wait = math.ceil(flood.wait() or 1)
        return _refused(f"too many reports: wait {wait} s", status=429, headers={"Retry-After": str(wait)})
    form = EventForm(request.POST)
    if not form.is_valid():
        return _refused(form.errors.as_text(), status=400)
    try:
        recording.record_report(suggestion=found, actor=request.user, at=timezone.now(), **form.cleaned_data)
    except recording.ReportError as error:
        return _refused(str(error), status=409)
    return HttpResponse(status=204)


def _refused(why: str, *, status: int, headers: dict[str, str] | None = None) -> HttpResponse:
    return HttpResponse(why, status=status, headers=headers, content_type="text/plain")


@require_GET
def why(request: PageRequest, suggestion_id: int) -> HttpResponse:
    """Show what decided; what is held out for measuring is not explained, for that would show it."""
    found = get_object_or_404(
        Suggestion.objects.with_treatment().select_related("topic", "second_topic", "release", "deciding"),
        pk=suggestion_id,
    )
    access.get_case(request.user, found.case_id)
    if found.state not in EXPLAINED or is_hidden(found, request.user):
        raise Http404("nothing to explain")
    near = neighbours.nearest_cases(found, request.user)
    context = {"suggestion": found, "near": near, "stages": stages_of(found), "asked": asked_in(found)}
    return render(request, "copilot/_why.html", context)


def asked_in(suggestion: Suggestion) -> Asked:
    """Return the question around the sentence that decided; only its beginning where none is known to have."""
    question, deciding = suggestion.question, getattr(suggestion, "deciding", None)
    if deciding is None:
        return Asked("", "", Truncator(question).chars(ALONE))
    before, after = question[: deciding.start], question[deciding.end :]
    return Asked(
        before if len(before) <= AROUND else f"…{before[-AROUND:]}",
        question[deciding.start : deciding.end],
        after if len(after) <= AROUND else f"{after[:AROUND]}…",
    )


def stages_of(suggestion: Suggestion) -> list[dict[str, object]]:
    """Return each stage with its probability, its floor and its milliseconds, as far as it was reached."""
    release, milliseconds = suggestion.release, suggestion.milliseconds
    rows = [
        ("It is a question", "validity", suggestion.validity_probability, release and release.offering_floor),
        ("The topic", "topic", suggestion.topic_probability, release and release.topic_floor),
        ("The answer", "answer", suggestion.answer_probability, release and release.answer_floor),
        ("All of it", "wording", suggestion.confidence, release and release.confidence_floor),
    ]
    return [
        {"name": name, "probability": probability, "floor": floor, "ms": milliseconds.get(stage)}
        for name, stage, probability, floor in rows
        if probability is not None
    ]
