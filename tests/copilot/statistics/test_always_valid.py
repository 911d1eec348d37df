"""Always-valid intervals: the published formula, its narrowest place, and what few agents cost."""

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy import stats

from copilot.statistics.always_valid import half_width, lower_half_width, lower_line, sequence

N = st.integers(1, 1_000_000)


@given(N, st.floats(0.001, 1), st.sampled_from([0.9, 0.95, 0.99]))
def test_the_width_is_that_of_the_paper(n: int, error: float, confidence: float) -> None:
    alpha, planned = 1 - confidence, 5_000
    rho = math.sqrt((-2 * math.log(alpha) + math.log(1 - 2 * math.log(alpha))) / planned)
    s2 = error**2 * n
    expected = math.sqrt(s2) * math.sqrt(
        2 * (n * rho**2 + 1) / (n * rho) ** 2 * math.log(math.sqrt(n * rho**2 + 1) / alpha)
    )
    assert half_width(error, n, planned_n=planned, confidence=confidence) == pytest.approx(expected)


def test_it_is_narrowest_at_the_planned_number() -> None:
    n = np.arange(500, 20_000, 50)
    in_errors = half_width(1.0, n, planned_n=5_000)
    assert abs(n[in_errors.argmin()] - 5_000) <= 500
    assert 1.4 < in_errors.min() / stats.norm.ppf(0.975) < 1.6


@given(st.integers(200, 1_000_000), st.sampled_from([3.0, 24.0, np.inf]))
def test_one_side_is_nearer_than_two(n: int, df: float) -> None:
    one_side = lower_half_width(0.1, n, planned_n=3_000, df=df)
    assert 0 < one_side <= half_width(0.1, n, planned_n=3_000, df=df)


def test_few_agents_need_as_many_errors_as_students_t_exceeds_as_rarely() -> None:
    known = float(half_width(1.0, 5_000, planned_n=5_000))
    few = float(half_width(1.0, 5_000, planned_n=5_000, df=7))
    assert stats.t.sf(few, 7) == pytest.approx(stats.norm.sf(known))
    assert float(half_width(1.0, 5_000, planned_n=5_000, df=1e7)) == pytest.approx(known, rel=1e-4)


def test_no_degrees_of_freedom_say_nothing() -> None:
    assert np.isinf(half_width(0.1, 500, planned_n=500, df=0.0))


def test_looks_before_there_are_enough_rows_say_nothing() -> None:
    found = sequence([0.5, 0.5], [0.01, 0.01], [[99, 5_000], [100, 5_000]], planned_n=5_000)
    assert np.isinf(found.low[0])
    assert 0.4 < found.low[1] < 0.5 < found.high[1] < 0.6
    assert np.isinf(lower_line([0.5], [0.01], [199], planned_n=5_000)[0])
    assert np.isinf(lower_line([0.5], [0.01], [0], planned_n=5_000)[0])


def test_bad_arguments_are_refused() -> None:
    with pytest.raises(ValueError, match="of no rows"):
        half_width(0.1, 0, planned_n=10)
    with pytest.raises(ValueError, match="planned number 0"):
        half_width(0.1, 10, planned_n=0)
    with pytest.raises(ValueError, match="confidence 1: "):
        half_width(0.1, 10, planned_n=10, confidence=1)
    with pytest.raises(ValueError, match=r"for one side it must lie between 0\.5 and 1"):
        lower_half_width(0.1, 10, planned_n=10, confidence=0.4)
