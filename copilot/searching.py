"""Answers found while writing: by their own words first, then by the customers' words that they answered before.

No encoder is at hand where an agent types. What stands in for meaning is use: an answer whose text never says "skint"
is found by it once it was sent to, or inserted for, a customer who said so. What is found by neither is looked for
among the names with a typing mistake allowed.
"""

import re
from collections import Counter
from datetime import datetime

from django.contrib.postgres.search import SearchQuery, SearchRank, SearchVector
from django.db.models import (
    BooleanField,
    Case,
    ExpressionWrapper,
    F,
    Func,
    Q,
    QuerySet,
    TextField,
    Value,
    When,
)
from rapidfuzz import fuzz

from copilot.models import Alternative, Answer, AnswerVersion, Match, Suggestion, SuggestionEvent

FOUND = 12
PAST = 1000  # past messages looked at: they tell what is usual, so it matters little which
PAST_WEIGHT = 0.3  # of an answer to all of them; the answer's name weighs 0.6, a word in its text 0.06
MISTYPED = 75  # percent: how alike a word and a mistyped one are
NOT_LETTERS = re.compile(r"[\W_]")
WORD = re.compile(r"\w{3,}")


class Letters(Func):
    """A text without case and punctuation, so that `wifi` finds Wi-Fi."""

    function = "REGEXP_REPLACE"
    template = r"%(function)s(LOWER(%(expressions)s), '[^[:alnum:]]', '', 'g')"
    output_field = TextField()


def find_answers(words: str, *, now: datetime) -> list[AnswerVersion]:
    """Return the current versions that match, best first; by name if nothing was typed.

    Each tells as `holds_words` whether it was found by its own words.
    """
    current = Answer.objects.in_use().with_version_at(now).values("version_id")  # type: ignore[misc]  # annotated
    versions = AnswerVersion.objects.filter(pk__in=current).select_related("answer__topic", "answer__owner")
    if not words:
        return list(versions.annotate(holds_words=Value(True)).order_by("answer__name")[:FOUND])
    return _matching(versions, words) or _mistyped(versions, words)


def answers_used_for(query: SearchQuery) -> Counter[int]:
    """Count by answer the past messages with these words that it answered: it was sent, or an agent inserted it."""
    inserted = Q(events__type=SuggestionEvent.Type.INSERTED)
    sent = Q(pk__in=Match.objects.current().filter(kind__in=Match.MATCHING).values("suggestion"))
    suggested = Suggestion.objects.filter(inserted | sent, message__search=query)
    chosen = Alternative.objects.filter(
        suggestion__message__search=query,
        suggestion__events__type=SuggestionEvent.Type.ALTERNATIVE_INSERTED,
        suggestion__events__rank=F("rank"),
    )
    uses = (
        suggested.values_list("message", "answer__answer")[:PAST],
        chosen.values_list("suggestion__message", "answer__answer")[:PAST],
    )
    return Counter(answer for _, answer in uses[0].union(uses[1]))


def _matching(versions: QuerySet[AnswerVersion], words: str) -> list[AnswerVersion]:
    query = SearchQuery(words, config="english", search_type="websearch")
    letters = NOT_LETTERS.sub("", words.lower())
    vector = SearchVector("answer__name", weight="A", config="english") + SearchVector(
        "body", config="english"
    )
    used = answers_used_for(query)
    shares = [When(answer=pk, then=Value(n / used.total())) for pk, n in used.most_common(FOUND)]
    found = versions.annotate(vector=vector, name_letters=Letters("answer__name"), letters=Letters("body"))
    held = Q(vector=query)
    if letters:
        held |= Q(name_letters__contains=letters) | Q(letters__contains=letters)
    found = found.filter(held | Q(answer__in=used)).annotate(
        holds_words=ExpressionWrapper(held, output_field=BooleanField()),
        weight=SearchRank(F("vector"), query) + PAST_WEIGHT * Case(*shares, default=Value(0.0)),
    )
    return list(found.order_by("-holds_words", "-weight", "answer__name")[:FOUND])


def _mistyped(versions: QuerySet[AnswerVersion], words: str) -> list[AnswerVersion]:
    """Return the versions whose answer's name holds every word, give or take a letter."""
    typed = WORD.findall(words.lower())
    names = versions.values_list("pk", "answer__name") if typed else []
    alike = [pk for pk, name in names if all(_is_in(word, WORD.findall(name.lower())) for word in typed)]
    found = versions.filter(pk__in=alike[:FOUND]).annotate(holds_words=Value(True))
    return list(found.order_by("answer__name")) if alike else []


def _is_in(word: str, others: list[str]) -> bool:
    return any(fuzz.ratio(word, other) >= MISTYPED for other in others)
