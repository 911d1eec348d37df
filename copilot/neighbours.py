"""The nearest past cases of a suggestion, with what was sent."""

from dataclasses import dataclass

from django.db import connection, transaction
from django.db.models import F
from pgvector.django import CosineDistance

from copilot.models import Suggestion
from helpdesk import access
from helpdesk.models import Case, User

# The index gives the nearest of all cases; those a person may not see, or that nobody answered, are left out after it
# did. So it must go on until enough are left (without this, an agent who sees a tenth of the cases is shown a third of
# what they should be, at times nothing), and it goes on almost in order only: of more than are asked for, the best are
# taken. Where few cases can be seen at all, PostgreSQL compares each of those instead.
GO_ON = "SET LOCAL hnsw.iterative_scan = relaxed_order; SET LOCAL hnsw.ef_search = 200"
LOOKED_AT = 40


@dataclass(frozen=True)
class NearCase:
    """A past case whose question is close: similarity is the cosine, at most 1."""

    case: Case
    question: str
    reply: str
    similarity: float


def nearest_cases(suggestion: Suggestion, user: User, *, limit: int = 3) -> list[NearCase]:
    """Return the closest answered questions among the cases this person may see, best first."""
    if suggestion.embedding is None or suggestion.release is None:
        return []
    distances = _distances(suggestion, suggestion.release.encoder_id, user)
    nearest = sorted(distances, key=distances.__getitem__)[:limit]
    rows = (
        Suggestion.objects.filter(pk__in=nearest)
        .annotate(sent=F("match__reply__body"))
        .select_related("case__customer")
        .defer("embedding")
        .in_bulk()
    )
    found = [(rows[pk], distances[pk]) for pk in nearest if pk in rows]
    return [NearCase(row.case, row.question, row.sent, 1 - distance) for row, distance in found]


def _distances(suggestion: Suggestion, encoder: int, user: User) -> dict[int, float]:
    """Return how far those are that may be the nearest, by their ids; vectors of two encoders can't be compared."""
    answered = Suggestion.objects.filter(
        match__isnull=False,
        embedding__isnull=False,
        release__encoder=encoder,
        case__in=access.cases_for(user),
    ).exclude(case=suggestion.case_id)
    near = answered.annotate(distance=CosineDistance("embedding", suggestion.embedding)).order_by("distance")
    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute(GO_ON)
        return dict(near.values_list("pk", "distance")[:LOOKED_AT])
