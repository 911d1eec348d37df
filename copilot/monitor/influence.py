"""Influence: how much more often replies match a suggestion that was shown than one that nobody saw.

A shown suggestion causes the text it is compared with, so the match rate where suggestions are shown tells of their
use, not of their accuracy. Chance decides which cases are held out: the difference within the same weeks and releases
is what showing does. What was replayed afterwards is left out, for no chance put it into its arm.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date

import numpy as np
from django.db.models import Sum

from copilot.models import Arm, Topic
from copilot.monitor import both_arms, charts
from copilot.monitor.answer_reading import RATE
from copilot.monitor.both_arms import Turns, Weights
from copilot.monitor.charts import Chart, Mark, Series
from copilot.monitor.columns import Numbers, runs_of
from copilot.monitor.figures import Figure, drawable
from copilot.monitor.filters import Filters
from copilot.monitor.match_rates import KINDS, deff_of, match_rate, version
from copilot.monitor.promotions import promotions, said_of
from copilot.monitor.reading import Agents, joined, nobody
from copilot.monitor.tables import table_of_figures

NAMES: Mapping[Arm, str] = {Arm.SHADOW: "Held out", Arm.OFFER: "Offered"}
COLUMNS = (*(f"n_{kind}" for kind in KINDS), *RATE)
EMPTY = "Five compared turns of five agents are needed in each arm."


@dataclass(frozen=True)
class Influence:
    """What the page shows."""

    total: int
    finding: str
    left_out: str
    charts: tuple[Chart, ...]


def influence(filters: Filters) -> Influence:
    """Return the page's figures for what an address asks."""
    named, marks = version(filters.releases), promotions(filters)
    turns = both_arms.read(filters, names=COLUMNS)
    weights = both_arms.weights(turns, turns.weeks)
    periods = {arm: turns.by(turns.weeks if filters.per == "week" else turns.days, arm) for arm in NAMES}
    arms = {arm: joined([nobody(COLUMNS), *periods[arm].values()]) for arm in NAMES}
    rates = [match_rate(name, arms[arm], version=named) for arm, name in NAMES.items()]
    whole = _between("All turns", turns, weights, named)
    return Influence(
        total=int(turns["n_compared"].sum()),
        finding=_finding(rates, whole),
        left_out=_left_out(filters),
        charts=(
            _by_arm(rates),
            _rates_over_time(filters.per, periods, arms, marks, named),
            _over_time(filters.per, turns, marks, named),
            _by_topic(both_arms.read_topics(filters), whole, named),
            _by_kind(turns, weights, named),
        ),
    )


def _between(name: str, turns: Turns, weights: Weights, named: str, *, of: str = "n_matches") -> Figure:
    return both_arms.difference(name, turns, weights, of=of, version=named)


def _left_out(filters: Filters) -> str:
    n = filters.totals().filter(is_replayed=True).aggregate(n=Sum("n_compared", default=0))["n"]
    if not n:
        return ""
    turns = "1 turn that was" if n == 1 else f"{n:,} turns that were"
    return f"Left out: {turns} replayed afterwards. Nobody could see them, but no chance chose them."


def _finding(rates: list[Figure], whole: Figure) -> str:
    if not sum(rate.n for rate in rates):
        return "No reply can be compared yet."
    shadow, offer = rates
    if whole.value is None or whole.low is None or whole.high is None:
        return (
            f"{offer.n:,} replies to offered and {shadow.n:,} to held-out suggestions can be compared, too few to say "
            f"what showing does: {whole.note or EMPTY}."
        )
    said = (
        f"Where a suggestion is shown, {offer.written} of the replies match it; where it is held out, "
        f"{shadow.written}. Within the same weeks and releases that is {whole.written} ({whole.interval})."
    )
    if round(whole.low, 6) > 0:
        return f"{said} Showing suggestions changes what agents write."
    if round(whole.high, 6) < 0:
        return f"{said} Agents keep away from what they are shown: look at Adoption for their reasons."
    return f"{said} That showing changes what agents write can't be told from chance yet."


def _by_arm(rates: list[Figure]) -> Chart:
    title = "Match rate in both arms"
    return Chart(
        "arms",
        title,
        "The held-out arm bounds accuracy from below. The other one does not: agents copy what they see.",
        table_of_figures("Arm", rates, value="Match rate", k="Matches"),
        charts.forest(rates, title=title) if drawable(rates) else None,
        empty="Five compared turns of five agents are needed.",
    )


def _rates_over_time(
    per: str,
    by: Mapping[Arm, Mapping[int, Agents]],
    arms: Mapping[Arm, Agents],
    marks: Sequence[Mark],
    named: str,
) -> Chart:
    deffs = {arm: deff_of(arms[arm]) for arm in NAMES}
    lines = [
        Series(
            name,
            {
                day: match_rate(f"{day}", agents, deff=deffs[arm], version=named)
                for day, agents in ((date.fromordinal(day), agents) for day, agents in by[arm].items())
            },
        )
        for arm, name in NAMES.items()
    ]
    rates = [row for line in lines for row in line.by_day.values()]
    title = f"Match rate by {per}"
    return Chart(
        "time",
        title,
        f"{charts.last_known(lines)} Both arms answer the same kind of case: chance parts them.",
        table_of_figures(
            per.capitalize(), [_in_arm(row, line.name) for line in lines for row in line.by_day.values()],
            value="Match rate", k="Matches",
        ),
        charts.line_band([line for line in lines if line.by_day], title=title, marks=marks)
        if drawable(rates) else None,
        empty=f"No {per} has five compared turns of five agents yet.",
        note=said_of(marks),
    )  # fmt: skip


def _over_time(per: str, turns: Turns, marks: Sequence[Mark], named: str) -> Chart:
    periods = turns.weeks if per == "week" else turns.days
    by = _parts(turns, periods, both_arms.weights(turns, periods))
    rows = {}
    for day, (some, weights) in by.items():
        rows[date.fromordinal(day)] = _between(f"{date.fromordinal(day)}", some, weights, named)
    title = f"Difference by {per}"
    known = drawable(list(rows.values()))
    return Chart(
        "difference",
        title,
        f"{charts.last_known([Series('', rows)])} Offered less held out; the dashed line is no influence."
        if known
        else "",
        table_of_figures(per.capitalize(), list(rows.values()), value="Difference"),
        charts.line_band([Series("", rows)], title=title, marks=marks, reference=0.0) if known else None,
        empty=f"No {per} has five compared turns of five agents in each arm yet: the held-out share of "
        "cases is small on purpose. Choose weeks, or a longer span.",
        note=said_of(marks),
    )


def _parts(turns: Turns, groups: Numbers, weights: Weights) -> dict[int, tuple[Turns, Weights]]:
    """Return the rows of each group with what they weigh."""
    order = np.argsort(groups, kind="stable")
    turns, weights = turns.only(order), weights[order]
    return {group: (turns.only(run), weights[run]) for group, run in runs_of(groups[order]).items()}


def _in_arm(row: Figure, arm: str) -> Figure:
    return replace(row, name=f"{row.name}, {arm.lower()}")


def _by_topic(turns: Turns, whole: Figure, named: str) -> Chart:
    title = "Difference by topic"
    names = {0: "No topic"} | dict(Topic.objects.values_list("pk", "name"))
    weights = both_arms.weights(turns, turns.topics, turns.weeks)
    rows = [
        _between(names[topic], some, of_some, named)
        for topic, (some, of_some) in _parts(turns, turns.topics, weights).items()
    ]
    rows = [whole, *sorted(rows, key=lambda row: (-row.n, row.name))]
    known = drawable(rows[1:])
    return Chart(
        "topic",
        title,
        f"{_clear(known)} Largest: {max(known, key=lambda row: row.value or 0.0).told}."
        if len(known) > 1
        else f"One topic alone has turns enough: {known[0].told}."
        if known
        else "",
        table_of_figures("Topic", rows, value="Difference"),
        charts.forest([rows[0], *known], title=title, reference=0.0) if known else None,
        empty="No topic has five compared turns of five agents in each arm yet.",
    )


def _clear(rows: Sequence[Figure]) -> str:
    """Say in how many topics the difference is clear, and how many of so many chance alone makes."""
    limits = [(round(row.low or 0.0, 6), round(row.high or 0.0, 6)) for row in rows]
    n = sum(1 for low, high in limits if low > 0 or high < 0)
    return f"Clear in {n} of {len(rows)} topics, where chance alone makes {len(rows) / 20:.1f}."


def _by_kind(turns: Turns, weights: Weights, named: str) -> Chart:
    title = "Difference by kind of match"
    rows = [_between(kind.label, turns, weights, named, of=f"n_{kind}") for kind in KINDS]
    known = drawable(rows)
    return Chart(
        "kind",
        title,
        "Of compared turns. More exact and near ones are copied text, and agents who don't look twice."
        if known
        else "",
        table_of_figures("Kind", rows, value="Difference"),
        charts.forest(rows, title=title, reference=0.0) if known else None,
        empty=EMPTY,
    )
