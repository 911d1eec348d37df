"""The effect by how used agents are to what is compared, and to their work: what is new may wear off, or be learned."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, timedelta

import numpy as np
from numpy.typing import NDArray

from copilot.models import AgentDay, CaseDay
from copilot.monitor import case_reading, charts, effects
from copilot.monitor.case_reading import Array, Weeks
from copilot.monitor.charts import Chart
from copilot.monitor.effects import Outcome
from copilot.monitor.figures import Figure, drawable
from copilot.monitor.tables import table_of_figures

# Days since an agent's first case of the experiment, the first and the last of each.
SINCE = (
    ("Week 1", 0, 6),
    ("Week 2", 7, 13),
    ("Weeks 3–4", 14, 27),
    ("Week 5 and later", 28, 100_000),
)
NEW = timedelta(weeks=12)  # so long before an experiment began an agent of experience had replied to a case


@dataclass(frozen=True)
class Compared:
    """An outcome of two variants of an experiment, control first, among cases opened before a day."""

    outcome: Outcome
    variants: tuple[int, int]
    end: date
    n_planned: int

    def at(self, name: str, total: Array, n: Array) -> Figure:
        """Return the effect among some of the cases, from sums [agents, 2]."""
        found = {self.outcome.k: total, self.outcome.n: n}
        return effects.at_look(self.outcome, found, name, n_planned=self.n_planned)

    def chart(self, key: str, title: str, rows: Sequence[Figure], *, by: str, note: str) -> Chart:
        known = drawable(rows)
        return Chart(
            key,
            title,
            note if known else "",
            table_of_figures(by, rows, value="Change"),
            charts.forest(rows, title=title, reference=0.0) if known else None,
            empty=f"No group has a hundred {self.outcome.of} of each variant yet.",
        )


def novelty(compared: Compared) -> Chart:
    """Draw the effect by the days since each agent's first case of the experiment."""
    outcome = compared.outcome
    found = CaseDay.objects.all() if outcome.of == "cases" else AgentDay.objects.filter(is_replayed=False)
    days, variants, agents, totals, ns = case_reading.by_day(
        found, compared.variants, (outcome.k, outcome.n), end=compared.end
    )
    people, places = np.unique(agents, return_inverse=True)
    first = np.full(len(people), np.iinfo(np.int64).max)
    np.minimum.at(first, places, days)
    since, arms = days - first[places], (variants == compared.variants[1]).astype(np.intp)
    rows = []
    for name, least, most in SINCE:
        is_in = (since >= least) & (since <= most)
        total, n = np.zeros((2, len(people), 2))
        for sums, counts in ((total, totals), (n, ns)):
            np.add.at(sums, (places[is_in], arms[is_in]), counts[is_in])
        rows.append(compared.at(name, total, n))
    return compared.chart(
        "novelty",
        f"{outcome.name} by weeks since the agent's first case",
        rows,
        by="Since the first case",
        note="What is new helps for being new, or hinders until it is learned: decide by week 3 and later.",
    )


def tenure(compared: Compared, weeks: Weeks, *, start: date) -> Chart:
    """Draw the effect by whether agents had replied to cases long before the experiment began."""
    outcome = compared.outcome
    first = case_reading.first_weeks()
    is_new = np.array(
        [first.get(weeks.agents[place], date.max) > start - NEW for place in weeks.people], np.bool_
    )
    total, n = (weeks.pair(compared.variants, name).sum(axis=0) for name in (outcome.k, outcome.n))

    def of(name: str, chosen: NDArray[np.bool_]) -> Figure:
        return compared.at(name, total[chosen], n[chosen])

    return compared.chart(
        "tenure",
        f"{outcome.name} by how long agents have been there",
        [of("Fewer than 12 weeks before it began", is_new), of("12 weeks and more", ~is_new)],
        by="First reply",
        note="Who is new has more to gain, so that an effect changes with who answers. Chance parts cases, not agents: "
        "that two groups differ may have other reasons.",
    )
