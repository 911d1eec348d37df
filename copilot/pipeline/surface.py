"""What a question looks like, as numbers: the few marks that an embedding blurs and validity needs.

Word lists are English; in another language their counts are zero and the rest still works. All patterns are linear.
"""

import re
from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from copilot.pipeline.types import Question

READ = 1_500  # characters; what matters is at the start, and a megabyte must not cost more
WORD = re.compile(r"[^\W\d_]+(?:['’][^\W\d_]+)?")
CUES = {
    "asks": r"^(?:how|whats?|when|wheres?|which|who|why|can|could|would|will|do|does|did|is|are|am|any|should)\b",
    "asks_within": (
        r"\b(?:how (?:do|can|long|much|many|to)|what (?:is|are|do|does)|when (?:will|is|do|does)|where (?:is|do)|"
        r"why (?:is|are|do|does|did|has|have)|(?:can|could|do) (?:i|you|we)|is (?:it|there|this|that)|"
        r"any (?:idea|way|chance))\b"
    ),
    "requests": r"\b(?:please|pls|plz|help|need|want|tell me|let me know|advise|send me|explain|sort)\b",
    "fails": (
        r"\b(?:not|no|never|cannot|cant|wont|doesnt|isnt|didnt|\w+n['’]t|error|stuck|missing|wrong|broken|failed|"
        r"dead|declined|refused|locked|twice|still)\b"
    ),
    "thanks": r"\b(?:thanks|thank you|thankyou|thx|ta|cheers|appreciated?|much obliged)\b",
    "settled": (
        r"\b(?:sorted|solved|resolved|fixed|all good|worked|works now|perfect|brilliant|great|lovely|no worries|"
        r"never mind)\b"
    ),
    "robot": (
        r"\b(?:out of (?:the )?office|automatic|automated|auto-?reply|auto-?response|do not reply|undeliverable|"
        r"delivery (?:status|has failed)|annual leave|mailbox|ticket (?:number|id)|has been received|unmonitored|"
        r"no longer works)\b"
    ),
    "sells": (
        r"\b(?:our (?:services|team|agency|clients|platform|company)|we (?:offer|help|provide|speciali[sz]e)|"
        r"book a (?:call|demo)|quick call|free (?:quote|trial|audit)|unsubscribe|seo|leads|rank(?:ing)?|partnership|"
        r"collaborat\w+|click here|verify your account|dear (?:sir|customer|user|beneficiary))\b"
    ),
    "link": r"(?:https?://|www\.)\S",
    "figures": r"\d[\d.,:/-]*",
}
PATTERNS = [re.compile(pattern, re.MULTILINE) for pattern in CUES.values()]  # for text in small letters
SHARES = ("capitals", "not_ascii", "word_length")
SURFACE = ("log_words", "log_lines", "question_marks", "exclamation_marks", *SHARES, *CUES)
IS_COUNT = np.isin(SURFACE, SHARES, invert=True)


def surface_features(questions: Sequence[Question]) -> NDArray[np.float64]:
    """Return float64[n, len(SURFACE)], counts as log(1 + count) and shares between 0 and 1."""
    marks = np.array([_marks(question.text[:READ]) for question in questions]).reshape(-1, len(SURFACE))
    marks[:, IS_COUNT] = np.log1p(marks[:, IS_COUNT])
    return marks


def _marks(text: str) -> list[float]:
    words = WORD.findall(text)
    letters = max(sum(map(len, words)), 1)
    small = text.lower()
    return [
        len(words),
        text.count("\n") + 1,
        text.count("?"),
        text.count("!"),
        sum(map(str.isupper, text)) / letters,
        (len(text) - len(text.encode("ascii", "ignore"))) / max(len(text), 1),
        letters / max(len(words), 1) / 10,
        *(len(pattern.findall(small)) for pattern in PATTERNS),
    ]
