"""One answer's figures: its match rate by week, why it is dismissed, how it is edited, what was taken back later."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime
from typing import Any

from django.db.models import QuerySet, Sum
from django.db.models.functions import TruncWeek
from django.utils import timezone

from copilot.approving import latest
from copilot.models import Answer, AnswerDay, AnswerVersion, Arm, SuggestionEvent
from copilot.monitor import charts
from copilot.monitor.answer_edits import KeptEdits, edits_of
from copilot.monitor.answer_figures import match_rates
from copilot.monitor.answer_reading import COMPARED, answer_days
from copilot.monitor.charts import Chart, Mark, Series
from copilot.monitor.decaying import Decay, decaying
from copilot.monitor.figures import Figure, Unit, drawable
from copilot.monitor.filters import Filters
from copilot.monitor.funnel import VERSION
from copilot.monitor.reading import Sums
from copilot.monitor.shares import FEWEST, FEWEST_AGENTS, share
from copilot.monitor.tables import table_of_figures

REASONS = SuggestionEvent.DismissReason
USED = ("n_verbatim", "n_edited")
LATER = ("n_followed", "n_corrected", "survival_millionths", "corrected_survival_millionths")
NAMES = (
    "n_suggested",
    "n_shown",
    "n_dismissed",
    *(f"n_{reason}" for reason in REASONS.values),
    *USED,
    *LATER,
)
ARMS = ((Arm.OFFER, "Offered"), (Arm.SHADOW, "Held out"))
MILLION = 1_000_000


@dataclass(frozen=True)
class OneAnswer:
    """What the page shows of one answer."""

    answer: Answer
    version: AnswerVersion | None
    total: int
    finding: str
    decay: Decay | None
    corrections: str
    edits: KeptEdits
    charts: tuple[Chart, ...]


def one_answer(answer: Answer, filters: Filters, *, now: datetime) -> OneAnswer:
    """Return the figures of one answer for what an address asks."""
    days = answer_days(filters).filter(version__answer=answer)
    agents = _by_agent(days, NAMES)
    weekly: dict[str, dict[date, Figure]] = {
        arm: match_rates(_by_week(days.filter(arm=arm))) for arm, _ in ARMS
    }
    whole = match_rates({"": _by_agent(days.filter(arm=Arm.OFFER), COMPARED)}).get("")
    n = _sum(agents, "n_suggested")
    return OneAnswer(
        answer=answer,
        version=latest(answer),
        total=n,
        finding=_finding(n, whole),
        decay=next((each for each in decaying(now) if each.answer == answer), None),
        corrections=_corrections(agents),
        edits=edits_of(answer, since=filters.first),
        charts=(_trend(answer, weekly), _dismissals(agents)),
    )


def _by_agent(days: "QuerySet[AnswerDay]", names: Sequence[str]) -> dict[int, Sums]:
    totals = {f"sum_{name}": Sum(name) for name in names}
    rows: Iterable[Any] = days.values("agent").annotate(**totals).order_by("agent")
    return {row["agent"]: {name: row[f"sum_{name}"] for name in names} for row in rows}


def _by_week(days: "QuerySet[AnswerDay]") -> dict[date, dict[int, Sums]]:
    totals = {f"sum_{name}": Sum(name) for name in COMPARED}
    found: dict[date, dict[int, Sums]] = {}
    rows: Iterable[Any] = (
        days.values("agent", week=TruncWeek("day")).annotate(**totals).order_by("week", "agent")
    )
    for row in rows:
        found.setdefault(row["week"], {})[row["agent"]] = {name: row[f"sum_{name}"] for name in COMPARED}
    return found


def _sum(agents: Mapping[int, Sums], *names: str) -> int:
    return sum(sums[name] for sums in agents.values() for name in names)


def _finding(n: int, rate: Figure | None) -> str:
    if not n:
        return "It was not suggested in this span of time."
    turns = f"Suggested in {n:,} turn{'' if n == 1 else 's'}"
    if rate is None or rate.value is None:
        return f"{turns}: too few replies of too few agents to say how often what is sent matches."
    return f"{turns}. Where it was offered, what agents sent matches in {rate.written} of {rate.n:,} ({rate.interval})."


def _trend(answer: Answer, weekly: Mapping[str, Mapping[date, Figure]]) -> Chart:
    title = "Match rate by week"
    lines = [
        Series(name, {week: replace(rate, name=f"{week}") for week, rate in weekly[arm].items()})
        for arm, name in ARMS
        if weekly[arm]
    ]
    rows = [replace(row, name=f"{line.name}, {row.name}") for line in lines for row in line.by_day.values()]
    known = [line for line in lines if drawable(list(line.by_day.values()))]
    approved = answer.versions.filter(approved_at__isnull=False, number__gt=1).order_by("number")
    marks = [Mark(timezone.localdate(each.approved_at), f"v{each.number}") for each in approved]
    return Chart(
        "trend",
        title,
        _change(known[0]) if known else "",
        table_of_figures("Week", rows, value="Match rate", k="Matches"),
        charts.line_band(known, title=title, marks=marks) if known else None,
        empty="No week has five replies of five agents yet: ask for a longer span, or wait.",
    )


def _change(line: Series) -> str:
    rows = drawable(list(line.by_day.values()))
    if len(rows) == 1:
        return f"{line.name}: one week has enough replies, {rows[0].told}."
    return f"{line.name}: from {rows[0].told} to {rows[-1].told}."


def _dismissals(agents: Mapping[int, Sums]) -> Chart:
    """Count the reasons; where fewer than five agents saw it, nothing is counted at all."""
    n_shown = _sum(agents, "n_shown")
    seen_by = sum(1 for sums in agents.values() if sums["n_shown"])
    counts = {REASONS(reason).label: _sum(agents, f"n_{reason}") for reason in REASONS.values}
    counts["No reason given"] = _sum(agents, "n_dismissed") - sum(counts.values())
    note = "" if seen_by >= FEWEST_AGENTS else f"fewer than {FEWEST_AGENTS} agents: not shown"
    rows = [
        Figure(name, n_shown, n_agents=seen_by, unit=Unit.COUNT, note=note)
        if note
        else Figure(name, n_shown, float(n), k=n, n_agents=seen_by, unit=Unit.COUNT)
        for name, n in counts.items()
    ]
    n_dismissed = _sum(agents, "n_dismissed")
    title = "Why it was dismissed"
    is_drawn = not note and n_dismissed > 0
    return Chart(
        "dismissals",
        title,
        f"Dismissed {n_dismissed:,} of {n_shown:,} times that it was on an agent's page." if is_drawn else "",
        table_of_figures("Reason", rows, value="Dismissals", k="Count", version=VERSION),
        charts.bars(rows, title=title) if is_drawn else None,
        empty="Nobody has dismissed it."
        if not note
        else "Fewer than five agents saw it, so nothing is shown.",
    )


def _corrections(agents: Mapping[int, Sums]) -> str:
    """Say how often a reply that used it was corrected within a day, and how much of it survived."""
    n_used = _sum(agents, *USED)
    if n_used < FEWEST:
        return "Fewer than five replies used it: nothing can be said of corrections."
    users = [sums for sums in agents.values() if any(sums[name] for name in USED)]
    rate = share("Corrected", [sums["n_corrected"] for sums in users], [_used(sums) for sums in users])
    if rate.value is None:
        return f"Of corrections nothing is shown: {rate.note}."
    at_send = _sum(agents, "survival_millionths") / MILLION / n_used
    after = _sum(agents, "corrected_survival_millionths") / MILLION / n_used
    return (
        f"Of {n_used:,} replies that used it, {rate.k} were corrected by another reply within 24 hours "
        f"({rate.written}, {rate.interval}); {_sum(agents, 'n_followed'):,} had another reply at all. Of its runs "
        f"of four words {100 * at_send:.0f} % survive when the reply is sent, and {100 * after:.0f} % once corrections "
        "are taken in."
    )


def _used(sums: Mapping[str, Any]) -> int:
    return int(sums["n_verbatim"] + sums["n_edited"])
