"""The label model is chosen on gold, and only where gold is sure."""

import numpy as np

from copilot.evaluation.paired import Difference
from labeling.label_models.choosing import Candidate, choose, cross_fitted, judge
from labeling.label_models.methods import Method
from labeling.votes import Votes


def gold_of(truth: np.ndarray, n: int) -> np.ndarray:
    return np.where(np.arange(len(truth)) < n, truth, -1)


def two_liars(n: int, *, seed: int) -> tuple[Votes, np.ndarray]:
    """Two functions that are mostly wrong, and wrong together, outvote one that is mostly right."""
    rng = np.random.default_rng(seed)
    truth = rng.integers(2, size=n)
    lie = np.where(rng.random(n) < 0.8, 1 - truth, truth)
    right = np.where(rng.random(n) < 0.9, truth, 1 - truth)
    return Votes.from_matrix(np.stack([lie, lie, right], axis=1), k=2), truth


def by_name(candidates: list[Candidate]) -> dict[str, Candidate]:
    return {each.name: each for each in candidates}


def test_votes_weighed_by_gold_are_chosen_where_they_are_surely_better() -> None:
    votes, truth = two_liars(500, seed=1)
    candidates = judge(votes, gold_of(truth, 200), seed=1)

    assert choose(candidates) is Method.GOLD_WEIGHTED
    assert by_name(candidates)["gold_weighted"].difference.low > 0


def test_the_majority_stays_where_gold_cannot_tell() -> None:
    rng = np.random.default_rng(2)
    truth = rng.integers(3, size=1_000)
    alike = [np.where(rng.random(1_000) < 0.8, truth, rng.integers(3, size=1_000)) for _ in range(5)]
    candidates = judge(Votes.from_matrix(np.stack(alike, axis=1), k=3), gold_of(truth, 40), seed=1)

    assert choose(candidates) is Method.MAJORITY
    assert by_name(candidates)["majority"].difference is None


def test_little_gold_chooses_nothing() -> None:
    votes, truth = two_liars(500, seed=3)
    candidates = judge(votes, gold_of(truth, 12), seed=1)

    assert choose(candidates) is Method.MAJORITY
    assert by_name(candidates)["gold_weighted"].problem == (
        "12 messages have gold, 30 are needed to weigh votes by it"
    )


def test_too_few_functions_are_a_problem_of_one_candidate_only() -> None:
    votes = Votes.from_matrix(np.array([[0, 0], [1, 1]] * 40), k=2)
    candidates = by_name(judge(votes, np.array([0, 1] * 40), seed=1))

    assert "3 are needed" in candidates["label_model"].problem
    assert candidates["majority"].n_right == candidates["gold_weighted"].n_right == 80


def test_who_learns_from_gold_is_not_asked_what_it_was_told() -> None:
    rng = np.random.default_rng(4)
    n = 100
    votes = Votes.from_columns([(np.array([row]), np.array([rng.integers(2)])) for row in range(n)], n=n, k=2)
    gold = rng.integers(2, size=n)

    probabilities = cross_fitted(votes, gold, np.arange(n), seed=1)

    assert np.ptp(probabilities.max(axis=1)) < 0.1  # each function voted once: nothing else is known of it


def test_what_has_no_label_counts_as_wrong_and_others_stand_beside() -> None:
    votes = Votes.from_matrix(np.array([[0, 0, 0], [-1, -1, -1]] * 20), k=2)
    gold = np.array([0, 1] * 20)
    candidates = by_name(judge(votes, gold, seed=1, beside={"gold only": gold.copy()}))

    majority, alone = candidates["majority"], candidates["gold only"]
    assert (majority.n_gold, majority.n_labelled, majority.n_right) == (40, 20, 20)
    assert (alone.n_right, alone.sureness) == (40, None)
    assert choose(list(candidates.values())) is Method.MAJORITY


def test_of_several_that_are_surely_better_the_best_is_taken() -> None:
    def better(name: str, n_right: int) -> Candidate:
        return Candidate(name, 100, 100, n_right, difference=Difference(0.2, 0.1, 0.3, 0.1, 0.3))

    assert choose([better("gold_weighted", 80), better("label_model", 90), better("gold only", 99)]) is (
        Method.LABEL_MODEL
    )
