"""Blind tasks: a question and two texts, one sent and one suggested; which of them answer it?"""

from django.contrib import messages
from django.core.exceptions import PermissionDenied
from django.http import Http404, HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.views.decorators.http import require_GET, require_POST

from copilot.judging import JudgmentRefusedError
from copilot.models import Verdict
from helpdesk import access
from helpdesk.requests import PageRequest
from labeling import drawing, judging
from labeling.access import check_labeler
from labeling.judging_forms import TURNS, JudgingForm
from labeling.models import TurnToJudge

MISSING = "Say of each text whether it is right: yes, no, or can't say."


@require_GET
def judge(request: PageRequest) -> HttpResponse:
    """Show the next turn that waits to be judged."""
    check_labeler(request.user)
    return _show(request)


@require_POST
def submit(request: PageRequest, turn_id: int) -> HttpResponse:
    check_labeler(request.user)
    turn, form = _turn(request, turn_id), JudgingForm(request.POST)
    n_texts = len(judging.sheet_of(turn, request.user).texts)
    if not form.is_valid() or (n_texts > 1 and not form.cleaned_data["second"]):
        return _show(request, turn, problem=MISSING)
    try:
        judging.judge(turn, request.user, **form.cleaned_data, now=timezone.now())
    except JudgmentRefusedError as error:
        return _show(request, turn, problem=str(error))
    return _go_on(request)


@require_POST
def skip(request: PageRequest, turn_id: int) -> HttpResponse:
    check_labeler(request.user)
    judging.skip(_turn(request, turn_id), request.user, now=timezone.now())
    return _go_on(request)


@require_POST
def undo(request: PageRequest) -> HttpResponse:
    """Take back the latest act, and show its turn again."""
    check_labeler(request.user)
    if judging.undo(request.user, now=timezone.now()) is None:
        messages.info(request, "There is nothing left to undo.")
    return _go_on(request)


@require_POST
def draw(request: PageRequest) -> HttpResponse:
    """Draw at once what the worker would draw."""
    check_labeler(request.user)
    if not request.user.manages_releases:
        raise PermissionDenied("Only data scientists and administrators draw turns to judge.")
    n = drawing.draw_due(now=timezone.now(), weeks=drawing.MOST_WEEKS)
    messages.info(request, f"{n} turns were drawn." if n else "No closed week is left to draw from.")
    return redirect("labeling:judge")


def _turn(request: PageRequest, turn_id: int) -> TurnToJudge:
    """Return a turn that this person may read."""
    turn = TURNS.filter(pk=turn_id, suggestion__case__in=access.cases_for(request.user)).first()
    if turn is None:
        raise Http404(f"no turn {turn_id} to judge that you may see")
    return turn


def _go_on(request: PageRequest) -> HttpResponse:
    return _show(request) if request.htmx else redirect("labeling:judge")


def _show(request: PageRequest, turn: TurnToJudge | None = None, *, problem: str = "") -> HttpResponse:
    now = timezone.now()
    turn = turn or judging.next_for(request.user, now=now)
    context = {
        "sheet": judging.sheet_of(turn, request.user) if turn else None,
        "progress": judging.progress_of(request.user, now=now),
        "verdicts": Verdict.choices,
        "problem": problem,
        "is_answer": bool(request.htmx),
    }
    name = "labeling/_judging.html" if request.htmx else "labeling/judge.html"
    return render(request, name, context)
