"""How far two people agree who judge the same turn blind: no figure that rests on their labels can be surer than that.

One turn in ten of each week's sample is judged twice. Turns count once each, as they were drawn: what is doubtful is
drawn more often, so that of all turns people would agree on more.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace

import numpy as np

from copilot.judging import Verdicts
from copilot.models import Verdict
from copilot.monitor import charts
from copilot.monitor.charts import Chart
from copilot.monitor.figures import Figure, Unit, drawable
from copilot.monitor.labels import Label
from copilot.monitor.shares import share
from copilot.monitor.tables import Column, Table, kept
from copilot.statistics.agreement import Coefficient, ac1, kappa

FEWEST_TWICE = 30  # turns judged twice, below which agreement is a matter of luck
TITLE = "Do two people who judge the same turn agree?"
Which = Callable[[Verdicts], str]
TEXTS: Mapping[str, Which] = {
    "Was the suggestion right?": lambda said: said.suggestion,
    "Was the reply right?": lambda said: said.reply,
}


@dataclass(frozen=True)
class Agreed:
    """How far two judges agree on one question: the share of turns, and two coefficients beyond chance."""

    share: Figure
    kappa: Figure
    ac1: Figure


def two_judges(labels: Sequence[Label], *, version: str) -> Chart:
    """Draw how often two judges say the same, of the suggestion and of the reply."""
    twice = [label for label in labels if len(label.said) > 1]
    rows = [_agreed(name, twice, which, version=version) for name, which in TEXTS.items()]
    shares = [row.share for row in rows]
    known = drawable(shares)
    return Chart(
        "two-judges",
        TITLE,
        " ".join(_told(row) for row in rows if row.share.value is not None),
        _table(rows),
        charts.forest(shares, title=TITLE) if known else None,
        empty=f"{len(twice):,} turns were judged by two people: {FEWEST_TWICE} are needed, with replies of five agents "
        "or more, to say how far judges agree. One drawn turn in ten waits for a second person under Label, Judge.",
    )


def _agreed(name: str, twice: Sequence[Label], which: Which, *, version: str) -> Agreed:
    """Compare the first two verdicts of each turn of which both could say yes or no."""
    pairs = [(label.agent, *(which(said) for said in label.said[:2])) for label in twice]
    known = [pair for pair in pairs if Verdict.CANT_SAY not in pair]
    bare = Figure(name, len(known), version=version)
    n_unsure = len(pairs) - len(known)
    left_out = f"{n_unsure} more, of which one or both could not say, left out" if n_unsure else ""
    if len(known) < FEWEST_TWICE:
        why = f"{len(known)} turns judged twice: {FEWEST_TWICE} are needed"
        return Agreed(*[replace(bare, note=_joined(why, left_out))] * 3)
    agent, first, second = np.array(
        [(agent, one == Verdict.YES, other == Verdict.YES) for agent, one, other in known], dtype=np.int64
    ).T
    _, agents = np.unique(agent, return_inverse=True)
    found = share(name, np.bincount(agents, weights=first == second), np.bincount(agents), version=version)
    if found.value is None:
        return Agreed(*[found] * 3)
    return Agreed(
        replace(found, note=_joined(left_out, found.note)),
        _coefficient(found, kappa(first, second, clusters=agents), "Cohen's kappa"),
        _coefficient(found, ac1(first, second, k=2, clusters=agents), "Gwet's AC1"),
    )


def _coefficient(of: Figure, found: Coefficient | None, name: str) -> Figure:
    bare = Figure(of.name, of.n, n_agents=of.n_agents, unit=Unit.NUMBER, version=of.version)
    if found is None:
        return replace(bare, note="both always say the same: chance alone explains it")
    return replace(
        bare, value=found.value, low=found.low, high=found.high, method=f"{name}, cluster-robust (CR2)"
    )  # fmt: skip


def _told(row: Agreed) -> str:
    """Say it in words; of kappa, which falls where nearly all is right, AC1 stands beside it."""
    of_kappa, of_ac1 = (_written(figure, lacking="can't be told") for figure in (row.kappa, row.ac1))
    of = f"{row.share.written} of {row.share.n:,} turns ({row.share.interval})"
    return f"{row.share.name} Both say the same of {of}; kappa {of_kappa}, AC1 {of_ac1}."


def _written(figure: Figure, *, lacking: str = "–") -> str:
    return lacking if figure.value is None else f"{figure.written} ({figure.interval})"


def _joined(*notes: str) -> str:
    return "; ".join(filter(None, notes))


def _table(rows: Sequence[Agreed]) -> Table:
    return Table(
        (
            Column("Question", "name", lambda row: row.share.name),
            Column("Agreement", "", lambda row: row.share.written),
            Column("95 % interval", "", lambda row: row.share.interval),
            Column("n", "", lambda row: row.share.n),
            Column("Same", "", lambda row: row.share.k),
            Column("Agents", "", lambda row: row.share.n_agents),
            Column("Cohen’s kappa", "", lambda row: _written(row.kappa)),
            Column("Gwet’s AC1", "", lambda row: _written(row.ac1)),
            Column("Note", "", lambda row: row.share.note),
            *kept(lambda row: row.share),
            *kept(lambda row: row.kappa, value="kappa", prefix="kappa_"),
            *kept(lambda row: row.ac1, value="ac1", prefix="ac1_"),
        ),
        rows,
    )
