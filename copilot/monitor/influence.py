"""Influence: how much more often replies match a suggestion that was shown than one that nobody saw.

A shown suggestion causes the text it is compared with, so the match rate where suggestions are shown tells of their
use, not of their accuracy. Chance decides which cases are held out: the difference is what showing does.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date

from copilot.models import Arm
from copilot.monitor import charts
from copilot.monitor.answer_reading import topic_weeks
from copilot.monitor.charts import Chart, Series
from copilot.monitor.figures import Figure, drawable
from copilot.monitor.filters import Filters
from copilot.monitor.match_rates import (
    COLUMNS,
    KINDS,
    OF_TOPICS,
    Count,
    by_arm_and_topic,
    compared,
    deff_of,
    difference,
    match_rate,
    matched,
    replayed,
    version,
)
from copilot.monitor.reading import Agents, joined, nobody, over_time
from copilot.monitor.tables import table_of_figures

NAMES: Mapping[str, str] = {Arm.SHADOW: "Held out", Arm.OFFER: "Offered"}
EMPTY = "Five compared turns of five agents are needed in each arm."
Arms = Mapping[str, Agents]


@dataclass(frozen=True)
class Influence:
    """What the page shows."""

    total: int
    finding: str
    warning: str
    charts: tuple[Chart, ...]


def influence(filters: Filters) -> Influence:
    """Return the page's figures for what an address asks."""
    named = version()
    by = by_arm_and_topic(topic_weeks(filters))
    weeks = {arm: _by_time(filters, arm) for arm in NAMES}
    arms = {arm: joined([nobody(COLUMNS), *weeks[arm].values()]) for arm in NAMES}
    both = joined(arms.values())
    rates = [match_rate(name, arms[arm], version=named) for arm, name in NAMES.items()]
    whole = _between("All turns", arms, named)
    return Influence(
        total=int(compared(both).sum()),
        finding=_finding(rates, whole),
        warning=replayed(both),
        charts=(
            _by_arm(rates),
            *_over_time(filters.per, weeks, arms, named),
            _by_topic(by, whole, named),
            _by_kind(arms, named),
        ),
    )


def _between(name: str, arms: Arms, named: str, *, of: Count = matched) -> Figure:
    return difference(name, arms[Arm.SHADOW], arms[Arm.OFFER], of=of, version=named)


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
        f"{shadow.written}: {whole.written} ({whole.interval})."
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


def _over_time(
    per: str, by: Mapping[str, Mapping[date, Agents]], arms: Arms, named: str
) -> tuple[Chart, Chart]:
    deffs = {arm: deff_of(arms[arm]) for arm in NAMES}
    lines = [
        Series(
            name,
            {
                day: match_rate(f"{day}", agents, deff=deffs[arm], version=named)
                for day, agents in by[arm].items()
            },
        )
        for arm, name in NAMES.items()
    ]
    rates = [row for line in lines for row in line.by_day.values()]
    days = sorted({*by[Arm.SHADOW], *by[Arm.OFFER]})
    none = nobody(OF_TOPICS)
    rows = {day: _between(f"{day}", {arm: by[arm].get(day, none) for arm in NAMES}, named) for day in days}
    title, of_difference = f"Match rate by {per}", f"Difference by {per}"
    known = drawable(list(rows.values()))
    return (
        Chart(
            "time",
            title,
            f"{charts.last_known(lines)} Both arms answer the same kind of case: "
            "chance parts them.",
            table_of_figures(
                per.capitalize(), [_in_arm(row, line.name) for line in lines for row in line.by_day.values()],
                value="Match rate", k="Matches",
            ),
            charts.line_band([line for line in lines if line.by_day], title=title) if drawable(rates) else None,
            empty=f"No {per} has five compared turns of five agents yet.",
        ),
        Chart(
            "difference",
            of_difference,
            f"{charts.last_known([Series('', rows)])} Offered less held out; the dashed line is no influence."
            if known
            else "",
            table_of_figures(per.capitalize(), list(rows.values()), value="Difference"),
            charts.line_band([Series("", rows)], title=of_difference, reference=0.0) if known else None,
            empty=f"No {per} has five compared turns of five agents in each arm yet: the held-out share of "
            "cases is small on purpose. Choose weeks, or a longer span.",
        ),
    )  # fmt: skip


def _in_arm(row: Figure, arm: str) -> Figure:
    return replace(row, name=f"{row.name}, {arm.lower()}")


def _by_time(filters: Filters, arm: str) -> dict[date, Agents]:
    found = over_time(filters, arm=arm, names=COLUMNS)
    return {day: kept for day, agents in found.items() if compared(kept := agents.people).any()}


def _by_topic(by: Mapping[str, Mapping[str, Agents]], whole: Figure, named: str) -> Chart:
    title = "Difference by topic"
    found = {arm: {topic: agents.people for topic, agents in by[arm].items()} for arm in NAMES}
    none = nobody(OF_TOPICS)
    rows = [
        _between(topic or "No topic", {arm: found[arm].get(topic, none) for arm in NAMES}, named)
        for topic in {topic for topics in found.values() for topic in topics}
    ]
    rows = [row for row in rows if row.n]
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


def _by_kind(arms: Arms, named: str) -> Chart:
    title = "Difference by kind of match"
    rows = [_between(kind.label, arms, named, of=_of_kind(kind)) for kind in KINDS]
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


def _of_kind(kind: str) -> Count:
    return lambda agents: agents[f"n_{kind}"]
