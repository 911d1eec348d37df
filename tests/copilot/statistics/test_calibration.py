"""Calibration figures: they agree with scikit-learn and with arithmetic, and chance has its value beside them."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from sklearn.metrics import brier_score_loss

from copilot.statistics.calibration import brier, calibration_error, null_value, reliability, rows_of
from copilot.statistics.intervals import wilson

ROWS = st.lists(st.tuples(st.floats(0, 1), st.integers(0, 1)), min_size=1, max_size=80)


@given(ROWS)
def test_brier_agrees_with_scikit_learn(rows: list[tuple[float, int]]) -> None:
    p, y = zip(*rows, strict=True)
    assert brier(p, y) == pytest.approx(brier_score_loss(y, p, pos_label=1), abs=1e-12)


@given(ROWS, st.integers(1, 20))
def test_bins_hold_every_row_once(rows: list[tuple[float, int]], n_bins: int) -> None:
    p, y = zip(*rows, strict=True)
    bins = reliability(p, y, n_bins=n_bins)
    assert len(bins) <= n_bins
    assert sum(each.n for each in bins) == len(rows)
    assert all(each.n > 0 and each.low - 1e-9 <= each.confidence <= each.high + 1e-9 for each in bins)
    assert sum(each.n * each.accuracy for each in bins) == pytest.approx(sum(y))
    assert [each.high for each in bins[:-1]] == [each.low for each in bins[1:]]


@given(ROWS, st.integers(1, 20))
def test_the_error_is_that_of_the_bins(rows: list[tuple[float, int]], n_bins: int) -> None:
    p, y = zip(*rows, strict=True)
    bins = reliability(p, y, n_bins=n_bins)
    expected = sum(each.n * abs(each.accuracy - each.confidence) for each in bins) / len(rows)
    assert calibration_error(p, y, n_bins=n_bins) == pytest.approx(expected, abs=1e-9)


@given(ROWS, st.randoms(use_true_random=False))
def test_the_order_of_rows_does_not_matter(rows: list[tuple[float, int]], random) -> None:  # type: ignore[no-untyped-def]
    shuffled = list(rows)
    random.shuffle(shuffled)
    assert calibration_error(*zip(*rows, strict=True)) == pytest.approx(
        calibration_error(*zip(*shuffled, strict=True))
    )


def test_bins_have_equal_mass() -> None:
    p = np.random.default_rng(1).random(1_000)
    assert [each.n for each in reliability(p, p > 0.5)] == [100] * 10


def test_a_probability_of_one_is_in_the_last_bin() -> None:
    assert reliability([0.0, 0.5, 1.0], [0, 1, 1], n_bins=2)[-1].n == 2
    assert calibration_error([1.0] * 5, [0] * 5) == 1.0


def test_equal_probabilities_are_never_parted() -> None:
    bins = reliability([0.8] * 70 + [0.3] * 30, [1] * 60 + [0] * 40)
    assert [(each.n, each.confidence) for each in bins] == [
        (30, pytest.approx(0.3)),
        (70, pytest.approx(0.8)),
    ]


@pytest.mark.parametrize(("n", "expected"), [(100, 0.11), (300, 0.063), (1_000, 0.034)])
def test_a_perfect_model_shows_the_error_of_chance(n: int, expected: float) -> None:
    """The values of metrics section 7, for probabilities as a copilot has them."""
    p = np.random.default_rng(7).beta(4, 2, n)
    assert null_value(p, seed=1).mean == pytest.approx(expected, abs=0.004)


def test_a_calibrated_model_stays_below_the_null_and_an_overconfident_one_above() -> None:
    rng = np.random.default_rng(3)
    p = rng.beta(4, 2, 2_000)
    y = rng.random(2_000) < p
    assert calibration_error(p, y) <= null_value(p, seed=1).upper < calibration_error(np.sqrt(p), y)


def test_the_null_is_reproducible() -> None:
    assert null_value([0.2, 0.7, 0.9], seed=5) == null_value([0.2, 0.7, 0.9], seed=5)
    assert null_value([0.2, 0.7, 0.9] * 9, seed=5) != null_value([0.2, 0.7, 0.9] * 9, seed=6)


def test_certain_probabilities_have_no_error_of_chance() -> None:
    assert null_value([0.0, 1.0] * 10, seed=1).upper == 0


@pytest.mark.parametrize(
    ("p", "y", "message"),
    [
        ([], [], "calibration of no rows"),
        ([0.5], [1, 0], "give one of each"),
        ([1.5], [1], "between 0 and 1"),
        ([float("nan")], [1], "between 0 and 1"),
        ([0.5], [2], "each outcome must be 0 or 1"),
    ],
)
def test_rows_that_make_no_figure_are_refused(p: list[float], y: list[int], message: str) -> None:
    for figure in (brier, calibration_error, reliability):
        with pytest.raises(ValueError, match=message):
            figure(p, y)


def test_no_bins_and_no_draws_are_refused() -> None:
    with pytest.raises(ValueError, match="0 bins: at least one is needed"):
        calibration_error([0.5], [1], n_bins=0)
    with pytest.raises(ValueError, match="0 draws: at least one is needed"):
        null_value([0.5], seed=1, n_draws=0)


@given(st.lists(st.tuples(st.floats(0, 1), st.integers(0, 30), st.integers(0, 30)), min_size=1, max_size=20))
def test_a_histogram_is_the_rows_it_counts(bins: list[tuple[float, int, int]]) -> None:
    p, right, wrong = (np.array(each) for each in zip(*bins, strict=True))
    rows = rows_of(p, right + wrong, right)
    assert rows[0].tolist() == [value for value, k, rest in bins for _ in range(k + rest)]
    assert rows[1].sum() == right.sum()
    assert (rows[0] * rows[1]).sum() == pytest.approx((p * right).sum())


def test_a_histogram_that_cannot_be_is_refused() -> None:
    with pytest.raises(ValueError, match="counts must be whole, and the right ones"):
        rows_of([0.5], [2], [3])
    with pytest.raises(ValueError, match="give one of each"):
        rows_of([0.5], [2, 3], [1])


def test_a_bin_says_what_its_accuracy_may_be() -> None:
    point = reliability([0.8] * 70, [1] * 60 + [0] * 10)[0]
    expected = wilson(60, 70)
    assert (point.interval.low, point.interval.high) == pytest.approx((expected.low, expected.high))
    assert point.interval.low < point.confidence < point.interval.high


def test_a_million_rows_of_a_histogram_have_their_null_at_once() -> None:
    p = np.repeat(np.linspace(0.005, 0.995, 100), 10_000)
    assert null_value(p, seed=1).mean < 0.002
