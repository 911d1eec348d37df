"""How the support as a whole does, week by week: what comes in, how soon it is answered, how long it takes, what waits.

A case counts in the week in which it was opened. Until all of a week's cases have had their time those alone count that
were soon done with, so that it looks better than it is: it is marked as open, and no sentence speaks of it. Times are
medians and 90th percentiles, from histograms, since a few long cases would decide a mean; agents are the clusters of
every interval.
"""

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date, timedelta

from copilot.models.case_day import BINS
from copilot.models.rollup import NOBODY
from copilot.monitor import case_reading, charts
from copilot.monitor.case_filters import CaseFilters
from copilot.monitor.case_reading import EDGES, Array, Row
from copilot.monitor.case_rolling import VERSION
from copilot.monitor.charts import Chart, Series
from copilot.monitor.figures import Figure, Unit, drawable
from copilot.monitor.funnel import WINDOW
from copilot.monitor.shares import FEWEST, FEWEST_AGENTS, design_effect, share
from copilot.monitor.tables import table_of_figures
from copilot.statistics import handle_time

WEEK = timedelta(days=7)
SEED = 1
N_DRAWS = 500  # of each week; two digits of an interval
QUANTILES = {"Half within": 0.5, "90 % within": 0.9}
BACK = "Reopened within 7 days"  # after a case was closed, which may take seven days itself
OPEN = "still open: of cases that are done with so far"
COLUMNS = (
    "n_cases", "n_closed", "n_censored", "n_followed", "n_reopened", "n_escalated", "n_rated", "n_satisfied",
)  # fmt: skip


@dataclass(frozen=True)
class Support:
    """What the page shows."""

    total: int
    finding: str
    waiting: str
    charts: tuple[Chart, ...]


def support(filters: CaseFilters) -> Support:
    """Return the page's figures for what an address asks."""
    rows = case_reading.weeks_of(filters, COLUMNS)
    people = _by_week([row for row in rows if row["agent"] != NOBODY])
    total = sum(row["n_cases"] for row in rows)
    reply, handle = (_times(people, bins) for bins in BINS)
    satisfied, answered = _shares(people, "n_satisfied", "n_rated"), _shares(people, "n_rated", "n_closed")
    back = _shares(people, "n_reopened", "n_followed")
    escalated = _shares(people, "n_escalated", "n_closed", "n_censored")
    return Support(
        total=total,
        finding=_finding(total, filters, reply, handle),
        waiting=_waiting(rows),
        charts=(
            _counts("volume", "Cases opened, by week", _volume(rows), "Cases"),
            _lines("reply", "Time to the first reply, by week", reply, REPLIED, today=filters.today),
            _lines("handle", "Handle time, by week", handle, HANDLED, today=filters.today),
            _backlog(filters),
            _lines(
                "back",
                "Came back or escalated, by week",
                {BACK: back, "Escalated": escalated},
                "Reopened: of cases closed at least seven days ago. Escalated: of cases that are done with.",
                today=filters.today,
            ),
            _lines(
                "satisfaction",
                "Satisfaction, by week",
                {"Satisfied, where rated": satisfied, "Rated, of cases closed": answered},
                RATED,
                today=filters.today,
            ),
        ),
    )


REPLIED = (
    "Of cases replied to within seven days. A case came in when its sender's clock says, and at the latest when it was "
    "taken in: a clock that is an hour slow adds an hour, one that is fast changes nothing."
)
HANDLED = "The time that agents worked in a case's page, breaks left out, of cases closed within seven days."
OPENS = "The newest weeks are open: their cases have seven days, and seven more to come back."
RATED = (
    "Satisfied is who rated 4 or 5. Few customers rate, and not by chance: while the share of those who do changes, "
    "satisfaction can't be compared."
)


def _volume(rows: Sequence[Row]) -> dict[date, Figure]:
    by = _by_week(rows)
    return {
        week: Figure(f"{week}", n := sum(row["n_cases"] for row in found), n, unit=Unit.COUNT, method="count")
        for week, found in by.items()
    }


def _times(people: Mapping[date, Sequence[Row]], bins: str) -> dict[str, dict[date, Figure]]:
    """Return the quantiles of times by week, from the bins of each agent's cases."""
    found: dict[str, dict[date, Figure]] = {name: {} for name in QUANTILES}
    for week, rows in people.items():
        if of_agents := [row[bins] for row in rows if row[bins]]:
            figures = _quantiles(f"{week}", case_reading.histograms(of_agents))
            for name, figure in zip(QUANTILES, figures, strict=True):
                found[name][week] = figure
    return found


def _quantiles(name: str, histograms: Array) -> list[Figure]:
    n, n_agents = round(histograms.sum()), len(histograms)
    of_week = Figure(name, n, n_agents=n_agents, unit=Unit.SECONDS)
    if n < FEWEST:
        return [replace(of_week, note=f"fewer than {FEWEST} cases: too few to say")] * len(QUANTILES)
    if n_agents < FEWEST_AGENTS:
        return [replace(of_week, note=f"fewer than {FEWEST_AGENTS} agents: not shown")] * len(QUANTILES)
    quantiles = list(QUANTILES.values())
    return [
        replace(
            of_week,
            value=math.exp(found.estimate),
            low=math.exp(found.low),
            high=math.exp(found.high),
            note="few agents: take the interval with care" if found.few_agents else "",
            method=found.method,
        )
        for found in handle_time.quantiles_of(
            histograms, EDGES, quantiles=quantiles, seed=SEED, n_draws=N_DRAWS
        )
    ]


def _shares(people: Mapping[date, Sequence[Row]], k: str, *n: str) -> dict[date, Figure]:
    """Return the share of a count in the sum of some others, by week."""
    counts = {
        week: ([row[k] for row in rows], [sum(row[name] for name in n) for row in rows])
        for week, rows in people.items()
    }
    of_all = [[each for week in counts.values() for each in week[place]] for place in (0, 1)]
    deff = design_effect(*of_all)
    return {
        week: share(f"{week}", k_of, n_of, last_deff=deff, of="cases")
        for week, (k_of, n_of) in counts.items()
    }  # fmt: skip


def _by_week(rows: Sequence[Row]) -> dict[date, list[Row]]:
    found: dict[date, list[Row]] = {}
    for row in rows:
        found.setdefault(row["week"], []).append(row)
    return found


def _counts(key: str, title: str, rows: Mapping[date, Figure], value: str, note: str = "") -> Chart:
    figures = [replace(row, version=VERSION) for row in rows.values()]
    told = ""
    if len(figures) > 2:  # the last one is still under way
        told = f"The last whole week: {figures[-2].written}, the one before: {figures[-3].written}."
    return Chart(
        key,
        title,
        told,
        table_of_figures("Week", figures, value=value),
        charts.line_band([Series("", rows)], title=title) if figures else None,
        empty="No case has come in yet.",
        note=note,
    )  # fmt: skip


def is_over(week: date, today: date, *, window: timedelta = WINDOW) -> bool:
    """Whether all cases of a week have had their time.

    >>> is_over(date(2026, 3, 2), date(2026, 3, 15)), is_over(date(2026, 3, 2), date(2026, 3, 16))
    (False, True)
    """
    return week + WEEK + window <= today


def _lines(
    key: str, title: str, lines: Mapping[str, Mapping[date, Figure]], note: str, *, today: date
) -> Chart:
    over = {
        name: {week for week in rows if is_over(week, today, window=2 * WINDOW if name == BACK else WINDOW)}
        for name, rows in lines.items()
    }
    named = [
        replace(
            row,
            name=f"{name}, {row.name}",
            version=VERSION,
            note=row.note if week in over[name] else _open(row),
        )
        for name, rows in lines.items()
        for week, row in rows.items()
    ]
    series = [Series(name, rows) for name, rows in lines.items()]
    done = [Series(name, {week: rows[week] for week in sorted(over[name])}) for name, rows in lines.items()]
    is_known = any(drawable(list(rows.values())) for rows in lines.values())
    return Chart(
        key,
        title,
        charts.last_known(done) or ("No week with figures is over yet." if is_known else ""),
        table_of_figures("Week", named, value="Value", k="Counted"),
        charts.line_band(series, title=title) if is_known else None,
        empty="A week of five cases and five agents is needed.",
        note=f"{note} {OPENS}",
    )  # fmt: skip


def _open(row: Figure) -> str:
    return "; ".join(part for part in (row.note, OPEN) if part)


def _backlog(filters: CaseFilters) -> Chart:
    title = "Cases not closed, at the end of each week"
    rows = {
        week + WEEK - timedelta(days=1): Figure(f"{week}", n, n, unit=Unit.COUNT, method="count")
        for week, n in case_reading.backlog(filters).items()
    }
    note = "Of all topics: a case is known to be open or not, whatever it is about." if filters.topic else ""
    return _counts("backlog", title, rows, "Cases", note)


def _finding(
    total: int,
    filters: CaseFilters,
    reply: Mapping[str, Mapping[date, Figure]],
    handle: Mapping[str, Mapping[date, Figure]],
) -> str:
    if not total:
        return "No case has come in yet." if filters.days == 364 else "No case was opened in this span."
    told = f"{total:,} cases were opened since {filters.first:%-d %B}."
    replied, handled = reply["Half within"], handle["Half within"]
    over = [week for week in handled if is_over(week, filters.today) and week in replied]
    known = [week for week in over if len(drawable([replied[week], handled[week]])) == 2]
    if not known:
        return told
    week = known[-1]
    return (
        f"{told} The last week that is over began on {week:%-d %B}: of its cases that were replied to half were within "
        f"{replied[week].written}, and of those closed half took {handled[week].written} of work or less."
    )


def _waiting(rows: Sequence[Row]) -> str:
    censored = sum(row["n_censored"] for row in rows)
    done = censored + sum(row["n_closed"] for row in rows)
    if not done:
        return ""
    return f"{censored:,} of {done:,} cases were not closed within seven days; their times are in no figure."
