"""A simulated desk without a database: the agents of `behaviour.yaml` do what they do, and the truth is known exactly.

Of each habit a pool of acts is drawn once, for a suggestion that is right or wrong, shown or hidden. The pools are the
population: what holds of them, weighted by habits, is the truth; a world draws its turns from them with numpy.
Nothing changes in these worlds and nobody learns, so that a truth is one number.
"""

import math
import random
from collections import Counter
from dataclasses import dataclass
from functools import cache

import numpy as np
from numpy.typing import NDArray

from copilot.config.simulation.acting import Act, Offer, Scene, Way, act
from copilot.config.simulation.behaviour import read_behaviour
from copilot.monitor.funnel import Cell

N_AGENTS, N_TURNS = 25, 6000
POOL = 4000  # acts of each habit in each scene
RIGHT, SHADOW, LABELLED = 0.7, 0.1, 0.1  # shares of all turns
BEHAVIOUR = read_behaviour()
CELLS = tuple(Cell)
SENT = {Way.VERBATIM: Cell.SENT_VERBATIM, Way.EDITED: Cell.SENT_EDITED, Way.CORRECTED: Cell.SENT_EDITED}
TEXT = "Hi Jo,\n\nYour reader starts anew when you hold the button.\n\nIt is quick.\n\nCheers,\nAna"
# Agents are drawn by these, and their volumes apart from it.
SHARES = {name: len(agents) / N_AGENTS for name, agents in BEHAVIOUR.agents.items()}


@dataclass(frozen=True, eq=False)
class Pool:
    """What acts of a habit in a scene led to: whether the reply matched, its log time, its cell of the funnel."""

    matched: NDArray[np.bool_]
    log_seconds: NDArray[np.float64]
    cell: NDArray[np.int64]


@dataclass(frozen=True, eq=False)
class Turns:
    """The turns of one world, one row each: of agent g, right or not, shown or hidden, and what came of it."""

    agent: NDArray[np.int64]
    is_right: NDArray[np.bool_]
    is_shown: NDArray[np.bool_]
    matched: NDArray[np.bool_]
    log_seconds: NDArray[np.float64]
    cell: NDArray[np.int64]
    is_labelled: NDArray[np.bool_]

    def by_agent(self, values: NDArray[np.generic], rows: NDArray[np.bool_]) -> NDArray[np.float64]:
        """The sum of some values by agent, over some rows."""
        return np.bincount(self.agent[rows], values[rows].astype(float), minlength=N_AGENTS)


@cache
def pool(habit: str, is_right: bool, is_shown: bool) -> Pool:
    offer = Offer("reader-reset", TEXT, is_right, is_shown)
    # Where the suggestion is wrong, another answer is right.
    scene = Scene(
        3, "reader-reset" if is_right else "payout-day", "Text.", "Own words.", offer, 0, knows_change=False
    )
    chance = random.Random(f"{habit}/{is_right}/{is_shown}")
    done = [act(scene, BEHAVIOUR.habits[habit], BEHAVIOUR, chance) for _ in range(POOL)]
    return Pool(
        np.array([matches(each, is_right=is_right) for each in done]),
        np.array([math.log(each.seconds) for each in done]),
        np.array([CELLS.index(cell_of(each, is_shown=is_shown)) for each in done]),
    )


def matches(done: Act, *, is_right: bool) -> bool:
    """Whether the reply says what was suggested: taken, remembered, or the same answer found by hand."""
    taken = {Way.VERBATIM, Way.EDITED, Way.ANCHORED}
    return done.way in taken or (is_right and done.way is Way.LOOKED_UP)


def cell_of(done: Act, *, is_shown: bool) -> Cell:
    """The cell of the funnel in which a turn with a suggestion ends."""
    if not is_shown:
        return Cell.SHADOW
    if done.way in SENT:
        return SENT[done.way]
    if done.is_removed:
        return Cell.INSERTED_THEN_REMOVED
    if done.dismissed_for:
        return Cell.DISMISSED
    if done.is_late:
        return Cell.LATE
    return Cell.IGNORED if done.is_viewed else Cell.DISPLAYED


def world(seed: int) -> Turns:
    """Draw 25 agents with habits and skewed volumes, and their turns."""
    rng = np.random.default_rng(seed)
    habits = rng.choice(list(SHARES), p=list(SHARES.values()), size=N_AGENTS)
    place = rng.permutation(N_AGENTS)
    agent = place[(rng.random(N_TURNS) ** BEHAVIOUR.uneven * N_AGENTS).astype(np.int64)]
    is_right, is_shown = rng.random(N_TURNS) < RIGHT, rng.random(N_TURNS) >= SHADOW
    drawn = rng.integers(POOL, size=N_TURNS)
    matched, seconds = np.empty(N_TURNS, bool), np.empty(N_TURNS)
    cell = np.empty(N_TURNS, np.int64)
    for habit in SHARES:
        for right in (True, False):
            for shown in (True, False):
                rows = (habits[agent] == habit) & (is_right == right) & (is_shown == shown)
                found = pool(habit, right, shown)
                matched[rows] = found.matched[drawn[rows]]
                seconds[rows] = found.log_seconds[drawn[rows]]
                cell[rows] = found.cell[drawn[rows]]
    return Turns(agent, is_right, is_shown, matched, seconds, cell, rng.random(N_TURNS) < LABELLED)


def truth(what: str, *, is_shown: bool) -> float:
    """Return the mean of a column of the pools, over habits and over right and wrong suggestions."""
    return sum(
        share * p * float(getattr(pool(habit, right, is_shown), what).mean())
        for habit, share in SHARES.items()
        for right, p in ((True, RIGHT), (False, 1 - RIGHT))
    )


def share_of_cell(cell: Cell) -> float:
    """Return the true share of a cell among shown suggestions."""
    return sum(
        share * p * float((pool(habit, right, True).cell == CELLS.index(cell)).mean())
        for habit, share in SHARES.items()
        for right, p in ((True, RIGHT), (False, 1 - RIGHT))
    )


def counted(turns: Turns) -> Counter[Cell]:
    return Counter(CELLS[at] for at in turns.cell.tolist())
