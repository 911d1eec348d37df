"""Kappa is what others compute, AC1 what its author does; their intervals say how little is known."""

from functools import partial
from typing import Any

import numpy as np
import pytest
from sklearn.metrics import cohen_kappa_score
from statsmodels.stats.inter_rater import cohens_kappa, to_table

from copilot.statistics.agreement import ac1, kappa, kappa_by_class


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
    assert ac1(np.zeros(0, int), np.zeros(0, int), k=2) is None


def opinions_of(table: list[list[int]]) -> tuple[np.ndarray, np.ndarray]:
    first, second = (np.repeat(codes.ravel(), np.ravel(table)) for codes in np.indices(np.shape(table)))
    return first, second


def test_ac1_holds_where_nearly_all_is_of_one_class_and_kappa_does_not() -> None:
    first, second = opinions_of([[118, 5], [2, 0]])
    found, beside = ac1(first, second, k=2), kappa(first, second)
    share = (123 + 120) / 250
    chance = 2 * share * (1 - share)
    assert found.value == pytest.approx((118 / 125 - chance) / (1 - chance))
    assert (round(found.value, 3), round(beside.value, 3)) == (0.941, -0.023)


def test_of_two_classes_as_often_as_each_other_all_coefficients_are_the_same() -> None:
    first, second = opinions_of([[40, 10], [10, 40]])
    assert ac1(first, second, k=2).value == pytest.approx(kappa(first, second).value) == pytest.approx(0.6)


def test_a_class_that_nobody_chose_counts_among_those_they_could() -> None:
    first, second = opinions_of([[40, 10], [10, 40]])
    assert ac1(first, second, k=3).value == pytest.approx((0.8 - 0.25) / 0.75)
    with pytest.raises(ValueError, match="AC1 of 1 classes"):
        ac1(first, second, k=1)


@pytest.mark.parametrize("of_agents", [False, True], ids=["independent", "by agent"])
@pytest.mark.parametrize("coefficient", [kappa, partial(ac1, k=2)], ids=["kappa", "ac1"])
def test_the_interval_is_as_wide_as_drawing_again_makes_it(coefficient: Any, of_agents: bool) -> None:
    chance = np.random.default_rng(5)
    agents = np.repeat(np.arange(60), 10)
    first = (chance.random(600) < 0.8).astype(np.int64)
    errs = chance.random(600) < np.repeat(chance.choice([0.0, 0.4], 60), 10)  # some are hard to judge
    second = np.where(errs, 1 - first, first)
    found = coefficient(first, second, clusters=agents if of_agents else None)
    drawn = []
    for _ in range(1500):
        if of_agents:
            rows = (chance.integers(0, 60, 60)[:, None] * 10 + np.arange(10)).ravel()
        else:
            rows = chance.integers(0, 600, 600)
        drawn.append(coefficient(first[rows], second[rows]).value)
    assert (found.high - found.low) / 2 / 1.96 == pytest.approx(np.std(drawn), rel=0.1)


def test_the_interval_holds_with_few_agents_what_it_promises() -> None:
    """Twelve agents of skewed volumes, some of whose replies are hard to judge; 95 % are promised."""
    chance, covered = np.random.default_rng(8), 0
    sizes = np.round(60 / np.arange(1, 13) ** 0.7).astype(int)
    agents = np.repeat(np.arange(12), sizes)
    for _ in range(400):
        errs = chance.random(len(agents)) < np.repeat(chance.beta(2, 14, 12), sizes)
        first = (chance.random(len(agents)) < 0.85).astype(np.int64)
        second = np.where(errs, 1 - first, first)
        share = 0.85 * 0.875 + 0.15 * 0.125
        spread = (0.85 + share) / 2
        truth = (0.875 - 2 * spread * (1 - spread)) / (1 - 2 * spread * (1 - spread))
        found = ac1(first, second, k=2, clusters=agents)
        covered += found.low <= truth <= found.high
    assert covered / 400 + 2 * (0.92 * 0.08 / 400) ** 0.5 >= 0.92


def test_agents_about_whom_all_agree_count_once_each() -> None:
    codes, agents = np.array([0, 1] * 30), np.arange(60) % 6
    alone, clustered = kappa(codes, codes), kappa(codes, codes, clusters=agents)
    assert clustered.value == alone.value == 1
    assert clustered.low < alone.low


def test_where_one_says_the_same_of_all_kappa_knows_nothing() -> None:
    first, second = opinions_of([[36, 4], [0, 0]])
    found = kappa(first, second)
    assert (found.value, found.low, found.high) == (pytest.approx(0), -1, 1)
