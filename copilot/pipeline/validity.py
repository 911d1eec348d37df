"""Stage 1, validity: is this a question we may answer, and if not, what is it?

A plain in-or-out classifier is the weakest gate there is: a hundred bad messages do not span everything else. So the
head also reads how at home a question is among the known ones: the topic head's logits, and the nearest past
questions. It must therefore serve beside the topic head that it was trained beside.
"""

from collections.abc import Collection
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from copilot.pipeline.heads import Arrays, Linear, array_named, softmax
from copilot.pipeline.surface import surface_features
from copilot.pipeline.types import (
    Features,
    HeadError,
    Probabilities,
    Question,
    Reason,
    Stage,
    ValidityVerdict,
    Vectors,
)
from copilot.pipeline.words import Words

QUESTION = "question"  # the class beside the reasons
NEAREST = 5
SCOPE = ("max_probability", "max_logit", "energy", "entropy", "nearest", "nearest_mean")


@dataclass(frozen=True, eq=False)
class ValidityHead:
    """One logistic regression in two parts: `layer` over vectors, surface marks and scope scores; `word_layer`.

    `known` float32[m, d] are vectors of past questions; `mean` and `scale` float64[s] bring marks and scores, in this
    order, to one size; `topics` are the classes of the topic head it was trained beside.
    """

    layer: Linear
    words: Words
    word_layer: Linear
    known: Vectors
    mean: NDArray[np.float64]
    scale: NDArray[np.float64]
    topics: tuple[str, ...]

    @classmethod
    def from_arrays(cls, arrays: Arrays) -> "ValidityHead":
        """Read what training saved."""
        stage = Stage.VALIDITY
        layer = Linear.from_arrays(arrays, stage=stage)
        unknown = set(layer.classes) - {QUESTION, *Reason}
        if unknown or QUESTION not in layer.classes:
            raise HeadError(
                stage, f"classes {layer.classes} are not {QUESTION!r} and reasons: train it again"
            )
        return cls(
            layer=layer,
            words=Words.from_arrays(arrays, stage=stage),
            word_layer=Linear.from_arrays(arrays, stage=stage, prefix="word_"),
            known=array_named(arrays, "known", stage=stage).astype(np.float32),
            mean=array_named(arrays, "mean", stage=stage).astype(np.float64),
            scale=array_named(arrays, "scale", stage=stage).astype(np.float64),
            topics=tuple(str(slug) for slug in array_named(arrays, "topics", stage=stage)),
        )

    def arrays(self) -> dict[str, NDArray[np.generic]]:
        """What `from_arrays` reads."""
        return {
            **self.layer.arrays(),
            **self.words.arrays(),
            **self.word_layer.arrays("word_"),
            "known": self.known,
            "mean": self.mean,
            "scale": self.scale,
            "topics": np.array(self.topics),
        }

    @property
    def classes(self) -> tuple[str, ...]:
        """ "question" and the reasons it knows, in the order of the probabilities."""
        return self.layer.classes

    def predict_proba(self, features: Features, topic_logits: NDArray[np.float64]) -> Probabilities:
        """Return float64[n, k], calibrated; topic_logits float64[n, t] are the topic head's."""
        if topic_logits.shape[1] != len(self.topics):
            raise HeadError(
                Stage.VALIDITY,
                f"got {topic_logits.shape[1]} topics, was trained beside {len(self.topics)}: "
                "promote a release whose parts were trained together",
            )
        scores = scope_scores(topic_logits, features.embedding @ self.known.T)
        n_shallow = features.embedding.shape[1] + len(self.mean)  # what older heads read
        is_deep = self.layer.weights.shape[1] != n_shallow
        x = dense_features(features, scores, mean=self.mean, scale=self.scale, is_deep=is_deep)
        logits = self.layer.logits(x) + self.words.all_logits(
            self.words.bags(features.terms), self.word_layer
        )
        return softmax(logits / self.layer.temperature)


def dense_features(
    features: Features,
    scores: NDArray[np.float64],
    *,
    mean: NDArray[np.float64],
    scale: NDArray[np.float64],
    is_deep: bool = True,
) -> NDArray[np.float64]:
    """Return float64[n, d + m + s]: the vector, the encoder's earlier layers, then surface marks and scope scores."""
    marks = np.hstack([surface_features(features.questions), scores])
    return np.hstack([features.deep if is_deep else features.embedding, (marks - mean) / scale])


def scope_scores(logits: NDArray[np.float64], similarities: NDArray[np.float32]) -> NDArray[np.float64]:
    """How at home questions are: float64[n, len(SCOPE)] from topic logits [n, k] and cosines to known questions [n, m].

    Training hands in logits of heads that never saw the question, and cosines without the question's own case.
    """
    probabilities = softmax(logits)
    top = logits.max(axis=1)
    energy = top + np.log(np.exp(logits - top[:, None]).sum(axis=1))
    entropy = -(probabilities * np.log(np.maximum(probabilities, 1e-12))).sum(axis=1)
    count = min(NEAREST, similarities.shape[1])
    nearest = np.partition(similarities, -count, axis=1)[:, -count:].astype(np.float64)
    return np.column_stack(
        [probabilities.max(axis=1), top, energy, entropy, nearest.max(axis=1), nearest.mean(axis=1)]
    )


def decide_by_rule(question: Question, *, languages: Collection[str]) -> ValidityVerdict | None:
    """What needs no head: nothing was written, or in a language this release does not answer.

    >>> decide_by_rule(Question("Wo ist mein Geld?", "de"), languages=("en",)).reason
    <Reason.OTHER_LANGUAGE: 'other_language'>
    >>> decide_by_rule(Question("where is it", None), languages=("en",)) is None
    True
    """
    if not question.text.strip():
        return ValidityVerdict(is_question=False, reason=Reason.NO_REQUEST, probability=0.0)
    if question.language is not None and question.language not in languages:
        return ValidityVerdict(is_question=False, reason=Reason.OTHER_LANGUAGE, probability=0.0)
    return None


def decide_validity(
    probabilities: NDArray[np.float64], *, classes: tuple[str, ...], floor: float
) -> ValidityVerdict:
    """A question if that is probable enough, else the most probable reason why not.

    >>> decide_validity(np.array([0.7, 0.2, 0.1]), classes=("question", "thanks", "spam"), floor=0.8)
    ValidityVerdict(is_question=False, reason=<Reason.THANKS: 'thanks'>, probability=0.7)
    """
    at = classes.index(QUESTION)
    probability = float(probabilities[at])
    if probability >= floor:
        return ValidityVerdict(is_question=True, reason=None, probability=probability)
    reason = max(
        (index for index in range(len(classes)) if index != at), key=lambda index: probabilities[index]
    )
    return ValidityVerdict(is_question=False, reason=Reason(classes[reason]), probability=probability)
