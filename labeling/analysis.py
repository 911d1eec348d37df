"""What the votes of a task's functions are like, and what gold says of them (pure).

Each figure names its n: coverage, overlaps and conflicts are shares of all n messages, as snorkel's LFAnalysis has
them; what is right is a share of the votes on messages with gold.
"""

from collections import Counter
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from labeling.votes import Votes

Ints = NDArray[np.int64]
UNKNOWN = -1  # no gold, or no label


@dataclass(frozen=True, eq=False)
class Meetings:
    """Of each function [m]: messages it voted on, of these with another vote, and with one for another class."""

    hits: Ints
    overlaps: Ints
    conflicts: Ints


@dataclass(frozen=True)
class FunctionCounts:
    """One function: messages it voted on, of these with another vote, and with another vote for another class; votes on
    messages with gold, and how many of them are right."""

    hits: int
    overlaps: int
    conflicts: int
    n_gold: int
    n_right: int
    classes: tuple[int, ...]


@dataclass(frozen=True)
class ClassCounts:
    """One class: votes for it, messages with such a vote, messages whose gold it is, and of these with a vote for it.

    `n_gold_votes` are the votes for it on messages with gold, `n_right` those that are right.
    """

    votes: int
    messages: int
    n_gold: int
    n_found: int
    n_gold_votes: int
    n_right: int


@dataclass(frozen=True)
class Analysis:
    """All functions together: of n messages so many have a vote, two or more, and votes that disagree."""

    n: int
    covered: int
    overlapped: int
    conflicted: int
    n_gold: int
    n_gold_covered: int
    functions: tuple[FunctionCounts, ...]
    classes: tuple[ClassCounts, ...]


def analyse(votes: Votes, gold: Ints) -> Analysis:
    """Count; `gold` int[n] is each message's class, -1 where nobody said.

    >>> votes = Votes.from_matrix(np.array([[0, 0, -1], [0, 1, -1], [1, -1, -1], [-1, -1, -1]]), k=2)
    >>> found = analyse(votes, np.array([0, -1, 0, 1]))
    >>> found.covered, found.overlapped, found.conflicted, found.n_gold_covered
    (3, 2, 1, 2)
    >>> [(one.hits, one.overlaps, one.conflicts, one.n_right, one.n_gold) for one in found.functions]
    [(3, 2, 1, 1, 2), (2, 2, 1, 1, 1), (0, 0, 0, 0, 0)]
    """
    n_on_row = np.bincount(votes.rows, minlength=votes.n)
    is_disputed = _disputed(votes)
    has_gold = gold >= 0
    return Analysis(
        n=votes.n,
        covered=int((n_on_row > 0).sum()),
        overlapped=int((n_on_row > 1).sum()),
        conflicted=int(is_disputed.sum()),
        n_gold=int(has_gold.sum()),
        n_gold_covered=int((has_gold & (n_on_row > 0)).sum()),
        functions=_functions(votes, gold),
        classes=_classes(votes, gold),
    )


def meetings(votes: Votes) -> Meetings:
    """Count how often functions voted, and met others.

    >>> met = meetings(Votes.from_matrix(np.array([[0, 0, -1], [0, 1, -1], [1, -1, -1], [-1, -1, 1]]), k=2))
    >>> met.hits.tolist(), met.overlaps.tolist(), met.conflicts.tolist()
    ([3, 2, 1], [2, 2, 0], [1, 1, 0])
    """
    is_met = np.bincount(votes.rows, minlength=votes.n) > 1

    def of_functions(on: NDArray[np.bool_]) -> Ints:
        return np.bincount(votes.functions[on[votes.rows]], minlength=votes.m)

    return Meetings(
        hits=np.bincount(votes.functions, minlength=votes.m),
        overlaps=of_functions(is_met),
        conflicts=of_functions(_disputed(votes)),
    )


def confusion(gold: Ints, said: Ints) -> list[tuple[int, int, int]]:
    """Return (gold, said, how often) for the messages with gold, most frequent mistakes first, then what is right.

    >>> confusion(np.array([0, 0, 1, -1, 1]), np.array([0, 1, 1, 1, -1]))
    [(0, 1, 1), (1, -1, 1), (0, 0, 1), (1, 1, 1)]
    """
    judged = gold >= 0
    pairs = Counter(zip(gold[judged].tolist(), said[judged].tolist(), strict=True))
    order = sorted(pairs, key=lambda pair: (pair[0] == pair[1], -pairs[pair], pair[0], pair[1] < 0, pair))
    return [(true, other, pairs[true, other]) for true, other in order]


def _disputed(votes: Votes) -> NDArray[np.bool_]:
    """Which messages have votes for different classes, [n]."""
    is_other = (votes.rows[1:] == votes.rows[:-1]) & (votes.classes[1:] != votes.classes[:-1])
    disputed = np.zeros(votes.n, bool)
    disputed[votes.rows[1:][is_other]] = (
        True  # votes are sorted by row: if any two differ, so do two neighbours
    )
    return disputed


def _functions(votes: Votes, gold: Ints) -> tuple[FunctionCounts, ...]:
    true, met = gold[votes.rows], meetings(votes)

    def count(which: NDArray[np.bool_]) -> list[int]:
        return np.bincount(votes.functions[which], minlength=votes.m).tolist()

    pairs = np.unique(np.stack([votes.functions, votes.classes]), axis=1)
    said = [tuple(pairs[1, pairs[0] == function].tolist()) for function in range(votes.m)]
    columns = (
        met.hits.tolist(),
        met.overlaps.tolist(),
        met.conflicts.tolist(),
        count(true >= 0),
        count(true == votes.classes),
        said,
    )
    return tuple(FunctionCounts(*row) for row in zip(*columns, strict=True))


def _classes(votes: Votes, gold: Ints) -> tuple[ClassCounts, ...]:
    true = gold[votes.rows]
    on_message = np.unique(
        votes.rows * votes.k + votes.classes
    )  # one entry for each message and class with a vote
    message, of_class = np.divmod(on_message, max(votes.k, 1))

    def count(classes: NDArray[np.integer]) -> list[int]:
        return np.bincount(classes, minlength=votes.k).tolist()

    columns = (
        count(votes.classes),
        count(of_class),
        count(gold[gold >= 0]),
        count(of_class[gold[message] == of_class]),
        count(votes.classes[true >= 0]),
        count(votes.classes[true == votes.classes]),
    )
    return tuple(ClassCounts(*row) for row in zip(*columns, strict=True))
