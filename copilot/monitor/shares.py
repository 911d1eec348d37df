"""A share with its interval, agents as clusters; where it would say too little or tell of single people, it says so."""

from collections.abc import Sequence
from dataclasses import replace

from copilot.monitor.figures import Figure
from copilot.statistics import intervals

FEWEST = 5  # turns below which a share says nothing
FEWEST_AGENTS = 5  # below them a figure would tell of single people
FEW_AGENTS = f"fewer than {FEWEST_AGENTS} agents: not shown"
METHOD = "Intervals: 95 %, agents as clusters: Wilson on the effective sample, Clopper-Pearson where agents are few"


def share(
    name: str,
    k: Sequence[int],
    n: Sequence[int],
    *,
    last_deff: float | None = None,
    version: str = "",
    of: str = "turns",
) -> Figure:
    """Return the share `k[g]` of `n[g]` turns of each agent g, those without turns left out; `of` says what they are.

    `last_deff` is the design effect of all turns, for groups too small to tell their own.
    """
    pairs = [(in_share, of) for in_share, of in zip(k, n, strict=True) if of]
    k, n = [in_share for in_share, _ in pairs], [of for _, of in pairs]
    of_all = Figure(name, sum(n), n_agents=len(n), version=version)
    if sum(n) < FEWEST:
        return replace(of_all, note=f"fewer than {FEWEST} {of}: too few to say")
    if len(n) < FEWEST_AGENTS:
        return replace(of_all, note=FEW_AGENTS)
    found = intervals.clustered_rate(k, n, last_deff=last_deff)
    note = f"few agents, or all {of} alike: take the interval with care" if found.few_agents else ""
    return replace(
        of_all, value=found.estimate, low=found.low, high=found.high, k=sum(k), note=note, method=found.method
    )  # fmt: skip


def design_effect(k: Sequence[int], n: Sequence[int]) -> float | None:
    """Return how much agents differ over all turns; None where even they don't tell."""
    try:
        return intervals.design_effect(k, n)
    except ValueError:
        return None
