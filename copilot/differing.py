"""What is new in a text, word by word (pure)."""

import re
from difflib import SequenceMatcher
from typing import NamedTuple

PIECE = re.compile(r"\s+|[^\s]+")
MOST_PIECES = 6_000  # comparing takes their square in the worst case
LEAST_SAME = (
    3  # words between two changes that stand on their own; fewer are easier read as part of the change
)


class Piece(NamedTuple):
    """A run of words: `kind` is same, gone or new."""

    kind: str
    text: str


def differences(old: str, new: str) -> list[Piece]:
    """Return the runs of words that together make both texts.

    >>> differences("Send it within 30 days.", "Send it within 14 days.")
    ... # doctest: +NORMALIZE_WHITESPACE
    [Piece(kind='same', text='Send it within '), Piece(kind='gone', text='30'), Piece(kind='new', text='14'),
     Piece(kind='same', text=' days.')]
    >>> [piece.text for piece in differences("one two three", "1 two 3")]
    ['one two three', '1 two 3']
    """
    ours, theirs = PIECE.findall(old), PIECE.findall(new)
    if len(ours) + len(theirs) > MOST_PIECES:
        return [Piece("gone", old), Piece("new", new)]
    found: list[Piece] = []
    gone, come = "", ""
    for tag, start, end, other_start, other_end in SequenceMatcher(
        None, ours, theirs, autojunk=False
    ).get_opcodes():
        is_island = bool(gone or come) and end < len(ours) and _n_words(ours[start:end]) < LEAST_SAME
        if tag == "equal" and not is_island:
            found += _changed(gone, come)
            gone, come = "", ""
            found.append(Piece("same", "".join(ours[start:end])))
        else:
            gone, come = gone + "".join(ours[start:end]), come + "".join(theirs[other_start:other_end])
    return [*found, *_changed(gone, come)]


def _changed(gone: str, come: str) -> list[Piece]:
    return [Piece(kind, text) for kind, text in (("gone", gone), ("new", come)) if text]


def _n_words(pieces: list[str]) -> int:
    return sum(not piece.isspace() for piece in pieces)
