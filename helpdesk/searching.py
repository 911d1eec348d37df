"""Words in cases: their subjects, messages, replies and notes, their customers' e-mail addresses, their numbers.

A word may stand in five cases or in half a million, and nobody may wait for either. What is found comes in the list's
order, and between the first case of a page and its last one, or the last one looked into, none is left out.

1. Ask the database how many entries it expects to hold the words. It keeps how frequent each frequent word is, and
   answers without looking at an entry.
2. Few: look the words up everywhere. What few entries hold is found at once, with every case that holds it.
3. Many: look into the newest cases of the list: common words fill a page from them. Who wants older cases looks on from
   there.
4. Hardly one of those holds them: more may have been expected than there is, as of a word that the statistics do not
   know, or of two frequent words that seldom meet. Look them up everywhere all the same.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from django.contrib.postgres.search import SearchQuery
from django.db import connection
from django.db.models import BooleanField, F, Func, QuerySet
from django.db.models.functions import Lower

from helpdesk.among import IsAmong
from helpdesk.models import Case, Customer, Message, Note, Reply
from helpdesk.models.case import CaseQuerySet

LOOKED_UP = 2000  # entries that hold the words
EXPECTED = 2 * LOOKED_UP  # so many are easily expected of a word that the statistics do not know
LOOKED_INTO = 1000  # cases of a list, if more entries hold them
HARDLY_ANY = 10  # of the cases looked into

Numbers = QuerySet[Any, int]  # of cases


class IsFoundToHold(Func):
    """Whether an entry holds the words, for which the database may ask the index of all words."""

    template, arg_joiner = "%(expressions)s", " @@ "
    output_field = BooleanField()


class Holds(Func):
    """The same, looked for in the entry itself, as no index knows the function behind the operator.

    Of a thousand cases' entries that is soon done. The index of a common word would name half a million of them first,
    and PostgreSQL, which does not know what that takes, asks it.
    """

    function = "ts_match_vq"
    output_field = BooleanField()


@dataclass(frozen=True)
class Found:
    """Cases that hold the words, in the list's order; `looked_to` is the last one looked into, if some are left."""

    cases: CaseQuerySet
    looked_to: int | None = None


def search(words: str, *, cases: CaseQuerySet) -> Found:
    """Return those of an ordered list's cases that hold the words, or whose customer or number (`#17`) they name."""
    if words.startswith("#") and _is_number(words[1:]):
        return Found(cases.filter(pk=int(words[1:])))
    everywhere = _everywhere(words)
    are_few = _n_expected(everywhere) <= EXPECTED
    if are_few and (holding := _few(everywhere)) is not None:
        return Found(cases.filter(IsAmong("pk", holding)))
    newest = list(cases.values_list("pk", flat=True)[:LOOKED_INTO])
    found = set(_among(newest, words))
    if len(newest) < LOOKED_INTO:
        return Found(cases.filter(IsAmong("pk", found)))
    if not are_few and len(found) < HARDLY_ANY and (holding := _few(everywhere)) is not None:
        return Found(cases.filter(IsAmong("pk", holding)))
    return Found(cases.filter(IsAmong("pk", found)), looked_to=newest[-1])


def _is_number(word: str) -> bool:
    return word.isascii() and word.isdecimal() and len(word) < 18


def _n_expected(numbers: Numbers) -> int:
    sql, params = numbers.query.sql_with_params()
    with connection.cursor() as cursor:
        cursor.execute(f"EXPLAIN (FORMAT JSON) {sql}", params)
        [[[planned]]] = cursor.fetchall()
    return int(planned["Plan"]["Plan Rows"])


def _few(numbers: Numbers) -> list[int] | None:
    """Return the numbers unless they are too many."""
    found = list(numbers[: LOOKED_UP + 1])
    return found if len(found) <= LOOKED_UP else None


def _everywhere(words: str) -> Numbers:
    """Ask for the numbers of all cases that hold the words, some more than once."""
    return _together([part[: LOOKED_UP + 1] for part in _holding(words, IsFoundToHold)])


def _among(numbers: Sequence[int], words: str) -> Numbers:
    """Ask for those of so many cases that hold the words, some more than once."""
    parts = [part.filter(IsAmong("found", numbers)).distinct() for part in _holding(words, Holds)]
    return _together([part[: len(numbers)] for part in parts])


def _together(parts: Sequence[Numbers]) -> Numbers:
    """Unite parts, each with a limit: without, PostgreSQL starts workers for them, and waits longer than it works."""
    first, *rest = parts
    return first.union(*rest, all=True)


def _holding(words: str, holds: type[Func]) -> list[Numbers]:
    """Return where words can stand, as questions for the numbers of the cases that hold them."""
    query = holds(F("search"), SearchQuery(words, config="english", search_type="websearch"))
    parts: list[QuerySet[Any, Any]] = [Case.objects.filter(query).annotate(found=F("pk"))]
    parts += [
        model._default_manager.filter(query).annotate(found=F("case_id")) for model in (Message, Reply, Note)
    ]
    if "@" in words:
        customers = Customer.objects.alias(address=Lower("email")).filter(address=words.lower())
        parts.append(Case.objects.filter(customer__in=customers).annotate(found=F("pk")))
    if _is_number(words):
        parts.append(Case.objects.filter(pk=int(words)).annotate(found=F("pk")))
    return [part.order_by().values_list("found", flat=True) for part in parts]
