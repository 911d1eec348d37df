"""The small fits that stages share: linear layer, temperature and vocabulary."""

import re
from collections.abc import Iterable, Sequence

import numpy as np
from numpy.typing import NDArray
from scipy.optimize import minimize_scalar
from scipy.sparse import csr_matrix
from sklearn.feature_extraction.text import TfidfVectorizer
from sklearn.linear_model import LogisticRegression

from copilot.pipeline.heads import Linear, softmax
from copilot.pipeline.terms import READ, terms_of
from copilot.pipeline.types import Stage
from copilot.pipeline.words import Bag, Words

TOLERANCE = 1e-4  # lbfgs stops on the mean loss: 1e-3 costs a point of accuracy, 1e-2 stops at once
MOST_ROUNDS = 2_000
NEVER = -30.0  # logit of a class that a fold has no example of
RAREST_WORD = 2  # texts it must occur in
MOST_WORDS = 20_000
PERSONAL = re.compile(
    r"\d{5}"
)  # an order, a phone, an account: an artifact is copied to places where these are nobody's


def fit_linear(
    x: NDArray[np.floating] | csr_matrix,
    labels: NDArray[np.str_],
    *,
    classes: tuple[str, ...],
    c: float,
    stage: Stage,
    weights: NDArray[np.float64] | None = None,
) -> Linear:
    """Fit scikit-learn's logistic regression and return its twin over `classes`, those without examples included.

    `weights` float64[n] say how much each example counts; without them all count alike.
    """
    model = LogisticRegression(C=c, tol=TOLERANCE, max_iter=MOST_ROUNDS)
    model.fit(x.astype(np.float64), labels, sample_weight=weights)
    if model.n_iter_.max() >= MOST_ROUNDS:
        raise RuntimeError(
            f"{stage}: logistic regression did not converge in {MOST_ROUNDS} rounds: lower c ({c})"
        )
    return twin_of(model, classes=classes, stage=stage)


def twin_of(model: LogisticRegression, *, classes: tuple[str, ...], stage: Stage) -> Linear:
    """The numpy layer with the probabilities of a fitted model."""
    weights, bias = model.coef_, model.intercept_
    if len(model.classes_) == 2:  # scikit-learn keeps one row for two classes: the first one's logit is 0
        weights, bias = np.vstack([np.zeros_like(weights), weights]), np.concatenate([[0.0], bias])
    at = [classes.index(str(name)) for name in model.classes_]
    whole_weights, whole_bias = np.zeros((len(classes), weights.shape[1])), np.full(len(classes), NEVER)
    whole_weights[at], whole_bias[at] = weights, bias
    return Linear(stage=stage, classes=classes, weights=whole_weights, bias=whole_bias)


def fit_temperature(logits: NDArray[np.float64], labels: NDArray[np.int64]) -> float:
    """Return the temperature in [0.1, 10] that makes cross-fitted logits [n, k] likeliest for labels int[n]."""
    rows = np.arange(len(labels))

    def loss(log_temperature: float) -> float:
        chosen = softmax(logits / np.exp(log_temperature))[rows, labels]
        return float(-np.log(np.maximum(chosen, 1e-12)).mean())

    found = minimize_scalar(
        loss, bounds=(np.log(0.1), np.log(10.0)), method="bounded", options={"xatol": 1e-4}
    )
    return float(np.exp(found.x))


def fit_words(texts: Sequence[str], *, stage: Stage) -> Words:
    """Choose the vocabulary of these texts, without long numbers, and weigh its words."""
    vectorizer = TfidfVectorizer(
        sublinear_tf=True, ngram_range=(1, 2), min_df=RAREST_WORD, max_features=MOST_WORDS
    )
    vectorizer.fit([text[:READ] for text in texts])
    found = [str(term) for term in vectorizer.get_feature_names_out()]
    kept = np.array([PERSONAL.search(term) is None for term in found], dtype=bool)
    vocabulary = tuple(term for term, is_kept in zip(found, kept, strict=True) if is_kept)
    return Words(stage=stage, vocabulary=vocabulary, idf=vectorizer.idf_[kept].astype(np.float64))


def bags_of(texts: Iterable[str], words: Words) -> list[Bag]:
    """The bag of each text."""
    return words.bags([terms_of(text) for text in texts])


def stacked(bags: Sequence[Bag], *, words: Words) -> csr_matrix:
    """Bags as a sparse matrix [n, v], as scikit-learn trains on."""
    starts = np.cumsum([0, *(len(bag.at) for bag in bags)])
    values, columns = (np.concatenate([getattr(bag, part) for bag in bags]) for part in ("weight", "at"))
    matrix = csr_matrix((values, columns, starts), shape=(len(bags), len(words.vocabulary)))
    matrix.sort_indices()
    return matrix
