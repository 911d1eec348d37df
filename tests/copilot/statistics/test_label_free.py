"""Accuracy expected from confidence: arithmetic, what chance does, and an alarm when it is no longer true."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from copilot.statistics.label_free import disagreement, expected_accuracy, expected_confusion

BINS = st.lists(st.tuples(st.floats(0, 1), st.integers(0, 50)), min_size=1, max_size=20).filter(
    lambda bins: any(n for _, n in bins)
)


@given(BINS)
def test_a_histogram_says_the_same_as_its_rows(bins: list[tuple[float, int]]) -> None:
    p, n = (np.array(each) for each in zip(*bins, strict=True))
    found, rows = expected_accuracy(p, n), expected_accuracy(np.repeat(p, n))
    assert (found.accuracy, found.standard_error, found.n) == pytest.approx(
        (rows.accuracy, rows.standard_error, rows.n)
    )
    assert 0 <= found.low <= found.accuracy + 1e-12 <= found.high + 2e-12 <= 1 + 3e-12


@given(BINS, st.floats(0, 1))
def test_the_four_kinds_sum_to_all_rows(bins: list[tuple[float, int]], floor: float) -> None:
    p, n = (np.array(each) for each in zip(*bins, strict=True))
    found = expected_confusion(p, n, floor=floor)
    offered = found.offered_right + found.offered_wrong
    assert offered == pytest.approx(n[p >= floor].sum())
    assert offered + found.withheld_right + found.withheld_wrong == pytest.approx(n.sum())


def test_what_comes_true_lies_in_the_band_if_confidence_is_right() -> None:
    rng = np.random.default_rng(1)
    p = rng.beta(4, 2, (2_000, 400))
    came_true = (rng.random(p.shape) < p).mean(axis=1)
    bands = [expected_accuracy(row) for row in p]
    inside = [band.low <= truth <= band.high for band, truth in zip(bands, came_true, strict=True)]
    assert np.mean(inside) == pytest.approx(0.95, abs=0.015)


def test_the_alarm_is_silent_under_calibration_and_rings_when_it_is_lost() -> None:
    rng = np.random.default_rng(2)
    p = rng.beta(4, 2, (1_000, 1_000))
    right = rng.random(p.shape) < p
    for lost, least, most in ((0.0, 0.0, 0.07), (0.2, 0.9, 1.0)):
        labels = right[:, :250] & (rng.random((1_000, 250)) >= lost)
        corrected = labels.mean(axis=1)
        error = (corrected * (1 - corrected) / 250) ** 0.5
        alarms = [
            disagreement(expected_accuracy(row), corrected=each, standard_error=se).is_alarm
            for row, each, se in zip(p, corrected.tolist(), error.tolist(), strict=True)
        ]
        assert least <= np.mean(alarms) <= most


@pytest.mark.parametrize(
    ("p", "n", "message"),
    [
        ([], None, "of no rows"),
        ([0.5], [0], "of no rows"),
        ([0.5], [1, 2], "give one of each"),
        ([1.5], None, "each probability must lie between 0 and 1"),
        ([0.5, 0.5], [2, -1], "no count below 0"),
    ],
)
def test_what_has_no_expectation_is_refused(p: list[float], n: list[int] | None, message: str) -> None:
    with pytest.raises(ValueError, match=message):
        expected_accuracy(p, n)
