"""Compare a suggestion with the reply that was sent: how much of it survived, and whether that is a match.

The definitions are those of metrics sections 2 and 3. Pure: the same two texts give the same answer for good, under
one NORM_VERSION and RULES_VERSION.
"""

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum

from rapidfuzz.distance import Indel, Levenshtein

from copilot.matching.delta import Delta, fact_delta
from copilot.matching.normalising import Normal, TokenKind, filled, normal
from copilot.matching.opposites import opposed, opposed_in_place
from copilot.matching.signatures import without_block

RULES_VERSION = (
    2  # a change below, or in what it imports, changes figures: raise it, and make a new match version
)
NEAR_SIMILARITY = 0.90
RETAINED_SHARE = 0.5
LEAST_BLOCK = 3  # words; shorter equal runs occur between unrelated replies
GRAM = 4  # words in a run, for survival
LONGEST_FILLING = 8  # words that an agent types in place of a variable
AROUND_FILLING = " \n\t.,;:!?()\"'"


class MatchKind(StrEnum):
    """How a reply compares with its suggestion, in the order in which it is decided."""

    EXACT = "exact"
    NEAR = "near"
    RETAINED = "retained"
    SEMANTIC = "semantic"
    CONFLICT = "conflict"
    NONE = "none"


MATCHING = frozenset({MatchKind.EXACT, MatchKind.NEAR, MatchKind.RETAINED, MatchKind.SEMANTIC})


@dataclass(frozen=True)
class Match:
    """What became of a suggestion, with the figures that decided it. Shares are 0 to 1.

    `only_frame_edited` is told of exact ones that were sent with another greeting, closing or signature. `similarity`
    is Levenshtein's; `retained` the share of the suggestion's words that were sent, in runs of three or
    more; `share` the share of the reply that these are; `survival` the share of four-word runs on both sides.
    """

    kind: MatchKind
    similarity: float
    retained: float
    share: float
    survival: float
    kept_characters: int
    n_suggested_tokens: int
    n_sent_tokens: int
    delta: Delta
    only_frame_edited: bool = False

    @property
    def is_match(self) -> bool:
        return self.kind in MATCHING

    @property
    def may_mean_same(self) -> bool:
        """Whether words alone left open what the reply says: there are some on both sides, and too few in common."""
        return self.kind is MatchKind.NONE and bool(self.n_suggested_tokens and self.n_sent_tokens)


def compare(
    suggested: str,
    sent: str,
    *,
    values: Mapping[str, str] | None = None,
    terms: frozenset[str] = frozenset(),
    signature: str = "",
    closeness: float | None = None,
    semantic_floor: float | None = None,
) -> Match:
    """Compare a suggestion with the reply that was sent.

    Args:
        values: filled values by name of variable, from the case's record; a variable without one may stand for what
            the agent typed in its place.
        terms: names of products and plans, which are facts.
        signature: the block that the agent ends most replies with (`signatures`), on neither side an edit.
        closeness: of both bodies in meaning (`closeness`). Without it and its floor nothing is SEMANTIC.
        semantic_floor: least closeness that counts, chosen on labelled pairs.

    Equal normal texts are EXACT. Else, where the texts are similar in any of the three ways (NEAR, RETAINED, SEMANTIC,
    in this order), a difference in facts makes it a CONFLICT, and so does a word whose opposite stands in its place, or
    anywhere on the other side where only the meaning is similar; where they are not, it is NONE. A side without text
    is NONE.

    >>> compare("Hi Ana,\\n\\nReturn it within 30 days.", "Return it within 30 days.\\n\\nCheers,\\nMaya").kind
    <MatchKind.EXACT: 'exact'>
    >>> compare("You can return it within 30 days.", "You can return it within 14 days.").kind
    <MatchKind.CONFLICT: 'conflict'>
    """
    raw_suggested, raw_sent = filled(suggested, values), sent
    if signature:
        suggested, sent = without_block(suggested, signature), without_block(sent, signature)
    ours, theirs = normal(suggested, values=values), normal(sent, values=values)
    blocks = _equal_blocks(ours.words, theirs.words)
    if "{{" in ours.text:
        typed = _typed_values(ours, theirs, blocks)
        raw_suggested = filled(raw_suggested, typed)
        ours = normal(suggested, values={**typed, **(values or {})})
        blocks = _equal_blocks(ours.words, theirs.words)
    if not ours.text or not theirs.text:
        return _nothing(ours, theirs)
    if ours.text == theirs.text:
        return _exact(ours, only_frame_edited=raw_suggested.split() != raw_sent.split())

    kept = [(start, length) for start, _, length in blocks if length >= LEAST_BLOCK]
    n_kept = sum(length for _, length in kept)
    match_similarity = Levenshtein.normalized_similarity(ours.text, theirs.text)
    retained = n_kept / len(ours.words) if ours.words else 0.0
    delta = fact_delta(suggested=ours, sent=theirs, blocks=blocks, terms=terms)
    similar = _similar(
        similarity=match_similarity,
        retained=retained,
        is_semantic=closeness is not None and semantic_floor is not None and closeness >= semantic_floor,
    )
    if similar is MatchKind.SEMANTIC:
        delta = delta or opposed(ours, theirs)
    elif similar is not MatchKind.NONE:
        delta = delta or opposed_in_place(ours, theirs, blocks)
    kind = MatchKind.CONFLICT if delta and similar is not MatchKind.NONE else similar
    return Match(
        kind=kind,
        similarity=match_similarity,
        retained=retained,
        share=n_kept / len(theirs.words) if theirs.words else 0.0,
        survival=survival(ours.words, theirs.words),
        kept_characters=sum(len(" ".join(ours.words[start : start + length])) for start, length in kept),
        n_suggested_tokens=len(ours.words),
        n_sent_tokens=len(theirs.words),
        delta=delta,
    )


def survival(suggested: Sequence[str], sent: Sequence[str]) -> float:
    """Return the share of runs of four words that are on both sides, of all on either; order does not count.

    As VS Code computes it: equal/total, total = (|s| - 3) + (|r| - 3), equal = total - sum over g of |c_s(g) - c_r(g)|.
    Texts too short for a run survive only if they are equal.

    >>> survival("a b c d e".split(), "a b c d f".split())
    0.5
    """
    ours, theirs = (
        Counter(zip(*(words[n:] for n in range(GRAM)), strict=False)) for words in (suggested, sent)
    )
    total = ours.total() + theirs.total()
    if not total:
        return float(list(suggested) == list(sent))
    n_lost = (ours - theirs).total() + (theirs - ours).total()
    return (total - n_lost) / total


def _similar(*, similarity: float, retained: float, is_semantic: bool) -> MatchKind:
    """Return in which way the texts are similar, whatever facts differ; NONE if in none."""
    if similarity >= NEAR_SIMILARITY:
        return MatchKind.NEAR
    if retained >= RETAINED_SHARE:
        return MatchKind.RETAINED
    return MatchKind.SEMANTIC if is_semantic else MatchKind.NONE


def _equal_blocks(suggested: Sequence[str], sent: Sequence[str]) -> list[tuple[int, int, int]]:
    """Return the equal runs of words: start in both, and length."""
    return [
        (code.src_start, code.dest_start, code.src_end - code.src_start)
        for code in Indel.opcodes(suggested, sent)
        if code.tag == "equal"
    ]


def _typed_values(suggested: Normal, sent: Normal, blocks: Sequence[tuple[int, int, int]]) -> dict[str, str]:
    """Return what the agent typed in place of each variable that was not filled.

    It is what stands between the same words. Sending is blocked while a variable is open, so this is the usual way
    for one to be filled, and no edit.
    """
    typed: dict[str, str] = {}
    placed = [token for token in sent.tokens if token.kind is not TokenKind.SYMBOL]
    start = start_sent = 0
    for block, block_sent, length in [*blocks, (len(suggested.words), len(sent.words), 0)]:
        gap = suggested.words[start:block]
        is_open = len(gap) == 1 and gap[0].startswith("{{")
        if blocks and is_open and 0 < block_sent - start_sent <= LONGEST_FILLING:
            begin = placed[start_sent - 1].end if start_sent else 0
            end = placed[block_sent].start if block_sent < len(placed) else len(sent.source)
            typed.setdefault(gap[0].strip("{} "), sent.source[begin:end].strip(AROUND_FILLING))
        start, start_sent = block + length, block_sent + length
    return typed


def _exact(text: Normal, *, only_frame_edited: bool) -> Match:
    return Match(
        kind=MatchKind.EXACT,
        similarity=1.0,
        retained=1.0,
        share=1.0,
        survival=1.0,
        kept_characters=len(" ".join(text.words)),
        n_suggested_tokens=len(text.words),
        n_sent_tokens=len(text.words),
        delta=Delta(),
        only_frame_edited=only_frame_edited,
    )


def _nothing(suggested: Normal, sent: Normal) -> Match:
    return Match(
        kind=MatchKind.NONE,
        similarity=0.0,
        retained=0.0,
        share=0.0,
        survival=0.0,
        kept_characters=0,
        n_suggested_tokens=len(suggested.words),
        n_sent_tokens=len(sent.words),
        delta=Delta(),
    )
