"""Accuracy: how often suggestions are right, bounded without labels, corrected by some, and as it was offline.

All match rates here are of the held-out arm: a shown suggestion causes the text that it is compared with. Whether a
suggestion is right does not depend on who saw it, so labels of both arms count.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date
from itertools import chain

from copilot.models import Arm, Match
from copilot.monitor import charts, label_free
from copilot.monitor.agreeing import two_judges
from copilot.monitor.answer_reading import topic_weeks
from copilot.monitor.charts import Chart, Series
from copilot.monitor.correcting import (
    FEWEST_LABELS,
    by_prediction,
    by_strata,
    deff_of_labels,
    said,
    share_right,
)
from copilot.monitor.estimates import bound, estimates_chart
from copilot.monitor.figures import Figure, drawable
from copilot.monitor.filters import Filters
from copilot.monitor.gaps import gap_charts
from copilot.monitor.label_free import Bins
from copilot.monitor.labelled import alarm, labelled_arms
from copilot.monitor.labels import Label, labels_of
from copilot.monitor.match_rates import (
    COLUMNS,
    by_arm_and_topic,
    compared,
    deff_of,
    left_out,
    match_rate,
    replayed,
    version,
)
from copilot.monitor.offline import Offline, offline
from copilot.monitor.promotions import promotions, said_of
from copilot.monitor.reading import Agents, joined, nobody, over_time
from copilot.monitor.sent_wrong import sent_wrong
from copilot.monitor.tables import table_of_figures


@dataclass(frozen=True)
class Accuracy:
    """What the page shows."""

    total: int
    finding: str
    warnings: tuple[str, ...]
    said: tuple[str, ...]
    kinds: Mapping[str, int]
    charts: tuple[Chart, ...]


def accuracy(filters: Filters) -> Accuracy:
    """Return the page's figures for what an address asks."""
    named, labels, test = version(filters.releases), labels_of(filters), offline(filters)
    by = by_arm_and_topic(topic_weeks(filters))
    weeks = over_time(filters, arm=Arm.SHADOW, names=COLUMNS)
    shadow = joined([nobody(COLUMNS), *weeks.values()]).people
    deff = deff_of(shadow)
    confidences = label_free.bins_by_time(filters)
    held_out = match_rate("Match rate, held out", shadow, version=named)
    marks, parted = _marks(filters, labels, test, shadow, confidences, named)
    return Accuracy(
        total=sum(int(compared(agents.people).sum()) for arm in by.values() for agents in arm.values()),
        finding=_finding(marks, held_out),
        warnings=tuple(filter(None, (replayed(shadow), parted))),
        said=(left_out(shadow), _about(labels)),
        kinds={kind.label: int(shadow[f"n_{kind}"].sum()) for kind in Match.Kind}
        if held_out.value is not None
        else {},
        charts=(
            estimates_chart(marks),
            _over_time(filters, weeks, labels, deff, label_free.by_time(confidences, filters), named),
            _when(labels, named),
            two_judges(labels, version=named),
            sent_wrong(labels, version=named),
            _by_topic(by[Arm.SHADOW], deff, named),
            *_gap(filters, test, labels),
        ),
    )  # fmt: skip


def _marks(
    filters: Filters,
    labels: Sequence[Label],
    test: Offline,
    shadow: Agents,
    confidences: Bins,
    named: str,
) -> tuple[list[Figure], str]:
    """Return the estimates side by side, and a sentence where confidence and labels part."""
    arms = labelled_arms(filters, labels)
    strata, (powered, corrected) = (
        by_strata(labels, arms, version=named),
        by_prediction(labels, arms, version=named),
    )
    marks = [
        bound(labels, shadow, version=named),
        strata,
        powered,
        label_free.figure_of(label_free.expected(confidences), filters),
        test.figure,
    ]
    if len(said(labels)) < FEWEST_LABELS:
        marks.insert(1, share_right("Labels alone", labels, version=named))
    return marks, alarm(confidences, labels, corrected)


def _gap(filters: Filters, test: Offline, labels: Sequence[Label]) -> tuple[Chart, ...]:
    """Part the gap of the release that was tested: labels and turns of others may err elsewhere."""
    of_release = replace(filters, release=test.release)
    turns = of_release.turns()
    by = by_arm_and_topic(topic_weeks(of_release)) if test.rows else {}
    topics = {
        topic: joined(arm[topic] for arm in by.values() if topic in arm) for topic in {*chain(*by.values())}
    }
    own = [label for label in labels if label.release == test.release]
    return gap_charts(test.rows, own, topics, turns, releases=of_release.releases)


def _finding(marks: Sequence[Figure], held_out: Figure) -> str:
    corrected = [mark for mark in marks if mark.name.startswith("Corrected") and mark.value is not None]
    if corrected:
        best = corrected[-1]
        return (
            f"{best.written} of the suggestions are right ({best.interval}), as {best.n:,} blind labels tell."
        )
    if held_out.value is not None:
        return (
            f"Replies match {held_out.written} of the suggestions that nobody saw ({held_out.interval}). How many are "
            "right, labels will tell: until then this is what can be said."
        )
    if not held_out.n:
        return "No reply to a held-out suggestion can be compared yet."
    return f"{held_out.n:,} replies to held-out suggestions can be compared: {held_out.note}."


def _about(labels: Sequence[Label]) -> str:
    """Say what the labels are."""
    if not labels:
        return "No turn was judged yet in this span: experts find them under Label, Judge."
    unsure = len(labels) - len(said(labels))
    first, last = min(label.week for label in labels), max(label.week for label in labels)
    told = f"{len(labels):,} turns were judged, drawn from the weeks of {first:%-d %b} to {last:%-d %b}"
    return (
        f"{told}; of {unsure} nobody could say whether the suggestion was right: they are left out."
        if unsure
        else f"{told}."
    )


def _over_time(
    filters: Filters,
    by: Mapping[date, Agents],
    labels: Sequence[Label],
    deff: float | None,
    expected: Mapping[date, Figure],
    named: str,
) -> Chart:
    per, title, marks = filters.per, f"Accuracy by {filters.per}", promotions(filters)
    rates = {
        day: match_rate(f"{day}", agents.people, deff=deff, version=named)
        for day, agents in by.items()
        if compared(agents.people).any()
    }
    weeks: dict[date, list[Label]] = {}
    for label in labels:
        weeks.setdefault(label.week, []).append(label)
    of_labels = deff_of_labels(labels)
    judged = {
        week: share_right(f"{week}", some, deff=of_labels, version=named)
        for week, some in sorted(weeks.items())
    }
    lines = [
        Series("Match rate, held out", rates),
        Series("Labels of the week", judged),
        Series("Expected from confidence", expected),
    ]
    drawn = [line for line in lines if drawable(list(line.by_day.values()))]
    rows = [
        replace(row, name=f"{row.name}, {line.name.lower()}")
        for line in lines
        for row in line.by_day.values()
    ]
    return Chart(
        "time",
        title,
        f"{charts.last_known(drawn)} The match rate bounds accuracy from below; "
        "labels tell it, confidence expects it."
        if drawn
        else "",
        table_of_figures(per.capitalize(), rows, value="Share", k="Matches"),
        charts.line_band(drawn, title=title, marks=marks) if drawn else None,
        empty=f"No {per} has five compared turns of five agents yet.",
        note=said_of(marks),
    )


def _when(labels: Sequence[Label], named: str) -> Chart:
    """Draw how often suggestions and replies are right, by what the reply said."""
    title = "Right, by whether the reply matches"
    groups = {
        "Match, held out (PPV)": [label for label in labels if label.arm == Arm.SHADOW and label.is_match],
        "Match, offered (PPV)": [label for label in labels if label.arm == Arm.OFFER and label.is_match],
        "No match, held out (FOR)": [label for label in labels if label.arm == Arm.SHADOW and not label.is_match],
        "No match, offered (FOR)": [label for label in labels if label.arm == Arm.OFFER and not label.is_match],
        "Conflict": [label for label in labels if label.kind == Match.Kind.CONFLICT],
    }  # fmt: skip
    deff = deff_of_labels(labels)
    rows = [share_right(name, some, deff=deff, version=named) for name, some in groups.items()]
    for arm, name in ((Arm.SHADOW, "held out"), (Arm.OFFER, "offered")):
        of_arm = [label for label in labels if label.arm == arm]
        rows.append(share_right(f"The reply itself, {name}", of_arm, of_reply=True, version=named))
    known = drawable(rows)
    return Chart(
        "when",
        title,
        _of_matches(*rows[:2]) if known else "",
        table_of_figures("Turns", rows, value="Right"),
        charts.forest(rows, title=title) if known else None,
        empty="Labels are needed: experts give them under Label, Judge.",
    )


def _of_matches(held_out: Figure, offered: Figure) -> str:
    told = ""
    if held_out.value is not None and offered.value is not None:
        told = f"Of matches {held_out.written} are right where held out, {offered.written} where shown. "
    return f"{told}Those that are wrong where suggestions are shown alone were accepted blindly."


def _by_topic(topics: Mapping[str, Agents], deff: float | None, named: str) -> Chart:
    title = "Match rate by topic, held out"
    rates = [
        match_rate(name or "No topic", agents.people, deff=deff, version=named)
        for name, agents in topics.items()
    ]
    rates = sorted((rate for rate in rates if rate.n), key=lambda rate: (-rate.n, rate.name))
    known = sorted(drawable(rates), key=lambda rate: rate.value or 0.0)
    return Chart(
        "topic",
        title,
        f"Lowest: {known[0].told}. Highest: {known[-1].told}."
        if len(known) > 1
        else f"One topic alone has turns enough: {known[0].told}."
        if known
        else "",
        table_of_figures("Topic", rates, value="Match rate", k="Matches"),
        charts.forest(known, title=title) if known else None,
        empty="No topic has five compared turns of five agents among those held out yet.",
    )
