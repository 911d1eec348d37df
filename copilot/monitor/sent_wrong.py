"""Sent though wrong: how often agents take over what blind labels call wrong, the price of trusting a suggestion."""

from collections.abc import Sequence
from dataclasses import replace

from copilot.models import Arm
from copilot.monitor import charts
from copilot.monitor.charts import Chart
from copilot.monitor.correcting import said, share_right
from copilot.monitor.figures import drawable
from copilot.monitor.labels import Label
from copilot.monitor.tables import table_of_figures


def sent_wrong(labels: Sequence[Label], *, version: str) -> Chart:
    """Draw the share of offered suggestions that were inserted, sent and wrong; and that of wrong ones that were sent.

    The first is what reaches customers, the second how little agents notice.
    """
    offered = [label for label in said(labels) if label.arm == Arm.OFFER]
    wrong = [label for label in offered if label.right == 0]
    rows = [
        share_right(
            "Of all that were offered",
            [replace(each, right=_wrong(each)) for each in offered],
            version=version,
        ),
        share_right(
            "Of those that were wrong", [replace(each, right=_wrong(each)) for each in wrong], version=version
        ),
    ]
    title = "Inserted and sent, though wrong"
    known = drawable(rows)
    return Chart(
        "sent-wrong",
        title,
        "; ".join(f"{row.name}: {row.written} ({row.interval})" for row in known) + "." if known else "",
        table_of_figures("Suggestions", rows, value="Sent though wrong"),
        charts.forest(rows, title=title) if known else None,
        empty="Labels of offered suggestions are needed, of five agents or more.",
    )


def _wrong(label: Label) -> float:
    """Return how far a label says that the suggestion was wrong, if it was sent; 0 if it was not."""
    return 1 - (label.right or 0.0) if label.was_inserted and label.is_match else 0.0
