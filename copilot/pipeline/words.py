"""Texts as weighted bags of words: what an encoder blurs ("TW-31", "QR", "VAT"), a word says exactly.

A word's neighbour says more than the word ("top up", "not received"), so pairs count as words of their own.
The weights are those of scikit-learn's TfidfVectorizer(sublinear_tf=True, ngram_range=(1, 2)), equal by test, without
scikit-learn.
"""

import math
import re
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property, lru_cache
from itertools import pairwise

import numpy as np
from numpy.typing import NDArray

from copilot.pipeline.heads import Arrays, Linear, array_named
from copilot.pipeline.types import HeadError, Stage

WORD = re.compile(r"\b\w\w+\b")
READ = 4_000  # characters, as the encoder


@dataclass(frozen=True, eq=False)
class Bag:
    """A text's known words: `at` int64[m] into the vocabulary, `weight` float64[m] of length 1."""

    at: NDArray[np.int64]
    weight: NDArray[np.float64]


@dataclass(frozen=True, eq=False)
class Words:
    """A vocabulary of v words and pairs of words, with how telling each is: idf float64[v]."""

    stage: Stage
    vocabulary: tuple[str, ...]
    idf: NDArray[np.float64]

    def __post_init__(self) -> None:
        if self.idf.shape != (len(self.vocabulary),):
            raise HeadError(
                self.stage, f"{len(self.vocabulary)} words but idf {self.idf.shape}: train it again"
            )

    @cached_property
    def _index(self) -> dict[str, int]:
        return {word: at for at, word in enumerate(self.vocabulary)}

    def bag(self, text: str) -> Bag:
        """Weigh a text's words by how often they occur and how telling they are."""
        index = self._index
        counts = sorted((index[word], n) for word, n in _counts(text).items() if word in index)
        at = np.array([number for number, _ in counts], dtype=np.int64)
        weight = (1 + np.log([n for _, n in counts])) * self.idf[at]
        return Bag(at=at, weight=weight / max(math.sqrt(weight @ weight), 1e-12))

    def logits(self, bag: Bag, layer: Linear) -> NDArray[np.float64]:
        """Return float64[k] of a layer over all v words."""
        if layer.weights.shape[1] != len(self.vocabulary):
            raise HeadError(
                self.stage, f"{len(self.vocabulary)} words, layer of {layer.weights.shape}: train it again"
            )
        logits: NDArray[np.float64] = layer.weights[:, bag.at] @ bag.weight + layer.bias
        return logits

    def all_logits(self, texts: Sequence[str], layer: Linear) -> NDArray[np.float64]:
        """Return float64[n, k] for n texts."""
        return np.array([self.logits(self.bag(text), layer) for text in texts]).reshape(
            -1, len(layer.classes)
        )

    def spread(self, bag: Bag) -> NDArray[np.float64]:
        """Return float64[v], zero but for the bag's words."""
        whole = np.zeros(len(self.vocabulary))
        whole[bag.at] = bag.weight
        return whole

    def arrays(self) -> dict[str, NDArray[np.generic]]:
        """What `from_arrays` reads."""
        return {"vocabulary": np.array(self.vocabulary, dtype=np.str_), "idf": self.idf}

    @classmethod
    def from_arrays(cls, arrays: Arrays, *, stage: Stage) -> "Words":
        """Read what training saved."""
        return cls(
            stage=stage,
            vocabulary=tuple(str(word) for word in array_named(arrays, "vocabulary", stage=stage)),
            idf=array_named(arrays, "idf", stage=stage).astype(np.float64),
        )


@lru_cache(maxsize=256)
def _counts(text: str) -> Counter[str]:
    """How often each word and each pair of neighbours occurs; kept for a moment, since every stage asks for it."""
    words = WORD.findall(text[:READ].lower())
    return Counter([*words, *map(" ".join, pairwise(words))])


def overlap(bag: Bag, spread: NDArray[np.float64]) -> float:
    """The cosine of a bag with a text that is spread over the vocabulary."""
    return float(spread[bag.at] @ bag.weight)
