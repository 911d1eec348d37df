"""Train stage 3: how similarities and topic weigh when approved answers compete.

Candidates are those that the cross-fitted topic stage would hand on. Each example is shown once
more with the past uses of half its candidates hidden, so that the weights also hold for answers that are new.
What a tuned encoder knows by heart is not among them: there its similarities say more than they ever will again.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from copilot.datasets import Example
from copilot.pipeline.answers import (
    NO_CANDIDATES,
    SIGNALS,
    AnswerHead,
    Candidates,
    Uses,
    decide_answer,
    readings_of,
)
from copilot.pipeline.confidence import SIGNALS as END_TO_END
from copilot.pipeline.confidence import Confidence
from copilot.pipeline.topics import decide_topic
from copilot.pipeline.types import AnswerVerdict, Stage, TopicVerdict
from copilot.pipeline.wording import readable
from copilot.pipeline.words import Words
from labeling.training.choice import ChoiceModel
from labeling.training.fitting import fit_words
from labeling.training.prepared import N_FOLDS, Prepared
from labeling.training.steps import Progress, unheard
from labeling.training.topics import TrainedTopics, towers_of

MOST_USES = 200  # of one answer; the latest are kept
SHARE_MADE_NEW = 0.5
OF_USES = [SIGNALS.index("to_uses"), SIGNALS.index("has_uses")]


@dataclass(frozen=True, eq=False)
class TrainedAnswers:
    """The head, its confidence still unset, and for each example what heads that never saw its case decide."""

    head: AnswerHead
    topics: tuple[TopicVerdict, ...]
    answers: tuple[AnswerVerdict, ...]


def train_answers(
    prepared: Prepared, topics: TrainedTopics, *, progress: Progress = unheard
) -> TrainedAnswers:
    """Train on the questions whose right topic was among those kept and whose answer somebody has judged."""
    uses, use_groups = _uses(prepared)
    words = _words(prepared)
    verdicts = tuple(
        decide_topic(row, classes=topics.head.classes, floor=0.0) for row in topics.probabilities
    )
    blank = AnswerHead(
        towers=towers_of(prepared, prepared.is_question),
        words=words,
        uses=uses,
        weights=np.zeros(len(SIGNALS)),
        none=0.0,
        confidence=Confidence(weights=np.zeros(len(END_TO_END)), bias=0.0),
    )
    candidates = [NO_CANDIDATES] * len(verdicts)
    for number, towers in enumerate(topics.towers):
        progress(number / N_FOLDS / 2)
        rows = np.flatnonzero(prepared.fold == number)
        found = _candidates(replace(blank, towers=towers), prepared, rows, verdicts, use_groups)
        for row, each in zip(rows, found, strict=True):
            candidates[row] = each
    usable = np.array(
        [_is_usable(*each) for each in zip(prepared.examples, verdicts, candidates, strict=True)]
    )
    if not usable.any():
        raise ValueError("answer: no question has a judged answer in its topic: label more")

    weighable = prepared.new_among(usable)
    ranked: list[AnswerVerdict] = [AnswerVerdict((), 0.0)] * len(verdicts)
    for number in range(N_FOLDS):
        progress((1 + number / N_FOLDS) / 2)
        head = _weighed(blank, prepared, candidates, weighable & (prepared.fold != number))
        for row in np.flatnonzero(prepared.fold == number):
            ranked[row] = decide_answer(candidates[row], head.weigh(candidates[row]), floor=0.0)
    return TrainedAnswers(
        head=_weighed(blank, prepared, candidates, weighable), topics=verdicts, answers=tuple(ranked)
    )


def _uses(prepared: Prepared) -> tuple[Uses, NDArray[np.int64]]:
    """Past questions by the answer they got, the latest of each, and the group of each."""
    slugs = sorted({answer.slug for answer in prepared.catalog.answers})
    latest = sorted(range(len(prepared.examples)), key=lambda row: prepared.examples[row].at, reverse=True)
    kept = [
        row
        for slug in slugs
        for row in sorted([row for row in latest if prepared.examples[row].answer == slug][:MOST_USES])
    ]
    slug_at = np.array([slugs.index(str(prepared.examples[row].answer)) for row in kept], dtype=np.int64)
    return Uses(tuple(slugs), prepared.embedding[kept], slug_at), prepared.group[kept]


def _candidates(
    head: AnswerHead,
    prepared: Prepared,
    rows: NDArray[np.int64],
    verdicts: Sequence[TopicVerdict],
    use_groups: NDArray[np.int64],
) -> list[Candidates]:
    """The candidates of some examples, each as if its case and near-copies were unknown."""
    readings = readings_of(
        (answer, head.read_answer(readable(answer.text), vector))
        for answer, vector in zip(prepared.catalog.answers, prepared.answers, strict=True)
    )
    features = prepared.features_of(rows)
    return [
        head.candidates(asked, verdicts[row], readings, hidden=use_groups == prepared.group[row])
        for row, asked in zip(rows, head.read_questions(features.embedding, features.terms), strict=True)
    ]


def _words(prepared: Prepared) -> Words:
    """The vocabulary of questions and answers; it knows no labels, so it needs no folds."""
    questions = [prepared.examples[row].text for row in np.flatnonzero(prepared.is_question)]
    return fit_words(
        [*questions, *(readable(answer.text) for answer in prepared.catalog.answers)], stage=Stage.ANSWER
    )


def _is_usable(example: Example, topic: TopicVerdict, candidates: Candidates) -> bool:
    """Whether an example teaches how to choose: somebody judged its answer, and its topic is among those kept."""
    is_right_topic = any(slug in example.topics_accepted for slug, _ in topic.considered)
    return len(candidates) > 0 and example.answer is not None and is_right_topic


def _weighed(
    blank: AnswerHead, prepared: Prepared, candidates: list[Candidates], rows: NDArray[np.bool_]
) -> AnswerHead:
    """The head with weights fitted on these rows, each once as it is and once with some answers made new."""
    rng = np.random.default_rng(prepared.seed)
    options, accepted, weights = [], [], []
    believed = prepared.weights_for(Stage.ANSWER)
    for row in np.flatnonzero(rows):
        right = prepared.examples[row].answers_accepted
        is_new = rng.random(len(candidates[row])) < SHARE_MADE_NEW
        made_new = candidates[row].signals.copy()
        made_new[:, OF_USES] *= ~is_new[:, None]
        for signals in (candidates[row].signals, made_new):
            options.append(signals)
            accepted.append(np.array([answer.slug in right for answer in candidates[row].answers]))
            weights.append(1.0 if believed is None else believed[row])
    model = ChoiceModel(with_none=True).fit(
        options, accepted, None if believed is None else np.array(weights)
    )
    return replace(blank, weights=model.weights_, none=model.none_)
