"""Sample ratio: the Bayes factor agrees with scipy, and may be looked at every day."""

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy import stats

from copilot.statistics.sample_ratio import is_mismatch, log_bayes_factor

COUNTS = st.lists(st.integers(0, 5_000), min_size=3, max_size=3)
SHARES = [0.6, 0.3, 0.1]


@given(COUNTS, st.sampled_from([10.0, 1_000.0]))
def test_the_bayes_factor_is_of_a_dirichlet_against_the_configured_shares(
    counts: list[int], concentration: float
) -> None:
    drawn = stats.dirichlet_multinomial(concentration * np.array(SHARES), sum(counts)).logpmf(counts)
    configured = stats.multinomial(sum(counts), SHARES).logpmf(counts)
    found = log_bayes_factor(counts, SHARES, concentration=concentration)
    assert float(found) == pytest.approx(drawn - configured, abs=1e-6)


@given(COUNTS)
def test_the_order_of_arms_does_not_matter(counts: list[int]) -> None:
    found = log_bayes_factor(counts, SHARES)
    assert found == pytest.approx(log_bayes_factor(counts[::-1], SHARES[::-1]), abs=1e-7)


def test_a_helpdesk_finds_more_than_with_the_concentration_of_web_traffic() -> None:
    """12,000 cases at 48/52, looked at on 60 days; metrics section 9 has 65 and 25 %."""
    n = np.random.default_rng(1).binomial(200, 0.48, (4_000, 60)).cumsum(axis=1)
    counts = np.stack([n, np.arange(200, 12_001, 200) - n], axis=-1)
    found = [
        (log_bayes_factor(counts, [0.5, 0.5], concentration=c) > math.log(1_000)).any(axis=1).mean()
        for c in (1_000, 10_000)
    ]
    assert found == [pytest.approx(0.62, abs=0.03), pytest.approx(0.24, abs=0.03)]


def test_what_was_a_mismatch_once_stays_one() -> None:
    looks = [[100, 100], [300, 600], [5_000, 5_000]]
    assert is_mismatch(looks, [0.5, 0.5])
    assert not is_mismatch(looks[:1], [0.5, 0.5])
    assert not is_mismatch([0, 0], [0.5, 0.5])


@pytest.mark.parametrize(
    ("counts", "shares", "message"),
    [
        ([1, 2], [1.0], "give one of each arm"),
        ([1, 2], [0.5, 0.6], "must be positive and sum to 1"),
        ([1, 2], [1.0, 0.0], "leave out arms without any"),
        ([-1, 2], [0.5, 0.5], "counts must not be negative"),
    ],
)
def test_what_has_no_ratio_is_refused(counts: list[int], shares: list[float], message: str) -> None:
    with pytest.raises(ValueError, match=message):
        log_bayes_factor(counts, shares)


def test_a_concentration_of_nothing_is_refused() -> None:
    with pytest.raises(ValueError, match="concentration 0: it must be above 0"):
        log_bayes_factor([1, 2], [0.5, 0.5], concentration=0)
