"""Which label model is believed: the one that gold prefers, and the majority where gold can't tell (pure).

Each candidate is judged on the messages with gold. Who learns from gold is asked about a message only when fitted
without it. A message that is left without a label counts as wrong: all candidates are judged on the same messages, and
so is what a model trained on gold alone says of them.
"""

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from copilot.evaluation.paired import Difference, paired_difference
from labeling.label_models.labeler import ABSTAIN, WeakLabeler, decide
from labeling.label_models.methods import Method
from labeling.votes import Votes

FEWEST_GOLD = 30  # with less nothing is chosen
N_FOLDS = 5

Ints = NDArray[np.int64]


@dataclass(frozen=True)
class Candidate:
    """One way to label and what gold says of it: `n_right` of `n_gold` messages, `n_labelled` of which got a label.

    `sureness` is the mean probability of these labels; `difference` is against the majority, with its interval.
    `problem` says why it could not be tried.
    """

    name: str
    n_gold: int = 0
    n_labelled: int = 0
    n_right: int = 0
    sureness: float | None = None
    difference: Difference | None = None
    problem: str = ""


@dataclass(frozen=True, eq=False)
class Judged:
    """What a candidate said of the messages with gold: classes int[n_gold], and the probabilities of these."""

    said: Ints
    probability: NDArray[np.float64]


def judge(
    votes: Votes, gold: Ints, *, seed: int, beside: Mapping[str, Ints] | None = None
) -> list[Candidate]:
    """Try every method on the messages with gold; `beside` are what others say of these, in their order."""
    rows = np.flatnonzero(gold >= 0)
    found: dict[str, Judged | str] = {
        method.value: _judged(method, votes, gold, rows, seed=seed) for method in Method
    }
    for name, said in (beside or {}).items():
        found[name] = Judged(said, np.full(len(said), np.nan))
    majority = found[Method.MAJORITY]
    return [_candidate(name, each, majority, gold[rows]) for name, each in found.items()]


def choose(candidates: list[Candidate]) -> Method:
    """Return the method whose gain over the majority is sure, the largest if there are several; else the majority."""
    methods = set(Method)
    better = [
        each
        for each in candidates
        if each.name in methods and each.difference and each.difference.low > 0 and each.n_gold >= FEWEST_GOLD
    ]
    if not better:
        return Method.MAJORITY
    return Method(max(better, key=lambda each: each.n_right).name)


def cross_fitted(votes: Votes, gold: Ints, rows: Ints, *, seed: int) -> NDArray[np.float64]:
    """Return float64[rows, k]: what votes weighed by gold say of each row when its own gold is not among it."""
    told, known = votes.only_rows(rows), gold[rows]
    fold = np.random.default_rng(seed).permutation(len(rows)) % N_FOLDS
    probabilities = np.zeros((len(rows), votes.k))
    for number in range(N_FOLDS):
        kept = np.where(fold == number, ABSTAIN, known)
        labeler = WeakLabeler(method=Method.GOLD_WEIGHTED, seed=seed).fit(told, kept)
        held_out = np.flatnonzero(fold == number)
        probabilities[held_out] = labeler.predict_proba(told.only_rows(held_out))
    return probabilities


def _judged(method: Method, votes: Votes, gold: Ints, rows: Ints, *, seed: int) -> Judged | str:
    """What a method says of the rows, or why it can't be tried."""
    try:
        if method is Method.GOLD_WEIGHTED:
            if len(rows) < FEWEST_GOLD:
                return f"{len(rows)} messages have gold, {FEWEST_GOLD} are needed to weigh votes by it"
            probabilities = cross_fitted(votes, gold, rows, seed=seed)
        else:
            labeler = WeakLabeler(method=method, seed=seed).fit(votes)
            probabilities = labeler.predict_proba(votes.only_rows(rows))
    except ValueError as error:
        return str(error)
    return Judged(decide(probabilities), probabilities.max(axis=1, initial=0))


def _candidate(name: str, judged: Judged | str, majority: Judged | str, gold: Ints) -> Candidate:
    if isinstance(judged, str):
        return Candidate(name, problem=judged)
    is_right, is_labelled = judged.said == gold, judged.said != ABSTAIN
    sureness = judged.probability[is_labelled]
    difference = None
    if not isinstance(majority, str) and judged is not majority and len(gold):
        each = np.ones(len(gold))
        cases = [str(row) for row in range(len(gold))]
        difference = paired_difference((majority.said == gold, each), (is_right, each), cases)
    return Candidate(
        name,
        n_gold=len(gold),
        n_labelled=int(is_labelled.sum()),
        n_right=int(is_right.sum()),
        sureness=float(sureness.mean()) if len(sureness) and not np.isnan(sureness).any() else None,
        difference=difference,
    )
