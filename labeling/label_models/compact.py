"""Snorkel's label model without its dense matrices: same objective, same start, same steps, same probabilities.

The model estimates mu[(function, class), y] = P(function says class | y is true) from how often pairs occur together
(Ratner et al., Training Complex Models with Multi-Task Weak Supervision, 2019), by gradient descent on

    || O - mu P mu' ||^2 between pairs of different functions  +  || sum_y mu P - diag(O) ||^2

with O[a, b] the share of rows on which both pairs occur, and P the diagonal of the classes' shares. snorkel 0.10 writes
one column for each (function, class), dense: 37 GB for a million rows of 60 functions and 77 classes, though a function
mostly knows one class. Here only the pairs that occur have one. That loses nothing: a pair that never occurs starts at
mu = 0 and its gradient is 0, so it ends at the smallest value allowed, where it says nothing. Only the rounding differs
then: the same sums in another order, in single precision, move a probability by up to some 2e-6. Where all pairs are
few, all of them have a column, and nothing moves.

What it learns is not how precise a function is: from snorkel's starting value, which one random number scales, its
steps hardly move mu. Hence no function's weight is shown to anybody, only what the labels are worth on gold.
"""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy.sparse import csr_array

from labeling.votes import Votes

FEWEST_FUNCTIONS = 3  # with less the model is not identified
PRECISION_AT_START = 0.7
EPOCHS = 100
RATE = 0.01
MOMENTUM = 0.9
SAME_SHARE = (
    3  # decimals to which classes are equally frequent, so that the model could take one for the other
)
FEW_PAIRS = 500  # of function and class: above, only those that occur have a column
CHUNK = 100_000  # rows whose votes are paired at once

Single = NDArray[np.float32]


@dataclass(frozen=True, eq=False)
class Estimate:
    """What was estimated: `log_mu` float64[p, k] of the p pairs, which `place` int[m, k] finds; -1 never occurred."""

    log_mu: NDArray[np.float64]
    log_balance: NDArray[np.float64]
    place: NDArray[np.int64]


def estimate(votes: Votes, *, seed: int, balance: NDArray[np.float64] | None = None) -> Estimate:
    """Fit to votes; `balance` float64[k] are the classes' shares, all alike without.

    Raises:
        ValueError: too few functions, or a balance that is none.
    """
    if votes.m < FEWEST_FUNCTIONS:
        raise ValueError(
            f"label model: {votes.m} functions vote, {FEWEST_FUNCTIONS} are needed: take the majority"
        )
    shares = _checked(balance, votes.k)
    place = _places(votes)
    functions, classes = np.nonzero(place >= 0)
    together = _together(votes, place)
    singles = shares.astype(np.float32)
    mu = _descend(together, functions, _start(together, classes, singles, seed=seed), singles)
    least = min(0.01, 1 / 10 ** np.ceil(np.log10(votes.n)))
    mu = _unmixed(np.clip(mu, least, 1 - least), classes, shares, least, votes.m)
    return Estimate(np.log(mu).astype(np.float64), np.log(shares), place)


def predict(found: Estimate, votes: Votes) -> NDArray[np.float64]:
    """Return float64[n, k]: P(class | votes); rows without votes get the balance, so mask them."""
    pairs = found.place[votes.functions, votes.classes]
    known = pairs >= 0
    said = csr_array(
        (np.ones(int(known.sum())), (votes.rows[known], pairs[known])),
        shape=(votes.n, len(found.log_mu)),
    )
    logs: NDArray[np.float64] = said @ found.log_mu
    logs += found.log_balance
    logs -= logs.max(axis=1, keepdims=True)
    np.exp(logs, out=logs)
    logs /= logs.sum(axis=1, keepdims=True)
    return logs


def _checked(balance: NDArray[np.float64] | None, k: int) -> NDArray[np.float64]:
    if balance is None:
        return np.full(k, 1 / k)
    shares = np.asarray(balance, np.float64)
    if shares.shape != (k,) or not np.all(shares > 0):
        raise ValueError(f"balance: {k} shares above 0 are needed, got {shares.tolist()[:8]}")
    return shares


def _places(votes: Votes) -> NDArray[np.int64]:
    """Number the pairs of function and class, int[m, k]: all if they are few, else those that occur; others get -1."""
    if votes.m * votes.k <= FEW_PAIRS:
        return np.arange(votes.m * votes.k).reshape(votes.m, votes.k)
    place = np.full((votes.m, votes.k), -1, np.int64)
    place[votes.functions, votes.classes] = 0
    place[place == 0] = np.arange(int((place == 0).sum()))
    return place


def _together(votes: Votes, place: NDArray[np.int64]) -> Single:
    """Return [p, p]: the share of rows on which two pairs occur together."""
    pairs, p = place[votes.functions, votes.classes], int(place.max(initial=-1)) + 1
    counts = np.zeros((p, p))
    for start in range(0, votes.n, CHUNK):
        of_chunk = slice(*np.searchsorted(votes.rows, [start, start + CHUNK]))
        at = (votes.rows[of_chunk] - start, pairs[of_chunk])
        said = csr_array((np.ones(len(at[0])), at), shape=(CHUNK, p))
        counts += (said.T @ said).toarray()
    shares: Single = (counts / votes.n).astype(np.float32)
    return shares


def _start(together: Single, classes: NDArray[np.intp], shares: Single, *, seed: int) -> Single:
    """Snorkel's first mu: each pair speaks for its own class, scaled by the one number that the seed draws."""
    mu = np.zeros((len(classes), len(shares)), np.float32)
    own = np.diag(together) * np.float32(PRECISION_AT_START) / shares[classes]
    mu[np.arange(len(classes)), classes] = np.clip(own, 0, 1)
    drawn = np.random.RandomState(
        seed
    ).random_sample()  # as snorkel draws it, without touching the global state
    return mu * np.float32(drawn)


def _descend(together: Single, functions: NDArray[np.intp], mu: Single, shares: Single) -> Single:
    """Take snorkel's steps with its own engine and in its own terms, so that even their rounding is the same."""
    import torch

    is_other = torch.from_numpy(functions[:, None] != functions)
    seen, balance = torch.from_numpy(together), torch.from_numpy(shares).diag()
    learned = torch.from_numpy(mu).clone().requires_grad_()
    steps = torch.optim.SGD([learned], lr=RATE, momentum=MOMENTUM)
    for _ in range(EPOCHS):
        steps.zero_grad()
        between = torch.norm((seen - learned @ balance @ learned.t())[is_other]) ** 2
        alone = torch.norm(torch.sum(learned @ balance, 1) - seen.diag()) ** 2
        (between + alone).backward()
        steps.step()
    if not learned.isfinite().all():
        raise ValueError("label model: it does not converge on these votes: take another one")
    found: Single = learned.detach().numpy()
    return found


def _unmixed(
    mu: Single, classes: NDArray[np.intp], shares: NDArray[np.float64], least: float, m: int
) -> Single:
    """Choose among the solutions that differ only by which class is called which: the one that trusts functions most.

    Classes can only be exchanged with others that are as frequent.
    """
    from scipy.optimize import linear_sum_assignment

    k = len(shares)
    trust = np.zeros((k, k))
    np.add.at(trust, classes, mu)
    trust += (m - np.bincount(classes, minlength=k))[:, None] * least
    trust *= shares
    order = np.arange(k)
    rounded = np.around(shares, SAME_SHARE)
    for share in np.unique(rounded):
        group = np.flatnonzero(rounded == share)
        columns, rows = linear_sum_assignment(trust[np.ix_(group, group)].T, maximize=True)
        order[group[rows]] = group[columns]
    return mu[:, order]
