"""Which product, plan or feature a customer names: for counting, by the names and the reader of the facts' veto.

Customers shorten names: who has a "Wren Mini" writes "the Mini". So besides a whole name, in any case, a word of it
counts that no other name has, with its capital and inside a sentence; there "Go" and "Stand" are seldom anything else.
What is misspelt, or shortened at the beginning of a sentence, is not seen.
"""

import re
from collections import Counter
from dataclasses import dataclass
from functools import lru_cache
from itertools import pairwise

from copilot.matching.facts import FactKind, mentions
from copilot.matching.normalising import tokens_of

WORD = re.compile(r"\w+")
SENTENCE_END = re.compile(r"[.!?;:]+(?=\s|$)|\n")  # as `normalising` has it


@dataclass(frozen=True)
class Names:
    """The ways to write each name: `terms` as facts take them, and `name_of` by their folded form.

    `begin` are the first words of all, `short` the ways of one word, `long` the first two words of the others.
    """

    terms: frozenset[str]
    name_of: dict[str, str]
    begin: frozenset[str]
    short: frozenset[str]
    long: frozenset[tuple[str, str]]

    def may_stand_in(self, text: str) -> bool:
        """Return whether a text is worth reading: nine of ten are not, and most sentences of the others neither.

        By sets of words, for one expression of hundreds of names takes longer than reading.
        """
        folded = WORD.findall(text.casefold())
        if self.begin.isdisjoint(folded):
            return False
        if not self.long.isdisjoint(pairwise(folded)):
            return True
        return any(word[0].isupper() and word.casefold() in self.short for word in WORD.findall(text))


def first_named(text: str, *, terms: frozenset[str]) -> str:
    """Return the first of the names in a text that is cleaned already; empty if it names none.

    >>> terms = frozenset({"Wren Mini", "Wren Stand", "Go plan"})
    >>> first_named("Our Mini's dead, and the Wren Stand too.", terms=terms)
    'Wren Mini'
    >>> first_named("It won't go. Stand by it? I'm on the GO PLAN.", terms=terms)
    'Go plan'
    >>> first_named("Where is my money?", terms=terms)
    ''
    """
    names = _names_of(terms)
    if not names.may_stand_in(text):
        return ""
    named = (
        names.name_of[fact.value]
        for sentence in SENTENCE_END.split(text)
        if names.may_stand_in(sentence)
        for fact, _, _, is_firm in mentions(tokens_of(sentence), terms=names.terms)
        if is_firm and fact.kind is FactKind.TERM
    )
    return next(named, "")


@lru_cache(maxsize=8)
def _names_of(terms: frozenset[str]) -> Names:
    n_names = Counter(word for term in terms for word in {*term.casefold().split()})
    own = {
        word: term
        for term in sorted(terms)
        for word in term.split()
        if n_names[word.casefold()] == 1 and word[0].isupper()
    }
    ways = own | {term: term for term in terms}
    forms = (WORD.findall(form) for way in ways for form in (way.casefold(), f"{way.casefold()}s"))
    words = [form for form in forms if form]
    return Names(
        terms=frozenset(ways),
        name_of={" ".join(way.casefold().split()): name for way, name in ways.items()},
        begin=frozenset(form[0] for form in words),
        short=frozenset(form[0] for form in words if len(form) == 1),
        long=frozenset((form[0], form[1]) for form in words if len(form) > 1),
    )
