"""The one engine of all rules: google-re2 sets, for a preview, a million messages or one that comes in.

All patterns of a column are looked for in one pass over each text. What is found decides the rules by arithmetic on
sorted arrays. Each set holds a pattern that is always found, since a set that runs out of memory finds nothing and does
not say so.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

import numpy as np
import re2
from numpy.typing import NDArray

from labeling.functions.errors import FunctionError
from labeling.functions.field import Test
from labeling.functions.patterns import WHERE, Pattern, re2_options
from labeling.functions.rows import Rows

Hits = NDArray[np.int64]  # ascending places in the rows that were read
# Patterns a set, each set being one pass. Words share one automaton well: 75 of them take 3.4 microseconds a message.
# Gaps of free expressions multiply its states: 37 of them take 15 in sets of 4, and milliseconds all together.
A_SET = {False: 64, True: 4}
MEMORY = 64 << 20  # bytes that the automata of one set may take; most take a hundredth of it
TOO_LARGE = "the patterns together take too much memory: make the largest ones simpler"
ALWAYS = r"\A"
READ = 20_000  # characters; what a rule looks for stands before


@dataclass(frozen=True)
class Rule:
    """Fires where all that it needs is found, nothing that it refuses, and its test of a field holds."""

    needs: tuple[Pattern, ...] = ()
    refuses: tuple[Pattern, ...] = ()
    test: Test | None = None


class Engine:
    """Rules, compiled once; then `fires` for very many messages or one."""

    def __init__(self, rules: Sequence[Rule]) -> None:
        self.rules = tuple(rules)
        patterns = dict.fromkeys(p for rule in self.rules for p in (*rule.needs, *rule.refuses))
        self._place = {pattern: place for place, pattern in enumerate(patterns)}
        self._places = [
            (
                frozenset(self._place[pattern] for pattern in rule.needs),
                frozenset(self._place[pattern] for pattern in rule.refuses),
                rule.test,
            )
            for rule in self.rules
        ]
        self._sets = [
            _Set(where, group, self._place)
            for where in WHERE
            for is_free, size in A_SET.items()
            for group in _grouped([p for p in patterns if (p.where, p.is_free) == (where, is_free)], size)
        ]

    def fires(self, rows: Rows) -> list[Hits]:
        """Return for each rule on which rows it fires."""
        found: list[list[int]] = [[] for _ in self._place]
        for each in self._sets:
            each.search(rows.texts if each.where == "text" else rows.subjects, found)
        hits = [np.array(places, np.int64) for places in found]
        return [self._decide(rule, hits, rows) for rule in self.rules]

    def fires_on(self, row: Rows) -> list[int]:
        """Return the numbers of the rules that fire on one message: the same as `fires`, without arrays."""
        found: list[list[int]] = [[] for _ in self._place]
        for each in self._sets:
            each.search(row.texts if each.where == "text" else row.subjects, found)
        there = {place for place, rows in enumerate(found) if rows}
        return [
            number
            for number, (needs, refuses, test) in enumerate(self._places)
            if needs <= there and there.isdisjoint(refuses) and (test is None or test.holds(row, 0))
        ]

    def _decide(self, rule: Rule, hits: Sequence[Hits], rows: Rows) -> Hits:
        kept: Hits | None = None
        for pattern in rule.needs:
            found = hits[self._place[pattern]]
            kept = found if kept is None else np.intersect1d(kept, found, assume_unique=True)
        if kept is None:
            kept = np.arange(len(rows))
        for pattern in rule.refuses:
            kept = np.setdiff1d(kept, hits[self._place[pattern]], assume_unique=True)
        if rule.test:
            kept = np.array([place for place in kept.tolist() if rule.test.holds(rows, place)], np.int64)
        return kept


class _Set:
    """Some patterns of one column."""

    def __init__(self, where: str, patterns: Sequence[Pattern], place: Mapping[Pattern, int]) -> None:
        self.where = where
        self._compiled = _compiled((ALWAYS, *(pattern.source for pattern in patterns)), MEMORY)
        self._place = [-1, *(place[pattern] for pattern in patterns)]

    def search(self, texts: Sequence[str], found: list[list[int]]) -> None:
        """Note at each pattern's place on which rows it is found."""
        match, noted = self._compiled.Match, [found[place].append for place in self._place[1:]]
        for row, text in enumerate(texts):
            numbers = match(text[:READ])
            if not numbers:
                raise FunctionError(
                    "the patterns together take too much memory: make the largest ones simpler"
                )
            if len(numbers) > 1:
                for number in numbers:
                    if number:
                        noted[number - 1](row)


@lru_cache(maxsize=64)  # an automaton is built while it reads: the next shard finds it ready
def _compiled(sources: tuple[str, ...], memory: int) -> Any:
    together = re2.Set.SearchSet(re2_options(memory=memory))
    for source in sources:
        together.Add(source)
    try:
        together.Compile()
    except re2.error:
        raise FunctionError(TOO_LARGE) from None
    return together


def _grouped(patterns: Sequence[Pattern], size: int) -> Iterator[Sequence[Pattern]]:
    return (patterns[start : start + size] for start in range(0, len(patterns), size))
