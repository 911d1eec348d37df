"""The estimates of accuracy side by side: each rests on something else, so that where they part is a finding."""

from collections.abc import Sequence

from copilot.monitor import charts
from copilot.monitor.charts import Chart
from copilot.monitor.figures import Figure, drawable
from copilot.monitor.tables import table_of_figures

BOUND = "At least"  # begins the name of the lower bound


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
