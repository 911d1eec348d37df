"""What agents change in one answer, found again in reply after reply (pure).

An edit is a run of words that was exchanged, added or dropped between runs that were kept. The same edit by different
people is what the answer itself may lack.
"""

from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import NamedTuple

from rapidfuzz.distance import Indel

from copilot.matching.comparing import LEAST_BLOCK
from copilot.matching.facts import mentions
from copilot.matching.normalising import Normal, Token, TokenKind

ANCHOR = 3  # words before an edit by which its place in the answer is found
LONGEST = 80  # words on either side: longer ones are replies of their own
FEWEST_AGENTS = 3  # below them an edit is somebody's habit, or a customer's data


class Edit(NamedTuple):
    """The words in normal form that went and that came in their place."""

    gone: tuple[str, ...]
    new: tuple[str, ...]


class Place(NamedTuple):
    """An edit as it was made: with capitals and signs, and after which words of the suggestion."""

    gone: str
    new: str
    after: tuple[str, ...]
    has_fact: bool


@dataclass(frozen=True)
class CommonEdit:
    """An edit that several agents make: how often, and by how many of them."""

    edit: Edit
    place: Place
    n: int
    n_agents: int


def edits(suggested: Normal, sent: Normal) -> list[tuple[Edit, Place]]:
    """Return what was changed, in order; kept runs of fewer than three words are part of the change around them.

    >>> from copilot.matching.normalising import normal
    >>> [(edit, place)] = edits(normal("Send it back within 30 days."), normal("Send it back within 14 days."))
    >>> edit, place.gone, place.new, place.has_fact
    (Edit(gone=('30', 'days'), new=('14', 'days')), '30 days', '14 days', True)
    """
    ours, theirs = _words(suggested.tokens), _words(sent.tokens)
    found = []
    start = start_sent = 0
    for block, block_sent, length in [*_kept(suggested.words, sent.words), (len(ours), len(theirs), 0)]:
        gone, new = (start, block), (start_sent, block_sent)
        if gone[0] < gone[1] or new[0] < new[1]:
            edit = Edit(suggested.words[slice(*gone)], sent.words[slice(*new)])
            if max(map(len, edit)) <= LONGEST:
                found.append((edit, _place(suggested, sent, gone, new)))
        start, start_sent = block + length, block_sent + length
    return found


def common(
    replies: Iterable[tuple[int | None, Sequence[tuple[Edit, Place]]]], *, least: int = FEWEST_AGENTS
) -> list[CommonEdit]:
    """Return the edits that at least so many agents make, of each reply's author and edits; the most common first."""
    authors: defaultdict[Edit, list[int | None]] = defaultdict(list)
    places: dict[Edit, Place] = {}
    for author, made in replies:
        for edit, place in dict(made).items():
            authors[edit].append(author)
            places.setdefault(edit, place)
    rows = [CommonEdit(edit, places[edit], len(who), len(set(who) - {None})) for edit, who in authors.items()]
    kept = [row for row in rows if row.n_agents >= least]
    return sorted(kept, key=lambda row: (-row.n_agents, -row.n, row.edit))


def _kept(suggested: Sequence[str], sent: Sequence[str]) -> list[tuple[int, int, int]]:
    """Return the runs that were kept: start in both, and length."""
    return [
        (code.src_start, code.dest_start, code.src_end - code.src_start)
        for code in Indel.opcodes(suggested, sent)
        if code.tag == "equal" and code.src_end - code.src_start >= LEAST_BLOCK
    ]


def _place(suggested: Normal, sent: Normal, gone: tuple[int, int], new: tuple[int, int]) -> Place:
    ours, theirs = _words(suggested.tokens), _words(sent.tokens)
    facts = [mentions(tokens[slice(*run)]) for tokens, run in ((ours, gone), (theirs, new))]
    return Place(
        gone=_source(suggested, ours[slice(*gone)]),
        new=_source(sent, theirs[slice(*new)]),
        after=suggested.words[max(0, gone[0] - ANCHOR) : gone[0]],
        has_fact=any(facts),
    )


def _words(tokens: Sequence[Token]) -> list[Token]:
    return [token for token in tokens if token.kind is not TokenKind.SYMBOL]


def _source(text: Normal, tokens: Sequence[Token]) -> str:
    """Return the text between the first and the last of these."""
    return text.source[tokens[0].start : tokens[-1].end] if tokens else ""


def in_text(common: CommonEdit, text: Normal, *, around: int) -> tuple[str, str]:
    """Return what stands around an edit in the answer's own text, which holds no customer's data; nothing if unknown.

    >>> from copilot.matching.normalising import normal
    >>> made = edits(normal("Please send it back within 30 days of the delivery day."),
    ...              normal("Please send it back within 14 days of the delivery day."))
    >>> in_text(common([(1, made), (2, made), (3, made)])[0], normal("Please send it back within 30 days."), around=2)
    ('back within', 'days')
    """
    gone, after = common.edit.gone, common.place.after
    sought = (*after, *gone)
    places = [
        at for at in range(len(text.words) - len(sought) + 1) if text.words[at : at + len(sought)] == sought
    ]
    if not sought or not places:
        return "", ""
    start = places[0] + len(after)
    end = start + len(gone)
    words = _words(text.tokens)
    return _source(text, words[max(0, start - around) : start]), _source(text, words[end : end + around])
