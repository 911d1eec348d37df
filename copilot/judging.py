"""Blind verdicts on turns: which turns of a week can be judged, and what people said of those that were drawn.

Labeling draws the turns and asks about them; the figures of accuracy need what was said, so it is kept here.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from typing import Any

from django.db.models import Case, CharField, Exists, F, OuterRef, Q, Subquery, Value, When
from django.utils import timezone

from copilot.models import Arm, Exposure, Judgment, Match, Suggestion, current_version
from copilot.models.suggestion import SuggestionQuerySet
from copilot.monitor.funnel import SUBSTANTIVE, WINDOW
from helpdesk.models import User

WEEK = timedelta(days=7)


class JudgmentRefusedError(Exception):
    """What was said can't be kept; the message says why."""


@dataclass(frozen=True)
class ComparedTurn:
    """A turn whose suggestion was compared with a reply: all that a sample is drawn by."""

    suggestion_id: int
    arm: str
    kind: str
    topic: str
    confidence: float


@dataclass(frozen=True)
class Draw:
    """How a turn came into a week's sample."""

    week: date
    stratum: str
    inclusion_probability: float


@dataclass(frozen=True)
class Verdicts:
    """What a person said of both texts of a turn."""

    suggestion: str
    reply: str


def latest_closed_week(now: datetime) -> date:
    """Return the Monday of the latest week whose turns all were answered, or won't count any more."""
    last = timezone.localdate(now) - WINDOW - WEEK
    return last - timedelta(days=last.weekday())


def compared_turns(week: date) -> list[ComparedTurn]:
    """Return the turns of a week, from its Monday on, that figures of matches count, by their number."""
    start = datetime.combine(week, time(), tzinfo=timezone.get_default_timezone())
    end = datetime.combine(week + WEEK, time(), tzinfo=timezone.get_default_timezone())
    found = (
        with_arm(Suggestion.objects.current().generated())
        .filter(
            created_at__gte=start,
            created_at__lt=end,
            confidence__isnull=False,
            matches__version=current_version(),
            matches__n_reply_tokens__gte=SUBSTANTIVE,
            matches__reply__sent_at__lte=F("message__sent_at") + WINDOW,
        )
        .order_by("pk")
    )
    rows = found.values_list("pk", "seen_arm", "matches__kind", "topic__slug", "confidence")
    return [ComparedTurn(pk, arm, kind, topic or "", confidence) for pk, arm, kind, topic, confidence in rows]


def with_arm(suggestions: SuggestionQuerySet) -> Any:
    """Annotate `seen_arm`: shadow where whoever replied could not see the suggestion, else offer.

    Where an experiment divides agents, that is not the case's to say.
    """
    author = Match.objects.current().filter(suggestion=OuterRef("suggestion")).values("reply__author")[:1]
    exposed = Exposure.objects.filter(suggestion=OuterRef("pk"), agent=Subquery(author))
    hidden = exposed.exclude(variant__arm=Arm.OFFER)
    in_shadow = (~Q(arm=Arm.OFFER) & ~Exists(exposed)) | Exists(hidden)
    return suggestions.annotate(
        seen_arm=Case(
            When(in_shadow, then=Value(str(Arm.SHADOW))),
            default=Value(str(Arm.OFFER)),
            output_field=CharField(),
        )
    )


def match_of(suggestion: Suggestion) -> Match | None:
    """Return how a turn's reply compares with what was suggested."""
    return suggestion.matches.current().select_related("reply__author", "closest").first()


def judge(suggestion: Suggestion, *, by: User, said: Verdicts, drawn: Draw, now: datetime) -> Judgment:
    """Keep what a person says of a turn; who judges it again changes their verdicts.

    Raises:
        JudgmentRefusedError: the reply is this person's own, or there is none.
    """
    match = match_of(suggestion)
    if match is None:
        raise JudgmentRefusedError(f"{suggestion} is compared with no reply: skip it")
    if match.reply.author_id == by.pk:
        raise JudgmentRefusedError(
            "You wrote one of these texts yourself: skip it, and somebody else judges."
        )
    fields: Mapping[str, object] = {
        "suggestion_verdict": said.suggestion,
        "reply_verdict": said.reply,
        "stratum": drawn.stratum,
        "inclusion_probability": drawn.inclusion_probability,
        "week": drawn.week,
        "judged_at": now,
    }
    return Judgment.objects.update_or_create(suggestion=suggestion, judge=by, defaults=fields)[0]


def take_back(suggestion: Suggestion, *, by: User) -> bool:
    """Forget what a person said of a turn, and return whether they had said something."""
    n, _ = Judgment.objects.filter(suggestion=suggestion, judge=by).delete()
    return n > 0
