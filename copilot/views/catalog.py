"""Approved answers: found while writing, and read as a list."""

import re
from dataclasses import dataclass
from datetime import date, datetime

from django.contrib.postgres.search import SearchQuery, SearchRank, SearchVector
from django.db.models import F, Func, Q, TextField
from django.http import HttpResponse
from django.shortcuts import render
from django.utils import timezone
from django.views.decorators.http import require_GET

from copilot.models import Answer, AnswerVersion
from copilot.pipeline.wording import word
from copilot.variables import values_for
from helpdesk import access
from helpdesk.requests import PageRequest

FOUND = 12
NOT_LETTERS = re.compile(r"[\W_]")
STATES = {
    "review": "Review due",
    "expired": "Expired",
    "conflicting": "Conflicting",
    "internal": "Internal only",
}


class Letters(Func):
    """A text without case and punctuation, so that `wifi` finds Wi-Fi."""

    function = "REGEXP_REPLACE"
    template = r"%(function)s(LOWER(%(expressions)s), '[^[:alnum:]]', '', 'g')"
    output_field = TextField()


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
    """Show the answers that hold what was typed, best first."""
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
    }
    return render(request, "copilot/catalog.html", context)


def _filled(version: AnswerVersion, values: dict[str, str]) -> Found:
    return Found(version, word(version.body, values=values, greeting="", closing="").text)


def find_answers(words: str, *, now: datetime) -> list[AnswerVersion]:
    """Return the current versions that match by content or by part of a word; by name if nothing was typed."""
    current = Answer.objects.in_use().with_version_at(now).values("version_id")  # type: ignore[misc]  # annotated
    versions = AnswerVersion.objects.filter(pk__in=current).select_related("answer__topic", "answer__owner")
    if not words:
        return list(versions.order_by("answer__name")[:FOUND])
    query = SearchQuery(words, config="english", search_type="websearch")
    letters = NOT_LETTERS.sub("", words.lower())
    vector = SearchVector("answer__name", weight="A", config="english") + SearchVector(
        "body", config="english"
    )
    found = versions.annotate(vector=vector, rank=SearchRank(F("vector"), query))
    found = found.annotate(name_letters=Letters("answer__name"), letters=Letters("body"))
    held = Q(vector=query) | (
        Q(name_letters__contains=letters) | Q(letters__contains=letters) if letters else Q()
    )
    return list(found.filter(held).order_by("-rank", "answer__name")[:FOUND])


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
