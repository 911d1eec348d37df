"""How every figure is made: in plain words, with its formula and where it comes from, and how well it holds."""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from django.conf import settings

from copilot import match_versions
from copilot.matching.comparing import NEAR_SIMILARITY, RETAINED_SHARE
from copilot.models import MatchVersion, SemanticFloor
from copilot.monitor.charts import Chart
from copilot.monitor.definitions import PITFALLS, SECTIONS, Section
from copilot.monitor.tables import Column, Table
from copilot.statistics.coverage import Result, from_json
from copilot.statistics.intervals import Interval, wilson

STORED = Path("fixtures", "statistics")


@dataclass(frozen=True)
class Method:
    """What the page shows."""

    sections: Sequence[Section]
    pitfalls: Sequence[tuple[str, str]]
    version: MatchVersion
    floors: Sequence[tuple[SemanticFloor, str]]
    near: float
    retained: float
    coverage: Sequence[Result]
    finding: str
    charts: tuple[Chart, ...]


def method() -> Method:
    """Return the definitions, the versions in force, and what was found when the intervals were tried."""
    version = match_versions.current()
    results, decay = stored("coverage"), stored("decay")
    return Method(
        sections=SECTIONS,
        pitfalls=PITFALLS,
        version=version,
        floors=[(floor, _judged(floor)) for floor in version.floors.all()],
        near=NEAR_SIMILARITY,
        retained=RETAINED_SHARE,
        coverage=results,
        finding=_finding(results),
        charts=(
            _chart(
                "coverage", "Do the intervals hold what they promise?", results, "covered", _finding(results)
            ),
            _chart("decay", "Does the decay alarm find what fell?", decay, "found", _of_decay(decay)),
        ),
    )


def stored(name: str) -> tuple[Result, ...]:
    """Return a result of the last run of `simulate_coverage`, coverage or decay; nothing if there is none."""
    file = settings.BASE_DIR / STORED / f"{name}.json"
    return from_json(file.read_text(encoding="utf-8")) if file.exists() else ()


def _judged(floor: SemanticFloor) -> str:
    """Say how a floor does on pairs that it was not chosen on."""
    if floor.n_same is None:
        return "not judged"
    if not floor.n_found:
        return f"finds none of the {floor.n_same} that mean the same"
    k, n = floor.n_found_right or 0, floor.n_found
    right = wilson(k, n)
    limits = f"{100 * right.low:.0f} to {100 * right.high:.0f} %"
    return f"{k} of {n} found ({limits}), of {floor.n_same} that mean the same"


def _finding(results: Sequence[Result]) -> str:
    if not results:
        return "The intervals were not tried yet: run manage.py simulate_coverage."
    intervals = [result for result in results if not result.is_alarm]
    least = min(intervals, key=lambda result: result.share)
    n_below = sum(not result.meets_bar for result in results)
    held = "All bars are met." if not n_below else f"{n_below} of {len(results)} bars are not met."
    return (
        f"Tried on invented desks whose truth is known, {least.repeats:,} for each line: 95 % intervals cover it in "
        f"{100 * least.share:.1f} % or more ({least.method}, {least.agents} agents). {held}"
    )  # fmt: skip


def _of_decay(results: Sequence[Result]) -> str:
    if not results:
        return "The decay alarm was not tried yet: run manage.py simulate_coverage."
    shares = "; ".join(f"{result.method}: {100 * result.share:.1f} %" for result in results)
    return f"Flagged on any day, in {results[0].repeats:,} invented worlds of twelve weeks: {shares}."


def _chart(key: str, title: str, results: Sequence[Result], hit: str, finding: str) -> Chart:
    return Chart(
        key,
        title,
        finding,
        Table(
            (
                Column("Method", "method", lambda row: row.method),
                Column("Volumes", "volumes", lambda row: row.volumes),
                Column("Agents", "agents", lambda row: row.agents),
                Column("What", "what", lambda row: "false alarms" if row.is_alarm else hit),
                Column("Share", "share", lambda row: row.share, lambda row: f"{100 * row.share:.2f} %"),
                Column(
                    "Standard error",
                    "standard_error",
                    lambda row: row.standard_error,
                    lambda row: f"{100 * row.standard_error:.2f}",
                ),
                Column("", "low", lambda row: _interval(row).low),
                Column("", "high", lambda row: _interval(row).high),
                Column("Bar", "bar", lambda row: row.bar, _bar),
                Column("Met", "met", lambda row: row.meets_bar, lambda row: "yes" if row.meets_bar else "no"),
                Column("Repeats", "n", lambda row: row.repeats),
                Column("", "version", lambda row: f"seed {row.seed}"),
            ),
            results,
        ),
        empty="A share within two standard errors of its bar counts as meeting it." if results else "",
    )


def _interval(row: Result) -> Interval:
    return wilson(row.share * row.repeats, row.repeats)


def _bar(row: Result) -> str:
    return f"{'at most' if row.is_alarm else 'at least'} {100 * row.bar:g} %"
