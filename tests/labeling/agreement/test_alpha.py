"""Krippendorff's alpha is that of his own examples, and its interval covers."""

import numpy as np
import pytest

from labeling.agreement.alpha import alpha, alpha_by_class

# Krippendorff (2011), "Computing Krippendorff's Alpha-Reliability", section C: four observers, twelve units, 0 = none.
OBSERVED = np.array(
    [
        [1, 2, 3, 3, 2, 1, 4, 1, 2, 0, 0, 0],
        [1, 2, 3, 3, 2, 2, 4, 1, 2, 5, 0, 3],
        [0, 3, 3, 3, 2, 3, 4, 2, 2, 5, 1, 0],
        [1, 2, 3, 3, 2, 4, 4, 1, 2, 5, 1, 0],
    ]
)
BINARY = np.array([[0, 1, 0, 0, 0, 0, 0, 0, 1, 0], [1, 1, 1, 0, 0, 1, 0, 0, 0, 0]]) + 1  # section A


def counts_of(observed: np.ndarray) -> np.ndarray:
    return np.stack([(observed == c).sum(axis=0) for c in range(1, observed.max() + 1)], axis=1).astype(float)


@pytest.mark.parametrize(("observed", "expected"), [(OBSERVED, 0.743), (BINARY, 0.095)])
def test_published_examples_give_their_published_values(observed: np.ndarray, expected: float) -> None:
    assert alpha(counts_of(observed), seed=1).value == pytest.approx(expected, abs=5e-4)


def test_what_one_person_labeled_alone_does_not_count() -> None:
    assert alpha(counts_of(OBSERVED), seed=1).n == 11


def test_of_two_classes_each_has_the_alpha_of_both() -> None:
    whole = alpha(counts_of(BINARY), seed=1)
    assert [each.value for each in alpha_by_class(counts_of(BINARY), seed=1)] == pytest.approx(
        [whole.value] * 2
    )


def test_the_interval_covers_as_often_as_it_says() -> None:
    """Two people, four classes, 60 messages: the population's own alpha lies inside 19 times in 20, or nearly so."""
    chance = np.random.default_rng(5)

    def draw(n: int) -> np.ndarray:
        truth = chance.integers(1, 5, n)
        return counts_of(
            np.stack([np.where(chance.random(n) < 0.8, truth, chance.integers(1, 5, n)) for _ in range(2)])
        )

    whole = alpha(draw(20_000), seed=1).value
    found = [alpha(draw(60), seed=1) for _ in range(150)]
    covered = np.mean([each.low <= whole <= each.high for each in found])
    assert 0.88 <= covered <= 0.99


def test_without_a_disagreement_the_interval_still_knows_how_few_they_are() -> None:
    few, many = (alpha(np.array([[2.0, 0.0], [0.0, 2.0]] * n), seed=1) for n in (5, 100))
    assert few.value == many.value == few.high == 1
    assert few.low < 0.5 < 0.9 < many.low < 1


def test_the_same_seed_gives_the_same_interval() -> None:
    assert alpha(counts_of(OBSERVED), seed=7) == alpha(counts_of(OBSERVED), seed=7)


def test_where_nobody_overlaps_or_all_is_one_class_there_is_no_figure() -> None:
    assert alpha(np.array([[1.0, 0.0], [0.0, 1.0]]), seed=1) is None
    assert alpha(np.array([[2.0, 0.0], [2.0, 0.0]]), seed=1) is None
    assert alpha_by_class(np.zeros((0, 2)), seed=1) == [None, None]
