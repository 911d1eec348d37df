"""Train stage 2: logistic regressions on meaning, depth and words, mixed with the texts of the topics' answers.

A topic's name is one more example of it (measured on BANKING77's training file, 5 examples a topic: 78.5 -> 79.9).
The mix is fitted on cross-fitted signals, so it calibrates too, and each signal weighs what it is worth with so many
examples. The same cross-fitted probabilities say from which one on a topic is plausible, so that sets of plausible
topics hold the right one as often as is stated. Measured on 1,300 hand-written messages of 28 topics:
the layer on meaning alone 57.5 % right, with the answers' texts 64.4 %, with words too 68.3 %.

Folds have fewer rows than what serves. Their layers are shrunk more, which leaves what serves too sure, and they know
less, which leaves it not sure enough. Measured on BANKING77's training file: with a third of it held out, two draws,
confidence lies 0.9 points above accuracy and the calibration error is 0.91 % (0.70 is chance); with ten folds 0.77, in
2.4 times the time; where rows of folds count for as much more as they are fewer, 0.56. With 10 examples a topic, nine
draws, the last gained nothing (1.00 for 1.06 %, difference -0.06 +-0.45), so neither is done.

A tuned encoder knows most texts by heart, and may have left too few others to weigh signals on. Then the mix is fitted
on all, and one number on those few makes it less sure. Measured on BANKING77's training file with 5 examples a
topic, two draws, each judged by 2,000 other texts: the calibration error is 2.7 % instead of 5.2 (2.4 is chance), the
loss on a logarithmic scale 0.738 instead of 0.764, and 0.745 with a mix of the 77 that are new.
"""

from collections import defaultdict
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from copilot.pipeline.heads import Towers, softmax
from copilot.pipeline.topics import SIGNALS, Anchors, TopicHead
from copilot.pipeline.types import Probabilities, Stage
from copilot.pipeline.wording import readable
from copilot.statistics.selection import set_floor
from labeling.training.choice import ChoiceModel
from labeling.training.fitting import bags_of, fit_linear, fit_temperature, fit_words, stacked
from labeling.training.prepared import FEWEST_TO_SCALE, N_FOLDS, Prepared, name_of
from labeling.training.steps import Progress, part_of, unheard
from labeling.training.towers import train_towers

C = 10.0
DEEP_C = 10.0
WORD_C = 10.0
FEWEST_CASES = 3  # a topic with less cannot be cross-fitted
SET_COVERAGE = 0.95  # share of questions whose right topic is among the plausible ones


@dataclass(frozen=True)
class TopicSets:
    """What the sets of plausible topics promise: the right one in a share `coverage`, from `n` cross-fitted questions.

    `mean_size` is how many topics they name on average. With too few questions nothing can be promised but all topics.
    """

    coverage: float
    n: int
    floor: float
    mean_size: float


@dataclass(frozen=True, eq=False)
class TrainedTopics:
    """The head, and for each example what heads that never saw its case say of it.

    `logits` float64[n, k] are calibrated; `towers` are those of the folds, for the answer stage to build on.
    """

    head: TopicHead
    logits: NDArray[np.float64]
    sets: TopicSets
    towers: tuple[Towers, ...]

    @property
    def probabilities(self) -> Probabilities:
        """float64[n, k]."""
        return softmax(self.logits)


def train_topics(
    prepared: Prepared,
    *,
    classes: tuple[str, ...] | None = None,
    weights: NDArray[np.float64] | None = None,
    progress: Progress = unheard,
) -> TrainedTopics:
    """Train on the examples of some topics; without naming them, of those that have enough cases.

    `weights` float64[n] are what each example counts for the layers, in place of its own.
    """
    labels = np.array([example.topic or "" for example in prepared.examples])
    classes = classes or trainable_topics(prepared)
    own = prepared.weights_for(Stage.TOPIC)
    counts = own if weights is None else weights
    if len(classes) < 2:
        raise ValueError(
            f"topic: {len(classes)} topics have {FEWEST_CASES} cases, two are needed: label more"
        )
    usable = np.isin(labels, classes)
    parts = [part_of(progress, number=number, n=N_FOLDS + 1) for number in range(N_FOLDS + 1)]
    folds = [
        _head(prepared, labels, usable & (prepared.fold != number), classes, counts, progress=parts[number])
        for number in range(N_FOLDS)
    ]
    signals = np.zeros((len(labels), len(classes), len(SIGNALS)))
    for number, head in enumerate(folds):
        held_out = np.flatnonzero(prepared.fold == number)
        signals[held_out] = head.signals(prepared.features_of(held_out))
    judged = prepared.new_among(usable)
    chosen = labels[:, None] == np.array(classes)
    believed = None if own is None else own[judged]
    mix = ChoiceModel().fit(list(signals[judged]), list(chosen[judged]), believed).weights_
    sure = prepared.new_among(usable, fewest=FEWEST_TO_SCALE)
    if (sure != judged).any():
        mix = mix / max(1.0, fit_temperature(signals[sure] @ mix, chosen[sure].argmax(axis=1)))
    sets = promise_sets(softmax(signals[sure] @ mix), chosen[sure], coverage=SET_COVERAGE)
    whole = _head(prepared, labels, usable, classes, counts, progress=parts[-1])
    return TrainedTopics(
        head=replace(whole, mix=mix, set_floor=sets.floor),
        logits=signals @ mix,
        sets=sets,
        towers=tuple(head.towers for head in folds),
    )


def promise_sets(probabilities: Probabilities, is_right: NDArray[np.bool_], *, coverage: float) -> TopicSets:
    """Choose the floor of the sets on cross-fitted probabilities [n, k] and the right topic of each question [n, k]."""
    floor = set_floor(probabilities[is_right], coverage=coverage)
    sizes = np.maximum((probabilities >= floor).sum(axis=1), 1)
    return TopicSets(coverage=coverage, n=len(probabilities), floor=floor, mean_size=float(sizes.mean()))


def trainable_topics(prepared: Prepared) -> tuple[str, ...]:
    """Slugs of the topics with enough cases to learn from, sorted."""
    cases: dict[str, set[str]] = defaultdict(set)
    for example in prepared.examples:
        if example.topic:
            cases[example.topic].add(example.case)
    return tuple(sorted(topic for topic, found in cases.items() if len(found) >= FEWEST_CASES))


def towers_of(prepared: Prepared, rows: NDArray[np.bool_], *, are_deep: bool = False) -> Towers:
    """Train towers on the questions among `rows` whose answer is in the catalog; deep ones read earlier layers too."""
    at = {answer.slug: number for number, answer in enumerate(prepared.catalog.answers)}
    pairs = [
        (row, at[example.answer])
        for row, example in enumerate(prepared.examples)
        if rows[row] and example.answer is not None and example.answer in at
    ]
    questions, answers = np.array(pairs, dtype=np.int64).reshape(-1, 2).T
    believed = prepared.weights_for(Stage.ANSWER)
    return train_towers(
        prepared.features.only(questions),
        prepared.answers.only(answers),
        seed=prepared.seed,
        are_deep=are_deep,
        weights=None if believed is None else believed[questions],
    )


def _head(
    prepared: Prepared,
    labels: NDArray[np.str_],
    rows: NDArray[np.bool_],
    classes: tuple[str, ...],
    counts: NDArray[np.float64] | None,
    *,
    progress: Progress,
) -> TopicHead:
    """A head whose signals count alike, and to which all topics are plausible."""
    named = np.array([prepared.topics.index(slug) for slug in classes])
    texts = [*(prepared.examples[row].text for row in np.flatnonzero(rows)),
             *(name_of(slug) for slug in classes)]  # fmt: skip
    labels_of = np.array([*labels[rows], *classes])
    weights = None if counts is None else np.array([*counts[rows], *np.ones(len(classes))])
    embedding = np.vstack([prepared.features.embedding[rows], prepared.names.embedding[named]])
    deep = np.vstack([prepared.features.deep[rows], prepared.names.deep[named]])
    topic_of = [answer.topic for answer in prepared.catalog.answers]
    known = np.array([number for number, topic in enumerate(topic_of) if topic in classes], dtype=np.int64)
    topic_at = np.array([classes.index(topic_of[number]) for number in known], dtype=np.int64)
    answers = [readable(prepared.catalog.answers[number].titled) for number in known]
    words = fit_words([*texts, *answers], stage=Stage.TOPIC)
    bags, answer_bags = bags_of(texts, words), bags_of(answers, words)
    spread = np.array([words.spread(bag) for bag in answer_bags], dtype=np.float32)
    passages = np.flatnonzero(np.isin(prepared.passage_of, known))
    progress(0.0)
    meaning = fit_linear(embedding, labels_of, classes=classes, c=C, stage=Stage.TOPIC, weights=weights)
    progress(0.2)
    deep_layer = fit_linear(deep, labels_of, classes=classes, c=DEEP_C, stage=Stage.TOPIC, weights=weights)
    progress(0.6)
    word_layer = fit_linear(
        stacked([*bags, *answer_bags], words=words),
        np.array([*labels_of, *(classes[number] for number in topic_at)]),
        classes=classes,
        c=WORD_C,
        stage=Stage.TOPIC,
        weights=None if weights is None else np.array([*weights, *np.ones(len(known))]),
    )
    progress(0.9)
    return TopicHead(
        meaning=meaning,
        deep=deep_layer,
        words=words,
        word_layer=word_layer,
        towers=towers_of(prepared, rows),
        answers=Anchors(rows=prepared.answers.embedding[known], topic_at=topic_at),
        passages=Anchors(
            rows=prepared.passages.embedding[passages],
            topic_at=topic_at[np.searchsorted(known, prepared.passage_of[passages])],
        ),
        answer_words=Anchors(rows=spread.reshape(len(known), len(words.vocabulary)), topic_at=topic_at),
        mix=np.ones(len(SIGNALS)),
        set_floor=0.0,
    )
