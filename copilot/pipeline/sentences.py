"""The sentence that decided: the one of a question's sentences for which the answer head weighs its answer most.

It is read by whoever wants to know why an answer was suggested; nothing is decided by it.
"""

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np

from copilot.pipeline.answers import AnswerHead, AnswerText, readings_of
from copilot.pipeline.terms import READ
from copilot.pipeline.types import CatalogAnswer, Features, TopicVerdict

FEWEST, MOST = 2, 8  # a single sentence needs no choice; among many a glance at one tells little
# After a full stop, with or without a closing quote, or at a line's end; a line going on in small letters is wrapped.
BREAK = re.compile(r"(?<=[.!?…])\s+|(?<=[.!?…][\"'”’)\]])\s+|\n(?![ \t]*[a-zß-ÿ])\s*")
LETTER = re.compile(r"[^\W\d_]")


@dataclass(frozen=True)
class Sentence:
    """A sentence and where it stands in its text."""

    start: int
    text: str

    @property
    def end(self) -> int:
        return self.start + len(self.text)


def sentences_of(text: str) -> list[Sentence]:
    r"""Cut a text into sentences, in linear time; what holds no letter is none.

    >>> [sentence.text for sentence in sentences_of("My order is late.  Where\nis it? ...\n\nThanks (all)!")]
    ['My order is late.', 'Where\nis it?', 'Thanks (all)!']
    """
    return [
        Sentence(start + len(piece) - len(piece.lstrip()), piece.strip())
        for start, piece in _pieces(text)
        if LETTER.search(piece)
    ]


def sentences_to_weigh(text: str) -> list[Sentence]:
    """Return the sentences among which one can be said to have decided; none where that would say nothing."""
    found = [sentence for sentence in sentences_of(text) if sentence.start < READ]
    return found if FEWEST <= len(found) <= MOST else []


def most_telling(
    sentences: Sequence[Sentence],
    features: Features,
    *,
    answer: CatalogAnswer,
    text: AnswerText,
    head: AnswerHead,
) -> Sentence:
    """Return the sentence for which the head weighs an answer most; `features` are the sentences' own."""
    certain = ((answer.topic, 1.0),)  # the topic was decided by the whole question
    topic = TopicVerdict(topics=certain, probability=1.0, considered=certain)
    readings = readings_of([(answer, text)])
    weights = [
        float(head.candidates(asked, topic, readings).signals[0] @ head.weights)
        for asked in head.read_questions(features, range(len(sentences)))
    ]
    return sentences[int(np.argmax(weights))]


def _pieces(text: str) -> Iterator[tuple[int, str]]:
    start = 0
    for found in BREAK.finditer(text):
        yield start, text[start : found.start()]
        start = found.end()
    yield start, text[start:]
