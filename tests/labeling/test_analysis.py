"""The analysis of votes says what snorkel's says, and what gold allows to say."""

import numpy as np
import pytest

from labeling.analysis import analyse, confusion
from labeling.votes import Votes


@pytest.mark.parametrize("seed", range(5))
def test_it_says_what_snorkels_analysis_says(seed: int) -> None:
    from snorkel.labeling import LFAnalysis

    rng = np.random.default_rng(seed)
    k = 4
    matrix = np.where(rng.random((200, 7)) < 0.3, rng.integers(k, size=(200, 7)), -1)
    gold = rng.integers(k, size=200)
    theirs = LFAnalysis(matrix)

    ours = analyse(Votes.from_matrix(matrix, k=k), gold)

    assert ours.covered / ours.n == theirs.label_coverage()
    assert ours.overlapped / ours.n == theirs.label_overlap()
    assert ours.conflicted / ours.n == theirs.label_conflict()
    summary = theirs.lf_summary(Y=gold)
    for name, figures in (
        ("Polarity", [list(one.classes) for one in ours.functions]),
        ("Coverage", [one.hits / ours.n for one in ours.functions]),
        ("Overlaps", [one.overlaps / ours.n for one in ours.functions]),
        ("Conflicts", [one.conflicts / ours.n for one in ours.functions]),
        ("Correct", [one.n_right for one in ours.functions]),
        ("Incorrect", [one.n_gold - one.n_right for one in ours.functions]),
        ("Emp. Acc.", [one.n_right / one.n_gold for one in ours.functions]),
    ):
        assert list(summary[name]) == (figures if name == "Polarity" else pytest.approx(figures))


def test_classes_are_counted_by_vote_and_by_message() -> None:
    votes = Votes.from_matrix(np.array([[0, 0], [0, 1], [1, -1], [-1, -1]]), k=3)

    first, second, third = analyse(votes, np.array([0, 1, 1, 2])).classes

    assert (first.votes, first.messages, first.n_gold, first.n_found) == (3, 2, 1, 1)
    assert (second.votes, second.messages, second.n_gold, second.n_found) == (2, 2, 2, 2)
    assert (third.votes, third.messages, third.n_gold, third.n_found) == (0, 0, 1, 0)
    assert (first.n_right, first.n_gold_votes) == (2, 3)


def test_without_gold_nothing_is_right_or_wrong() -> None:
    found = analyse(Votes.from_matrix(np.array([[0, 1]]), k=2), np.array([-1]))

    assert found.n_gold == 0
    assert {(one.n_gold, one.n_right) for one in found.functions} == {(0, 0)}


def test_no_votes_and_no_messages_are_fine() -> None:
    assert analyse(Votes.from_matrix(np.full((3, 2), -1), k=2), np.array([0, -1, 1])).covered == 0
    assert analyse(Votes.from_matrix(np.zeros((0, 2), int), k=2), np.zeros(0, int)).n == 0


def test_confusion_shows_mistakes_first_and_messages_without_a_label() -> None:
    gold, said = np.array([0, 0, 0, 1, 1, -1]), np.array([1, 1, 0, 1, -1, 0])

    assert confusion(gold, said) == [(0, 1, 2), (1, -1, 1), (0, 0, 1), (1, 1, 1)]
