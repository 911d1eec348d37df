"""Answers for who looks after them: their versions, drafts that wait, and what is retired."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import timedelta

from django.contrib import messages
from django.core.exceptions import PermissionDenied
from django.db import transaction
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from copilot import approving, changing
from copilot.differing import Piece, differences
from copilot.forms import AnswerForm, NewAnswerForm, VersionForm
from copilot.models import Answer, AnswerVersion, CatalogChange, Topic
from copilot.pipeline.wording import variables
from copilot.variables import known_names
from helpdesk.models import User
from helpdesk.requests import PageRequest

REVIEW_AFTER = timedelta(days=90)


@dataclass(frozen=True)
class Revision:
    """A version beside the one before it."""

    version: AnswerVersion
    pieces: list[Piece]
    may_approve: bool
    unknown: tuple[str, ...] = ()


@require_GET
def answer(request: PageRequest, answer_id: int) -> HttpResponse:
    check_editor(request.user)
    row = _answer(answer_id)
    context = {
        "answer": row,
        "current": approving.latest(row),
        "revisions": revisions_of(row, request.user),
        "form": AnswerForm(instance=row),
        "retired": row.changes.standing().filter(kind=CatalogChange.Kind.ANSWER_RETIRED).first(),
        "review_days": REVIEW_AFTER.days,
    }
    return render(request, "copilot/answer.html", context)


@require_http_methods(["GET", "POST"])
def edit_text(request: PageRequest, answer_id: int) -> HttpResponse:
    """Draft a new version of an answer."""
    check_editor(request.user)
    row = _answer(answer_id)
    current = approving.latest(row) or row.versions.last()
    form = VersionForm(request.POST or None, initial={"body": current.body if current else ""})
    if request.method == "POST" and form.is_valid() and _drafted(request, row, form):
        return redirect("copilot:answer", row.pk)
    context = {"answer": row, "form": form, "current": current, "names": known_names()}
    return render(request, "copilot/edit_text.html", context)


@require_http_methods(["GET", "POST"])
def new_answer(request: PageRequest) -> HttpResponse:
    check_editor(request.user)
    initial = {
        "owner": request.user,
        "topic": request.GET.get("topic"),
        "review_on": timezone.localdate() + REVIEW_AFTER,
    }
    form = NewAnswerForm(request.POST or None, initial=initial)
    if request.method == "POST" and form.is_valid():
        with transaction.atomic():
            row = form.save()
            _draft(request, row, form.cleaned_data | {"change": AnswerVersion.Change.MEANING})
        return redirect("copilot:answer", row.pk)
    return render(request, "copilot/new_answer.html", {"form": form, "names": known_names()})


@require_POST
def edit_answer(request: PageRequest, answer_id: int) -> HttpResponse:
    """Change what is known of an answer beside its text."""
    check_editor(request.user)
    row = _answer(answer_id)
    form = AnswerForm(request.POST, instance=row)
    if form.is_valid():
        form.save()
        messages.success(request, "Saved.")
        return redirect("copilot:answer", row.pk)
    row = _answer(answer_id)
    context = {"answer": row, "current": approving.latest(row), "revisions": revisions_of(row, request.user),
               "form": form, "review_days": REVIEW_AFTER.days}  # fmt: skip
    return render(request, "copilot/answer.html", context)


@require_POST
def review_answer(request: PageRequest, answer_id: int) -> HttpResponse:
    """Note that an answer is still true, and when to look again."""
    check_editor(request.user)
    row = _answer(answer_id)
    row.review_on = timezone.localdate() + REVIEW_AFTER
    row.save(update_fields=["review_on"])
    messages.success(request, f"Still true. The next review is on {row.review_on:%-d %B %Y}.")
    return redirect("copilot:answer", row.pk)


@require_POST
def retire_answer(request: PageRequest, answer_id: int) -> HttpResponse:
    check_editor(request.user)
    row, note = _answer(answer_id), request.POST.get("note", "")[:1000]
    _try(
        request,
        lambda: changing.retire_answer(row, by=request.user, now=timezone.now(), note=note),
        "Retired: it is offered no longer.",
    )
    return redirect("copilot:answer", row.pk)


@require_POST
def restore_answer(request: PageRequest, answer_id: int) -> HttpResponse:
    """Undo that an answer was retired."""
    check_editor(request.user)
    kind = CatalogChange.Kind.ANSWER_RETIRED
    change = get_object_or_404(CatalogChange.objects.standing(), kind=kind, answers=answer_id)
    _try(request, lambda: changing.undo(change, by=request.user, now=timezone.now()), "It is in use again.")
    return redirect("copilot:answer", answer_id)


@require_GET
def waiting(request: PageRequest) -> HttpResponse:
    """The drafts that wait for approval, oldest first."""
    check_editor(request.user)
    drafts = AnswerVersion.objects.waiting().select_related("answer__topic__area", "answer__owner", "author")
    current = {
        version.answer_id: version
        for version in AnswerVersion.objects.filter(
            approved_at__isnull=False, answer__in={draft.answer_id for draft in drafts}
        ).order_by("number")
    }
    known = set(known_names())
    rows = [
        _revision(draft, current.get(draft.answer_id), request.user, known)
        for draft in drafts.order_by("created_at")
    ]
    return render(request, "copilot/waiting.html", {"rows": rows})


@require_GET
def retired(request: PageRequest) -> HttpResponse:
    """What is out of use, to be brought back."""
    check_editor(request.user)
    answers = Answer.objects.filter(retired_at__isnull=False).select_related("topic", "owner")
    topics = Topic.objects.filter(retired_at__isnull=False).select_related("area")
    return render(request, "copilot/retired.html", {"answers": answers, "topics": topics})


@require_POST
def decide_version(request: PageRequest, version_id: int) -> HttpResponse:
    """Approve or decline a draft."""
    check_editor(request.user)
    version = get_object_or_404(AnswerVersion.objects.select_related("answer"), pk=version_id)
    now = timezone.now()
    if "decline" in request.POST:
        _try(request, lambda: approving.decline(version, now=now), "Declined: it is kept, and never offered.")
    else:
        _try(
            request, lambda: approving.approve(version, by=request.user, now=now), "Approved: it is in force."
        )
    return redirect("copilot:waiting" if "waiting" in request.POST else "copilot:answer", *(
        () if "waiting" in request.POST else (version.answer_id,)
    ))  # fmt: skip


def check_editor(user: User) -> None:
    """Refuse who does not look after the answers."""
    if not user.labels_messages:
        raise PermissionDenied("Answers are edited by experts, data scientists and administrators.")


def revisions_of(answer: Answer, user: User) -> list[Revision]:
    """Return an answer's versions, newest first, each beside the one that was in force before it."""
    found: list[Revision] = []
    before: AnswerVersion | None = None
    known = set(known_names())
    for version in answer.versions.select_related("author", "approved_by").order_by("number"):
        found.insert(0, _revision(version, before, user, known))
        before = version if version.approved_at else before
    return found


def _revision(version: AnswerVersion, before: AnswerVersion | None, user: User, known: set[str]) -> Revision:
    return Revision(
        version=version,
        pieces=differences(before.body, version.body) if before else [Piece("same", version.body)],
        may_approve=version.is_waiting and approving.may_approve(version, user),
        unknown=tuple(name for name in variables(version.body) if name not in known),
    )


def _drafted(request: PageRequest, answer: Answer, form: VersionForm) -> bool:
    """Store the draft of a valid form; note on the form why that is refused."""
    try:
        _draft(request, answer, form.cleaned_data)
    except approving.ApprovalError as error:
        form.add_error(None, str(error))
        return False
    return True


def _draft(request: PageRequest, answer: Answer, given: dict[str, str]) -> None:
    """Store a draft, and approve it at once where its author asks for that and may."""
    by, now = request.user, timezone.now()
    version = approving.draft(
        answer=answer, body=given["body"], change=given["change"], note=given["note"], author=by, now=now
    )
    if "approve" in request.POST and approving.may_approve(version, by):
        approving.approve(version, by=by, now=now)
        messages.success(request, f"Version {version.number} is in force.")
    else:
        messages.success(request, f"Version {version.number} waits for approval.")


def _try(request: PageRequest, act: Callable[[], object], done: str) -> None:
    """Do something that may be refused, and say which it was."""
    try:
        act()
    except (approving.ApprovalError, changing.ChangeError) as error:
        messages.error(request, f"{error}.")
    else:
        messages.success(request, done)


def _answer(answer_id: int) -> Answer:
    return get_object_or_404(Answer.objects.select_related("topic__area", "owner"), pk=answer_id)
