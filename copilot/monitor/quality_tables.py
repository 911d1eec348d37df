"""The tables of a release's quality page as CSV files (no database)."""

from collections.abc import Callable, Mapping

from copilot.monitor.figures import Figure, Unit
from copilot.monitor.quality import Report, risk_of
from copilot.monitor.tables import Column, Table, kept
from copilot.statistics.calibration import Bin
from copilot.statistics.intervals import wilson
from copilot.statistics.selection import Selection


def version_of(report: Report) -> str:
    """Name what the figures are of: a release, how it was judged, and by which dataset."""
    of = report.evaluation
    return f"release {of.release_id}, {of.method}, {of.dataset} {of.dataset_sha256[:12]}"


def _losses(report: Report) -> Table:
    figures = []
    for end, rate in report.quality.ends.items():
        figure = Figure(str(end), rate.n, k=rate.k, note="no rows")
        if found := rate.interval:
            figure = Figure(
                str(end), rate.n, found.estimate, found.low, found.high, k=rate.k, method=f"{found.method}, cases"
            )  # fmt: skip
        figures.append(figure)
    columns = (
        Column("End", "end", lambda row: row.name),
        *kept(lambda row: row, value="share", version=version_of(report)),
    )
    return Table(columns, figures)


def _confusion(report: Report) -> Table:
    columns = (
        Column("True", "true", lambda row: row[0][0]),
        Column("Said", "said", lambda row: row[0][1]),
        *kept(
            lambda row: Figure("", row[1], row[1], unit=Unit.COUNT), value="rows", version=version_of(report)
        ),
    )
    return Table(columns, sorted(report.confusion.counts.items()))


def _reliability(report: Report) -> Table:
    columns = (
        Column("From", "from", lambda row: row.low),
        Column("To", "to", lambda row: row.high),
        Column("Confidence", "confidence", lambda row: row.confidence),
        *kept(_right, value="accuracy", version=version_of(report)),
    )
    return Table(columns, report.bins)


def _risk(report: Report) -> Table:
    columns = (
        Column("Floor", "floor", lambda row: row.floor),
        Column("Passing", "coverage", lambda row: row.coverage),
        *kept(_wrong, value="risk", version=version_of(report)),
    )
    return Table(columns, report.curve)


def _right(row: Bin) -> Figure:
    found = row.interval
    return Figure("", row.n, row.accuracy, found.low, found.high, method=found.method)


def _wrong(row: Selection) -> Figure:
    risk = risk_of(row)
    if risk is None:
        return Figure("", row.n_passed, note="nothing passes")
    found = wilson(risk * row.n_passed, row.n_passed)
    return Figure("", row.n_passed, risk, found.low, found.high, method=found.method)


TABLES: Mapping[str, Callable[[Report], Table]] = {
    "losses": _losses,
    "confusion": _confusion,
    "reliability": _reliability,
    "risk": _risk,
}
