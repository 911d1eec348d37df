"""What is kept of suggestions: how much of the text, how much of the reply it makes, and whose words they were."""

from collections.abc import Mapping
from dataclasses import replace
from datetime import date

import numpy as np

from copilot.models import Arm
from copilot.monitor import charts
from copilot.monitor.charts import Chart, Series
from copilot.monitor.figures import Figure, Unit, drawable
from copilot.monitor.filters import Filters
from copilot.monitor.reading import Agents, by_agent, joined, nobody
from copilot.monitor.shares import FEW_AGENTS, FEWEST, FEWEST_AGENTS, share
from copilot.monitor.tables import table_of_figures
from copilot.statistics.estimates import student
from copilot.statistics.intervals import Method
from copilot.statistics.regression import contrast

COLUMNS = ("n_frame_only", "kept_characters", "retained_millionths", "share_millionths")
SENT = ("n_sent_verbatim", "n_sent_edited")
OF_HAND = ("n_by_hand", "n_matches")
PARTS = (("Of the suggestion", "retained_millionths"), ("Of the reply", "share_millionths"))
MILLION = 1_000_000
ALIKE = 1e-12  # variance of a share, as rounding leaves it where all are equal


def characters(by: Mapping[date, Agents], per: str, named: str) -> Chart:
    """Draw the characters of suggestions that were sent, per turn that came in."""
    title = f"Characters kept per turn, by {per}"
    rows = {}
    for day, agents in by.items():
        n, kept = int(agents["n_turns"].sum()), int(agents["kept_characters"].sum())
        is_of_few = 0 < len(agents.people) < FEWEST_AGENTS
        value, note = (None, FEW_AGENTS) if is_of_few or not n else (kept / n, "")
        rows[day] = Figure(f"{day}", n, value, unit=Unit.COUNT, note=note)
    return Chart(
        "kept",
        title,
        "Counts how often something is offered, taken, and how much of it survives, at once. "
        f"{charts.last_known([Series('', rows)])}",
        table_of_figures(per.capitalize(), list(rows.values()), value="Characters", version=named),
        charts.line_band([Series("", rows)], title=title) if drawable(list(rows.values())) else None,
        empty="No turn has come in yet.",
    )


def texts(people: Mapping[date, Agents], per: str, named: str) -> Chart:
    """Draw the mean share of the suggestions that was kept, and of the replies that came from them."""
    title = f"Text kept where a suggestion was sent, by {per}"
    lines = [
        Series(name, {day: _mean(f"{day}", agents, column) for day, agents in people.items()})
        for name, column in PARTS
    ]
    rows = [
        replace(row, name=f"{row.name}, {line.name.lower()}")
        for line in lines
        for row in line.by_day.values()
    ]
    drawn = [line for line in lines if drawable(list(line.by_day.values()))]
    return Chart(
        "texts",
        title,
        f"In runs of three words or more. {charts.last_known(drawn)}" if drawn else "",
        table_of_figures(per.capitalize(), rows, value="Share", version=named),
        charts.line_band(drawn, title=title) if drawn else None,
        empty=f"No {per} has five suggestions that five agents sent yet.",
    )


def frames(agents: Agents) -> str:
    """Say how many edits would be none if greetings were not compared; nothing where it can't be shown."""
    n_framed = agents["n_frame_only"]
    found = share("", n_framed, n_framed + agents["n_sent_edited"])
    if found.value is None:
        return ""
    return (
        f"Of {found.n:,} suggestions that were sent with any change, {found.written} ({found.interval}) have another "
        "greeting, closing or signature alone: that is no edit here."
    )


def by_hand(filters: Filters) -> str:
    """Say how many matches were not inserted: an agent's own notes may have the same source as the suggestion."""
    offered = by_agent(filters.totals().filter(arm=Arm.OFFER), names=OF_HAND)
    agents = joined([nobody(OF_HAND), *offered.values()]).people
    found = share("", *(agents[name] for name in OF_HAND))
    if found.value is None:
        return ""
    return (
        f"Of {found.n:,} replies that match what was offered, {found.written} ({found.interval}) did not come from the "
        "card: they were written, or taken from the agent's own notes, and count as no use of it."
    )


def _mean(name: str, agents: Agents, column: str) -> Figure:
    n_of = np.asarray(agents[SENT[0]] + agents[SENT[1]], dtype=np.float64)
    total, n_of = agents[column][n_of > 0] / MILLION, n_of[n_of > 0]
    known = Figure(name, int(n_of.sum()), n_agents=len(n_of))
    if known.n < FEWEST:
        return replace(known, note=f"fewer than {FEWEST} turns: too few to say")
    if len(n_of) < FEWEST_AGENTS:
        return replace(known, note=FEW_AGENTS)
    found = contrast(n_of[:, None, None], total[:, None], np.ones(1))
    value = float(found.estimate)
    if found.variance < ALIKE:
        return replace(known, value=value, note="all agents alike: no interval", method=Method.CR2)
    of_all = student(
        value, variance=float(found.variance), df=float(found.df), n=known.n, n_agents=len(n_of), method=Method.CR2
    )  # fmt: skip
    low, high = max(of_all.low, 0.0), min(of_all.high, 1.0)
    return replace(known, value=value, low=low, high=high, method=of_all.method)
