"""What is new in a text, word by word (pure)."""

import re
from difflib import SequenceMatcher
from typing import NamedTuple

PIECE = re.compile(r"\s+|[^\s]+")
MOST_PIECES = 6_000  # comparing takes their square in the worst case


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
    """
    ours, theirs = PIECE.findall(old), PIECE.findall(new)
    if len(ours) + len(theirs) > MOST_PIECES:
        return [Piece("gone", old), Piece("new", new)]
    found = []
    for tag, start, end, other_start, other_end in SequenceMatcher(
        None, ours, theirs, autojunk=False
    ).get_opcodes():
        if tag == "equal":
            found.append(Piece("same", "".join(ours[start:end])))
            continue
        found += [
            Piece(kind, text)
            for kind, text in (
                ("gone", "".join(ours[start:end])),
                ("new", "".join(theirs[other_start:other_end])),
            )
            if text
        ]
    return found
