"""Arms by pure hash: the shares come true, two salts know nothing of each other, nothing ever changes."""

from collections import Counter
from datetime import date
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from copilot.experiments import MILLION, Unit, agent_unit, assign_arm, assign_variant

units = st.text(min_size=1, max_size=20)


@given(units, st.lists(st.integers(0, MILLION), min_size=1, max_size=5))
def test_every_unit_has_one_variant_for_good(unit: str, bounds: list[int]) -> None:
    edges = [0, *sorted(bounds), MILLION]
    shares = [high - low for low, high in pairwise(edges)]
    drawn = assign_variant(salt="s", unit=unit, shares=shares)
    assert shares[drawn] > 0
    assert drawn == assign_variant(salt="s", unit=unit, shares=shares)


def test_shares_come_true() -> None:
    shares = [100_000, 300_000, 600_000]
    drawn = Counter(assign_variant(salt="tone", unit=str(n), shares=shares) for n in range(50_000))
    for position, share in enumerate(shares):
        assert abs(drawn[position] / 50_000 - share / MILLION) < 0.01


def test_another_salt_divides_anew() -> None:
    shares = [MILLION // 2] * 2
    both = Counter(
        (
            assign_variant(salt="a", unit=str(n), shares=shares),
            assign_variant(salt="b", unit=str(n), shares=shares),
        )
        for n in range(20_000)
    )
    assert all(abs(n / 20_000 - 0.25) < 0.015 for n in both.values())


def test_the_holdout_is_drawn_as_ever() -> None:
    held_out = [
        n for n in range(1, 200) if assign_arm(salt="holdout-1", unit=n, shadow_share=0.05) == "shadow"
    ]
    assert held_out == [35, 38, 41, 48, 84, 110, 115, 190]


@pytest.mark.parametrize("shares", [[MILLION], [999_999, 1], [1, 999_999]])
def test_the_last_place_belongs_to_somebody(shares: list[int]) -> None:
    assert {assign_variant(salt="s", unit=str(n), shares=shares) for n in range(1000)} <= set(
        range(len(shares))
    )


@pytest.mark.parametrize("shares", [[500_000, 499_999], [MILLION + 1, -1], [0.5, 0.5]])
def test_shares_that_do_not_sum_are_refused(shares: list[int]) -> None:
    with pytest.raises(ValueError, match="shares sum to"):
        assign_variant(salt="s", unit="1", shares=shares)


def test_an_agents_week_is_the_iso_week() -> None:
    sunday, monday = date(2026, 11, 22), date(2026, 11, 23)
    assert agent_unit(unit=Unit.AGENT_WEEK, agent=3, day=sunday) == "3:2026-W47"
    assert agent_unit(unit=Unit.AGENT_WEEK, agent=3, day=monday) == "3:2026-W48"
    assert agent_unit(unit=Unit.AGENT, agent=3, day=sunday) == agent_unit(
        unit=Unit.AGENT, agent=3, day=monday
    )
    with pytest.raises(ValueError, match="no unit of agents"):
        agent_unit(unit=Unit.CASE, agent=3, day=monday)
