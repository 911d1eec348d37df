"""Stage 2, topic: what is the question about?

Three layers learn from past questions of each topic: one from meaning, which a few examples suffice for, one from
meaning and the encoder's earlier layers, which pays with many, and one from words. Beside them speak the texts of the
topic's answers as they were at training. A few weights shared by all topics mix these signals and calibrate the
result. A topic without training examples cannot be predicted: it is no class until the next training.

Two lists come out. Answers of the few topics considered compete, however probable these are. The plausible ones are a
promise to people: the right topic is among them as often as training stated, so they are the candidates that are shown
where the topic is unsure. Letting the answers of all plausible topics compete gained nothing (measured on 1,200
questions of 28 topics: the right answer first 58.2 instead of 57.9 %, among four 83.7 instead of 84.5 %).
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from functools import cached_property
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from copilot.pipeline.heads import Arrays, Linear, Towers, array_named, softmax
from copilot.pipeline.types import Features, HeadError, Probabilities, Reason, Stage, TopicVerdict, Vectors
from copilot.pipeline.words import Words, rows_summed

CLOSE = 0.5  # a second topic is kept if it is at least this share as probable as the first
MOST_CONSIDERED = 3  # topics whose answers compete
SIGNALS = ("meaning", "deep", "words", "towers", "passage", "words_of_answer")


@dataclass(frozen=True, eq=False)
class Anchors:
    """What stands for topics: rows float32[a, w], topic_at int[a] into the head's classes."""

    rows: Vectors
    topic_at: NDArray[np.int64]

    def __post_init__(self) -> None:
        if len(self.rows) != len(self.topic_at):
            raise HeadError(
                Stage.TOPIC, f"{len(self.rows)} anchors, topics for {len(self.topic_at)}: train it again"
            )

    @cached_property
    def _by_topic(self) -> tuple[NDArray[np.int64], NDArray[np.int64], NDArray[np.int64]]:
        order = np.argsort(self.topic_at, kind="stable")
        present, starts = np.unique(self.topic_at[order], return_index=True)
        return order, present, starts

    def best(self, similarities: NDArray[np.floating], n_topics: int) -> NDArray[np.float64]:
        """Return float64[n, n_topics]: the best of [n, a] similarities for each topic, 0 for one without anchors."""
        best = np.zeros((len(similarities), n_topics))
        order, present, starts = self._by_topic
        if len(order):
            best[:, present] = np.maximum.reduceat(similarities[:, order], starts, axis=1)
        return best


@dataclass(frozen=True, eq=False)
class TopicHead:
    """`answers` are vectors of whole texts, `passages` of their sentences too, `answer_words` their bags, spread, and
    loaded column by column as a layer's weights are.

    `mix` float64[len(SIGNALS)] weighs the signals. From `set_floor` on a topic is plausible.
    """

    meaning: Linear
    deep: Linear
    words: Words
    word_layer: Linear
    towers: Towers
    answers: Anchors
    passages: Anchors
    answer_words: Anchors
    mix: NDArray[np.float64]
    set_floor: float

    @classmethod
    def from_arrays(cls, arrays: Arrays) -> "TopicHead":
        """Read what training saved."""
        stage = Stage.TOPIC
        mix = array_named(arrays, "mix", stage=stage).astype(np.float64)
        if mix.shape != (len(SIGNALS),) or not np.isfinite(mix).all():
            raise HeadError(stage, f"mix {mix.tolist()} is not {len(SIGNALS)} numbers: train it again")
        set_floor = float(array_named(arrays, "set_floor", stage=stage))
        if not 0.0 <= set_floor <= 1.0:
            raise HeadError(stage, f"set_floor {set_floor} is no probability: train it again")
        return cls(
            meaning=Linear.from_arrays(arrays, stage=stage),
            deep=Linear.from_arrays(arrays, stage=stage, prefix="deep_"),
            words=Words.from_arrays(arrays, stage=stage),
            word_layer=Linear.from_arrays(arrays, stage=stage, prefix="word_"),
            towers=Towers.from_arrays(arrays, stage=stage),
            answers=_anchors(arrays, "answers"),
            passages=_anchors(arrays, "passages"),
            answer_words=_anchors(arrays, "answer_words", order="F"),
            mix=mix,
            set_floor=set_floor,
        )

    def arrays(self) -> dict[str, NDArray[np.generic]]:
        """What `from_arrays` reads."""
        anchors = {"answers": self.answers, "passages": self.passages, "answer_words": self.answer_words}
        return {
            **self.meaning.arrays(),
            **self.deep.arrays("deep_"),
            **self.words.arrays(),
            **self.word_layer.arrays("word_"),
            **self.towers.arrays(),
            **{name: part.rows for name, part in anchors.items()},
            **{f"{name}_topic_at": part.topic_at for name, part in anchors.items()},
            "mix": self.mix,
            "set_floor": np.array(self.set_floor),
        }

    @property
    def classes(self) -> tuple[str, ...]:
        """Slugs of the topics it can name."""
        return self.meaning.classes

    @cached_property
    def _risen_answers(self) -> Vectors:
        return self.towers.answer.rise(self.answers.rows)

    def predict_proba(self, features: Features) -> Probabilities:
        """Return float64[n, k], calibrated."""
        return softmax(self.logits(features))

    def logits(self, features: Features) -> NDArray[np.float64]:
        """Return float64[n, k], which validity reads too: a question about nothing known has low ones."""
        return self.signals(features) @ self.mix

    def signals(self, features: Features) -> NDArray[np.float64]:
        """Return float64[n, k, len(SIGNALS)]; training asks heads that never saw the question."""
        embedding, n_topics = features.embedding, len(self.classes)
        bags = self.words.bags(features.terms)
        return np.stack(
            [
                self.meaning.logits(embedding),
                self.deep.logits(features.deep),
                self.words.all_logits(bags, self.word_layer),
                self.answers.best(self.towers.similarities(embedding, self._risen_answers), n_topics),
                self.passages.best(embedding @ self.passages.rows.T, n_topics),
                self.answer_words.best(rows_summed(bags, self.answer_words.rows.T), n_topics),
            ],
            axis=2,
        )


def decide_topic(
    probabilities: NDArray[np.float64], *, classes: tuple[str, ...], floor: float, set_floor: float = 1.0
) -> TopicVerdict:
    """Choose the most probable topic, and the second where it is close; name those that reach the `set_floor`.

    The most probable one is plausible even below it, so 1.0 names it alone.

    >>> decide_topic(np.array([0.8, 0.15, 0.05]), classes=("fees", "payouts", "sign-in"), floor=0.5).topics
    (('fees', 0.8),)
    >>> classes = ("fees", "payouts", "sign-in")
    >>> unsure = decide_topic(np.array([0.3, 0.25, 0.1]), classes=classes, floor=0.6, set_floor=0.1)
    >>> unsure.topics, unsure.reason
    ((('fees', 0.3), ('payouts', 0.25)), <Reason.TOPIC_UNSURE: 'topic_unsure'>)
    >>> unsure.plausible
    (('fees', 0.3), ('payouts', 0.25), ('sign-in', 0.1))
    """
    n_plausible = max(int(np.count_nonzero(probabilities >= set_floor)), 1)
    order = np.argsort(-probabilities, kind="stable")[: max(n_plausible, MOST_CONSIDERED)]
    ranked = tuple((classes[at], float(probabilities[at])) for at in order.tolist())
    considered = ranked[:MOST_CONSIDERED]
    topics = tuple(topic for topic in considered[:2] if topic[1] >= CLOSE * considered[0][1])
    total = min(sum(probability for _, probability in topics), 1.0)
    return TopicVerdict(
        topics=topics,
        probability=total,
        considered=considered,
        plausible=ranked[:n_plausible],
        reason=None if total >= floor else Reason.TOPIC_UNSURE,
    )


def follow(verdict: TopicVerdict, heirs: Mapping[str, tuple[str, ...]]) -> TopicVerdict:
    """Put the heirs of retired topics in their place; without heirs, the best topic being retired decides nothing.

    Of a topic that was split the old name is shown, for nobody knows which part; the answers of all parts compete.

    >>> verdict = TopicVerdict((("returns", 0.9),), 0.9, considered=(("returns", 0.9), ("fees", 0.1)))
    >>> follow(verdict, {"returns": ("orders",)}).topics
    (('orders', 0.9),)
    >>> follow(verdict, {"returns": ("labels", "refunds")}).considered
    (('labels', 0.9), ('refunds', 0.9), ('fees', 0.1))
    >>> follow(verdict, {"returns": ()}).reason
    <Reason.TOPIC_RETIRED: 'topic_retired'>
    """
    if not any(slug in heirs for slug, _ in (*verdict.considered, *verdict.topics, *verdict.plausible)):
        return verdict
    is_gone = heirs.get(verdict.topics[0][0]) == ()
    return replace(
        verdict,
        topics=_joined((_only(heirs.get(slug, ())) or slug, p) for slug, p in verdict.topics),
        considered=_joined((heir, p) for slug, p in verdict.considered for heir in heirs.get(slug, (slug,))),
        plausible=_joined((_only(heirs.get(slug, ())) or slug, p) for slug, p in verdict.plausible),
        reason=verdict.reason or (Reason.TOPIC_RETIRED if is_gone else None),
    )


def _only(heirs: tuple[str, ...]) -> str:
    """The one heir; empty if there are none or several."""
    return heirs[0] if len(heirs) == 1 else ""


def _joined(topics: Iterable[tuple[str, float]]) -> tuple[tuple[str, float], ...]:
    """Each topic once, with all that speaks for it, best first."""
    sums: dict[str, float] = {}
    for slug, probability in topics:
        sums[slug] = min(sums.get(slug, 0.0) + probability, 1.0)
    return tuple(sorted(sums.items(), key=lambda pair: -pair[1]))


def _anchors(arrays: Arrays, name: str, *, order: Literal["C", "F"] = "C") -> Anchors:
    return Anchors(
        rows=array_named(arrays, name, stage=Stage.TOPIC).astype(np.float32, order=order),
        topic_at=array_named(arrays, f"{name}_topic_at", stage=Stage.TOPIC).astype(np.int64),
    )
