"""What the suggestion card may show of a suggestion; what it must not show never gets into it."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date

from copilot.models import Alternative, Suggestion, SuggestionEvent
from copilot.models.catalog import AnswerVersion
from copilot.models.suggestion import Reason, State
from copilot.showing import is_hidden
from copilot.worded import for_agent
from helpdesk.models import User

SUREST = 0.99  # nothing is shown as certain
WORDS = (
    (95, "Very likely right"),
    (85, "Likely right"),
    (70, "Probably right"),
    (0, "Maybe right"),
)  # percent


@dataclass(frozen=True)
class Offer:
    """One text that can be inserted, and where it comes from; rank 0 is the suggestion itself."""

    rank: int
    text: str
    answer: AnswerVersion
    probability: float

    @property
    def word(self) -> str:
        return next(word for floor, word in WORDS if self.percent >= floor)

    @property
    def percent(self) -> int:
        return round(100 * min(self.probability, SUREST))


@dataclass(frozen=True)
class Card:
    """One state of the card: an offer, a reason why there is none, waiting, or nothing at all."""

    suggestion: Suggestion | None = None
    offer: Offer | None = None
    alternatives: tuple[Offer, ...] = ()
    reason: str = ""
    candidates: tuple[tuple[str, int], ...] = ()
    dismissed: str = ""
    is_review_due: bool = False
    is_hidden: bool = False

    @property
    def state(self) -> str:
        """Of the suggestion, as far as it may be known."""
        if self.suggestion is None:
            return "none"
        return str(State.SHADOW) if self.is_hidden else self.suggestion.state

    @property
    def stamp(self) -> str:
        """Changes whenever the card does."""
        return f"{self.suggestion.pk}-{self.state}" if self.suggestion else "none"


def card_for(suggestion: Suggestion | None, *, user: User, today: date) -> Card:
    """Return the card of a turn that waits for a reply; an empty one if nothing was asked of the copilot."""
    if suggestion is None or suggestion.state == State.SUPERSEDED:
        return Card()
    if is_hidden(suggestion, user):
        return Card(suggestion, reason=str(Reason.HELD_OUT.label), is_hidden=True)
    if suggestion.state != State.OFFERED or suggestion.answer is None:
        return Card(suggestion, reason=_reason(suggestion), candidates=_candidates(suggestion))
    alternatives = suggestion.alternatives.select_related("answer__answer__owner", "answer__answer__topic")
    return Card(
        suggestion,
        offer=Offer(0, for_agent(suggestion.text, user), suggestion.answer, suggestion.confidence or 0.0),
        alternatives=_offers(alternatives[:3], user),
        dismissed=_dismissed(suggestion, user),
        is_review_due=suggestion.answer.answer.is_review_due(today),
    )


def _offers(alternatives: Iterable[Alternative], user: User) -> tuple[Offer, ...]:
    return tuple(
        Offer(found.rank, for_agent(found.text, user), found.answer, found.probability)
        for found in alternatives
    )


def _reason(suggestion: Suggestion) -> str:
    shown = len(_candidates(suggestion))
    n = max(suggestion.n_topics or 0, shown)
    said = suggestion.get_reason_display()
    if shown < 2:
        return said
    return f"{said} ({shown} of {n} candidates)" if n > shown else f"{said} ({n} candidates)"


def _candidates(suggestion: Suggestion) -> tuple[tuple[str, int], ...]:
    """Return the likeliest of the topics between which it could not decide, with their percentages."""
    if suggestion.reason != Reason.TOPIC_UNSURE:
        return ()
    pairs = (
        (suggestion.topic, suggestion.topic_probability),
        (suggestion.second_topic, suggestion.second_topic_probability),
    )
    return tuple((topic.name, round(100 * (probability or 0))) for topic, probability in pairs if topic)


def _dismissed(suggestion: Suggestion, user: User) -> str:
    """Return why this person dismissed it; empty if they didn't."""
    event = suggestion.events.filter(actor=user, type=SuggestionEvent.Type.DISMISSED).last()
    return (event.get_dismiss_reason_display() or "dismissed") if event else ""
