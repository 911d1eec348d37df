"""The pipeline's vocabulary: what goes in (Question, Catalog), what is decided (verdicts), what comes out (Outcome).

Everything here is frozen and free of Django, so that production, evaluation and tests hand over the same things.
Shapes: n questions, d numbers per vector (384 for the default encoder). Vectors have length 1, so a dot product is
a cosine.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from enum import StrEnum
from functools import cached_property
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from copilot.pipeline.terms import Terms, terms_of

Vectors = NDArray[np.float32]  # [n, d]
Vector = NDArray[np.float32]  # [d]
Probabilities = NDArray[np.float64]

ENCODER: Literal["encoder"] = "encoder"  # the key of the encoder's time, beside the stages'


class Stage(StrEnum):
    """Where in the pipeline something happened, in the order in which it happens."""

    VALIDITY = "validity"
    TOPIC = "topic"
    ANSWER = "answer"
    WORDING = "wording"


class Reason(StrEnum):
    """Why the pipeline abstains: the first six say what a message is instead of a question we may answer."""

    THANKS = "thanks"
    AUTO_REPLY = "auto_reply"
    SPAM = "spam"
    NO_REQUEST = "no_request"
    OTHER_LANGUAGE = "other_language"
    OUT_OF_SCOPE = "out_of_scope"
    TOPIC_UNSURE = "topic_unsure"
    TOPIC_RETIRED = "topic_retired"
    NO_ANSWER = "no_answer"
    ANSWER_UNSURE = "answer_unsure"
    ANSWER_EXPIRED = "answer_expired"
    CONFLICTING_ANSWERS = "conflicting_answers"
    VALIDITY_UNSURE = "validity_unsure"
    CONFIDENCE_LOW = "confidence_low"

    @property
    def stage(self) -> Stage:
        """The stage that gives this reason.

        >>> Reason.THANKS.stage, Reason.TOPIC_UNSURE.stage, Reason.NO_ANSWER.stage
        (<Stage.VALIDITY: 'validity'>, <Stage.TOPIC: 'topic'>, <Stage.ANSWER: 'answer'>)
        """
        if self in {*VALIDITY_REASONS, Reason.VALIDITY_UNSURE}:
            return Stage.VALIDITY
        return Stage.TOPIC if self in {Reason.TOPIC_UNSURE, Reason.TOPIC_RETIRED} else Stage.ANSWER


VALIDITY_REASONS = (
    Reason.THANKS,
    Reason.AUTO_REPLY,
    Reason.SPAM,
    Reason.NO_REQUEST,
    Reason.OTHER_LANGUAGE,
    Reason.OUT_OF_SCOPE,
)


class HeadError(RuntimeError):
    """A stage cannot work (wrong shape, missing array, not a number). Shown to an agent as a reason, never a 500.

    >>> str(HeadError(Stage.TOPIC, "weights are not finite: train it again"))
    'topic: weights are not finite: train it again'
    """

    def __init__(self, stage: Stage | Literal["encoder"], message: str) -> None:
        super().__init__(f"{stage}: {message}")
        self.stage = stage
        self.message = message


@dataclass(frozen=True)
class Question:
    """A turn's cleaned text. `language` is an ISO 639-1 code, or None where the text is too short to tell."""

    text: str
    language: str | None = None
    subject: str = ""


@dataclass(frozen=True, eq=False)
class Features:
    """What every stage reads, made once by the encoder.

    `embedding` float32[n, d] is a question's meaning as the encoder was taught to compare it. `layers` float32[n, m]
    are means over its tokens before the encoder is done: nearer to the words, so a trained head learns from them what
    comparing blurs.
    """

    embedding: Vectors
    layers: Vectors
    questions: tuple[Question, ...]

    @property
    def deep(self) -> Vectors:
        """float32[n, d + m], both side by side."""
        return np.hstack([self.embedding, self.layers])

    @cached_property
    def terms(self) -> tuple[Terms, ...]:
        """Each question's terms."""
        return tuple(terms_of(question.text) for question in self.questions)

    def only(self, rows: Sequence[int] | NDArray[np.integer]) -> "Features":
        """Those of some questions."""
        at = np.asarray(rows, dtype=np.int64)
        return Features(self.embedding[at], self.layers[at], tuple(self.questions[row] for row in at))


@dataclass(frozen=True, eq=False)
class CatalogAnswer:
    """An approved answer as it stands at the time of the turn.

    `key` is "slug@version" and names one immutable text. `name` is what agents call it, and may change.
    """

    key: str
    slug: str
    topic: str
    text: str
    expired: bool = False
    public: bool = True
    conflicts_with: frozenset[str] = frozenset()
    name: str = ""

    @property
    def titled(self) -> str:
        """Name and text, as heads read it: the name says in a few words what it is for.

        >>> CatalogAnswer("fee@1", "fee", "fees", "It is 1 %.", name="Fee for an instant payout").titled
        'Fee for an instant payout.\\n\\nIt is 1 %.'
        """
        return f"{self.name}.\n\n{self.text}" if self.name else self.text


@dataclass(frozen=True, eq=False)
class Catalog:
    """The answers of one moment. It is given to each run, never frozen in an artifact: history replays its own.

    `heirs` are the topics that took the place of each retired one: of one that was merged the other, of one that was
    split its parts, else none. A release may have been trained before and still name the retired one.
    """

    answers: tuple[CatalogAnswer, ...] = ()
    heirs: Mapping[str, tuple[str, ...]] = field(default_factory=dict)


@dataclass(frozen=True)
class Floors:
    """Least probability at which a stage speaks. Zero lets everything pass, as cross-fitting wants it.

    `scope` is validity's once more: what passes as a question, and is read to the end, gets an answer offered only from
    this one on.
    """

    validity: float = 0.0
    topic: float = 0.0
    answer: float = 0.0
    scope: float = 0.0
    confidence: float = 0.0

    def __post_init__(self) -> None:
        for name, value in vars(self).items():
            if not 0.0 <= value <= 1.0:
                raise ValueError(f"floor {name} is {value}: it must lie between 0 and 1")


@dataclass(frozen=True)
class ValidityVerdict:
    """Is this a question we may answer? `probability` is always that it is one, whichever way it was decided."""

    is_question: bool
    reason: Reason | None
    probability: float


@dataclass(frozen=True)
class TopicVerdict:
    """What it is about: best first, two topics where they are close. `probability` is their sum.

    `considered` are a few more, whose answers compete too: the topic stage may be wrong where an answer's text fits.
    `plausible` are those among which the right one is as often as the release's card states, best first.
    `reason` is TOPIC_UNSURE where the probability is below the floor; the topics are then candidates, no decision.
    It is TOPIC_RETIRED where the best one is out of use and nothing took its place.
    """

    topics: tuple[tuple[str, float], ...]
    probability: float
    considered: tuple[tuple[str, float], ...] = ()
    plausible: tuple[tuple[str, float], ...] = ()
    reason: Reason | None = None


@dataclass(frozen=True)
class RankedAnswer:
    """One candidate with what decided its rank. Similarities are cosines; that to past uses is 0 without any."""

    key: str
    slug: str
    topic: str
    probability: float
    similarity_to_answer: float
    similarity_to_uses: float
    topic_probability: float


@dataclass(frozen=True)
class AnswerVerdict:
    """Which answer fits: the best and up to three alternatives. `probability` is the best's (0 without candidates)."""

    ranked: tuple[RankedAnswer, ...]
    probability: float
    reason: Reason | None = None


@dataclass(frozen=True, eq=False)
class Outcome:
    """All that was decided for one question.

    A verdict is None where its stage was not reached. `abstained_at` and `reason` are both None or both set.
    `confidence` is the calibrated probability that the best answer is right, end to end; it is given whenever an
    answer was ranked, also when it is withheld, so that floors can be judged later. `milliseconds` has the keys
    "encoder", "validity", "topic", "answer": this question's share of the batch's time.
    """

    validity: ValidityVerdict
    topic: TopicVerdict | None
    answer: AnswerVerdict | None
    abstained_at: Stage | None
    reason: Reason | None
    confidence: float | None
    milliseconds: Mapping[str, float]
    embedding: Vector

    @property
    def offered(self) -> RankedAnswer | None:
        """The answer to suggest; None if the pipeline abstained."""
        return self.answer.ranked[0] if self.reason is None and self.answer else None

    @property
    def alternatives(self) -> tuple[RankedAnswer, ...]:
        """What to show under the offered answer, best first."""
        return self.answer.ranked[1:] if self.offered and self.answer else ()

    @property
    def topic_candidates(self) -> tuple[tuple[str, float], ...]:
        """The topics decided for, or the likeliest ones where it could not decide."""
        return self.topic.topics if self.topic else ()

    @property
    def topics_to_show(self) -> tuple[tuple[str, float], ...]:
        """The topics decided for, or all that are plausible where it could not decide."""
        if self.topic is None:
            return ()
        return self.topic.plausible if self.topic.reason else self.topic.topics
