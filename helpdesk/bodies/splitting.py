"""Take a body apart: greeting, text, closing, signature, quoted thread.

The rule above all: no word of the real text is lost. Every word of the body is in exactly one part, and what is in
doubt is in `text`. Only a few lines at either end are looked at closely, so any body takes linear time.
"""

import re
from collections.abc import Sequence
from dataclasses import dataclass

from helpdesk.bodies.clipping import clipped
from helpdesk.bodies.greeting import greeting_end
from helpdesk.bodies.quoting import quoted_lines
from helpdesk.bodies.signing import closing_span, signature_start

MOST_GREETINGS = MOST_CLOSINGS = 2  # "Hello! Good morning," and "Many thanks" over "Kind regards"
POSTSCRIPT = re.compile(r"\s*p\.? ?s\.?[:,. ]", re.IGNORECASE)
MOST_POSTSCRIPT_LINES = 15


@dataclass(frozen=True)
class Parts:
    """A body taken apart. Together the parts hold every word of the body once; only `text` is about something."""

    greeting: str
    text: str
    closing: str
    signature: str
    quoted: str


def split(body: str) -> Parts:
    r"""Take a body apart, in any of the languages of `phrases`.

    `text` is empty only where the body has nothing outside quotes: a message that is all greeting, thanks or signature
    keeps it as text. A postscript under the closing belongs to the text.

    >>> parts = split("Hi Maya,\n\nIt works now.\n\nThanks,\nAna\n\nSent from my iPhone\n\n> Is it on?")
    >>> parts.greeting, parts.text, parts.closing, parts.signature, parts.quoted
    ('Hi Maya,', 'It works now.', 'Thanks,\nAna', 'Sent from my iPhone', '> Is it on?')
    >>> split("Thanks!").text
    'Thanks!'
    """
    lines = clipped(body).split("\n")
    is_quoted = quoted_lines(lines)
    quoted = [line for line, flag in zip(lines, is_quoted, strict=True) if flag]
    own = [line for line, flag in zip(lines, is_quoted, strict=True) if not flag]

    own, signature = _cut(own, signature_start(own))
    greeting, own = _without_greeting(own)
    postscript_start = _postscript_start(own)
    own, postscript = own[:postscript_start], own[postscript_start:]
    own, closing, contact = _without_closing(own, postscript)
    if not closing:  # then it is no postscript either, but a last line that stays where it was
        own, postscript = own + postscript, []
    return Parts(
        greeting=_joined(greeting),
        text=_joined(own, postscript),
        closing=_joined(closing),
        signature=_joined(contact, signature),
        quoted=_joined(quoted),
    )


def _without_greeting(lines: list[str]) -> tuple[list[str], list[str]]:
    greeting: list[str] = []
    for _ in range(MOST_GREETINGS):
        first = next((index for index, line in enumerate(lines) if line.strip()), None)
        if first is None:
            break
        line = lines[first].strip()
        end = greeting_end(line)
        rest = [line[end:].lstrip(), *lines[first + 1 :]]
        if not end or not _has_words(rest):
            break
        greeting.append(line[:end])
        lines = rest
    return greeting, lines


def _without_closing(lines: list[str], postscript: list[str]) -> tuple[list[str], list[str], list[str]]:
    """Return text, closing, and the contact lines below it."""
    closing: list[str] = []
    contact: list[str] = []
    for _ in range(MOST_CLOSINGS):
        start, end = closing_span(lines)
        if start == len(lines) or not (_has_words(lines[:start]) or _has_words(postscript)):
            break
        if not _has_words(lines[end:]):
            end = len(lines)
        closing = [*lines[start:end], *closing]
        contact = [*lines[end:], *contact]
        lines = lines[:start]
    return lines, closing, contact


def _postscript_start(lines: Sequence[str]) -> int:
    for index in range(max(0, len(lines) - MOST_POSTSCRIPT_LINES), len(lines)):
        if POSTSCRIPT.match(lines[index]):
            return index
    return len(lines)


def _cut(lines: list[str], at: int) -> tuple[list[str], list[str]]:
    """Cut the lines in two, but not if that leaves nothing in front."""
    return (lines[:at], lines[at:]) if _has_words(lines[:at]) else (lines, [])


def _has_words(lines: Sequence[str]) -> bool:
    return any(line.strip() for line in lines)


def _joined(*blocks: Sequence[str]) -> str:
    return "\n\n".join(filter(None, ("\n".join(block).strip() for block in blocks)))
