"""One answer's figures: its match rate by week, why it is dismissed, how it is edited, what was taken back later."""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import date, datetime

from django.utils import timezone

from copilot.approving import latest
from copilot.models import Answer, AnswerVersion, Arm, SuggestionEvent
from copilot.monitor import charts
from copilot.monitor.answer_edits import KeptEdits, edits_of
from copilot.monitor.answer_figures import match_rates
from copilot.monitor.answer_reading import RATE, answer_days
from copilot.monitor.charts import Chart, Mark, Series
from copilot.monitor.decaying import Decay, decaying
from copilot.monitor.figures import Figure, Unit, drawable
from copilot.monitor.filters import Filters
from copilot.monitor.funnel import VERSION
from copilot.monitor.reading import Agents, by_agent, by_time, joined, nobody
from copilot.monitor.shares import FEWEST, FEWEST_AGENTS, share
from copilot.monitor.tables import table_of_figures

REASONS = SuggestionEvent.DismissReason
LATER = ("n_followed", "n_corrected", "survival_millionths", "corrected_survival_millionths")
NAMES = (
    "n_suggested",
    "n_shown",
    "n_dismissed",
    *(f"n_{reason}" for reason in REASONS.values),
    "n_used",
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
    agents = joined([nobody(NAMES), *by_agent(days, names=NAMES).values()])
    weeks = {arm: by_time(days.filter(arm=arm), per="week", names=RATE) for arm, _ in ARMS}
    weekly: dict[str, dict[date, Figure]] = {arm: match_rates(weeks[arm]) for arm, _ in ARMS}
    whole = match_rates({"": joined([nobody(RATE), *weeks[Arm.OFFER].values()])})[""]
    n = _sum(agents, "n_suggested")
    return OneAnswer(
        answer=answer,
        version=latest(answer),
        total=n,
        finding=_finding(n, whole),
        decay=next(iter(decaying(now, only=answer)), None),
        corrections=_corrections(agents),
        edits=edits_of(answer, since=filters.first),
        charts=(_trend(answer, weekly), _dismissals(agents)),
    )


def _sum(agents: Agents, *names: str) -> int:
    return sum(int(agents[name].sum()) for name in names)


def _finding(n: int, rate: Figure) -> str:
    if not n:
        return "It was not suggested in this span of time."
    turns = f"Suggested in {n:,} turn{'' if n == 1 else 's'}"
    if rate.value is None:
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


def _dismissals(agents: Agents) -> Chart:
    """Count the reasons; where fewer than five agents saw it, nothing is counted at all."""
    n_shown = _sum(agents, "n_shown")
    seen_by = int((agents["n_shown"] > 0).sum())
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


def _corrections(agents: Agents) -> str:
    """Say how often a reply that used it was corrected within a day, and how much of it survived."""
    n_used = _sum(agents, "n_used")
    if n_used < FEWEST:
        return "Fewer than five replies used it: nothing can be said of corrections."
    rate = share("Corrected", agents["n_corrected"], agents["n_used"])
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
