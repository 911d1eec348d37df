"""A text's terms: its words and pairs of neighbours, found once, and looked up by every stage in its own vocabulary."""

import re
from collections import Counter
from dataclasses import dataclass
from itertools import pairwise

import numpy as np
from numpy.typing import NDArray

WORD = re.compile(r"\w\w+")
READ = 4_000  # characters, as the encoder


@dataclass(frozen=True, eq=False)
class Terms:
    """Distinct terms of a text, and float64[m], 1 + log of how often each occurs."""

    names: tuple[str, ...]
    weight: NDArray[np.float64]


def terms_of(text: str) -> Terms:
    """Find a text's terms.

    >>> terms = terms_of("Top up the card: top up!")
    >>> terms.names
    ('top', 'up', 'the', 'card', 'top up', 'up the', 'the card', 'card top')
    >>> terms.weight.round(2).tolist()
    [1.69, 1.69, 1.0, 1.0, 1.69, 1.0, 1.0, 1.0]
    """
    words = WORD.findall(text[:READ].lower())
    counts = Counter([*words, *map(" ".join, pairwise(words))])
    occurrences = np.fromiter(counts.values(), dtype=np.float64, count=len(counts))
    return Terms(names=tuple(counts), weight=1 + np.log(occurrences))
