"""Turns of both arms, compared within weeks and releases.

How many cases are held out changes with the experiments that run, and variants have releases of their own. Pooled, what
a week or a release is like would be taken for what showing does: both arms fall by ten points in the week from which on
six times as many cases are held out, and the pooled difference is four points, of nothing.
"""

from collections.abc import Mapping
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from copilot.models import AgentWeek, Arm
from copilot.models.rollup import NOBODY
from copilot.monitor.answer_reading import RATE, topic_weeks
from copilot.monitor.columns import ARMS, Numbers, Ordinal, arm_number, columns_of, of_weeks
from copilot.monitor.figures import Figure, Unit
from copilot.monitor.filters import Filters
from copilot.monitor.reading import Agents, grouped
from copilot.monitor.shares import FEWEST, FEWEST_AGENTS
from copilot.statistics.differences import difference_of_rates

PAIR = (Arm.SHADOW, Arm.OFFER)
Weights = NDArray[np.float64]


@dataclass(frozen=True, eq=False)
class Turns:
    """Compared turns of both arms: of each row a number in each column, `arms` are places in PAIR.

    Days are as `date.toordinal` counts them.
    """

    days: Numbers
    releases: Numbers
    arms: Numbers
    agents: Numbers
    topics: Numbers
    counts: Mapping[str, Numbers]

    def __getitem__(self, name: str) -> Numbers:
        return self.counts[name]

    @property
    def weeks(self) -> Numbers:
        """The Monday of each row's week."""
        return self.days - (self.days - 1) % 7

    def only(self, chosen: "NDArray[np.bool_] | Numbers | slice") -> "Turns":
        """Return the rows that are chosen, by their places or by whether."""
        return Turns(
            self.days[chosen],
            self.releases[chosen],
            self.arms[chosen],
            self.agents[chosen],
            self.topics[chosen],
            {name: n[chosen] for name, n in self.counts.items()},
        )

    def by(self, groups: Numbers, arm: Arm) -> dict[int, Agents]:
        """Return the sums of one arm by group and agent."""
        own = self.arms == PAIR.index(arm)
        return grouped(groups[own], self.agents[own], {name: n[own] for name, n in self.counts.items()})


def read(filters: Filters, *, names: tuple[str, ...]) -> Turns:
    """Return the compared turns that an address asks for, without those replayed afterwards: no chance parted them.

    By week a turn's day is the Monday of its week.
    """
    if filters.per == "day" or filters.topic:
        rows = filters.totals().filter(arm__in=PAIR, is_replayed=False)
        found = columns_of(rows.values_list(Ordinal("day"), "release", arm_number(), "agent", *names))
    else:
        weeks = filters.of_weeks(AgentWeek.objects.filter(arm__in=PAIR, is_replayed=False))
        found = of_weeks(weeks, Ordinal("week"), "release", arm_number(), names=names)
    days, releases, arms, agents, *counts = found
    return _compared(days, releases, arms, agents, np.zeros_like(days), dict(zip(names, counts, strict=True)))


def read_topics(filters: Filters) -> Turns:
    """Return the same by topic and week: how many were compared, and how many match."""
    weeks = topic_weeks(filters).filter(arm__in=PAIR, is_replayed=False)
    keys = (Ordinal("week"), "release", arm_number(), "topic")
    days, releases, arms, topics, agents, *counts = of_weeks(weeks, *keys, names=RATE)
    return _compared(days, releases, arms, agents, topics, dict(zip(RATE, counts, strict=True)))


def _compared(
    days: Numbers,
    releases: Numbers,
    arms: Numbers,
    agents: Numbers,
    topics: Numbers,
    counts: Mapping[str, Numbers],
) -> Turns:
    is_offer = (arms == ARMS.index(Arm.OFFER)).astype(np.int64)
    turns = Turns(days, releases, is_offer, agents, topics, counts)
    return turns.only((turns["n_compared"] > 0) & (agents != NOBODY))


def weights(turns: Turns, *within: Numbers) -> Weights:
    """Return how much each row's turns count, so that both arms weigh alike in every stratum.

    A stratum is what `within` and the release have in common; it weighs n_0 n_1 / (n_0 + n_1), as Mantel and Haenszel
    (1959) weigh it, and nothing where an arm is missing.

    >>> one = np.ones(4, dtype=np.int64)
    >>> arms, n = np.array([0, 1, 0, 1]), np.array([5, 95, 30, 70])
    >>> weights(Turns(one, one, arms, one, one, {"n_compared": n}), np.array([1, 1, 2, 2])).tolist()
    [0.95, 0.05, 0.7, 0.3]
    """
    codes = np.zeros_like(turns.arms)
    for key in (*within, turns.releases):
        if len(key):
            codes = codes * (key.max() - key.min() + 1) + key - key.min()
    strata = np.unique(codes, return_inverse=True)[1]
    of_arms = _by_arm(strata, turns.arms, turns["n_compared"])
    return of_arms[strata, 1 - turns.arms] / of_arms[strata].sum(axis=1)


def _by_arm(places: Numbers, arms: Numbers, n: Numbers | Weights) -> Weights:
    """Return the sums of a column by place and arm.

    >>> _by_arm(np.array([0, 1, 1]), np.array([0, 1, 1]), np.array([5, 2, 3])).tolist()
    [[5.0, 0.0], [0.0, 5.0]]
    """
    n_places = int(places.max()) + 1 if len(places) else 0
    sums = np.bincount(2 * places + arms, weights=n, minlength=2 * n_places)
    return np.asarray(sums, dtype=np.float64).reshape(-1, 2)


def difference(name: str, turns: Turns, weights: Weights, *, of: str, version: str) -> Figure:
    """Return the share of compared turns that a column counts in OFFER less that in SHADOW, agents as clusters."""
    is_in = weights > 0
    turns, weights = turns.only(is_in), weights[is_in]
    places = np.unique(turns.agents, return_inverse=True)[1]
    k, n, n_rows = (
        _by_arm(places, turns.arms, counted)
        for counted in (weights * turns[of], weights * turns["n_compared"], turns["n_compared"])
    )
    n_agents = int((n_rows > 0).sum(axis=0).min())
    known = Figure(name, int(n_rows.sum()), n_agents=n_agents, unit=Unit.POINTS, version=version)
    if n_rows.sum(axis=0).min() < FEWEST:
        return replace(known, note=f"fewer than {FEWEST} turns in an arm: too few to say")
    if n_agents < FEWEST_AGENTS:
        return replace(known, note=f"fewer than {FEWEST_AGENTS} agents in an arm: not shown")
    scale = n_rows.sum(axis=0) / n.sum(axis=0)  # so that an arm counts for as many turns as it has
    found = difference_of_rates(k * scale, n * scale)
    note = "few agents, or all turns of an arm alike: take the interval with care" if found.few_agents else ""
    return replace(
        known, value=found.estimate, low=found.low, high=found.high, n_agents=found.n_agents, note=note,
        method=f"{found.method}, by week and release",
    )  # fmt: skip
