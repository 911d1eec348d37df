"""Approved answers: found while writing, and read as a list."""

from dataclasses import dataclass
from datetime import date, datetime

from django.db.models import Q
from django.http import HttpResponse
from django.shortcuts import render
from django.utils import timezone
from django.views.decorators.http import require_GET

from copilot.models import Answer, AnswerVersion
from copilot.pipeline.wording import word
from copilot.searching import find_answers
from copilot.variables import values_for
from helpdesk import access
from helpdesk.requests import PageRequest

STATES = {
    "review": "Review due",
    "expired": "Expired",
    "conflicting": "Conflicting",
    "internal": "Internal only",
}


@dataclass(frozen=True)
class Row:
    """An answer as the catalog shows it: its newest approved version, and what somebody should look at."""

    answer: Answer
    version: AnswerVersion | None
    conflicts: tuple[Answer, ...]
    states: tuple[str, ...]

    @property
    def notes(self) -> list[tuple[str, str]]:
        return [(state, STATES[state]) for state in self.states]


@dataclass(frozen=True)
class Found:
    """An answer that matches, with its text as it would be inserted."""

    version: AnswerVersion
    text: str


@require_GET
def answers(request: PageRequest) -> HttpResponse:
    """Show the answers that fit what was typed, best first."""
    words = request.GET.get("q", "").replace("\0", "").strip()[:200]
    number = request.GET.get("case", "")
    case = access.get_case(request.user, int(number)) if number.isdecimal() else None
    values = values_for(case, request.user) if case else {}
    found = [_filled(version, values) for version in find_answers(words, now=timezone.now())]
    return render(request, "copilot/_answers.html", {"q": words, "answers": found})


@require_GET
def catalog(request: PageRequest) -> HttpResponse:
    state, words = request.GET.get("state", ""), request.GET.get("q", "").replace("\0", "").strip()[:200]
    rows = rows_of(words, now=timezone.now(), today=timezone.localdate())
    shown = [row for row in rows if state in row.states] if state in STATES else rows
    counts = {key: sum(key in row.states for row in rows) for key in STATES}
    context = {
        "rows": shown,
        "n_rows": len(rows),
        "counts": counts,
        "states": STATES,
        "state": state,
        "q": words,
        "n_waiting": AnswerVersion.objects.waiting().count() if request.user.labels_messages else 0,
    }
    return render(request, "copilot/catalog.html", context)


def _filled(version: AnswerVersion, values: dict[str, str]) -> Found:
    return Found(version, word(version.body, values=values, greeting="", closing="").text)


def rows_of(words: str, *, now: datetime, today: date) -> list[Row]:
    """Return the answers in use by topic, with their newest approved versions."""
    answers = Answer.objects.in_use().with_version_at(now).select_related("topic__area", "owner")
    answers = answers.prefetch_related("conflicts_with").order_by("topic__area__name", "topic__name", "name")
    if words:
        answers = answers.filter(Q(name__icontains=words) | Q(topic__name__icontains=words))
    versions = AnswerVersion.objects.in_bulk([answer.version_id for answer in answers])
    return [_row(answer, versions[answer.version_id], today) for answer in answers]


def _row(answer: Answer, version: AnswerVersion, today: date) -> Row:
    conflicts = tuple(other for other in answer.conflicts_with.all() if other.retired_at is None)
    holds = {
        "review": answer.is_review_due(today) and not answer.is_expired(today),
        "expired": answer.is_expired(today),
        "conflicting": bool(conflicts),
        "internal": answer.is_internal,
    }
    return Row(answer, version, conflicts, tuple(state for state, is_so in holds.items() if is_so))
