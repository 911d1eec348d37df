"""Two voters, in a few lines of numpy: one function one vote, and votes that weigh what gold says of them."""

import numpy as np
from numpy.typing import NDArray
from scipy.sparse import csr_array

from labeling.votes import Votes

PRIOR_HITS = 4.0  # a function is believed to be like all others, as firmly as if so many hits had shown it
MOST_CERTAIN = 0.99  # no function is taken to be right more often, whatever gold says


def count_votes(votes: Votes, weights: NDArray[np.float64]) -> NDArray[np.float64]:
    """Return float64[n, k]: the weights [m] of the functions that gave a row each class, added up."""
    weighed = csr_array((weights[votes.functions], (votes.rows, votes.classes)), shape=(votes.n, votes.k))
    return weighed.toarray()


def majority(votes: Votes) -> NDArray[np.float64]:
    """Return float64[n, k]: all to the class with most votes; classes with equally many share.

    >>> votes = Votes.from_matrix(np.array([[0, 0, 1], [0, 1, -1], [-1, -1, -1]]), k=2)
    >>> majority(votes).tolist()
    [[1.0, 0.0], [0.5, 0.5], [0.0, 0.0]]
    """
    counts = count_votes(votes, np.ones(votes.m))
    most = counts.max(axis=1, keepdims=True, initial=0)
    np.equal(counts, most, out=counts, where=most > 0)
    np.divide(counts, counts.sum(axis=1, keepdims=True), out=counts, where=most > 0)
    return counts


def precision_on_gold(votes: Votes, gold: NDArray[np.integer]) -> NDArray[np.float64]:
    """Return float64[m]: how often each function is right where gold int[n] (-1: none) tells.

    Few hits tell little, so each one's precision is drawn towards that of all functions together.

    >>> votes = Votes.from_matrix(np.array([[0, 1], [0, 1], [1, -1], [-1, 0]]), k=2)
    >>> precision_on_gold(votes, np.array([0, 0, 1, -1])).round(2).tolist()
    [0.76, 0.38]
    """
    judged = gold[votes.rows] >= 0
    is_right = judged & (gold[votes.rows] == votes.classes)
    hits = np.bincount(votes.functions[judged], minlength=votes.m)
    right = np.bincount(votes.functions[is_right], minlength=votes.m)
    overall = (right.sum() + 1) / (hits.sum() + 2)
    precision: NDArray[np.float64] = (right + PRIOR_HITS * overall) / (hits + PRIOR_HITS)
    return precision


def log_odds(precision: NDArray[np.float64], k: int) -> NDArray[np.float64]:
    """Return what a vote of such a precision weighs: how much likelier it makes its class than each other one.

    A function that is right no more often than chance weighs nothing.

    >>> log_odds(np.array([0.5, 0.9, 0.1]), k=2).round(2).tolist()
    [0.0, 2.2, 0.0]
    """
    believed = np.clip(precision, 1 / k, MOST_CERTAIN)
    weights: NDArray[np.float64] = np.log(believed * (k - 1) / (1 - believed))
    return weights
