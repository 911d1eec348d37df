"""Stage 4, wording: an approved answer in a team's voice, its variables filled, without a language model.

Values are data: they are inserted as they are, and a value that looks like a variable is never filled itself.
"""

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from enum import StrEnum

VARIABLE = re.compile(r"\{\{[ \t]*([A-Za-z_][\w.]*)[ \t]*\}\}", re.ASCII)
BETWEEN = "\n\n"
SENTENCE_END = re.compile(r"(?<=[.!?])\s+")
SHORTEST_PASSAGE = 15  # characters


class PartKind(StrEnum):
    """Where a piece of the text comes from, so that a page can mark it."""

    GREETING = "greeting"
    ANSWER = "answer"
    VARIABLE = "variable"
    UNFILLED = "unfilled"
    CLOSING = "closing"


@dataclass(frozen=True)
class Part:
    """A piece of the text; `name` is the variable's, also inside greeting and closing."""

    kind: PartKind
    text: str
    name: str = ""


@dataclass(frozen=True)
class Wording:
    """A worded answer, in pieces that together are its text."""

    parts: tuple[Part, ...]

    @property
    def text(self) -> str:
        """The whole, ready for the composer; unfilled variables stand in it as {{name}}."""
        return "".join(part.text for part in self.parts)

    @property
    def missing(self) -> tuple[str, ...]:
        """Names of the variables that have no value, each once, in order of appearance."""
        return tuple(dict.fromkeys(part.name for part in self.parts if part.kind is PartKind.UNFILLED))


def word(body: str, *, values: Mapping[str, str], greeting: str, closing: str) -> Wording:
    """Put greeting, answer and closing together and fill their variables.

    A value that is missing or blank leaves its variable unfilled.

    >>> wording = word("It left on {{ case.payout_date }}.", values={}, greeting="Hi Ana,", closing="Happy selling,")
    >>> wording.text, wording.missing
    ('Hi Ana,\\n\\nIt left on {{case.payout_date}}.\\n\\nHappy selling,', ('case.payout_date',))
    """
    blocks = (
        (PartKind.GREETING, greeting.strip()),
        (PartKind.ANSWER, body.strip()),
        (PartKind.CLOSING, closing.strip()),
    )
    parts: list[Part] = []
    for kind, block in blocks:
        if block:
            gap = [Part(kind, BETWEEN)] if parts else []
            parts += [*gap, *_filled(block, kind, values)]
    return Wording(tuple(parts))


def variables(body: str) -> tuple[str, ...]:
    """Names of the variables in a body, each once, in order of appearance.

    >>> variables("{{case.amount}} on {{ case.payout_date }}, {{case.amount}} in all")
    ('case.amount', 'case.payout_date')
    """
    return tuple(dict.fromkeys(VARIABLE.findall(body)))


def readable(body: str) -> str:
    """The body with plain words for its variables, as the encoder should read it.

    >>> readable("We sent {{case.amount}} to the account ending in {{ case.bank_ending }}.")
    'We sent amount to the account ending in bank ending.'
    """
    return VARIABLE.sub(lambda found: found[1].rsplit(".", 1)[-1].replace("_", " "), body)


def passages_of(body: str) -> list[str]:
    """An answer as the encoder should read it: first its whole body, then each of its sentences.

    >>> passages_of("Hold {{reader.button}}, please. Then pair it again. OK?")
    ['Hold button, please. Then pair it again. OK?', 'Hold button, please.', 'Then pair it again.']
    """
    text = readable(body)
    sentences = [sentence.strip() for sentence in SENTENCE_END.split(text)]
    return [text, *(sentence for sentence in sentences if SHORTEST_PASSAGE <= len(sentence) < len(text))]


def _filled(block: str, kind: PartKind, values: Mapping[str, str]) -> Iterator[Part]:
    end = 0
    for found in VARIABLE.finditer(block):
        if found.start() > end:
            yield Part(kind, block[end : found.start()])
        name = found[1]
        value = values.get(name, "")
        yield (
            Part(PartKind.VARIABLE, value, name)
            if value.strip()
            else Part(PartKind.UNFILLED, f"{{{{{name}}}}}", name)
        )
        end = found.end()
    if end < len(block):
        yield Part(kind, block[end:])
