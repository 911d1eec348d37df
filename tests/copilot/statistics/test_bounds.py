"""The bound on accuracy: under its parts, and not too high where labels are few."""

from hypothesis import given
from hypothesis import strategies as st

from copilot.statistics.bounds import accuracy_bound
from copilot.statistics.intervals import clopper_pearson, clustered_rate, wilson


@given(st.integers(0, 100), st.integers(0, 50))
def test_the_bound_lies_under_its_estimate_and_both_rates(k: int, right: int) -> None:
    bound = accuracy_bound(wilson(k, 100), wilson(right, 50))
    assert 0 <= bound.low <= bound.estimate + 1e-12
    assert bound.low <= min(bound.match_rate.low, bound.precision.low)


def test_more_labels_raise_the_bound() -> None:
    match_rate = clustered_rate([70, 65, 80, 72, 60, 75, 71, 68, 77], [100] * 9)
    few, many = (accuracy_bound(match_rate, wilson(0.95 * n, n)).low for n in (40, 400))
    assert few < many < 0.95 * match_rate.estimate


def test_the_limit_of_precision_misses_no_more_than_it_promises_where_labels_are_few() -> None:
    """Wilson's lower limit of five labels of which all are right is missed by a precision of 56 % in 5.7 %."""
    match_rate = clustered_rate([50] * 9, [100] * 9)
    found = accuracy_bound(match_rate, wilson(5, 5)).precision
    assert 0.56**5 > 0.05
    assert wilson(5, 5).low > 0.56
    assert found.low == clopper_pearson(5, 5).low < 0.49
