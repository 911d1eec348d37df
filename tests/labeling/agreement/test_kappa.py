"""Cohen's kappa is what others compute, and its interval says how little is known."""

import numpy as np
import pytest
from sklearn.metrics import cohen_kappa_score
from statsmodels.stats.inter_rater import cohens_kappa, to_table

from labeling.agreement.kappa import kappa, kappa_by_class


@pytest.fixture
def opinions() -> tuple[np.ndarray, np.ndarray]:
    chance = np.random.default_rng(3)
    first = chance.integers(0, 5, 300)
    return first, np.where(chance.random(300) < 0.7, first, chance.integers(0, 5, 300))


def test_value_and_interval_are_those_of_the_libraries(opinions: tuple[np.ndarray, np.ndarray]) -> None:
    found = kappa(*opinions)
    table, _ = to_table(np.column_stack(opinions))
    known = cohens_kappa(table)
    assert found.value == pytest.approx(cohen_kappa_score(*opinions))
    assert (found.low, found.high) == pytest.approx((known.kappa_low, known.kappa_upp))
    assert found.n == 300


def test_a_published_table_gives_its_published_interval() -> None:
    """Fleiss, Cohen and Everitt (1969), table 1: three classes, 200 subjects, kappa 0.429, standard error 0.054."""
    table = np.array([[106, 10, 4], [22, 28, 10], [2, 12, 6]])
    first, second = (np.repeat(codes.ravel(), table.ravel()) for codes in np.indices((3, 3)))
    found = kappa(first, second)
    assert found.value == pytest.approx(0.429, abs=5e-4)
    assert (found.high - found.low) / 2 / 1.96 == pytest.approx(0.054, abs=5e-4)


def test_each_class_is_set_against_all_others(opinions: tuple[np.ndarray, np.ndarray]) -> None:
    first, second = opinions
    found = kappa_by_class(first, second, k=5)
    assert [each.value for each in found] == pytest.approx(
        [cohen_kappa_score(first == c, second == c) for c in range(5)]
    )


def test_without_a_disagreement_the_interval_still_knows_how_few_they_are() -> None:
    few, many = (kappa(codes, codes) for codes in (np.array([0, 1] * 5), np.array([0, 1] * 100)))
    assert few.value == many.value == 1
    assert few.low < 0.5 < 0.9 < many.low < 1


def test_where_all_is_one_class_or_nothing_there_is_no_figure() -> None:
    assert kappa(np.zeros(9, int), np.zeros(9, int)) is None
    assert kappa(np.zeros(0, int), np.zeros(0, int)) is None
