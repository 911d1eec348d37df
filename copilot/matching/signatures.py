"""The block with which an agent ends most replies: learned from the last of them, and taken off before comparing.

A block that most replies end with was not written for this customer, whatever it says. Long lines are left alone:
those are sentences, and legal footers are known to `helpdesk.bodies`.
"""

from collections import Counter
from collections.abc import Sequence

from helpdesk import bodies

LOOKED_AT = 50  # last replies
LEAST_REPLIES = 10  # below, a repeated end may be chance
REPEATED = 0.6  # of them that end with it
MOST_LINES = 12
LONGEST_LINE = 80


def learn_block(replies: Sequence[str]) -> str:
    r"""Return the longest block of last lines that 60 % of these replies end with; nothing if there is none.

    >>> learn_block([f"Number {n} it is.\n\nOver and out,\nMaya\nRate me: t.example/maya" for n in range(10)])
    'Over and out,\nMaya\nRate me: t.example/maya'
    >>> learn_block([f"Number {n} it is." for n in range(10)])
    ''
    """
    if len(replies) < LEAST_REPLIES:
        return ""
    ends = [_last_lines(_own_lines(reply)) for reply in replies]
    for n in range(MOST_LINES, 0, -1):
        blocks = Counter("\n".join(lines[-n:]) for lines in ends if len(lines) >= n)
        for block, count in blocks.most_common(1):
            if count >= REPEATED * len(replies):
                return block
    return ""


def without_block(body: str, block: str) -> str:
    r"""Return a body without the block at its end; as it is where it ends otherwise.

    >>> without_block("Number 7 it is.\n\nOver and out,\nMaya", "Over and out,\nMaya")
    'Number 7 it is.'
    """
    ends = block.split("\n")
    lines = _own_lines(body)
    if not block or [line for line in lines if line][-len(ends) :] != ends:
        return body
    for _ in ends:
        while not lines[-1]:
            lines.pop()
        lines.pop()
    return "\n".join(lines).strip()


def _own_lines(body: str) -> list[str]:
    """Return the lines outside quotes, blank ones as empty strings."""
    parts = bodies.split(body)
    own = "\n\n".join(filter(None, (parts.greeting, parts.text, parts.closing, parts.signature)))
    return [line.strip() for line in own.split("\n")]


def _last_lines(lines: Sequence[str]) -> list[str]:
    """Return the short lines at the end, the first line of all never among them: something was said."""
    found: list[str] = []
    for line in reversed([line for line in lines if line][1:]):
        if len(line) > LONGEST_LINE or len(found) == MOST_LINES:
            break
        found.insert(0, line)
    return found
