"""What else could be built on the frozen encoder: trained on the same rows as the heads, judged on the same test rows.

The hybrid tells topics apart by meaning and spelling. The stack tells strangers from friends by how at home a text is
among the topics. Both are good and plain: heads that serve must not be worse.
"""

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy.sparse import csr_matrix, hstack
from scipy.special import logsumexp
from sklearn.covariance import LedoitWolf
from sklearn.feature_extraction.text import TfidfVectorizer
from sklearn.linear_model import LogisticRegression
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler
from sklearn.svm import LinearSVC

from copilot.datasets import Example
from copilot.evaluation.paired import Difference, drawn_differences
from copilot.pipeline.encoder import Encoder
from copilot.pipeline.types import Vectors
from copilot.statistics.selection import recall_at_accuracy
from labeling.training.fitting import MOST_ROUNDS, TOLERANCE

SPELLING_WEIGHT = 0.5
LAYER_C = 10.0
NEIGHBOURS = 10
FEWEST_TOPICS = 3  # with two scikit-learn gives one score for both
CHUNK = 500


@dataclass(frozen=True, eq=False)
class Said:
    """What somebody says of n rows: the right topic or not, and a `gate` float64[n], higher for what is in scope."""

    is_right: NDArray[np.bool_]
    gate: NDArray[np.float64] | None = None


Rival = Callable[[Sequence[Example], Sequence[Example], Sequence[Example], Encoder], Said]


def ask_hybrid(
    train: Sequence[Example], _validation: Sequence[Example], test: Sequence[Example], encoder: Encoder
) -> Said:
    """A linear machine on the vector beside TF-IDF of words, pairs of words and pieces of words. It has no gate."""
    rows = _friends(train)
    texts, topics = [row.text for row in rows], _topics(rows)
    spelling = [
        TfidfVectorizer(sublinear_tf=True, ngram_range=(1, 2)).fit(texts),
        TfidfVectorizer(sublinear_tf=True, analyzer="char_wb", ngram_range=(2, 5)).fit(texts),
    ]

    def read(read_texts: list[str]) -> csr_matrix:
        spelled = (SPELLING_WEIGHT * part.transform(read_texts) for part in spelling)
        return hstack([csr_matrix(encoder.encode(read_texts)), *spelled]).tocsr()

    machine = LinearSVC(C=1.0).fit(read(texts), topics)
    return Said(_is_right(machine.predict(read([row.text for row in test])), test))


def ask_stack(
    train: Sequence[Example], validation: Sequence[Example], test: Sequence[Example], encoder: Encoder
) -> Said:
    """A logistic regression on the vector, and one over nine scores of how at home a text is among its topics.

    The second learns from rows that the first never saw: those for validation, and all that are out of scope.

    Raises:
        ValueError: there are no such rows of both kinds, or too few topics.
    """
    held_back = [*validation, *(row for row in train if row.reason)]
    if len({row.reason is None for row in held_back}) < 2:
        raise ValueError(
            "the stack learns from rows held back, in scope and out of it: give --validation too"
        )
    rows = _friends(train)
    if len(set(_topics(rows))) < FEWEST_TOPICS:
        raise ValueError(f"the stack tells {FEWEST_TOPICS} topics apart at least: give more of them")
    home = _Home.of(encoder.encode([row.text for row in rows]), _topics(rows))
    gate = make_pipeline(StandardScaler(), LogisticRegression(max_iter=MOST_ROUNDS))
    gate.fit(
        home.scores(encoder.encode([row.text for row in held_back])),
        [row.reason is None for row in held_back],
    )
    vectors = encoder.encode([row.text for row in test])
    is_right = _is_right(home.layer.predict(vectors), test)
    return Said(is_right, gate.predict_proba(home.scores(vectors))[:, 1])


RIVALS: Mapping[str, Rival] = {"hybrid": ask_hybrid, "stack": ask_stack}


def differences(
    ours: Said, theirs: Said, is_in_scope: NDArray[np.bool_], *, accuracies: Sequence[float]
) -> dict[str, float | None]:
    """How much better ours is, with the interval of a paired bootstrap over the test rows.

    Each draw chooses its own gates, since how much is refused at an in-scope accuracy is uncertain too.
    """
    names = ["accuracy"]
    if ours.gate is not None and theirs.gate is not None and not is_in_scope.all():
        names += [f"out-of-scope recall at {accuracy:.0%}" for accuracy in accuracies]

    def measured(said: Said, rows: NDArray[np.intp]) -> list[float]:
        right, friend = said.is_right[rows], is_in_scope[rows]
        figures = [float(right[friend].mean())]
        if said.gate is not None and len(names) > 1:
            recalls = (
                recall_at_accuracy(said.gate[rows], right, friend, accuracy=accuracy)
                for accuracy in accuracies
            )
            figures += [np.nan if recall is None else recall for recall in recalls]
        return figures

    found = drawn_differences(
        lambda rows: np.subtract(measured(ours, rows)[: len(names)], measured(theirs, rows)[: len(names)]),
        n=len(is_in_scope),
    )
    told: dict[str, float | None] = {}
    for name, difference in zip(names, found, strict=True):
        told |= _told(f"{name} over rival", difference)
    return told


def _told(name: str, difference: Difference | None) -> dict[str, float | None]:
    if difference is None:
        return {name: None}
    return {name: difference.estimate, f"{name} low": difference.low, f"{name} high": difference.high}


@dataclass(frozen=True, eq=False)
class _Home:
    """What is known of n training rows: vectors [n, d] and topics int[n], and what was fitted on them."""

    vectors: Vectors
    layer: LogisticRegression
    machine: LinearSVC
    centroids: NDArray[np.float64]
    within: NDArray[np.float64]  # precision of a vector around its centroid
    overall: LedoitWolf

    @classmethod
    def of(cls, vectors: Vectors, topics: NDArray[np.str_]) -> "_Home":
        classes, at = np.unique(topics, return_inverse=True)
        centroids = np.array([vectors[at == number].mean(axis=0) for number in range(len(classes))])
        return cls(
            vectors=vectors,
            layer=LogisticRegression(C=LAYER_C, tol=TOLERANCE, max_iter=MOST_ROUNDS).fit(vectors, topics),
            machine=LinearSVC(C=1.0).fit(vectors, topics),
            centroids=centroids,
            within=LedoitWolf(assume_centered=True).fit(vectors - centroids[at]).precision_,
            overall=LedoitWolf().fit(vectors),
        )

    def scores(self, vectors: Vectors) -> NDArray[np.float64]:
        """Return float64[n, 9], a few rows at a time."""
        chunks = np.array_split(vectors, len(vectors) // CHUNK + 1)
        return np.vstack([self._scores(chunk) for chunk in chunks])

    def _scores(self, vectors: Vectors) -> NDArray[np.float64]:
        logits = self.layer.decision_function(vectors)
        nearest = np.sort(vectors @ self.vectors.T, axis=1)[:, -NEIGHBOURS:]
        lengths = np.linalg.norm(self.centroids, axis=1)
        distance = self._distances(vectors).min(axis=1)
        return np.column_stack(
            [
                self.layer.predict_proba(vectors).max(axis=1),
                logits.max(axis=1),
                logsumexp(logits, axis=1),
                nearest[:, -1],
                nearest.mean(axis=1),
                -distance,
                self.overall.mahalanobis(vectors) - distance,
                (vectors @ self.centroids.T / lengths).max(axis=1),
                self.machine.decision_function(vectors).max(axis=1),
            ]
        )

    def _distances(self, vectors: Vectors) -> NDArray[np.float64]:
        """float64[n, k] of Mahalanobis, squared, from the k centroids."""
        seen = vectors @ self.within
        of_vectors = np.einsum("nd,nd->n", seen, vectors)
        of_centroids = np.einsum("kd,kd->k", self.centroids @ self.within, self.centroids)
        distances: NDArray[np.float64] = of_vectors[:, None] - 2 * seen @ self.centroids.T + of_centroids
        return distances


def _friends(rows: Sequence[Example]) -> list[Example]:
    return [row for row in rows if row.topic]


def _topics(friends: Sequence[Example]) -> NDArray[np.str_]:
    return np.array([row.topic for row in friends])


def _is_right(said: Iterable[str], rows: Sequence[Example]) -> NDArray[np.bool_]:
    return np.array([topic in row.topics_accepted for topic, row in zip(said, rows, strict=True)])
