"""Who is probably right where several people labeled a message (Dawid and Skene 1979).

Each person has error rates of their own; they and the true classes are estimated together by EM. For people's
annotations, which are dense; labeling functions say nothing about most messages, and there it does harm.
"""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

Array = NDArray[np.float64]
TINY = 1e-300


@dataclass(frozen=True, eq=False)
class Consensus:
    """`probabilities` [messages, classes], `shares` [classes], `errors` [people, true class, said class]."""

    probabilities: Array
    shares: Array
    errors: Array
    n_rounds: int


def estimate(
    messages: NDArray[np.int64],
    people: NDArray[np.int64],
    classes: NDArray[np.int64],
    *,
    smoothing: float = 0.0,
    most_rounds: int = 200,
    tolerance: float = 1e-7,
) -> Consensus:
    """Estimate from single labels: label i says that `people[i]` gave `messages[i]` the class `classes[i]`.

    `smoothing` is added to each count of what a person says of a class, so that what was never seen is not impossible.

    >>> said = np.array([0, 0, 1, 1, 1, 1, 0, 0, 1])
    >>> found = estimate(np.repeat([0, 1, 2], 3), np.tile([0, 1, 2], 3), said, smoothing=0.1)
    >>> found.probabilities.argmax(axis=1).tolist()
    [0, 1, 0]
    """
    n, m, k = (int(codes.max()) + 1 for codes in (messages, people, classes))
    votes = np.zeros((n, k))
    np.add.at(votes, (messages, classes), 1)
    probabilities = votes / votes.sum(axis=1, keepdims=True)
    for n_rounds in range(1, most_rounds + 1):  # noqa: B007  told in the end
        shares = probabilities.mean(axis=0)
        errors = np.full((m, k, k), smoothing)
        np.add.at(errors.transpose(0, 2, 1), (people, classes), probabilities[messages])
        errors /= np.maximum(errors.sum(axis=2, keepdims=True), TINY)
        told = np.zeros((n, k))
        np.add.at(told, messages, np.log(np.maximum(errors[people, :, classes], TINY)))
        told += np.log(np.maximum(shares, TINY))
        likely = np.exp(told - told.max(axis=1, keepdims=True))
        likely /= likely.sum(axis=1, keepdims=True)
        moved = float(np.abs(likely - probabilities).max())
        probabilities = likely
        if moved < tolerance:
            break
    return Consensus(probabilities, shares, errors, n_rounds)
