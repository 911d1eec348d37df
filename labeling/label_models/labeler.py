"""WeakLabeler: one label and its probability from many votes, whichever model weighs them."""

from typing import Self

import numpy as np
from numpy.typing import NDArray

from labeling.label_models import compact
from labeling.label_models.methods import Method
from labeling.label_models.voters import count_votes, log_odds, majority, precision_on_gold
from labeling.votes import Votes

ABSTAIN = -1


class WeakLabeler:
    """An estimator in scikit-learn's manner over votes instead of a matrix.

    Learned: `classes_` int[k], and what the method needs: `weights_` float64[m] of votes weighed by gold, `estimate_`
    of the label model. A row without votes is never labelled, whatever the balance of the classes.

    >>> votes = Votes.from_matrix(np.array([[0, 0, -1], [1, -1, 0], [-1, -1, -1]]), k=2)
    >>> labeler = WeakLabeler(method=Method.GOLD_WEIGHTED, seed=1).fit(votes, gold=np.array([0, 1, -1]))
    >>> labeler.predict(votes).tolist()
    [0, 1, -1]
    """

    def __init__(
        self, *, seed: int, method: Method = Method.MAJORITY, balance: NDArray[np.float64] | None = None
    ) -> None:
        self.seed = seed
        self.method = method
        self.balance = balance

    def fit(self, votes: Votes, gold: NDArray[np.integer] | None = None) -> Self:
        """Fit to votes; `gold` int[n] are the classes of the rows somebody judged, -1 for the others.

        Raises:
            ValueError: the method needs gold and there is none, or it needs more functions.
        """
        if gold is not None and len(gold) != votes.n:
            raise ValueError(
                f"gold has {len(gold)} rows, the votes {votes.n}: give one for each, -1 for none"
            )
        if self.method is Method.GOLD_WEIGHTED:
            if gold is None or not (gold >= 0).any():
                raise ValueError(
                    "gold_weighted: there is no gold to weigh votes by: label some, or take the majority"
                )
            self.weights_ = log_odds(precision_on_gold(votes, gold), votes.k)
        elif self.method is Method.LABEL_MODEL:
            self.estimate_ = compact.estimate(votes, seed=self.seed, balance=self.balance)
        self.classes_ = np.arange(votes.k)
        self.n_functions_ = votes.m
        return self

    def predict_proba(self, votes: Votes) -> NDArray[np.float64]:
        """Return float64[n, k]; a row on which nobody voted is all zero, for nothing is known of it."""
        if (votes.m, votes.k) != (self.n_functions_, len(self.classes_)):
            raise ValueError(
                f"votes of {votes.m} functions for {votes.k} classes, fitted to {self.n_functions_} and "
                f"{len(self.classes_)}: fit again"
            )
        if self.method is Method.MAJORITY:
            return majority(votes)
        if self.method is Method.LABEL_MODEL:
            probabilities = compact.predict(self.estimate_, votes)
        else:
            probabilities = _raised(count_votes(votes, self.weights_), self.balance)
        probabilities[~votes.covered()] = 0
        return probabilities

    def predict(self, votes: Votes) -> NDArray[np.int64]:
        """Return int64[n]: the likeliest class, -1 where nobody voted or several are as likely."""
        return decide(self.predict_proba(votes))


def decide(probabilities: NDArray[np.float64]) -> NDArray[np.int64]:
    """Return the likeliest class of each row, -1 where several are as likely or none is at all.

    >>> decide(np.array([[0.2, 0.8], [0.5, 0.5], [0.0, 0.0]])).tolist()
    [1, -1, -1]
    """
    best = probabilities.argmax(axis=1)
    most = probabilities[np.arange(len(best)), best]
    n_best = np.count_nonzero(probabilities >= most[:, None] * (1 - 1e-9), axis=1)
    return np.where((most > 0) & (n_best == 1), best, ABSTAIN)


def _raised(logs: NDArray[np.float64], balance: NDArray[np.float64] | None) -> NDArray[np.float64]:
    """Softmax of [n, k], in place."""
    if balance is not None:
        logs += np.log(balance)
    logs -= logs.max(axis=1, keepdims=True)
    np.exp(logs, out=logs)
    logs /= logs.sum(axis=1, keepdims=True)
    return logs
