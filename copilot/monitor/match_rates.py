"""Replies compared with suggestions, from the figures of days: match rates, and how they differ between arms."""

from collections import defaultdict
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import replace

from django.db.models import QuerySet, Sum

from copilot import match_versions
from copilot.models import Match
from copilot.models.rollup import NOBODY, TurnDay
from copilot.monitor.figures import Figure, Unit
from copilot.monitor.reading import Sums
from copilot.monitor.shares import FEWEST, FEWEST_AGENTS, design_effect, share
from copilot.statistics.differences import difference_of_rates

KINDS = tuple(Match.Kind)
COLUMNS = (*(f"n_{kind}" for kind in KINDS), "n_replayed", "n_short", "n_pending")
Agents = Mapping[int, Sums]
Count = Callable[[Sums], int]


def by_arm_and_topic(turns: "QuerySet[TurnDay]", *, names: Sequence[str]) -> dict[str, dict[str, Agents]]:
    """Return the sums of some columns by arm, name of the topic ("" of none) and agent, in one pass over the days."""
    found: defaultdict[str, defaultdict[str, dict[int, Sums]]] = defaultdict(lambda: defaultdict(dict))
    fields = ("arm", "topic__name", "agent")
    rows = turns.values_list(*fields).annotate(*(Sum(name) for name in names)).order_by(*fields)
    for arm, topic, agent, *sums in rows:
        found[arm][topic or ""][agent] = dict(zip(names, sums, strict=True))
    return {arm: dict(topics) for arm, topics in found.items()}


def joined(groups: Iterable[Agents]) -> Agents:
    """Return the sums of several groups by agent, without the turns that nobody has answered."""
    found: dict[int, dict[str, int]] = {}
    for agents in groups:
        for agent, sums in people(agents).items():
            whole = found.setdefault(agent, dict.fromkeys(sums, 0))
            for name, n in sums.items():
                whole[name] += n
    return found


def compared(sums: Sums) -> int:
    """Return how many turns were compared: their reply has words enough, and what they are is settled."""
    return sum(sums[f"n_{kind}"] for kind in KINDS)


def matched(sums: Sums) -> int:
    """Return how many of them match: a changed fact is a conflict, never a match."""
    return sum(sums[f"n_{kind}"] for kind in Match.MATCHING)


def total(rows: Iterable[Sums], count: Count) -> int:
    return sum(count(sums) for sums in rows)


def people(agents: Agents) -> Agents:
    """Leave out the turns that nobody has answered."""
    return {agent: sums for agent, sums in agents.items() if agent != NOBODY}


def version() -> str:
    """Name what match rates depend on."""
    return f"match version {match_versions.current().pk}"


def match_rate(name: str, agents: Agents, *, version: str, deff: float | None = None) -> Figure:
    """Return the share of compared turns that match; `deff` as `share` takes it, by default these agents' own."""
    k, n = [matched(sums) for sums in agents.values()], [compared(sums) for sums in agents.values()]
    return share(name, k, n, last_deff=deff if deff is not None else design_effect(k, n), version=version)


def deff_of(agents: Agents) -> float | None:
    """Return how much agents differ in their match rates; None where they don't tell."""
    return design_effect(
        [matched(sums) for sums in agents.values()], [compared(sums) for sums in agents.values()]
    )


def difference(name: str, shadow: Agents, offer: Agents, *, of: Count = matched, version: str) -> Figure:
    """Return the share of compared turns that `of` counts in OFFER less that in SHADOW, agents as clusters."""
    names = sorted({*shadow, *offer})
    k = [[of(arm[agent]) if agent in arm else 0 for arm in (shadow, offer)] for agent in names]
    n = [[compared(arm[agent]) if agent in arm else 0 for arm in (shadow, offer)] for agent in names]
    fewest = min(sum(row[arm] for row in n) for arm in (0, 1)) if n else 0
    n_agents = min(sum(row[arm] > 0 for row in n) for arm in (0, 1)) if n else 0
    known = Figure(name, sum(map(sum, n)), n_agents=n_agents, unit=Unit.POINTS, version=version)
    if fewest < FEWEST:
        return replace(known, note=f"fewer than {FEWEST} turns in an arm: too few to say")
    if n_agents < FEWEST_AGENTS:
        return replace(known, note=f"fewer than {FEWEST_AGENTS} agents in an arm: not shown")
    found = difference_of_rates(k, n)
    note = "few agents, or all turns of an arm alike: take the interval with care" if found.few_agents else ""
    return Figure(
        name, found.n, found.estimate, found.low, found.high,
        n_agents=found.n_agents, unit=Unit.POINTS, note=note, method=found.method, version=version,
    )  # fmt: skip


def replayed(rows: Sequence[Sums]) -> str:
    """Say how many turns were suggested for afterwards, by a release that may have learned from them."""
    n, of_all = total(rows, lambda sums: sums["n_replayed"]), total(rows, _all)
    if not n:
        return ""
    which = f"All {of_all:,}" if n >= of_all else f"{n:,} of the {of_all:,}"
    return (
        f"{which} turns were replayed afterwards by a release trained later than their messages. It may have learned "
        "from these very replies, so their rate flatters."
    )


def left_out(rows: Sequence[Sums]) -> str:
    """Say which turns with a suggestion are not compared."""
    n_short, n_pending = (sum(sums[name] for sums in rows) for name in ("n_short", "n_pending"))
    short = "1 short reply" if n_short == 1 else f"{n_short:,} short replies"
    said = f"Left out: {short} (under 8 words) and turns without a suggestion."
    if n_pending:
        waits = (
            "1 reply in other words waits" if n_pending == 1 else f"{n_pending:,} replies in other words wait"
        )
        said += f" {waits} for a worker to say whether the meaning is the same: not counted yet."
    return said


def _all(sums: Sums) -> int:
    """Count compared turns with those that will be, or are too short: what was replayed is counted among all."""
    return compared(sums) + sums["n_short"] + sums["n_pending"]
