"""A share with its interval, agents as clusters; where it would say too little or tell of single people, it says so."""

from dataclasses import replace

import numpy as np
from numpy.typing import ArrayLike

from copilot.monitor.figures import Figure
from copilot.statistics import intervals

FEWEST = 5  # turns below which a share says nothing
FEWEST_AGENTS = 5  # below them a figure would tell of single people
FEW_AGENTS = f"fewer than {FEWEST_AGENTS} agents: not shown"
METHOD = "Intervals: 95 %, agents as clusters: Wilson on the effective sample, Clopper-Pearson where agents are few"


def share(
    name: str,
    k: ArrayLike,
    n: ArrayLike,
    *,
    last_deff: float | None = None,
    version: str = "",
    of: str = "turns",
) -> Figure:
    """Return the share `k[g]` of `n[g]` turns of each agent g, those without turns left out; `of` says what they are.

    `last_deff` is the design effect of all turns, for groups whose turns are all alike and tell none. Others tell their
    own, with Student's t for their few agents: one that is taken as known covers 81 to 88 % with five to seven agents.
    """
    in_share, out_of = np.asarray(k, dtype=np.int64), np.asarray(n, dtype=np.int64)
    in_share, out_of = in_share[out_of != 0], out_of[out_of != 0]
    n_in_share, n_of_all = int(in_share.sum()), int(out_of.sum())
    of_all = Figure(name, n_of_all, n_agents=len(out_of), version=version)
    if n_of_all < FEWEST:
        return replace(of_all, note=f"fewer than {FEWEST} {of}: too few to say")
    if len(out_of) < FEWEST_AGENTS:
        return replace(of_all, note=FEW_AGENTS)
    is_alike = n_in_share in (0, n_of_all)
    found = intervals.clustered_rate(in_share, out_of, last_deff=last_deff if is_alike else None)
    note = f"few agents, or all {of} alike: take the interval with care" if found.few_agents else ""
    return replace(
        of_all, value=found.estimate, low=found.low, high=found.high, k=n_in_share, note=note, method=found.method
    )  # fmt: skip


def design_effect(k: ArrayLike, n: ArrayLike) -> float | None:
    """Return how much agents differ over all turns; None where even they don't tell."""
    try:
        return intervals.design_effect(k, n)
    except ValueError:
        return None
