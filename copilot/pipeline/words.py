"""Texts as weighted bags of words: what an encoder blurs ("TW-31", "QR", "VAT"), a word says exactly.

A word's neighbour says more than the word ("top up", "not received"), so pairs count as words of their own.
The weights are those of scikit-learn's TfidfVectorizer(sublinear_tf=True, ngram_range=(1, 2)), equal by test, without
scikit-learn.
"""

import math
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from itertools import chain, pairwise, repeat
from sys import intern

import numpy as np
from numpy.typing import NDArray

from copilot.pipeline.heads import Arrays, Linear, array_named
from copilot.pipeline.terms import Terms
from copilot.pipeline.types import HeadError, Stage

UNKNOWN = -1  # where a term would stand that the vocabulary lacks
NOTHING = np.zeros(0)


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

    def bags(self, texts: Sequence[Terms]) -> list[Bag]:
        """Weigh each text's words by how often they occur and how telling they are; looked up for all at once."""
        sizes = [len(terms.names) for terms in texts]
        names = chain.from_iterable(terms.names for terms in texts)
        at = np.fromiter(map(self._index.get, names, repeat(UNKNOWN)), dtype=np.int64, count=sum(sizes))
        is_known = at != UNKNOWN
        ends = np.append(0, is_known.cumsum())[np.cumsum([0, *sizes])].tolist()
        at = at[is_known]
        weight = np.concatenate([NOTHING, *(terms.weight for terms in texts)])[is_known] * self.idf[at]
        return [_bag(at[start:end], weight[start:end]) for start, end in pairwise(ends)]

    def all_logits(self, bags: Sequence[Bag], layer: Linear) -> NDArray[np.float64]:
        """Return float64[n, k] of a layer over all v words, for n bags."""
        if layer.weights.shape[1] != len(self.vocabulary):
            raise HeadError(
                self.stage, f"{len(self.vocabulary)} words, layer of {layer.weights.shape}: train it again"
            )
        return rows_summed(bags, layer.weights.T) + layer.bias

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
        """Read what training saved; the stages' vocabularies are mostly the same words, kept once in memory."""
        return cls(
            stage=stage,
            vocabulary=tuple(intern(str(word)) for word in array_named(arrays, "vocabulary", stage=stage)),
            idf=array_named(arrays, "idf", stage=stage).astype(np.float64),
        )


def _bag(at: NDArray[np.int64], weight: NDArray[np.float64]) -> Bag:
    return Bag(at=at, weight=weight / max(math.sqrt(weight.dot(weight)), 1e-12))


def rows_summed(bags: Sequence[Bag], rows: NDArray[np.floating]) -> NDArray[np.float64]:
    """Return float64[n, k]: for each of n bags its words' rows of [v, k], weighed and summed.

    With so few numbers numpy's methods take half the time of its operators, here and below.
    """
    summed = [bag.weight.dot(rows.take(bag.at, axis=0)) for bag in bags]
    return np.array(summed).reshape(len(bags), rows.shape[1])


def overlap(bag: Bag, spread: NDArray[np.float64]) -> float:
    """The cosine of a bag with a text that is spread over the vocabulary."""
    return float(spread.take(bag.at).dot(bag.weight))
