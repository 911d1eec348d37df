"""Because the truth of a simulated desk is known, the monitor's own estimators can be held against it."""

import math
from collections.abc import Callable

import numpy as np
import pytest
from numpy.typing import NDArray

from copilot.monitor.figures import Figure
from copilot.monitor.funnel import Cell
from copilot.monitor.shares import share
from copilot.statistics.compliers import effect_on_compliers
from copilot.statistics.corrected import clustered_post_stratified
from copilot.statistics.differences import difference_of_rates
from copilot.statistics.handle_time import effect_on_log
from copilot.statistics.prediction_powered import Judged, Labelled, clustered_prediction_powered
from tests.copilot.config.supposed import (
    N_TURNS,
    RIGHT,
    Turns,
    counted,
    share_of_cell,
    truth,
    world,
)

SEEDS, BAR = 200, 0.92
Interval = tuple[float, float]
EVERY = np.ones(N_TURNS, dtype=bool)


def limits(figure: Figure) -> Interval:
    assert figure.low is not None
    assert figure.high is not None
    return figure.low, figure.high


def match_rate_of_shadow(turns: Turns) -> Interval:
    n, k = turns.by_agent(EVERY, ~turns.is_shown), turns.by_agent(turns.matched, ~turns.is_shown)
    found = share("match rate", k, n)
    return limits(found)


def match_rate_of_offer(turns: Turns) -> Interval:
    found = share(
        "match rate", turns.by_agent(turns.matched, turns.is_shown), turns.by_agent(EVERY, turns.is_shown)
    )
    return limits(found)


def is_viewed(turns: Turns) -> NDArray[np.bool_]:
    not_viewed = np.isin(turns.cell, [list(Cell).index(cell) for cell in (Cell.LATE, Cell.DISPLAYED)])
    return turns.is_shown & ~not_viewed


def viewed(turns: Turns) -> Interval:
    k = turns.by_agent(is_viewed(turns), turns.is_shown)
    found = share("viewed", k, turns.by_agent(EVERY, turns.is_shown))
    return limits(found)


def share_viewed() -> float:
    return 1 - share_of_cell(Cell.LATE) - share_of_cell(Cell.DISPLAYED)


def influence(turns: Turns) -> Interval:
    arms = (~turns.is_shown, turns.is_shown)
    k = np.stack([turns.by_agent(turns.matched, arm) for arm in arms], axis=1)
    n = np.stack([turns.by_agent(EVERY, arm) for arm in arms], axis=1)
    found = difference_of_rates(k, n)
    return found.low, found.high


def handle_time(turns: Turns) -> Interval:
    arms = (~turns.is_shown, turns.is_shown)
    total = np.stack([turns.by_agent(turns.log_seconds, arm) for arm in arms], axis=1)
    n = np.stack([turns.by_agent(EVERY, arm) for arm in arms], axis=1)
    found = effect_on_log(total, n, seed=1)
    return found.log.low, found.log.high


def handle_time_where_seen(turns: Turns) -> Interval:
    """Where it refuses, it covers nothing."""
    arms = (~turns.is_shown, turns.is_shown)
    total, k, n = (
        np.stack([turns.by_agent(values, arm) for arm in arms], axis=1)
        for values in (turns.log_seconds, is_viewed(turns), EVERY)
    )
    found = effect_on_compliers(total, k, n).effect
    return (found.low, found.high) if found else (math.nan, math.nan)


def corrected_by_labels(turns: Turns) -> Interval:
    """Labels at random, as many of each stratum: whether the reply matched."""
    strata = (turns.matched, ~turns.matched)
    k = np.stack([turns.by_agent(turns.is_right, rows & turns.is_labelled) for rows in strata], axis=1)
    n = np.stack([turns.by_agent(EVERY, rows & turns.is_labelled) for rows in strata], axis=1)
    whole = np.stack([turns.by_agent(EVERY, rows) for rows in strata], axis=1)
    found = clustered_post_stratified(k, n, whole)
    return found.low, found.high


def corrected_by_matches(turns: Turns) -> Interval:
    """The match as the judge of all rows, a person of some."""
    f, y, few = turns.matched, turns.is_right, turns.is_labelled
    sums = [turns.by_agent(each, few)[:, None] for each in (EVERY, y, f, f, f & y)]
    every = [turns.by_agent(each, EVERY)[:, None] for each in (EVERY, f, f)]
    found = clustered_prediction_powered(Judged(*every), Labelled(*sums))
    return found.interval.low, found.interval.high


FIGURES: dict[str, tuple[Callable[[Turns], Interval], Callable[[], float]]] = {
    "match rate, shadow": (match_rate_of_shadow, lambda: truth("matched", is_shown=False)),
    "match rate, offered": (match_rate_of_offer, lambda: truth("matched", is_shown=True)),
    "viewed": (viewed, share_viewed),
    "influence": (
        influence,
        lambda: truth("matched", is_shown=True) - truth("matched", is_shown=False),
    ),
    "handle time": (
        handle_time,
        lambda: truth("log_seconds", is_shown=True) - truth("log_seconds", is_shown=False),
    ),
    "handle time, where seen": (
        handle_time_where_seen,
        lambda: (truth("log_seconds", is_shown=True) - truth("log_seconds", is_shown=False)) / share_viewed(),
    ),
    "accuracy, post-stratified": (corrected_by_labels, lambda: RIGHT),
    "accuracy, prediction-powered": (corrected_by_matches, lambda: RIGHT),
}


@pytest.fixture(scope="module")
def worlds() -> list[Turns]:
    return [world(seed) for seed in range(SEEDS)]


@pytest.mark.parametrize("name", FIGURES)
def test_an_interval_covers_the_truth_as_often_as_it_says(name: str, worlds: list[Turns]) -> None:
    interval, true = FIGURES[name]
    holds = [low <= true() <= high for low, high in map(interval, worlds)]
    coverage = sum(holds) / SEEDS
    assert coverage + 2 * math.sqrt(coverage * (1 - coverage) / SEEDS) >= BAR, f"{name}: {coverage:.3f}"


def test_the_funnel_sums_to_all_turns_in_every_world(worlds: list[Turns]) -> None:
    for turns in worlds:
        cells = counted(turns)
        assert sum(cells.values()) == N_TURNS
        assert cells[Cell.SHADOW] == int((~turns.is_shown).sum())


def test_what_is_shown_changes_what_is_sent_and_how_long_it_takes() -> None:
    """Else the tests above would hold of nothing."""
    assert truth("matched", is_shown=True) - truth("matched", is_shown=False) > 0.2
    assert truth("log_seconds", is_shown=True) - truth("log_seconds", is_shown=False) < -0.2
