"""Kind outcome: what the agent did with a suggestion tells what the message was about.

A suggestion whose text was sent, seen or in the shadow, speaks for its topic and its answer. It is read only once its
message is old enough for the agent to have replied.
"""

from collections.abc import Collection
from dataclasses import dataclass
from datetime import timedelta

from copilot.models import Match, Suggestion, SuggestionEvent, current_version
from labeling.functions.errors import SpecError
from labeling.functions.reading import check_keys, number_at, texts_at
from labeling.functions.rows import Rows
from labeling.labels import QUESTION
from labeling.models.annotation import Task

DISMISSED = "dismissed "
EVENTS = (*Match.Kind.values, *(f"{DISMISSED}{reason}" for reason in SuggestionEvent.DismissReason.values))


@dataclass(frozen=True)
class Outcomes:
    """`when` are kinds of match, or dismissals with their reason."""

    when: Collection[str]
    lag: timedelta


def read(spec: object) -> Outcomes:
    """Check `{"when": ["exact", "near"], "lag_days": 7}`; the label is the suggestion's own unless one is chosen.

    Raises:
        SpecError: it can't be used.
    """
    known = check_keys(spec, {"when", "lag_days"})
    when = texts_at(known, "when")
    if unknown := [event for event in when if event not in EVENTS]:
        raise SpecError(f"when has {unknown[0]!r}: choose of {', '.join(EVENTS)}")
    if not when:
        raise SpecError(f"when is needed: choose of {', '.join(EVENTS)}")
    return Outcomes(frozenset(when), timedelta(days=number_at(known, "lag_days", low=0, high=365, default=7)))


def vote(outcomes: Outcomes, *, task: str, label: str, rows: Rows) -> list[str | None]:
    """Return for each message the label that its outcome speaks for, or None."""
    if not rows.ids:
        return []
    suggestions = Suggestion.objects.filter(message__gte=rows.ids[0], message__lte=rows.ids[-1])
    kinds = [kind for kind in outcomes.when if not kind.startswith(DISMISSED)]
    reasons = [event.removeprefix(DISMISSED) for event in outcomes.when if event.startswith(DISMISSED)]
    slug = {Task.TOPIC: "answer__answer__topic__slug", Task.ANSWER: "answer__answer__slug"}.get(
        Task(task), "pk"
    )
    found = {
        **dict(
            suggestions.filter(
                matches__version=current_version(), matches__kind__in=kinds, matches__is_pending=False
            ).values_list("message", slug)
        ),
        **dict(
            suggestions.filter(events__type="dismissed", events__dismiss_reason__in=reasons).values_list(
                "message", slug
            )
        ),
    }
    if label or task == Task.VALIDITY:
        found = dict.fromkeys(found, label or QUESTION)
    return [found.get(message_id) for message_id in rows.ids]
