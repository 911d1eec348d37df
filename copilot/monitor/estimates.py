"""The estimates of accuracy side by side: each rests on something else, so that where they part is a finding."""

from collections.abc import Sequence
from dataclasses import replace

from copilot.models import Arm
from copilot.monitor import charts
from copilot.monitor.charts import Chart
from copilot.monitor.correcting import deff_of_labels, interval_of, said, why_not
from copilot.monitor.figures import Figure, drawable
from copilot.monitor.labels import Label
from copilot.monitor.match_rates import compared, match_rate, matched
from copilot.monitor.reading import Agents
from copilot.monitor.tables import table_of_figures
from copilot.statistics.bounds import accuracy_bound
from copilot.statistics.intervals import clustered_rate

BOUND = "At least"  # begins the name of the lower bound


def bound(labels: Sequence[Label], shadow: Agents, *, version: str) -> Figure:
    """Return L(MR) L(PPV): both of the held-out arm, `shadow`."""
    held_out = match_rate(f"{BOUND} (match rate × precision)", shadow, version=version)
    bare = Figure(held_out.name, held_out.n, n_agents=held_out.n_agents, version=version)
    matches = [label for label in said(labels) if label.arm == Arm.SHADOW and label.is_match]
    if held_out.value is None:
        return replace(bare, note=f"match rate: {held_out.note}")
    if why := why_not(matches):
        return replace(bare, note=f"held-out matches: {why}")
    rate = clustered_rate(matched(shadow), compared(shadow))
    found = accuracy_bound(rate, interval_of(matches, deff=deff_of_labels(labels)))
    both = " and ".join(
        f"{name} {100 * each.estimate:.0f} % (at least {100 * each.low:.0f} %)"
        for name, each in (("match rate", found.match_rate), ("precision", found.precision))
    )
    return replace(
        bare,
        value=found.low,
        note=f"a lower bound, no estimate: {both}, the latter of {len(matches)} labels",
        method="L(MR) × L(PPV), Bonferroni",
    )


def estimates_chart(marks: Sequence[Figure]) -> Chart:
    title = "How often are suggestions right?"
    known = drawable(marks)
    return Chart(
        "estimates",
        title,
        f"{_spread(known)} What each rests on is in the table." if known else "",
        table_of_figures("Estimate", marks, value="Right"),
        charts.forest(marks, title=title) if known else None,
        empty="Nothing can be estimated yet; the table says what each estimate waits for.",
    )


def _spread(known: Sequence[Figure]) -> str:
    """Say how far the estimates part, and apart from them the lower bound, which is none."""
    bounds = [mark for mark in known if mark.name.startswith(BOUND)]
    rest = sorted((mark for mark in known if mark not in bounds), key=lambda mark: mark.value or 0.0)
    said = [f"At least {bounds[0].written}."] if bounds else []
    if len(rest) > 1:
        low, high = (
            f"{mark.written} ({mark.name[0].lower()}{mark.name[1:]})" for mark in (rest[0], rest[-1])
        )
        said.append(f"Estimates from {low} to {high}: where they part, ask why before trusting the highest.")
    elif rest:
        said.append(f"{rest[0].name}: {rest[0].written}.")
    return " ".join(said)
