"""The nearest past cases of a suggestion, with what was sent."""

from dataclasses import dataclass

from django.db.models import F
from pgvector.django import CosineDistance

from copilot.models import Suggestion
from helpdesk import access
from helpdesk.models import Case, User


@dataclass(frozen=True)
class NearCase:
    """A past case whose question is close: similarity is the cosine, at most 1."""

    case: Case
    question: str
    reply: str
    similarity: float


def nearest_cases(suggestion: Suggestion, user: User, *, limit: int = 3) -> list[NearCase]:
    """Return the closest answered questions among the cases this person may see, best first."""
    if suggestion.embedding is None:
        return []
    near = (
        Suggestion.objects.filter(
            match__isnull=False, embedding__isnull=False, case__in=access.cases_for(user)
        )
        .exclude(case=suggestion.case_id)
        .annotate(distance=CosineDistance("embedding", suggestion.embedding), sent=F("match__reply__body"))
        .select_related("case__customer")
        .order_by("distance")[:limit]
    )
    return [NearCase(row.case, row.question, row.sent, 1 - row.distance) for row in near]
