"""Why accuracy online is not what it was offline: other questions, or other answers to the same; and what became of
the turns of the topics that lose most (metrics section 10)."""

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from django.db.models import QuerySet

from copilot.evaluation.rows import Row
from copilot.models import Match, TurnDay
from copilot.monitor import charts
from copilot.monitor.charts import Chart
from copilot.monitor.correcting import FEWEST_LABELS, Value, Weighted, interval_of, said, weighted, why_not
from copilot.monitor.figures import Figure, Unit, drawable
from copilot.monitor.labels import Label
from copilot.monitor.match_rates import compared
from copilot.monitor.match_rates import version as version_of
from copilot.monitor.reading import Agents, by_agent, joined, nobody
from copilot.monitor.shares import FEWEST, share
from copilot.monitor.tables import Column, Table, kept, table_of_figures
from copilot.statistics.gap import decompose

WORST = 3  # topics whose turns are looked into
OTHERS = "All other topics"
METHOD = "Oaxaca-Blinder, labels weighted"
CAUSES: Mapping[str, str] = {
    "Withheld": "n_withheld",
    "Came late": "n_late",
    "Failed": "n_failed",
    "A fact changed": f"n_{Match.Kind.CONFLICT}",
    "Other reply sent": f"n_{Match.Kind.NONE}",
}


@dataclass(frozen=True)
class TopicGap:
    """A topic's part of the gap: accuracy offline less online, in points of the whole."""

    name: str
    mix: float
    within: float
    n_offline: int
    offline: float | None
    n_online: int
    n_labels: int
    online: float | None

    @property
    def whole(self) -> float:
        return self.mix + self.within


def gap_charts(
    rows: Sequence[Row],
    labels: Sequence[Label],
    topics: Mapping[str, Agents],
    turns: "QuerySet[TurnDay]",
    *,
    releases: str,
) -> tuple[Chart, ...]:
    """Return the gap by topic, and the causes in its worst topics; `topics` are the compared turns by topic.

    All are of one release, which `releases` names.
    """
    known = said(labels)
    if len(known) < FEWEST_LABELS or not rows or why_not(known):
        why = (
            "The live release has no stored test to compare with: evaluate it on the page Releases."
            if not rows
            else f"{len(known)} labels of {releases}: {FEWEST_LABELS} are needed to tell where online and offline part."
            if len(known) < FEWEST_LABELS
            else f"The labels are of {why_not(known)}."
        )
        return (Chart("gap", "Offline less online, by topic", "", table_of_figures("Topic", []), None, why),)
    n_online = {name: int(compared(agents.people).sum()) for name, agents in topics.items()}
    version = version_of(releases)
    gaps, left_out = by_topic(rows, known, n_online)
    return _gap(gaps, left_out, version), _causes(known, n_online, turns, version)


def by_topic(
    rows: Sequence[Row], labels: Sequence[Label], n_online: Mapping[str, int]
) -> tuple[list[TopicGap], str]:
    """Part the gap by topic, the worst first; topics with too few labels or offline rows stand together.

    Where even together they have turns but too few labels, they are left out on both sides, and said to be: without
    them online, all of their offline rows would seem to be another mix.
    """
    offline, online = defaultdict(list), defaultdict(list)
    for row in rows:
        offline[row.first_topic].append(float(row.is_best_right))
    for label in labels:
        online[label.topic].append(label)
    own = {name for name in online if not why_not(online[name]) and len(offline[name]) >= FEWEST}
    right: defaultdict[str, list[float]] = defaultdict(list)
    judged: defaultdict[str, list[Label]] = defaultdict(list)
    n_of: defaultdict[str, int] = defaultdict(int)
    for topic, flags in offline.items():
        right[topic if topic in own else OTHERS] += flags
    for topic, some in online.items():
        judged[topic if topic in own else OTHERS] += some
    for topic, n in n_online.items():
        n_of[topic if topic in own else OTHERS] += n
    is_unknown = n_of[OTHERS] > 0 and bool(why_not(judged[OTHERS]))
    names = sorted(own) if is_unknown else [*sorted(own), OTHERS]
    off = [_mean(right[name]) for name in names]
    on = [None if why_not(judged[name]) else interval_of(judged[name]).estimate for name in names]
    n_on = [n_of[name] for name in names]
    if not sum(n_on):
        return [], ""
    found = decompose(
        n_offline=[len(right[name]) for name in names],
        n_online=n_on,
        accuracy_offline=[value if value is not None else 0.0 for value in off],
        accuracy_online=[value if value is not None else 0.0 for value in on],
    )
    parts = zip(names, found.mix_by_topic, found.within_by_topic, off, n_on, on, strict=True)
    gaps = [
        TopicGap(name, mix, within, len(right[name]), before, n, len(judged[name]), now)
        for name, mix, within, before, n, now in parts
        if before is not None or now is not None
    ]
    left_out = (
        f"{OTHERS} have {len(judged[OTHERS])} labels, too few to say: their {n_of[OTHERS]:,} turns and "
        f"{len(right[OTHERS]):,} rows of the test are left out on both sides."
        if is_unknown
        else ""
    )
    return sorted(gaps, key=lambda gap: (-gap.within, gap.name)), left_out


def _gap(gaps: Sequence[TopicGap], left_out: str, version: str) -> Chart:
    title = "Offline less online, by topic"
    if all(gap.name == OTHERS for gap in gaps):
        why = f"No topic has {FEWEST} labels and {FEWEST} offered rows of the test: the gap can't be parted."
        return Chart("gap", title, "", _table(gaps, version), None, why)
    mix, within = sum(gap.mix for gap in gaps), sum(gap.within for gap in gaps)
    n = sum(gap.n_labels for gap in gaps)
    figures = [
        Figure(name, n, value, unit=Unit.POINTS)
        for name, value in (("Other questions (mix)", mix), ("Other answers to the same (within)", within))
    ]
    figures += map(_within, gaps)
    return Chart(
        "gap",
        title,
        f"Of {Figure('', n, mix + within, unit=Unit.POINTS).written} in all, {figures[0].written} come from other "
        f"questions than in the test and {figures[1].written} from worse answers to the same; below it by topic.",
        _table(gaps, version),
        charts.bars(figures, title=title),
        note="Without intervals: a topic has few labels. Read it as where to look first. All is of the tested "
        "release alone, and labels are weighted topic by topic: so the sum is near offline less the corrected estimate "
        f"above, not equal to it. {left_out}",
    )


def _table(gaps: Sequence[TopicGap], version: str) -> Table:
    def points(value: float) -> str:
        return Figure("", 0, value, unit=Unit.POINTS).written

    def percent(value: float | None) -> str:
        return Figure("", 0, value).written

    return Table(
        (
            Column("Topic", "name", lambda gap: gap.name),
            Column("Within", "", lambda gap: points(gap.within)),
            Column("Mix", "mix", lambda gap: gap.mix, lambda gap: points(gap.mix)),
            Column("Offline", "offline", lambda gap: gap.offline, lambda gap: percent(gap.offline)),
            Column("Rows", "n_offline", lambda gap: gap.n_offline),
            Column("Online", "online", lambda gap: gap.online, lambda gap: percent(gap.online)),
            Column("Turns", "n_online", lambda gap: gap.n_online),
            Column("Labels", "", lambda gap: gap.n_labels),
            *kept(_within, value="within", version=version),
        ),
        gaps,
    )


def _within(gap: TopicGap) -> Figure:
    return Figure(gap.name, gap.n_labels, gap.within, unit=Unit.POINTS, method=METHOD)


def _causes(
    labels: Sequence[Label], n_online: Mapping[str, int], turns: "QuerySet[TurnDay]", version: str
) -> Chart:
    title = "What became of the turns of the topics that lose most"
    figures = [
        figure
        for name in losing_most(labels, n_online)
        for figure in _of_topic(name, labels, _agents_of(name, turns), version)
    ]
    known = drawable(figures)
    return Chart(
        "causes",
        title,
        f"Most: {max(known, key=lambda row: row.value or 0.0).told}. Of all turns of the topic; the last two of those "
        "that were judged. As far as stored events tell causes."
        if known
        else "",
        table_of_figures("Cause and topic", figures, value="Share", k="Turns"),
        charts.forest(known, title=title) if known else None,
        empty=f"No topic with {FEWEST} labels has a wrong suggestion.",
    )


def losing_most(labels: Sequence[Label], n_online: Mapping[str, int]) -> list[str]:
    """Return the topics with most wrong suggestions: their turns times the share that labels find wrong."""
    by: defaultdict[str, list[Label]] = defaultdict(list)
    for label in labels:
        by[label.topic].append(label)
    lost = {
        name: n_online.get(name, 0) * (1 - interval_of(some).estimate)
        for name, some in by.items()
        if not why_not(some)
    }
    found = sorted((name for name in lost if lost[name] > 0), key=lambda name: (-lost[name], name))
    return found[:WORST]


def _agents_of(topic: str, turns: "QuerySet[TurnDay]") -> Agents:
    """Return what became of a topic's turns by agent."""
    names = ("n_turns", *CAUSES.values())
    found = by_agent(turns.filter(topic__name=topic) if topic else turns.filter(topic=None), names=names)
    return joined([nobody(names), *found.values()]).people


def _of_topic(name: str, labels: Sequence[Label], agents: Agents, version: str) -> list[Figure]:
    found = [
        share(f"{cause}: {name or 'no topic'}", agents[column], agents["n_turns"], version=version)
        for cause, column in CAUSES.items()
    ]
    judged = weighted([label for label in labels if label.topic == name])
    return [
        *found,
        _of_judged(
            f"Stale answer: {name or 'no topic'}",
            judged,
            lambda label: 1 - (label.right or 0.0) if label.is_stale else 0.0,
            version,
        ),
        _of_judged(
            f"Right, not sent: {name or 'no topic'}",
            judged,
            lambda label: 0.0 if label.is_match else label.right or 0.0,
            version,
        ),
    ]


def _of_judged(name: str, rows: Weighted, value: Value, version: str) -> Figure:
    """Return a share of judged turns, weighted back; agents' own choice is no fault of a suggestion that was right."""
    k, n_agents = round(sum(map(value, rows.labels))), len({label.agent for label in rows.labels})
    found = rows.share(value)
    return Figure(
        name, len(rows.labels), found.estimate, found.low, found.high, k=k, n_agents=n_agents,
        method=f"{found.method}, weighted (Hájek)", version=version,
    )  # fmt: skip


def _mean(flags: Sequence[float]) -> float | None:
    return sum(flags) / len(flags) if flags else None
