"""Heads for stages that a dataset says nothing of, so that a benchmark of topics alone can still be trained and run.

A dataset without bad messages teaches no validity: then every message passes as a question. One without judged answers
teaches no answer: then none is ever offered. The card says so.
"""

from collections import Counter
from collections.abc import Collection, Sequence

import numpy as np
from numpy.typing import NDArray

from copilot.datasets import Example
from copilot.pipeline.answers import SIGNALS, AnswerHead, Uses
from copilot.pipeline.confidence import SIGNALS as END_TO_END
from copilot.pipeline.confidence import Confidence
from copilot.pipeline.heads import Linear
from copilot.pipeline.surface import surface_features
from copilot.pipeline.topics import decide_topic
from copilot.pipeline.types import AnswerVerdict, Reason, Stage
from copilot.pipeline.validity import QUESTION, SCOPE, ValidityHead, decide_by_rule
from copilot.pipeline.words import Words
from labeling.training.answers import TrainedAnswers
from labeling.training.prepared import Prepared
from labeling.training.topics import TrainedTopics, towers_of
from labeling.training.validity import FEWEST_EXAMPLES, TrainedValidity

CERTAIN = 50.0  # a logit so large that its probability is 1
CLASSES = (str(Reason.OUT_OF_SCOPE), QUESTION)  # a layer needs two


def teaches_validity(examples: Sequence[Example], *, languages: Collection[str]) -> bool:
    """Whether one kind of bad message has examples enough to learn from."""
    reasons = Counter(
        example.reason
        for example in examples
        if example.reason and decide_by_rule(example.question, languages=languages) is None
    )
    return any(n >= FEWEST_EXAMPLES for n in reasons.values())


def teaches_answers(examples: Sequence[Example]) -> bool:
    """Whether somebody has judged which answer fits."""
    return any(example.answers_accepted for example in examples)


def pass_everything(prepared: Prepared, topics: TrainedTopics) -> TrainedValidity:
    """Take every message for a question."""
    n_marks = surface_features([example.question for example in prepared.examples[:1]]).shape[1] + len(SCOPE)
    n_columns = prepared.embedding.shape[1] + n_marks
    no_words = Words(stage=Stage.VALIDITY, vocabulary=(), idf=np.zeros(0))
    head = ValidityHead(
        layer=_constant(n_columns, bias=np.array([0.0, CERTAIN])),
        words=no_words,
        word_layer=_constant(0, bias=np.zeros(2)),
        known=prepared.embedding[:1],
        mean=np.zeros(n_marks),
        scale=np.ones(n_marks),
        topics=topics.head.classes,
    )
    return TrainedValidity(head=head, probabilities=np.tile([0.0, 1.0], (len(prepared.examples), 1)))


def _constant(n_columns: int, *, bias: NDArray[np.float64]) -> Linear:
    return Linear(stage=Stage.VALIDITY, classes=CLASSES, weights=np.zeros((2, n_columns)), bias=bias)


def answer_nothing(prepared: Prepared, topics: TrainedTopics) -> TrainedAnswers:
    """Never offer an answer."""
    words = topics.head.words
    head = AnswerHead(
        towers=towers_of(prepared, prepared.is_question),
        words=Words(stage=Stage.ANSWER, vocabulary=words.vocabulary, idf=words.idf),
        uses=Uses(slugs=(), vectors=prepared.embedding[:0], slug_at=np.zeros(0, dtype=np.int64)),
        weights=np.zeros(len(SIGNALS)),
        none=CERTAIN,
        confidence=Confidence(weights=np.zeros(len(END_TO_END)), bias=0.0),
    )
    verdicts = tuple(
        decide_topic(row, classes=topics.head.classes, floor=0.0) for row in topics.probabilities
    )
    silent = AnswerVerdict((), 0.0, Reason.NO_ANSWER)
    return TrainedAnswers(head=head, topics=verdicts, answers=(silent,) * len(verdicts), loss={})
