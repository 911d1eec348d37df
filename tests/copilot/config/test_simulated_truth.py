"""Because the truth of a simulated desk is known, the monitor's own estimators can be held against it."""

import math
from collections.abc import Callable
from datetime import date

import numpy as np
import pytest
from numpy.typing import NDArray

from copilot.models import Arm, Match
from copilot.monitor.correcting import by_prediction, by_strata, share_right
from copilot.monitor.figures import Figure
from copilot.monitor.funnel import Cell
from copilot.monitor.labels import Label
from copilot.monitor.reading import Agents
from copilot.monitor.shares import share
from copilot.statistics.compliers import effect_on_compliers
from copilot.statistics.differences import difference_of_rates
from copilot.statistics.handle_time import effect_on_log
from tests.copilot.config.supposed import (
    LABELLED,
    N_AGENTS,
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
WEEK, NEAR, NONE = date(2026, 1, 5), Match.Kind.NEAR, Match.Kind.NONE


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


def sample(turns: Turns) -> tuple[list[Label], dict[str, Agents]]:
    """The labelled turns and the sums of all, as the page Accuracy reads them."""
    arm_of = {False: Arm.SHADOW, True: Arm.OFFER}
    labels = [
        Label(WEEK, arm_of[shown], NEAR if matched else NONE, "", agent, LABELLED, float(right), None)
        for agent, shown, matched, right in zip(
            *(
                each[turns.is_labelled].tolist()
                for each in (turns.agent, turns.is_shown, turns.matched, turns.is_right)
            ),
            strict=True,
        )
    ]
    arms = {}
    for shown, arm in arm_of.items():
        rows = turns.is_shown == shown
        n, k = turns.by_agent(EVERY, rows), turns.by_agent(turns.matched, rows)
        counts = {"n_compared": n, "n_matches": k, "n_conflict": 0 * n, "n_none": n - k}
        arms[arm.value] = Agents(
            np.arange(N_AGENTS), {name: each.astype(np.int64) for name, each in counts.items()}
        )
    return labels, arms


def labels_alone(turns: Turns) -> Interval:
    return limits(share_right("", sample(turns)[0]))


def corrected_by_strata(turns: Turns) -> Interval:
    return limits(by_strata(*sample(turns)))


def corrected_by_matches(turns: Turns) -> Interval:
    return limits(by_prediction(*sample(turns))[0])


FIGURES: dict[str, tuple[Callable[[Turns], Interval], Callable[[Turns], float]]] = {
    "match rate, shadow": (match_rate_of_shadow, lambda _: truth("matched", is_shown=False)),
    "match rate, offered": (match_rate_of_offer, lambda _: truth("matched", is_shown=True)),
    "viewed": (viewed, lambda _: share_viewed()),
    "influence": (
        influence,
        lambda _: truth("matched", is_shown=True) - truth("matched", is_shown=False),
    ),
    "handle time": (
        handle_time,
        lambda _: truth("log_seconds", is_shown=True) - truth("log_seconds", is_shown=False),
    ),
    "handle time, where seen": (
        handle_time_where_seen,
        lambda _: (
            (truth("log_seconds", is_shown=True) - truth("log_seconds", is_shown=False)) / share_viewed()
        ),
    ),
    "accuracy, labels alone": (labels_alone, lambda _: RIGHT),
    "accuracy, post-stratified": (corrected_by_strata, lambda turns: float(turns.is_right.mean())),
    "accuracy, prediction-powered": (corrected_by_matches, lambda _: RIGHT),
}


@pytest.fixture(scope="module")
def worlds() -> list[Turns]:
    return [world(seed) for seed in range(SEEDS)]


@pytest.mark.parametrize("name", FIGURES)
def test_an_interval_covers_the_truth_as_often_as_it_says(name: str, worlds: list[Turns]) -> None:
    interval, true = FIGURES[name]
    holds = [low <= true(turns) <= high for turns in worlds for low, high in (interval(turns),)]
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
