"""Drift: has what comes in changed since a release began to serve, and does it cost anything.

Compared are as many whole weeks of the release's beginning and of now, so that each weekday counts alike. What came in
is information; it is worth an alert only by what it costs: the accuracy to expect from confidence (CBPE).
"""

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta

from django.db.models import Q, QuerySet, Sum

from copilot.models import BinDay, FloorDay, InputDay, Release, TopicDay
from copilot.monitor.charts import Chart
from copilot.monitor.drift_charts import (
    change_chart,
    expected_chart,
    mixes_chart,
    unseen_chart,
    unseen_share,
)
from copilot.monitor.drift_cost import Cost, Turns, cost_of, spans_of_release, told, turns_of
from copilot.monitor.figures import Unit, written
from copilot.monitor.filters import Filters
from copilot.monitor.mixes import Mix, Spans

BY_CHANCE = 0.01  # of the questions are unlike all before
KIND_NAMES = {
    "question": "A question", "out_of_scope": "Out of scope", "thanks": "Thanks or closing", "spam": "Spam",
    "auto_reply": "Automatic reply", "no_request": "No request", "other_language": "Another language",
}  # fmt: skip
TEMPLATE_NAMES = {"yes": "An approved answer, nearly word for word", "no": "Words of its own"}
NO_PRODUCT = "No product"


@dataclass(frozen=True)
class DriftPage:
    """What the page shows; without two spans only the finding."""

    release: Release | None
    finding: str
    total: int = 0
    cost: str = ""
    spans: str = ""
    charts: Sequence[Chart] = ()


def drift(filters: Filters) -> DriftPage:
    """Return the page's figures for one release: the one that is asked for, or the live one."""
    release = _release(filters)
    if release is None:
        return DriftPage(None, "No release is live, so there is nothing to compare yet.")
    spans = spans_of_release(release, last=filters.today - timedelta(days=1))
    if spans is None:
        return DriftPage(
            release,
            f"Release {release.pk} has not served for two whole weeks yet: the second is compared with the first.",
        )  # fmt: skip
    days = [*spans.reference, *spans.current]
    turns = turns_of(BinDay.objects.filter(Q(day__gte=filters.first) | Q(day__in=days), release=release))
    mixes = _mixes(release, turns, spans)
    cost = cost_of(turns, spans)
    hidden = FloorDay.objects.filter(release=release, day__gte=filters.first, reason="")
    unseen = _unseen(InputDay.objects.filter(release=release, day__gte=filters.first))
    version = f"release {release.pk}"
    return DriftPage(
        release=release,
        finding=_finding(mixes, cost) + _strangers(unseen, spans),
        total=sum(mixes[0].n),
        cost=told(cost),
        spans=f"Compared are {spans.told}: {spans.weeks} whole {'week' if spans.weeks == 1 else 'weeks'} each.",
        charts=(
            mixes_chart(mixes, version),
            expected_chart(turns, hidden, version, since=filters.first),
            unseen_chart(unseen, version),
            *(change_chart(mix, version) for mix in mixes),
        ),
    )


def _release(filters: Filters) -> Release | None:
    releases = Release.objects.defer("learned_from")
    if filters.release is not None:
        return releases.filter(pk=filters.release).first()
    return releases.filter(state=Release.State.LIVE).first()


def _mixes(release: Release, floors: Sequence[Turns], spans: Spans) -> list[Mix]:
    days = [*spans.reference, *spans.current]
    turns = TopicDay.objects.filter(release=release, day__in=days)
    inputs = InputDay.objects.filter(release=release, day__in=days)
    topics = (
        turns.exclude(topic=None).values_list("day", "topic__name").annotate(n=Sum("n_turns")).order_by("day")
    )
    languages = (
        turns.exclude(language="").values_list("day", "language").annotate(n=Sum("n_turns")).order_by("day")
    )
    by_part = {
        part: _counts(inputs.filter(part=part).values_list("day", "value", "n")) for part in InputDay.Part
    }
    kinds, products, templates = (
        {(day, names.get(value, value)): n for (day, value), n in by_part[part].items()}
        for part, names in (
            (InputDay.Part.KIND, KIND_NAMES),
            (InputDay.Part.PRODUCT, {"": NO_PRODUCT}),
            (InputDay.Part.TEMPLATE, TEMPLATE_NAMES),
        )
    )
    lengths = {(day, int(value)): n for (day, value), n in by_part[InputDay.Part.LENGTH].items()}
    channels = {(day, value.capitalize()): n for (day, value), n in by_part[InputDay.Part.CHANNEL].items()}
    of_values = (
        ("topic", "Topics", _counts(topics)),
        ("kind", "Questions and what else", kinds),
        ("language", "Languages", _counts(languages)),
        ("channel", "Channels", channels),
        ("product", "Products named", products),
        ("template", "Replies that are templates", templates),
    )
    of_numbers = (
        ("length", "Lengths in characters", lengths, _length),
        ("confidence", "Confidence", _confidences(floors), _confidence),
    )
    return [
        *(
            Mix.of(key, name, counts, reference=spans.reference, current=spans.current)
            for key, name, counts in of_values
        ),
        *(
            Mix.of_numbers(
                key, name, counts, reference=spans.reference, current=spans.current, name_of=name_of
            )
            for key, name, counts, name_of in of_numbers
        ),
    ]


def _length(low: int | None, high: int | None) -> str:
    """Name a range of lengths.

    >>> _length(None, 57), _length(57, 1140), _length(1140, None), _length(None, None)
    ('under 57', '57 to 1,139', '1,140 and more', 'all')
    """
    if low is None:
        return "all" if high is None else f"under {high:,}"
    return f"{low:,} and more" if high is None else f"{low:,} to {high - 1:,}"


def _confidence(low: int | None, high: int | None) -> str:
    """Name a range of hundredths.

    >>> _confidence(None, 57), _confidence(57, 70), _confidence(70, None)
    ('0.00 to 0.57', '0.57 to 0.70', '0.70 to 1.00')
    """
    return f"{(low or 0) / 100:.2f} to {(100 if high is None else high) / 100:.2f}"


def _counts(rows: Iterable[tuple[date, str, int]]) -> dict[tuple[date, str], int]:
    return {(day, value): n for day, value, n in rows}


def _confidences(turns: Sequence[Turns]) -> dict[tuple[date, int], int]:
    found: Counter[tuple[date, int]] = Counter()
    for each in turns:
        found[each.day, each.bin] += each.n
    return found


def _finding(mixes: Sequence[Mix], cost: Cost | None) -> str:
    known = [mix for mix in mixes if mix.is_known]
    drifted = [mix for mix in known if mix.has_drifted]
    if not known:
        return "Too few turns came in to say whether they have changed."
    if not drifted:
        said = f"None of {len(known)} mixes has changed by more than chance does."
    else:
        said = f"Changed by more than chance does: {', '.join(_change(mix) for mix in drifted)}."
    if cost is None:
        return said
    if cost.told:
        return f"{said} Since then {cost.told}: worth a look."
    return (
        f"{said} It costs nothing that confidence would show, so it is only information." if drifted else said
    )


def _unseen(inputs: "QuerySet[InputDay]") -> dict[date, tuple[int, int]]:
    """Return the questions of each day that are unlike all before, and all that were asked."""
    found: dict[date, tuple[int, int]] = {}
    rows = inputs.filter(part=InputDay.Part.UNSEEN).order_by("day", "value")
    for day, value, n in rows.values_list("day", "value", "n"):
        k, total = found.get(day, (0, 0))
        found[day] = (k + (n if value == "yes" else 0), total + n)
    return found


def _strangers(unseen: Mapping[date, tuple[int, int]], spans: Spans) -> str:
    """Say how many questions are unlike all before, if they are surely more than twice what chance does."""
    pairs = [unseen[day] for day in spans.current if day in unseen]
    now = unseen_share("", pairs, "", last_deff=None)
    if now.low is None or now.low <= 2 * BY_CHANCE:
        return ""
    return f" {now.written} of the questions are unlike all before ({now.interval}; 1 % is chance): worth a look."


def _change(mix: Mix) -> str:
    most = mix.changes()[0]
    before, now = mix.shares(most.name)
    share = f"{written(before, Unit.SHARE).removesuffix(' %')} to {written(now, Unit.SHARE)}"
    return f"{mix.name.lower()} (most: {most.name}, {share})"
