"""Cases needed and effects found: as statsmodels says, and as the figures of the metrics."""

import math

import pytest
from hypothesis import given
from hypothesis import strategies as st
from statsmodels.stats.power import NormalIndPower

from copilot.statistics.power import adjusted_sd, least_effect, needed_n

EFFECT = st.floats(0.01, 1)
SHARE = st.floats(0.05, 0.95)


@pytest.mark.parametrize(
    ("change", "even", "held_out"), [(0.10, 1_810, 5_027), (0.05, 7_637, 21_214), (0.03, 21_657, 60_160)]
)
def test_a_change_of_handle_time_needs_so_many_cases(change: float, even: int, held_out: int) -> None:
    """The table of metrics section 9, a case more where it was rounded down."""
    effect = math.log(1 - change)
    assert needed_n(effect, sd=0.8) - even in (0, 1)
    assert needed_n(effect, sd=0.8, shares=(0.1, 0.9)) - held_out in (0, 1)


@given(EFFECT, SHARE, st.sampled_from([0.5, 0.8, 0.9]))
def test_the_number_is_that_of_statsmodels(effect: float, share: float, power: float) -> None:
    ratio = (1 - share) / share
    n_first = NormalIndPower().solve_power(effect / 0.8, alpha=0.05, power=power, ratio=ratio)
    found = needed_n(effect, sd=0.8, shares=(share, 1 - share), power=power)
    assert found == pytest.approx(n_first * (1 + ratio), rel=0.02, abs=2)


@given(EFFECT, SHARE, st.floats(1, 5))
def test_cases_and_effect_come_back_from_each_other(effect: float, share: float, deff: float) -> None:
    shares = (share, 1 - share)
    n = needed_n(effect, sd=0.8, shares=shares, design_effect=deff)
    found = least_effect(n, sd=0.8, shares=shares, design_effect=deff)
    assert found <= effect * (1 + 1e-9)
    assert needed_n(found, sd=0.8, shares=shares, design_effect=deff) == pytest.approx(n, abs=1)


def test_a_covariate_takes_its_share_of_cases() -> None:
    sd = adjusted_sd(0.8, correlation=0.6)
    assert needed_n(0.1, sd=sd) == pytest.approx(0.64 * needed_n(0.1, sd=0.8), abs=1)


def test_numbers_out_of_range_are_refused() -> None:
    with pytest.raises(ValueError, match="effect 0: no number of cases"):
        needed_n(0, sd=0.8)
    with pytest.raises(ValueError, match="least effect of no cases"):
        least_effect(0, sd=0.8)
    with pytest.raises(ValueError, match="standard deviation 0"):
        needed_n(0.1, sd=0)
    with pytest.raises(ValueError, match=r"alpha 5 and power 0\.8"):
        needed_n(0.1, sd=0.8, alpha=5)
    with pytest.raises(ValueError, match=r"shares 0\.9 and 0\.9"):
        needed_n(0.1, sd=0.8, shares=(0.9, 0.9))
    with pytest.raises(ValueError, match=r"correlation 1\.2"):
        adjusted_sd(0.8, correlation=1.2)
