"""What another floor would do, counted by hand."""

import pytest

from copilot.monitor.floor_rows import GRID, Rows, move, risk_at, suggested
from copilot.statistics.intervals import clopper_pearson

ABOVE, BELOW = True, False


def rows(*found: tuple[int, int, bool, int, int, int], weeks: float = 2.0) -> Rows:
    """Of (bin, agent, is above, turns, hidden, wrong)."""
    return Rows.of(found, weeks=weeks)


def agents(in_bin: int, is_above: bool, turns: int, hidden: int, wrong: int) -> list[tuple[int, ...]]:
    """The same of each of ten agents."""
    return [(in_bin, agent, is_above, turns, hidden, wrong) for agent in range(10)]


WORLD = rows(
    *agents(90, ABOVE, 20, 4, 1), *agents(75, ABOVE, 10, 2, 1), *agents(65, BELOW, 6, 6, 3), *agents(40, BELOW, 8, 8, 8)
)  # type: ignore[arg-type]  # fmt: skip


def test_a_lower_floor_lets_the_withheld_between_both_pass() -> None:
    found = move(WORLD, floor=0.62, current=0.7)
    assert (found.turns, found.n_hidden, found.n_agents) == (30.0, 60, 10)
    assert found.wrong is not None
    assert found.wrong.estimate == 0.5
    assert found.wrong_turns is not None
    low, wrong, high = found.wrong_turns
    assert low < wrong == 15.0 < high
    assert found.expected == pytest.approx(30 * 0.345)


def test_a_higher_floor_takes_away_what_the_shadow_judges() -> None:
    found = move(WORLD, floor=0.8, current=0.7)
    assert (found.turns, found.n_hidden) == (-50.0, 20)
    assert found.wrong_turns is not None
    assert found.wrong_turns[1] == 25.0


def test_replies_that_are_all_right_are_worth_an_agent_each() -> None:
    alike = rows(*agents(90, ABOVE, 200, 40, 0))  # type: ignore[arg-type]
    found = risk_at(alike, floor=0.7, current=0.7)
    assert found.upper == pytest.approx(clopper_pearson(0, 10, confidence=1 - 2 * 0.05 / len(GRID)).high)
    assert found.risk == 0


def test_the_same_floor_moves_nothing() -> None:
    found = move(rows(*agents(72, BELOW, 5, 5, 5)), floor=0.72, current=0.7242)  # type: ignore[arg-type]
    assert (found.turns, found.wrong) == (0.0, None)


@pytest.mark.parametrize(
    ("found", "note"),
    [
        ([(65, 1, BELOW, 9, 0, 0)], "fewer than 5 replies to texts that nobody saw"),
        ([(65, agent, BELOW, 9, 9, 3) for agent in range(4)], "fewer than 5 agents: not shown"),
    ],
)
def test_too_little_is_said_instead_of_a_number(found: list[tuple[int, ...]], note: str) -> None:
    moved = move(rows(*found), floor=0.6, current=0.7)  # type: ignore[arg-type]
    assert (moved.wrong, moved.note) == (None, note)
    assert moved.turns > 0


def test_each_side_of_the_floor_weighs_as_its_turns() -> None:
    """Ten of a hundred replies are held out above the floor, all of them below it: that alone must not count."""
    at = risk_at(WORLD, floor=0.6, current=0.7)
    assert at.coverage == pytest.approx(360 / 440)
    assert at.risk == pytest.approx((300 * (20 / 60) + 60 * 0.5) / 360)
    assert at.upper is not None
    assert at.upper > at.risk
    now = risk_at(WORLD, floor=0.7, current=0.7)
    assert (now.risk, now.n_hidden, now.n_wrong) == (pytest.approx(1 / 3), 60, 20)


def test_a_side_that_nobody_tells_of_leaves_the_risk_unknown() -> None:
    found = rows(*agents(90, ABOVE, 20, 0, 0), *agents(60, BELOW, 6, 6, 3))  # type: ignore[arg-type]
    assert risk_at(found, floor=0.5, current=0.7).risk is None
    assert risk_at(found, floor=0.95, current=0.7).risk is None


def test_the_suggested_floor_is_the_lowest_that_is_shown_to_be_safe() -> None:
    many = rows(*agents(90, ABOVE, 400, 400, 8), *agents(60, BELOW, 400, 400, 200), weeks=1)  # type: ignore[arg-type]
    risks = [risk_at(many, floor=floor, current=0.7) for floor in GRID]
    best = suggested(risks, most=0.05)
    assert best is not None
    assert best.floor == 0.65
    assert suggested(risks, most=0.01) is None


def test_a_row_more_never_lowers_the_upper_line_without_reason() -> None:
    few = risk_at(rows(*agents(90, ABOVE, 10, 2, 1)), floor=0.5, current=0.5)  # type: ignore[arg-type]
    many = risk_at(rows(*agents(90, ABOVE, 10, 10, 5)), floor=0.5, current=0.5)  # type: ignore[arg-type]
    assert few.risk == many.risk == 0.5
    assert few.upper is not None
    assert many.upper is not None
    assert few.upper > many.upper > 0.5
