"""Shares of labels: weighted back, and not surer than the agents are alike whose turns were judged."""

from datetime import date

import numpy as np
import pytest

from copilot.models import Match
from copilot.monitor.correcting import deff_of_labels, share_right
from copilot.monitor.estimates import bound
from copilot.monitor.labels import Label
from copilot.monitor.reading import Agents
from copilot.statistics.intervals import Method, wilson
from copilot.statistics.worlds import Volumes, rates, volumes


def make_labels(right: int, wrong: int, *, agent: int = 1, kind: str = Match.Kind.NEAR) -> list[Label]:
    said = [1.0] * right + [0.0] * wrong
    return [Label(date(2026, 1, 5), "shadow", kind, "", agent, 0.5, each, None) for each in said]


def test_labels_of_one_agent_resemble_each_other() -> None:
    """25 agents, a few of whom have most of 400 labels: Wilson's interval of such rows covers 81 %."""
    rng, repeats, n_covered = np.random.default_rng(20_260_101), 400, 0
    n = volumes(rng, repeats=repeats, n_agents=25, kind=Volumes.ZIPF, mean=16)
    k = rng.binomial(n, rates(rng, n, mean=0.8, correlation=0.05))
    for right, labels in zip(k.tolist(), n.tolist(), strict=True):
        drawn = [
            label
            for agent, (is_right, of) in enumerate(zip(right, labels, strict=True))
            for label in make_labels(is_right, of - is_right, agent=agent)
        ]
        found = share_right("", drawn)
        assert found.low is not None
        assert found.high is not None
        n_covered += found.low <= 0.8 <= found.high
    assert n_covered / repeats >= 0.92


def test_labels_that_are_all_alike_take_the_design_effect_of_all() -> None:
    others = [label for agent in range(20) for label in make_labels(agent % 5, 5 - agent % 5, agent=agent)]
    alike = [label for agent in range(20) for label in make_labels(5, 0, agent=agent)]
    deff = deff_of_labels(others)
    assert deff is not None
    assert 1 < deff < 5
    found, alone = share_right("", alike, deff=deff), share_right("", alike)
    assert found.low == pytest.approx(0.025 ** (deff / len(alike)))
    assert alone.low == pytest.approx(0.025 ** (1 / 20)), "each agent counts once"
    assert found.method.startswith(Method.CLUSTERED_CLOPPER_PEARSON)
    assert "all labels alike" in found.note


def test_the_bound_takes_a_limit_that_few_labels_hold() -> None:
    shadow = Agents(np.arange(10), {"n_matches": np.full(10, 60), "n_compared": np.full(10, 100)})
    labels = [label for agent in range(10) for label in make_labels(1, agent == 0, agent=agent)]
    found = bound(labels, shadow, version="1")
    assert found.value is not None
    assert found.value < 0.57 * wilson(10, 11).low
    assert "match rate 60 %" in found.note
    assert "of 11 labels" in found.note
