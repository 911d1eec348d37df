"""Words that stand against their opposites: no facts, but no rewording either."""

from collections.abc import Iterable, Sequence
from itertools import chain

from copilot.matching.delta import Delta, gaps
from copilot.matching.facts import Fact, FactKind
from copilot.matching.normalising import Normal
from copilot.matching.words import OPPOSITES


def opposed(suggested: Normal, sent: Normal) -> Delta:
    """Return the words of which only one side has the one and only the other its opposite.

    For texts of which nothing but the meaning is similar: there no sentence can be paired by its words, and an encoder
    finds "before" and "after" much alike.

    >>> from copilot.matching.normalising import normal
    >>> opposed(normal("They choose before paying."), normal("After the payment they can choose.")).only_sent
    (Fact(kind=<FactKind.OPPOSITE: 'opposite'>, value='after'),)
    """
    return _opposites(suggested.words, sent.words)


def opposed_in_place(suggested: Normal, sent: Normal, blocks: Sequence[tuple[int, int, int]]) -> Delta:
    """Return the words that their opposites stand in for, between equal runs of words.

    For texts with many words in common: of others the runs say nothing, and words between them are beside each other by
    chance.

    >>> from copilot.matching.normalising import normal
    >>> sides = normal("Unlock it before use."), normal("Unlock it after use.")
    >>> opposed_in_place(*sides, blocks=[(0, 0, 2), (3, 3, 1)]).only_sent
    (Fact(kind=<FactKind.OPPOSITE: 'opposite'>, value='after'),)
    """
    deltas = [
        _opposites(suggested.words[ours], sent.words[theirs])
        for ours, theirs in gaps(suggested, sent, blocks)
    ]
    return Delta(
        tuple(chain.from_iterable(delta.only_suggested for delta in deltas)),
        tuple(chain.from_iterable(delta.only_sent for delta in deltas)),
    )


def _opposites(suggested: Iterable[str], sent: Iterable[str]) -> Delta:
    ours, theirs = set(suggested), set(sent)
    found = [
        pair
        for both in OPPOSITES
        for pair in (both, both[::-1])
        if pair[0] in ours - theirs and pair[1] in theirs - ours
    ]
    return Delta(
        tuple(Fact(FactKind.OPPOSITE, one) for one, _ in found),
        tuple(Fact(FactKind.OPPOSITE, other) for _, other in found),
    )
