"""Train stage 3: how similarities and topic weigh when approved answers compete.

Candidates are those that the cross-fitted topic stage would hand on. Each example is shown once
more with the past uses of half its candidates hidden, so that the weights also hold for answers that are new.
What a tuned encoder knows by heart is not among them: there its similarities say more than they ever will again.
Towers that read the encoder's earlier layers too are taken where they choose better, cross-fitted.

On the demo world, cross-fitted end to end, deep towers, answers' sentences and less shrinkage together offered the
right answer to 2.4 more of 100 questions (+-1.7, n 1,018) with no more wrong offers to what is no question; the right
answer came first in 56.3 for 54.8 % (+1.5 +-1.7). Reading an answer by its name too, on average of three seeds: a log
loss of 1.266 for 1.302 (-0.035, 95 % interval -0.051 to -0.021), the right answer first in 60.4 for 59.1 % of 1,020
(+1.3, 0.1 to 2.5), and of the surest 10 to 60 % of the questions 72.4 for 71.1 % right (+1.3, 0.4 to 2.4). A layer that
takes answers for classes lowered the loss by another 0.05, but put no more right ones first (+0.6, -0.6 to 2.0): left
out.
"""

import math
from collections.abc import Iterable, Iterator, Mapping, Sequence
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
from copilot.pipeline.heads import Towers
from copilot.pipeline.topics import decide_topic
from copilot.pipeline.types import AnswerVerdict, Stage, TopicVerdict
from copilot.pipeline.wording import readable
from copilot.pipeline.words import Words
from labeling.training.choice import ChoiceModel
from labeling.training.fitting import fit_words
from labeling.training.prepared import N_FOLDS, Prepared
from labeling.training.steps import Progress, part_of, unheard
from labeling.training.topics import TrainedTopics, towers_of

MOST_USES = 200  # of one answer; the latest are kept
SHARE_MADE_NEW = 0.5
LEAST = 1e-9
OF_USES = [SIGNALS.index("to_uses"), SIGNALS.index("has_uses")]


@dataclass(frozen=True, eq=False)
class TrainedAnswers:
    """The head, its confidence still unset, and for each example what heads that never saw its case decide.

    `loss` is the cross-fitted one of each kind of towers; the head has those of the better kind.
    """

    head: AnswerHead
    topics: tuple[TopicVerdict, ...]
    answers: tuple[AnswerVerdict, ...]
    loss: Mapping[str, float]


@dataclass(frozen=True, eq=False)
class _Judged:
    """Candidates and the answers chosen, cross-fitted; on those `weighable` the choice has this mean log loss."""

    candidates: list[Candidates]
    weighable: NDArray[np.bool_]
    answers: tuple[AnswerVerdict, ...]
    loss: float


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
        towers=topics.head.towers,
        words=words,
        uses=uses,
        weights=np.zeros(len(SIGNALS)),
        none=0.0,
        confidence=Confidence(weights=np.zeros(len(END_TO_END)), bias=0.0),
    )
    plain, deep = (
        _judged(blank, towers, prepared, verdicts, use_groups, progress=part_of(progress, number=number, n=2))
        for number, towers in enumerate((topics.towers, _deep_towers(prepared)))
    )
    are_deep = deep.loss < plain.loss
    better = deep if are_deep else plain
    towers = towers_of(prepared, prepared.is_question, are_deep=are_deep)
    return TrainedAnswers(
        head=_weighed(replace(blank, towers=towers), prepared, better.candidates, better.weighable),
        topics=verdicts,
        answers=better.answers,
        loss={"plain towers": plain.loss, "deep towers": deep.loss},
    )


def _deep_towers(prepared: Prepared) -> Iterator[Towers]:
    for number in range(N_FOLDS):
        yield towers_of(prepared, prepared.is_question & (prepared.fold != number), are_deep=True)


def _judged(
    blank: AnswerHead,
    towers: Iterable[Towers],
    prepared: Prepared,
    verdicts: Sequence[TopicVerdict],
    use_groups: NDArray[np.int64],
    *,
    progress: Progress,
) -> _Judged:
    """Let each fold be judged by towers that never saw it, one pair of them a fold, and by weights that did not."""
    candidates = [NO_CANDIDATES] * len(verdicts)
    for number, of_fold in enumerate(towers):
        progress(number / N_FOLDS / 2)
        rows = np.flatnonzero(prepared.fold == number)
        found = _candidates(replace(blank, towers=of_fold), prepared, rows, verdicts, use_groups)
        for row, each in zip(rows, found, strict=True):
            candidates[row] = each
    usable = np.array(
        [_is_usable(*each) for each in zip(prepared.examples, verdicts, candidates, strict=True)]
    )
    if not usable.any():
        raise ValueError("answer: no question has a judged answer in its topic: label more")

    weighable = prepared.new_among(usable)
    answers: list[AnswerVerdict] = [AnswerVerdict((), 0.0)] * len(verdicts)
    losses = []
    for number in range(N_FOLDS):
        progress((1 + number / N_FOLDS) / 2)
        head = _weighed(blank, prepared, candidates, weighable & (prepared.fold != number))
        for row in np.flatnonzero(prepared.fold == number):
            probabilities = head.weigh(candidates[row])
            answers[row] = decide_answer(candidates[row], probabilities, floor=0.0)
            if weighable[row]:
                losses.append(_loss(prepared.examples[row], candidates[row], probabilities))
    return _Judged(candidates, weighable, tuple(answers), float(np.mean(losses)))


def _loss(example: Example, candidates: Candidates, probabilities: Sequence[float]) -> float:
    """How surprising what is right would be: one of the answers accepted, or that none fits."""
    right = sum(
        probability
        for answer, probability in zip(candidates.answers, probabilities, strict=True)
        if answer.slug in example.answers_accepted
    )
    return -math.log(max(right or 1 - sum(probabilities), LEAST))


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
        (answer, head.read_answer(prepared.passages_of(at)))
        for at, answer in enumerate(prepared.catalog.answers)
    )
    return [
        head.candidates(asked, verdicts[row], readings, hidden=use_groups == prepared.group[row])
        for row, asked in zip(rows, head.read_questions(prepared.features, rows), strict=True)
    ]


def _words(prepared: Prepared) -> Words:
    """The vocabulary of questions and answers; it knows no labels, so it needs no folds."""
    questions = [prepared.examples[row].text for row in np.flatnonzero(prepared.is_question)]
    return fit_words(
        [*questions, *(readable(answer.titled) for answer in prepared.catalog.answers)], stage=Stage.ANSWER
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
