"""Turns that were judged blind, each with what decides for which turns it stands."""

from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from typing import Any

from django.db.models import Exists, OuterRef, Q
from django.utils import timezone

from copilot.judging import Verdicts, with_arm
from copilot.models import (
    AnswerVersion,
    Judgment,
    Match,
    Suggestion,
    SuggestionEvent,
    Verdict,
    current_version,
)
from copilot.models.agent_day import AgentDay
from copilot.monitor.filters import Filters
from copilot.monitor.reading import by_time
from copilot.monitor.rolling import agent_hash

LEAST_JUDGED = 0.5  # of a week's sample: fewer labels than half would each have to stand for very many turns


@dataclass(frozen=True)
class Label:
    """One judged turn. `right` and `reply_right` are 1 or 0, between where judges differ, None where nobody can say.

    `probability` is how likely the turn was to be drawn and judged, `is_stale`: its answer was changed since, or
    dismissed as out of date; `was_inserted`: by who replied. `said` is what each judge said, the first one first.
    """

    week: date
    arm: str
    kind: str
    topic: str
    agent: int
    probability: float
    right: float | None
    reply_right: float | None
    is_stale: bool = False
    release: int | None = None
    was_inserted: bool = False
    said: tuple[Verdicts, ...] = ()

    @property
    def is_match(self) -> bool:
        return self.kind in Match.MATCHING


def labels_of(filters: Filters) -> list[Label]:
    """Return the judged turns of what an address asks, by their number; four queries of few rows."""
    said = defaultdict(list)
    weeks = {"week__gte": filters.first - timedelta(days=6), "week__lte": filters.today}
    for judgment in Judgment.objects.filter(**weeks).order_by("pk"):
        said[judgment.suggestion_id].append(judgment)
    rows, shares = _turns(filters).filter(pk__in=said).order_by("pk"), _judged_shares(said.values())
    return [
        Label(
            week=said[pk][0].week,
            arm=arm,
            kind=kind,
            topic=topic or "",
            agent=agent_hash(author),
            probability=said[pk][0].inclusion_probability * shares[said[pk][0].week],
            right=_mean(judgment.suggestion_verdict for judgment in said[pk]),
            reply_right=_mean(judgment.reply_verdict for judgment in said[pk]),
            is_stale=is_stale,
            release=release,
            was_inserted=was_inserted,
            said=tuple(Verdicts(each.suggestion_verdict, each.reply_verdict) for each in said[pk]),
        )
        for pk, arm, kind, topic, author, is_stale, release, was_inserted in rows.values_list(
            "pk", "seen_arm", "matches__kind", "topic__name", "matches__reply__author", "is_stale", "release",
            "was_inserted",
        )
    ]  # fmt: skip


def _judged_shares(said: Iterable[Sequence[Judgment]]) -> dict[date, float]:
    """Return what share of each week's sample is judged: people take it in an order of chance, and may not be through.

    Those drawn stand together for all compared turns of their week, so those judged stand for that share of them.
    """
    stands: defaultdict[date, float] = defaultdict(float)
    for first, *_ in said:
        stands[first.week] += 1 / first.inclusion_probability
    if not stands:
        return {}
    days = AgentDay.objects.filter(day__gte=min(stands), day__lt=max(stands) + timedelta(days=7))
    turns = by_time(days, per="week", names=["n_compared"])
    n_of = {week: int(agents["n_compared"].sum()) for week, agents in turns.items()}
    return {
        week: min(1.0, max(LEAST_JUDGED, total / max(1, n_of.get(week, 0)))) for week, total in stands.items()
    }


def _turns(filters: Filters) -> Any:
    start, end = (
        datetime.combine(day, time(), tzinfo=timezone.get_default_timezone())
        for day in (filters.first, filters.today + timedelta(days=1))
    )
    asked = Q(created_at__gte=start, created_at__lt=end, matches__version=current_version())
    if filters.release is not None:
        asked &= Q(release=filters.release)
    if filters.topic:
        asked &= Q(topic__slug=filters.topic)
    if filters.language:
        asked &= Q(case__language=filters.language)
    newer = AnswerVersion.objects.filter(
        answer=OuterRef("answer__answer"), number__gt=OuterRef("answer__number"), approved_at__isnull=False
    )
    dismissed = SuggestionEvent.objects.filter(
        Q(suggestion=OuterRef("pk")) | Q(suggestion=OuterRef("matches__closest")),
        dismiss_reason=SuggestionEvent.DismissReason.OUT_OF_DATE,
    )
    inserted = SuggestionEvent.objects.filter(
        Q(suggestion=OuterRef("pk")) | Q(suggestion=OuterRef("matches__closest")),
        type=SuggestionEvent.Type.INSERTED,
        actor=OuterRef("matches__reply__author"),
    )
    return (
        with_arm(Suggestion.objects.current())
        .filter(asked)
        .annotate(is_stale=Exists(newer) | Exists(dismissed), was_inserted=Exists(inserted))
    )


def _mean(verdicts: Iterable[str]) -> float | None:
    """Return the share of judges who say yes, of those who can say.

    >>> _mean(["yes", "no", "cant_say"]), _mean(["cant_say"])
    (0.5, None)
    """
    known = [verdict == Verdict.YES for verdict in verdicts if verdict != Verdict.CANT_SAY]
    return sum(known) / len(known) if known else None
