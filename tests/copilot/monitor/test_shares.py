"""A share and its interval as pages draw them: with few agents it does not look surer than it is."""

import numpy as np
import pytest

from copilot.monitor.match_rates import deff_of, match_rate
from copilot.monitor.reading import Agents
from copilot.monitor.shares import share
from copilot.statistics.intervals import clustered_rate
from copilot.statistics.worlds import Volumes, rates, volumes


@pytest.mark.parametrize("n_agents", [5, 7])
@pytest.mark.parametrize("kind", Volumes)
def test_a_match_rate_of_few_agents_covers_the_truth(n_agents: int, kind: Volumes) -> None:
    """Their own design effect, taken as known, would cover 81 to 88 %."""
    repeats, rng = 1_000, np.random.default_rng(20_260_101)
    n = volumes(rng, repeats=repeats, n_agents=n_agents, kind=kind, mean=100)
    k = rng.binomial(n, rates(rng, n, mean=0.7))
    n_covered = 0
    for matches, turns in zip(k, n, strict=True):
        agents = Agents(np.arange(n_agents), {"n_matches": matches, "n_compared": turns})
        found = match_rate("", agents, version="", deff=deff_of(agents))
        assert found.low is not None
        assert found.high is not None
        n_covered += found.low <= 0.7 <= found.high
    coverage = n_covered / repeats
    assert coverage + 2 * (coverage * (1 - coverage) / repeats) ** 0.5 >= 0.95


def test_turns_that_are_all_alike_take_the_design_effect_of_all() -> None:
    alike = share("", [10] * 6, [10] * 6, last_deff=2.0)
    expected = clustered_rate([10] * 6, [10] * 6, last_deff=2.0)
    assert (alike.low, alike.high) == (expected.low, expected.high)
    assert "all turns alike" in alike.note
