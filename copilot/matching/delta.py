"""Which facts differ between a suggestion and the reply that was sent: the veto of metrics section 3.

Two scopes, because facts are of two sorts:

1. Numbers, money, dates, times, codes, links and names mean the same wherever they stand. They are compared as one
   multiset over the whole text: a reply that adds, drops or repeats one differs, be it in a sentence of its own.
   Besides, a value that was exchanged in place differs, even if another place makes the multisets equal again.
2. Periods without a figure, negations and modals ("an hour", "not", "must") mean something only in their sentence.
   They are compared between sentences that are about the same thing: those that share at least half of their content
   words, by stems. A sentence without such a partner was added or removed as a whole, and "you may want to restart
   it" in it is no difference.

A negation is moved if what it denies stands undenied on the other side ("not return, exchange" against "return, not
exchange"); otherwise "isn't", "never" and "no" count as the same negation, whatever word they deny.

What this cannot see: contradictions without a fact ("the shop pays" against "Tillwren pays"), and in an added
sentence a negation on its own. The judge and the labelled sample of metrics section 5 are there for those.
"""

from collections import Counter, defaultdict
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from itertools import chain, groupby
from operator import attrgetter

from copilot.matching.facts import SCOPED, Fact, FactKind, Mention, is_content, mentions, stem
from copilot.matching.normalising import Normal, Token, TokenKind

LEAST_SHARED = 0.5  # of the content words of the sentence that is paired
MOST_SENTENCES = 100  # that differ; beyond, they are compared as one
WORDS = frozenset({TokenKind.WORD})
LONGEST_EXCHANGE = 4  # words on either side that count as exchanged in place

Sides = tuple[list[Mention], list[Mention]]
Sentences = dict[int, list[Token]]  # by number
Contents = dict[int, frozenset[str]]  # stems of content words, by number of the sentence


@dataclass(frozen=True)
class Delta:
    """Facts that only one side asserts. It is falsy where there are none."""

    only_suggested: tuple[Fact, ...] = ()
    only_sent: tuple[Fact, ...] = ()

    def __bool__(self) -> bool:
        return bool(self.only_suggested or self.only_sent)

    def as_dict(self) -> dict[str, list[dict[str, str]]]:
        """Return the delta as it is stored: what was only in the suggestion, and only in the reply.

        >>> Delta(only_sent=(Fact(FactKind.NUMBER, "14 day"),)).as_dict()
        {'suggested': [], 'sent': [{'kind': 'number', 'value': '14 day'}]}
        """
        sides = {"suggested": self.only_suggested, "sent": self.only_sent}
        return {
            side: [{"kind": str(fact.kind), "value": fact.value} for fact in facts]
            for side, facts in sides.items()
        }


def fact_delta(
    *,
    suggested: Normal,
    sent: Normal,
    blocks: Sequence[tuple[int, int, int]],
    terms: frozenset[str] = frozenset(),
) -> Delta:
    """Return the facts that differ. `blocks` are the equal runs of words: start in both, and length.

    >>> from copilot.matching.normalising import normal
    >>> def between(suggested, sent):
    ...     return fact_delta(suggested=normal(suggested), sent=normal(sent), blocks=[])
    >>> between("Return it within 30 days.", "Return it within 14 days.").only_sent
    (Fact(kind=<FactKind.NUMBER: 'number'>, value='14 day'),)
    >>> bool(between("It costs £59.", "It costs 59.00 pounds. You may want to try it first."))
    False
    """
    ours, theirs = _unequal_sentences(suggested.tokens, sent.tokens)
    found = mentions(_flat(ours), terms=terms), mentions(_flat(theirs), terms=terms)
    free = _only(found, lambda mention: mention.fact.kind not in SCOPED)
    scoped = _only(found, lambda mention: mention.fact.kind in SCOPED)
    deltas = [_compared(free) or _exchanged(free, gaps(suggested, sent, blocks))]
    if scoped[0] or scoped[1]:
        deltas += [_compared_in_pair(scoped, pair) for pair in _pairs(_content(ours), _content(theirs))]
    return Delta(
        tuple(sorted(chain.from_iterable(delta.only_suggested for delta in deltas))),
        tuple(sorted(chain.from_iterable(delta.only_sent for delta in deltas))),
    )


def contradicted(first: Normal, later: Normal, *, terms: frozenset[str] = frozenset()) -> Delta:
    """Return the facts that a later text states otherwise than the first, in sentences about the same thing.

    Sentences are paired by their words alone: "the fee is 1 %" and "sorry, the fee is 1.5 %" have only one in common.
    A number, date or name in but one of both is news.

    >>> from copilot.matching.normalising import normal
    >>> contradicted(normal("It takes 3 days."), normal("It takes 5 days, I asked.")).only_sent
    (Fact(kind=<FactKind.NUMBER: 'number'>, value='5 day'),)
    >>> bool(contradicted(normal("It takes 3 days."), normal("Your order AB-2041 left today.")))
    False
    """
    ours, theirs = _unequal_sentences(first.tokens, later.tokens)
    found = mentions(_flat(ours), terms=terms), mentions(_flat(theirs), terms=terms)
    deltas = []
    for pair in _pairs(_content(ours, WORDS), _content(theirs, WORDS)):
        inside = (
            [mention for mention in found[0] if mention.sentence in pair.suggested],
            [mention for mention in found[1] if mention.sentence in pair.sent],
        )
        free = _compared(_only(inside, lambda mention: mention.fact.kind not in SCOPED))
        both = {fact.kind for fact in free.only_suggested} & {fact.kind for fact in free.only_sent}
        if both:
            deltas.append(free)
        deltas.append(_compared_in_pair(_only(inside, lambda mention: mention.fact.kind in SCOPED), pair))
    return Delta(
        tuple(sorted(chain.from_iterable(delta.only_suggested for delta in deltas))),
        tuple(sorted(chain.from_iterable(delta.only_sent for delta in deltas))),
    )


def _only(sides: Sides, keep: Callable[[Mention], bool]) -> Sides:
    return list(filter(keep, sides[0])), list(filter(keep, sides[1]))


def _compared(sides: Sides) -> Delta:
    """Compare two multisets of mentions; those that are not firm answer firm ones and count for nothing else."""
    if not (sides[0] or sides[1]):
        return Delta()
    suggested, sent = (
        [Counter(m.fact for m in side if m.firm is firm) for firm in (True, False)] for side in sides
    )
    return Delta(
        tuple((suggested[0] - sent[0] - sent[1]).elements()),
        tuple((sent[0] - suggested[0] - suggested[1]).elements()),
    )


def gaps(
    suggested: Normal, sent: Normal, blocks: Sequence[tuple[int, int, int]]
) -> list[tuple[slice, slice]]:
    """Return where few words stand in for few others between two equal runs of words."""
    found = []
    start = start_sent = 0
    for block, block_sent, length in (*blocks, (len(suggested.words), len(sent.words), 0)):
        if 0 < block - start <= LONGEST_EXCHANGE and 0 < block_sent - start_sent <= LONGEST_EXCHANGE:
            found.append((slice(start, block), slice(start_sent, block_sent)))
        start, start_sent = block + length, block_sent + length
    return found


def _exchanged(sides: Sides, gaps: Sequence[tuple[slice, slice]]) -> Delta:
    """Compare the facts that stand in for each other between two equal runs of words."""
    only_suggested: list[Fact] = []
    only_sent: list[Fact] = []
    for gap in gaps:
        ours, theirs = (
            [mention for mention in side if within.start <= mention.word < within.stop]
            for side, within in zip(sides, gap, strict=True)
        )
        delta = _compared((ours, theirs))
        only_suggested += delta.only_suggested
        only_sent += delta.only_sent
    return Delta(tuple(only_suggested), tuple(only_sent))


@dataclass(frozen=True)
class Pair:
    """Sentences of both sides that are about the same thing, by number, with the stems of their content words."""

    suggested: frozenset[int]
    sent: frozenset[int]
    stems_suggested: frozenset[str]
    stems_sent: frozenset[str]


def _compared_in_pair(sides: Sides, pair: Pair) -> Delta:
    suggested = [mention for mention in sides[0] if mention.sentence in pair.suggested]
    sent = [mention for mention in sides[1] if mention.sentence in pair.sent]
    inside = (suggested, sent)
    delta = _compared(_only(inside, lambda mention: mention.fact.kind is not FactKind.NEGATION))
    negations = _compared(_only(inside, lambda mention: mention.fact.kind is FactKind.NEGATION))
    as_many = len(negations.only_suggested) == len(negations.only_sent)
    if as_many and not _is_moved(
        negations, pair, denied=[{_denied(m.fact) for m in side} for side in inside]
    ):
        return delta
    return Delta(delta.only_suggested + negations.only_suggested, delta.only_sent + negations.only_sent)


def _is_moved(negations: Delta, pair: Pair, *, denied: Sequence[set[str]]) -> bool:
    stated_in_sent = pair.stems_sent - denied[1]
    stated_in_suggested = pair.stems_suggested - denied[0]
    return any(_denied(fact) in stated_in_sent for fact in negations.only_suggested) or any(
        _denied(fact) in stated_in_suggested for fact in negations.only_sent
    )


def _denied(fact: Fact) -> str:
    return fact.value.removeprefix("not").strip()


def _unequal_sentences(suggested: Sequence[Token], sent: Sequence[Token]) -> tuple[Sentences, Sentences]:
    """Return the sentences, by number, that do not stand word for word on both sides; the others' facts are equal."""
    ours, theirs = _sentences(suggested), _sentences(sent)
    spare: defaultdict[tuple[str, ...], list[int]] = defaultdict(list)
    for number, sentence in theirs.items():
        spare[_texts(sentence)].append(number)
    for number, sentence in list(ours.items()):
        if same := spare[_texts(sentence)]:
            del ours[number], theirs[same.pop()]
    return ours, theirs


def _sentences(tokens: Sequence[Token]) -> Sentences:
    return {number: list(sentence) for number, sentence in groupby(tokens, key=attrgetter("sentence"))}


def _texts(sentence: Sequence[Token]) -> tuple[str, ...]:
    return tuple([token.text for token in sentence])


def _flat(sentences: Sentences) -> list[Token]:
    return list(chain.from_iterable(sentences.values()))


def _content(sentences: Sentences, kinds: frozenset[TokenKind] = frozenset(TokenKind)) -> Contents:
    return {
        number: frozenset(stem(token.text) for token in sentence if token.kind in kinds and is_content(token))
        for number, sentence in sentences.items()
    }


def _pairs(ours: Contents, theirs: Contents) -> list[Pair]:
    """Pair the sentences about the same thing; one that was split or merged goes with all its parts."""
    groups: list[tuple[set[int], set[int]]] = []
    if max(len(ours), len(theirs)) > MOST_SENTENCES:
        groups = [(set(ours), set(theirs))]
    else:
        for number, other in _links(ours, theirs):
            numbers, others = {number}, {other}
            for group in [group for group in groups if number in group[0] or other in group[1]]:
                groups.remove(group)
                numbers |= group[0]
                others |= group[1]
            groups.append((numbers, others))
    return [
        Pair(frozenset(one), frozenset(other), _union(ours, one), _union(theirs, other))
        for one, other in groups
    ]


def _links(ours: Contents, theirs: Contents) -> list[tuple[int, int]]:
    """Return pairs of sentences that share half of the shorter one's content, and two words of it if it has two.

    The closest come first, and a word of a sentence counts once: what a kept sentence shares with its counterpart
    pairs that one with no other. Sentences without content ("Yes." and "No.") are about the same.
    """
    links = [(number, other) for number in ours for other in theirs if not ours[number] and not theirs[other]]
    close = [
        (len(ours[number] & theirs[other]), number, other)
        for number in ours
        for other in theirs
        if not ours[number].isdisjoint(theirs[other])
    ]
    left, left_sent = dict(ours), dict(theirs)
    for _, number, other in sorted(close, key=lambda link: -link[0]):
        shared = left[number] & left_sent[other]
        n_least = min(len(ours[number]), len(theirs[other]))
        if len(shared) >= max(min(2, n_least), LEAST_SHARED * n_least):
            links.append((number, other))
            left[number] -= shared
            left_sent[other] -= shared
    return links


def _union(contents: Contents, numbers: Iterable[int]) -> frozenset[str]:
    return frozenset().union(*(contents[number] for number in numbers))
