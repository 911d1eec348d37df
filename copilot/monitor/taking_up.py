"""How agents take suggestions up: by how long they have had them, and how far they differ; nobody is told of alone."""

from collections.abc import Callable, Mapping, Sequence
from datetime import date

import numpy as np
from django.db.models import Q
from numpy.typing import NDArray

from copilot.models.agent_day import AgentDay
from copilot.models.rollup import NOBODY
from copilot.monitor import charts
from copilot.monitor.charts import Chart
from copilot.monitor.columns import Monday, Numbers, columns_of
from copilot.monitor.figures import Figure, Unit, drawable, written
from copilot.monitor.funnel import SHOWN, Late
from copilot.monitor.reading import Agents, joined, nobody
from copilot.monitor.shares import FEWEST, FEWEST_AGENTS, design_effect, share
from copilot.monitor.tables import table_of_figures

WEEKS = (
    ("Week 1", 1),
    ("Week 2", 2),
    ("Weeks 3 and 4", 4),
    ("Weeks 5 to 8", 8),
    ("Week 9 and later", 10_000),
)
QUARTERS = (
    "Agents who take the least",
    "Agents who take less",
    "Agents who take more",
    "Agents who take the most",
)
SEED = 1  # of the draws in which all agents are alike
N_DRAWS = 400
POOLED = "pooled by quarters of agents"
Count = Callable[[Agents], Numbers]


def first_weeks() -> tuple[Numbers, Numbers]:
    """Return the agents who ever had a suggestion on their page, ascending, and the Monday of each one's first."""
    had_one = Q(*((f"n_{name}__gt", 0) for name in (*SHOWN, Late.SHOWN)), _connector=Q.OR)
    days = (
        AgentDay.objects.filter(had_one).exclude(agent=NOBODY).values_list("agent", Monday("day")).distinct()
    )
    agents, mondays = columns_of(days)
    found, places = np.unique(agents, return_inverse=True)
    first = np.full(len(found), np.iinfo(np.int64).max)
    np.minimum.at(first, places, mondays)
    return found, first


def by_tenure(
    weeks: Mapping[date, Agents], k: Count, n: Count, *, names: Sequence[str], version: str
) -> Chart:
    """Draw acceptance by weeks since an agent's first suggestion: who learns takes more, who is disappointed less."""
    title = "Acceptance by weeks with suggestions"
    agents, first = first_weeks()
    groups: list[list[Agents]] = [[] for _ in WEEKS]
    for monday, found in weeks.items():
        known = found.only(np.isin(found.hashes, agents))
        past = (monday.toordinal() - first[np.searchsorted(agents, known.hashes)]) // 7
        places = np.searchsorted([last for _, last in WEEKS], past, side="right")
        for place in np.unique(places[past >= 0]):
            groups[place].append(known.only((places == place) & (past >= 0)))
    sums = [joined([nobody(names), *group]) for group in groups]
    deff = design_effect(*(np.concatenate([count(each) for each in sums]) for count in (k, n)))
    rows = [
        share(name, k(each), n(each), last_deff=deff) for (name, _), each in zip(WEEKS, sums, strict=True)
    ]
    known_rows = drawable(rows)
    return Chart(
        "tenure",
        title,
        f"Half of the suggestion sent or more, of those seen. {known_rows[0].told}; {known_rows[-1].told}."
        if len(known_rows) > 1
        else "",
        table_of_figures("Since the first suggestion", rows, value="Acceptance", k="Accepted", version=version),
        charts.forest(rows, title=title) if known_rows else None,
        empty="Five turns of five agents are needed.",
        note="Weeks since a suggestion was first on an agent's page. Agents of other weeks may be other agents, and "
        "what changed for all of them at once shows here, too.",
    )  # fmt: skip


def spread(agents: Agents, k: Count, n: Count, *, version: str) -> Chart:
    """Draw how far agents differ, as four groups of them, beside what chance makes of agents who are all alike."""
    title = "How far agents differ"
    accepted, seen = (count(agents)[n(agents) >= FEWEST] for count in (k, n))
    if len(seen) < len(QUARTERS) * FEWEST_AGENTS:
        why = (
            f"{len(QUARTERS) * FEWEST_AGENTS} agents who saw {FEWEST} suggestions each are needed, so that no group is "
            f"of fewer than {FEWEST_AGENTS}: there are {len(seen)}."
        )
        return Chart("spread", title, "", table_of_figures("Group", []), empty=why)
    order = np.argsort(accepted / seen, kind="stable")
    alike = _alike(accepted, seen)
    rows = [
        Figure(
            name, n_of := int(seen[group].sum()), (k_of := int(accepted[group].sum())) / n_of, k=k_of,
            n_agents=len(group), method=POOLED, note=f"{written(by_chance, Unit.SHARE)} if all were alike",
        )
        for name, group, by_chance in zip(QUARTERS, np.array_split(order, len(QUARTERS)), alike, strict=True)
    ]  # fmt: skip
    return Chart(
        "spread",
        title,
        f"Half of the suggestion sent or more, of those seen: from {rows[0].written} to {rows[-1].written}. If all "
        f"agents were alike, chance would part them from {written(alike[0], Unit.SHARE)} to "
        f"{written(alike[-1], Unit.SHARE)}.",
        table_of_figures("Group", rows, value="Acceptance", k="Accepted", version=version),
        charts.bars(rows, title=title),
        note="Four groups of agents by what they take; without intervals, since they are made by it.",
    )


def _alike(accepted: Numbers, seen: Numbers) -> list[float]:
    """Return the mean rate of each group where every agent takes suggestions at the rate of all of them."""
    rng = np.random.default_rng(SEED)
    drawn = rng.binomial(seen, accepted.sum() / seen.sum(), size=(N_DRAWS, len(seen)))
    order = np.argsort(drawn / seen, axis=1, kind="stable")
    k, n = np.take_along_axis(drawn, order, axis=1), seen[order]
    return [
        float(np.mean(_rates(group, k, n))) for group in np.array_split(np.arange(len(seen)), len(QUARTERS))
    ]


def _rates(group: NDArray[np.intp], k: Numbers, n: Numbers) -> NDArray[np.float64]:
    return np.asarray(k[:, group].sum(axis=1) / n[:, group].sum(axis=1))
