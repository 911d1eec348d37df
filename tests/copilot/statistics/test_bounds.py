"""The bound on accuracy and the sum it is a part of."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from copilot.statistics.bounds import accuracy, accuracy_bound, prevalence
from copilot.statistics.intervals import clustered_rate, wilson

SHARE = st.floats(0, 1)


@given(SHARE, SHARE, SHARE)
def test_accuracy_is_never_below_what_matched_and_was_right(mr: float, ppv: float, other: float) -> None:
    found = accuracy(match_rate=mr, precision=ppv, right_without_match=other)
    assert mr * ppv - 1e-12 <= found <= 1 + 1e-12


@given(st.integers(0, 100), st.integers(0, 50))
def test_the_bound_lies_under_its_estimate_and_both_rates(k: int, right: int) -> None:
    bound = accuracy_bound(wilson(k, 100), wilson(right, 50))
    assert 0 <= bound.low <= bound.estimate + 1e-12
    assert bound.low <= min(bound.match_rate.low, bound.precision.low)


def test_more_labels_raise_the_bound() -> None:
    match_rate = clustered_rate([70, 65, 80, 72, 60, 75, 71, 68, 77], [100] * 9)
    few, many = (accuracy_bound(match_rate, wilson(0.95 * n, n)).low for n in (40, 400))
    assert few < many < 0.95 * match_rate.estimate


@given(st.floats(0.01, 0.99), st.floats(0.6, 1), st.floats(0.6, 1))
def test_the_true_share_comes_back_from_what_the_judge_says(share: float, se: float, sp: float) -> None:
    said = share * se + (1 - share) * (1 - sp)
    assert prevalence(said, sensitivity=se, specificity=sp) == pytest.approx(share, abs=1e-6)


def test_a_judge_no_better_than_chance_corrects_nothing() -> None:
    with pytest.raises(ValueError, match="no better than chance"):
        prevalence(0.5, sensitivity=0.5, specificity=0.5)


def test_a_share_out_of_range_is_named() -> None:
    with pytest.raises(ValueError, match=r"precision 1\.2: it must lie between 0 and 1"):
        accuracy(match_rate=0.5, precision=1.2, right_without_match=0.1)
