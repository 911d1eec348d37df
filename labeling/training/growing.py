"""Add one topic to a release by its examples, and leave everything else as it is.

The new topic gets a row in each of the topic head's layers. With the other rows frozen, the multinomial loss is that
of one logistic regression whose offset is what the frozen rows say together: a small convex problem, solved in
milliseconds. Its negatives are the dataset's questions about other topics. Words that it brings along are put behind
the known ones and weigh nothing for other topics. Mix, temperature, floors and the sets' floor stay as they were
measured without it, and validity goes on reading the same scores, of one topic more: a whole training renews them.

Measured on the demo world, five topics held back and then added, their 44 held-out questions named right (and among
the three considered), beside the share of 197 questions about the others, 75.1 % before; a whole training on the same
examples in brackets:
 8 examples each   16 % (55 %) [16 %]   others 75.1 % [76.1 %]
16 examples each   34 % (73 %) [39 %]   others 74.1 % [74.6 %]
32 examples each   50 % (84 %) [59 %]   others 73.1 % [70.6 %]
"""

from bisect import bisect
from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TypeVar

import numpy as np
from numpy.typing import NDArray
from scipy.optimize import minimize
from scipy.sparse import csr_matrix
from scipy.special import expit

from copilot.datasets import Dataset, Split
from copilot.pipeline.answers import Uses
from copilot.pipeline.encoder import Encoder
from copilot.pipeline.heads import Linear
from copilot.pipeline.topics import Anchors, TopicHead
from copilot.pipeline.types import Vectors
from copilot.pipeline.wording import readable
from copilot.pipeline.words import Words
from labeling.training.answers import MOST_USES
from labeling.training.fitting import MOST_ROUNDS, bags_of, fit_words, stacked
from labeling.training.prepared import Prepared, name_of, prepare
from labeling.training.steps import Step, Tell, nobody
from labeling.training.topics import DEEP_C, FEWEST_CASES, WORD_C, C
from labeling.training.train import Fitted, TrainedRelease, write

Number = TypeVar("Number", np.float32, np.float64)
FEWEST_OTHERS = 20  # examples of other topics: from fewer the new one cannot learn where it ends


@dataclass(frozen=True, eq=False)
class Lesson:
    """What a dataset says of one topic: `rows` of its examples, those of `others`, and its `answers` in the catalog."""

    topic: str
    rows: NDArray[np.int64]
    others: NDArray[np.int64]
    answers: NDArray[np.int64]


def add_topic(
    dataset: Dataset,
    *,
    topic: str,
    live: Fitted,
    encoder: Encoder,
    seed: int,
    out: Path,
    languages: tuple[str, ...],
    target_risk: float,
    tell: Tell = nobody,
) -> TrainedRelease:
    """Add a topic that the dataset's training split teaches, and write all heads into folders below `out`.

    `target_risk` is the one for which the live floors were chosen.

    Raises:
        ValueError: the dataset teaches too little.
    """
    tell(Step.READING, 0.0)
    prepared = prepare(dataset.only(Split.TRAIN), encoder=encoder, seed=seed)
    tell(Step.TOPICS, 0.0)
    lesson = lesson_of(prepared, topic)
    grown = grow(live, prepared, lesson)
    tell(Step.SAVING, 0.0)
    return write(
        grown,
        prepared,
        dataset=dataset,
        encoder=encoder,
        languages=languages,
        target_risk=target_risk,
        out=out,
        grown={
            "topic": topic,
            "n_examples": len(lesson.rows),
            "n_others": len(lesson.others),
            "n_answers": len(lesson.answers),
            "n_uses": len(grown.answers.uses.vectors) - len(live.answers.uses.vectors),
            "kept": list(live.topics.classes),
        },
    )


def lesson_of(prepared: Prepared, topic: str) -> Lesson:
    """Find what teaches a topic.

    Raises:
        ValueError: too few cases of it, or too few examples of other topics.
    """
    examples = prepared.examples
    rows = [row for row, example in enumerate(examples) if example.topic == topic]
    others = [
        row for row, example in enumerate(examples) if example.topic and topic not in example.topics_accepted
    ]
    n_cases = len({examples[row].case for row in rows})
    if n_cases < FEWEST_CASES:
        raise ValueError(f"topic {topic} has {n_cases} cases, {FEWEST_CASES} are needed: label more")
    if len(others) < FEWEST_OTHERS:
        raise ValueError(
            f"{len(others)} examples of other topics than {topic}, {FEWEST_OTHERS} are needed to tell it apart: "
            "name a dataset that has them"
        )
    answers = [at for at, answer in enumerate(prepared.catalog.answers) if answer.topic == topic]
    return Lesson(topic, *(np.array(found, dtype=np.int64) for found in (rows, others, answers)))


def grow(live: Fitted, prepared: Prepared, lesson: Lesson) -> Fitted:
    """Return what is live with the lesson's topic among its classes, in its place in the alphabet."""
    topics = grow_topics(live.topics, prepared, lesson)
    known = np.vstack([live.validity.known, prepared.embedding[lesson.rows]])
    return replace(
        live,
        validity=replace(live.validity, topics=topics.classes, known=known),
        topics=topics,
        answers=replace(live.answers, uses=_grown_uses(live.answers.uses, prepared, lesson)),
    )


def grow_topics(head: TopicHead, prepared: Prepared, lesson: Lesson) -> TopicHead:
    """Fit the new topic's rows, and let its answers' texts stand for it."""
    at = bisect(head.classes, lesson.topic)
    rows = np.concatenate([lesson.rows, lesson.others])
    name = [prepared.topics.index(lesson.topic)]
    is_new = np.arange(len(rows)) < len(lesson.rows)
    with_name = np.append(is_new, True)
    texts = [*(prepared.examples[row].text for row in rows), name_of(lesson.topic)]
    answers = [readable(prepared.catalog.answers[number].titled) for number in lesson.answers]
    words = _grown_words(
        head.words, [*texts, *answers], of_topic=[*texts[: len(lesson.rows)], texts[-1], *answers]
    )
    n_added = len(words.vocabulary) - len(head.words.vocabulary)
    bags, answer_bags = bags_of(texts, words), bags_of(answers, words)
    spread = np.array([words.spread(bag) for bag in answer_bags], dtype=np.float32)
    passages = prepared.passages.embedding[np.isin(prepared.passage_of, lesson.answers)]

    def taught(
        layer: Linear, x: NDArray[np.floating] | csr_matrix, is_new: NDArray[np.bool_], c: float
    ) -> Linear:
        return grow_linear(layer, x, is_new, topic=lesson.topic, c=c)

    def stood(anchors: Anchors, added: Vectors) -> Anchors:
        return _grown_anchors(anchors, added, at=at)

    features, names = prepared.features, prepared.names
    return replace(
        head,
        meaning=taught(
            head.meaning, np.vstack([features.embedding[rows], names.embedding[name]]), with_name, C
        ),
        deep=taught(head.deep, np.vstack([features.deep[rows], names.deep[name]]), with_name, DEEP_C),
        words=words,
        word_layer=taught(
            replace(head.word_layer, weights=_padded(head.word_layer.weights, n_added)),
            stacked([*bags, *answer_bags], words=words),
            np.append(with_name, np.ones(len(answers), dtype=bool)),
            WORD_C,
        ),
        answers=stood(head.answers, prepared.answers.embedding[lesson.answers]),
        passages=stood(head.passages, passages),
        answer_words=stood(
            replace(head.answer_words, rows=_padded(head.answer_words.rows, n_added)),
            spread.reshape(len(answers), len(words.vocabulary)),
        ),
    )


def grow_linear(
    layer: Linear, x: NDArray[np.floating] | csr_matrix, is_new: NDArray[np.bool_], *, topic: str, c: float
) -> Linear:
    """Return the layer with one class more, in its place in the alphabet, fitted on x float[n, f]; the others stay.

    It is the minimum of the loss that `fit_linear` minimises, over the new class's weights and bias alone.
    """
    x = x.astype(np.float64)
    frozen = np.logaddexp.reduce(layer.logits(x), axis=1)
    n_features, sign = x.shape[1], np.where(is_new, 1.0, -1.0)

    def loss(row: NDArray[np.float64]) -> tuple[float, NDArray[np.float64]]:
        weights, lead = row[:-1], x @ row[:-1] + row[-1] - frozen
        pull = -sign * expit(-sign * lead)
        gradient = np.append(x.T @ pull + weights / c, pull.sum())
        return float(np.logaddexp(0.0, -sign * lead).sum() + weights @ weights / (2 * c)), gradient

    start = np.append(np.zeros(n_features), frozen.mean())
    found = minimize(loss, start, jac=True, method="L-BFGS-B", options={"maxiter": MOST_ROUNDS, "gtol": 1e-4})
    if not found.success:
        raise RuntimeError(f"the row of {topic} did not converge after {found.nit} rounds: {found.message}")
    at = bisect(layer.classes, topic)
    return replace(
        layer,
        classes=(*layer.classes[:at], topic, *layer.classes[at:]),
        weights=np.insert(layer.weights, at, found.x[:-1], axis=0),
        bias=np.insert(layer.bias, at, found.x[-1]),
    )


def _grown_words(words: Words, texts: Sequence[str], *, of_topic: Sequence[str]) -> Words:
    """The vocabulary, and behind it what texts of the topic bring along, as telling as it is among all the texts."""
    fresh = fit_words(texts, stage=words.stage)
    known = set(words.vocabulary)
    said = {at for bag in bags_of(of_topic, fresh) for at in bag.at.tolist()}
    added = [at for at in sorted(said) if fresh.vocabulary[at] not in known]
    return replace(
        words,
        vocabulary=(*words.vocabulary, *(fresh.vocabulary[at] for at in added)),
        idf=np.append(words.idf, fresh.idf[added]),
    )


def _padded(rows: NDArray[Number], n: int) -> NDArray[Number]:
    return np.pad(rows, ((0, 0), (0, n)))


def _grown_anchors(anchors: Anchors, added: Vectors, *, at: int) -> Anchors:
    """The anchors and those of a topic that was put in at a place, which moves the classes behind it."""
    moved = anchors.topic_at + (anchors.topic_at >= at)
    return Anchors(
        rows=np.vstack([anchors.rows, added]).astype(np.float32),
        topic_at=np.concatenate([moved, np.full(len(added), at, dtype=np.int64)]),
    )


def _grown_uses(uses: Uses, prepared: Prepared, lesson: Lesson) -> Uses:
    """Past uses, and the questions that answers of the new topic got, the latest of each."""
    latest = sorted(lesson.rows.tolist(), key=lambda row: prepared.examples[row].at, reverse=True)
    slugs = [prepared.catalog.answers[number].slug for number in lesson.answers]
    kept = [(row, slug) for slug in slugs for row in _answered(prepared, latest, slug)[:MOST_USES]]
    known = (*uses.slugs, *(slug for slug in slugs if slug not in uses.slugs))
    return Uses.grouped(
        known,
        np.vstack([uses.vectors, prepared.embedding[[row for row, _ in kept]]]),
        np.concatenate([uses.slug_at, [known.index(slug) for _, slug in kept]]).astype(np.int64),
    )


def _answered(prepared: Prepared, rows: Sequence[int], slug: str) -> list[int]:
    return [row for row in rows if prepared.examples[row].answer == slug]
