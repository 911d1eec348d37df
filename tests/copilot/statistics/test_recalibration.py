"""Curves from confidence to probability: scikit-learn's, never falling, never certain, and judged on other cases."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from numpy.typing import NDArray
from scipy.special import expit, logit
from sklearn.calibration import _SigmoidCalibration
from sklearn.isotonic import IsotonicRegression

from copilot.statistics.calibration import calibration_error, null_value
from copilot.statistics.recalibration import Isotonic, Platt, crossfit, fit, fit_isotonic, fit_platt

ROWS = st.lists(st.tuples(st.integers(1, 99), st.booleans()), min_size=1, max_size=80)


def make_rows(seed: int, *, n: int) -> tuple[NDArray[np.float64], NDArray[np.bool_]]:
    """An overconfident copilot: its log-odds are twice what they should be."""
    rng = np.random.default_rng(seed)
    truth = rng.beta(4, 2, n)
    return expit(2 * logit(truth)), rng.random(n) < truth


@given(ROWS)
def test_isotonic_is_scikit_learns_but_for_the_ends(rows: list[tuple[int, bool]]) -> None:
    p, y = np.array([value / 100 for value, _ in rows]), np.array([right for _, right in rows], dtype=float)
    least = 1 / (len(rows) + 2)
    expected = IsotonicRegression(out_of_bounds="clip").fit(p, y).predict(p).clip(least, 1 - least)
    assert fit_isotonic(p, y).apply(p) == pytest.approx(expected, abs=1e-9)


@pytest.mark.parametrize("seed", range(5))
def test_platt_is_scikit_learns_over_log_odds(seed: int) -> None:
    p, y = make_rows(seed, n=150)
    expected = _SigmoidCalibration().fit(logit(p), y).predict(logit(p))
    assert fit_platt(p, y).apply(p) == pytest.approx(expected.clip(1 / 152, 151 / 152), abs=1e-3)


@given(ROWS)
def test_a_curve_never_falls_and_is_never_certain(rows: list[tuple[int, bool]]) -> None:
    p, y = [value / 100 for value, _ in rows], [right for _, right in rows]
    at = np.linspace(0, 1, 201)
    for curve in (fit_isotonic(p, y), fit_platt(p, y)):
        found = curve.apply(at)
        assert np.all(np.diff(found) >= -1e-12)
        assert np.all((found > 0) & (found < 1))


def test_few_labels_take_platts_curve_and_many_the_isotonic_one() -> None:
    assert isinstance(fit(*make_rows(1, n=299)), Platt)
    assert isinstance(fit(*make_rows(1, n=300)), Isotonic)


def test_labels_that_are_all_right_allow_one_wrong() -> None:
    for curve in (fit_isotonic([0.5, 0.9] * 20, [1] * 40), fit_platt([0.5, 0.9] * 20, [1] * 40)):
        assert curve.apply([0.9])[0] < 0.98


@pytest.mark.parametrize("n", [200, 3_000])
def test_an_overconfident_copilot_is_put_right_on_rows_it_was_not_fitted_on(n: int) -> None:
    p, y = make_rows(2, n=n)
    found = crossfit(p, y, np.arange(n), seed=1)
    assert calibration_error(found, y) < 1.5 * null_value(found, seed=1).upper
    assert calibration_error(found, y) < 0.75 * calibration_error(p, y)


def test_rows_of_one_case_share_a_fold() -> None:
    """Each case has its own outcome; who sees one of its rows could tell the other."""
    rng = np.random.default_rng(3)
    case = np.repeat(np.arange(300), 2)
    p, y = np.repeat(rng.random(300), 2), np.repeat(rng.random(300) < 0.5, 2)
    leaking = crossfit(p, y, np.arange(600), seed=1)
    sound = crossfit(p, y, case, seed=1)
    assert np.mean((leaking - y) ** 2) < np.mean((sound - y) ** 2)
    assert sound[::2].tolist() == sound[1::2].tolist()


def test_the_same_seed_gives_the_same_folds() -> None:
    p, y = make_rows(4, n=100)
    assert np.array_equal(crossfit(p, y, np.arange(100), seed=1), crossfit(p, y, np.arange(100), seed=1))


def test_what_cannot_be_fitted_is_refused() -> None:
    with pytest.raises(ValueError, match="calibration of no rows: label some first"):
        fit([], [])
    with pytest.raises(ValueError, match="give one of each"):
        fit([0.5], [1, 0])
    with pytest.raises(ValueError, match="must lie between 0 and 1"):
        fit([1.5], [1])
    with pytest.raises(ValueError, match="5 folds of 2 cases"):
        crossfit([0.5, 0.6], [1, 0], [1, 2], seed=1)
    with pytest.raises(ValueError, match="2 rows and 1 cases"):
        crossfit([0.5, 0.6], [1, 0], [1], seed=1)
