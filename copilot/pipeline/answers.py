"""Stage 3, answer: which approved answer fits?

The catalog is handed in with each call, so a new answer works at once, by its text alone; where an answer has past
uses, the questions it answered speak for it too. Candidates are weighed against each other and against "none".
"""

import math
from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from itertools import pairwise

import numpy as np
from numpy.typing import NDArray

from copilot.pipeline.confidence import Confidence
from copilot.pipeline.heads import Arrays, Towers, array_named, softmax
from copilot.pipeline.terms import terms_of
from copilot.pipeline.types import (
    AnswerVerdict,
    CatalogAnswer,
    Features,
    HeadError,
    RankedAnswer,
    Reason,
    Stage,
    TopicVerdict,
    Vector,
    Vectors,
)
from copilot.pipeline.words import Bag, Words, overlap

MOST_RANKED = 4  # the best and three alternatives
LEAST_SHOWN = 0.02  # probability of an alternative
NEAREST_USES = 3
NOTHING = slice(0)
WHOLE = (0,)  # an answer's first passage
NEAR_EQUAL = 0.5  # a conflicting answer counts if it is at least this share as probable as the best
SIGNALS = ("to_answer", "to_words", "to_uses", "has_uses", "log_topic", "to_passage")
N_SIGNALS_BEFORE = 5  # in an artifact of before the last one was added, which then weighs nothing


@dataclass(frozen=True, eq=False)
class Uses:
    """Past questions and the answer that each got: vectors float32[m, d], slug_at int[m] into `slugs`, ascending."""

    slugs: tuple[str, ...]
    vectors: Vectors
    slug_at: NDArray[np.int64]

    def __post_init__(self) -> None:
        if len(self.vectors) != len(self.slug_at):
            raise HeadError(
                Stage.ANSWER,
                f"{len(self.vectors)} past uses but answers for {len(self.slug_at)}: train it again",
            )
        if np.any(np.diff(self.slug_at) < 0):
            raise HeadError(Stage.ANSWER, "past uses are not grouped by answer: train it again")

    @classmethod
    def grouped(cls, slugs: tuple[str, ...], vectors: Vectors, slug_at: NDArray[np.int64]) -> "Uses":
        """Put the uses of each answer side by side, in the order in which they come."""
        order = np.argsort(slug_at, kind="stable")
        return cls(slugs, vectors[order], slug_at[order])

    def similarities(
        self, question: Vector, slugs: Sequence[str], *, hidden: NDArray[np.bool_] | None = None
    ) -> list[float | None]:
        """Mean cosine to the nearest past uses of each slug; None for one without.

        `hidden`, bool[m], leaves uses out: training hides those of the question's own case.
        """
        return [self._mean_of_nearest(question, self._rows.get(slug, NOTHING), hidden) for slug in slugs]

    @cached_property
    def _rows(self) -> dict[str, slice]:
        ends = np.searchsorted(self.slug_at, np.arange(len(self.slugs) + 1)).tolist()
        return {slug: slice(*rows) for slug, rows in zip(self.slugs, pairwise(ends), strict=True)}

    def _mean_of_nearest(
        self, question: Vector, rows: slice, hidden: NDArray[np.bool_] | None
    ) -> float | None:
        vectors = self.vectors[rows]
        if hidden is not None:
            vectors = vectors[~hidden[rows]]
        if not len(vectors):
            return None
        similarities = vectors.dot(question)
        similarities.sort()
        nearest = similarities[-NEAREST_USES:].tolist()
        return sum(nearest) / len(nearest)


@dataclass(frozen=True, eq=False)
class AnswerText:
    """An answer as the head reads it: risen in its tower, its words, and its whole text and sentences float32[p, d]."""

    risen: Vector
    bag: Bag
    passages: Vectors


@dataclass(frozen=True, eq=False)
class Asked:
    """A question as the head reads it: its vector, risen in its tower, and its words."""

    vector: Vector
    risen: Vector
    bag: Bag


Reading = tuple[int, CatalogAnswer, AnswerText]  # first an answer's place in the catalog
Readings = Mapping[str, Sequence[Reading]]  # by topic


def readings_of(answers: Iterable[tuple[CatalogAnswer, AnswerText]]) -> Readings:
    """Put what may be offered where it is looked for: public answers by their topic."""
    readings: defaultdict[str, list[Reading]] = defaultdict(list)
    for place, (answer, text) in enumerate(answers):
        if answer.public:
            readings[answer.topic].append((place, answer, text))
    return readings


@dataclass(frozen=True, eq=False)
class Candidates:
    """The m answers that might fit, how probable the topic of each is, and what speaks for it.

    `signals` float64[m, len(SIGNALS)] is what the weights weigh.
    """

    answers: tuple[CatalogAnswer, ...]
    topic_probabilities: tuple[float, ...]
    signals: NDArray[np.float64]

    def __len__(self) -> int:
        return len(self.answers)


NO_CANDIDATES = Candidates((), (), np.zeros((0, len(SIGNALS))))


@dataclass(frozen=True, eq=False)
class AnswerHead:
    """`weights` float64[len(SIGNALS)] weigh a candidate, `none` is the weight of no answer at all.

    `confidence` judges the outcome of all stages; it is kept here because this stage is the last to know.
    """

    towers: Towers
    words: Words
    uses: Uses
    weights: NDArray[np.float64]
    none: float
    confidence: Confidence

    @classmethod
    def from_arrays(cls, arrays: Arrays) -> "AnswerHead":
        """Read what training saved."""
        stage = Stage.ANSWER
        weights = array_named(arrays, "weights", stage=stage).astype(np.float64)
        if weights.size == N_SIGNALS_BEFORE:
            weights = np.append(weights, 0.0)
        if weights.shape != (len(SIGNALS),) or not np.isfinite(weights).all():
            raise HeadError(
                stage, f"weights {weights.tolist()} are not {len(SIGNALS)} numbers: train it again"
            )
        return cls(
            towers=Towers.from_arrays(arrays, stage=stage),
            words=Words.from_arrays(arrays, stage=stage),
            uses=Uses.grouped(
                tuple(str(slug) for slug in array_named(arrays, "slugs", stage=stage)),
                array_named(arrays, "uses", stage=stage).astype(np.float32),
                array_named(arrays, "uses_slug_at", stage=stage).astype(np.int64),
            ),
            weights=weights,
            none=float(array_named(arrays, "none", stage=stage)),
            confidence=Confidence.from_arrays(arrays),
        )

    def arrays(self) -> dict[str, NDArray[np.generic]]:
        """What `from_arrays` reads."""
        return {
            **self.towers.arrays(),
            **self.words.arrays(),
            **self.confidence.arrays(),
            "slugs": np.array(self.uses.slugs, dtype=np.str_),
            "uses": self.uses.vectors,
            "uses_slug_at": self.uses.slug_at,
            "weights": self.weights,
            "none": np.array(self.none),
        }

    def read_answer(self, passages: Features) -> AnswerText:
        """Read an answer by its whole text and its sentences, see `passages_of`."""
        [risen] = self.towers.answer.read(passages.only(WHOLE))
        [bag] = self.words.bags([terms_of(passages.questions[0].text)])
        return AnswerText(risen, bag, passages.embedding)

    def read_questions(self, features: Features, rows: Sequence[int] | NDArray[np.int64]) -> list[Asked]:
        """Read some of the questions."""
        risen = self.towers.question.read(features.only(rows))
        bags = self.words.bags([features.terms[row] for row in rows])
        return [Asked(*each) for each in zip(features.embedding[rows], risen, bags, strict=True)]

    def candidates(
        self,
        asked: Asked,
        topic: TopicVerdict,
        readings: Readings,
        *,
        hidden: NDArray[np.bool_] | None = None,
    ) -> Candidates:
        """The answers of the topics considered, in the catalog's order, each with what speaks for it.

        `hidden` is for training, see `Uses.similarities`.
        """
        of_topic = dict(topic.considered)
        near = sorted(reading for slug in of_topic for reading in readings.get(slug, ()))
        if not near:
            return NO_CANDIDATES
        _, answers, texts = zip(*near, strict=True)
        spread = self.words.spread(asked.bag)
        to_uses = self.uses.similarities(asked.vector, [answer.slug for answer in answers], hidden=hidden)
        probabilities = tuple(of_topic[answer.topic] for answer in answers)
        starts = np.cumsum([0, *(len(text.passages) for text in texts[:-1])])
        to_passages = np.concatenate([text.passages for text in texts]).dot(asked.vector)
        signals = (
            np.array([text.risen for text in texts]).dot(asked.risen).tolist(),
            [overlap(text.bag, spread) for text in texts],
            [similarity or 0.0 for similarity in to_uses],
            [similarity is not None for similarity in to_uses],
            [math.log(max(probability, 1e-9)) for probability in probabilities],
            np.maximum.reduceat(to_passages, starts),
        )
        return Candidates(answers, probabilities, np.array(signals).T)

    def weigh(self, candidates: Candidates) -> list[float]:
        """The probability of each candidate; what is missing to 1 is that none of them fits."""
        weighed = candidates.signals.dot(self.weights).tolist()
        probabilities: list[float] = softmax(np.array([*weighed, self.none]))[:-1].tolist()
        return probabilities


def decide_answer(candidates: Candidates, probabilities: Sequence[float], *, floor: float) -> AnswerVerdict:
    """Choose the best answer, or say why it must be withheld; an expired one is never an alternative."""
    answers = candidates.answers
    if not answers:
        return AnswerVerdict(ranked=(), probability=0.0, reason=Reason.NO_ANSWER)
    order = sorted(range(len(answers)), key=lambda at: (-probabilities[at], answers[at].key))
    best = order[0]
    others = (at for at in order[1:] if not answers[at].expired and probabilities[at] >= LEAST_SHOWN)
    shown = [best, *others][:MOST_RANKED]
    return AnswerVerdict(
        ranked=tuple(_ranked(candidates, at, probabilities[at]) for at in shown),
        probability=probabilities[best],
        reason=_reason_against(
            answers[best],
            probabilities[best],
            [(answers[at], probabilities[at]) for at in shown[1:]],
            none=1 - sum(probabilities),
            floor=floor,
        ),
    )


def _reason_against(
    best: CatalogAnswer,
    probability: float,
    alternatives: Sequence[tuple[CatalogAnswer, float]],
    *,
    none: float,
    floor: float,
) -> Reason | None:
    if none > probability:
        return Reason.NO_ANSWER
    if probability < floor:
        return Reason.ANSWER_UNSURE
    if best.expired:
        return Reason.ANSWER_EXPIRED
    rivals = [answer for answer, share in alternatives if share >= NEAR_EQUAL * probability]
    if any(rival.slug in best.conflicts_with or best.slug in rival.conflicts_with for rival in rivals):
        return Reason.CONFLICTING_ANSWERS
    return None


def _ranked(candidates: Candidates, at: int, probability: float) -> RankedAnswer:
    answer = candidates.answers[at]
    to_answer, _, to_uses, *_ = candidates.signals[at].tolist()
    return RankedAnswer(
        key=answer.key,
        slug=answer.slug,
        topic=answer.topic,
        probability=probability,
        similarity_to_answer=to_answer,
        similarity_to_uses=to_uses,
        topic_probability=candidates.topic_probabilities[at],
    )
