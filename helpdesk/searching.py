"""Words in cases: their subjects, messages, replies and notes, their customers' e-mail addresses, their numbers.

A word may stand in five cases or in half a million, and nobody may wait for either:

1. Look the words up everywhere. What few entries hold is found at once, with every case that holds it.
2. Else look into the newest cases of the list: common words fill a page from them. Who wants older cases looks on from
   there.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from django.contrib.postgres.search import SearchQuery
from django.db.models import F, QuerySet
from django.db.models.expressions import RawSQL
from django.db.models.functions import Lower

from helpdesk.models import Case, Customer, Message, Note, Reply
from helpdesk.models.case import CaseQuerySet

LOOKED_UP = 2000  # entries that hold the words
LOOKED_INTO = 1000  # cases of a list, if more entries hold them


@dataclass(frozen=True)
class Found:
    """Cases that hold the words, in the list's order; `looked_to` is the last one looked into, if some are left."""

    cases: CaseQuerySet
    looked_to: Case | None = None


def search(words: str, *, cases: CaseQuerySet) -> Found:
    """Return those of an ordered list's cases that hold the words, or whose customer or number (`#17`) they name."""
    if words.startswith("#") and _is_number(words[1:]):
        return Found(cases.filter(pk=int(words[1:])))
    everywhere = list(_holding(words)[: LOOKED_UP + 1])
    if len(everywhere) <= LOOKED_UP:
        return Found(cases.filter(pk__in=everywhere))
    newest = list(cases.values_list("pk", flat=True)[:LOOKED_INTO])
    last = Case.objects.get(pk=newest[-1]) if len(newest) == LOOKED_INTO else None
    return Found(cases.filter(pk__in=set(_holding(words, among=newest))), looked_to=last)


def _is_number(word: str) -> bool:
    return word.isascii() and word.isdecimal() and len(word) < 18


def _holding(words: str, *, among: Sequence[int] | None = None) -> QuerySet[Case, int]:
    """Return the numbers of the cases that hold the words, some more than once."""
    query = SearchQuery(words, config="english", search_type="websearch")
    parts: list[QuerySet[Any, Any]] = [Case.objects.filter(search=query).annotate(found=F("pk"))]
    parts += [
        model._default_manager.filter(search=query).annotate(found=F("case_id"))
        for model in (Message, Reply, Note)
    ]
    if "@" in words:
        customers = Customer.objects.alias(address=Lower("email")).filter(address=words.lower())
        parts.append(Case.objects.filter(customer__in=customers).annotate(found=F("pk")))
    if _is_number(words):
        parts.append(Case.objects.filter(pk=int(words)).annotate(found=F("pk")))
    if among is not None:
        # As one array: for a list of 1,000 numbers PostgreSQL makes a plan that takes twice as long.
        numbers = RawSQL("SELECT unnest(%s::bigint[])", [list(among)])
        parts = [part.filter(found__in=numbers) for part in parts]
    first, *rest = (part.order_by().values_list("found", flat=True) for part in parts)
    return first.union(*rest, all=True)
