"""The nearest past cases of a suggestion, with what was sent."""

from dataclasses import dataclass

from django.db import connection, transaction
from django.db.models import F
from pgvector.django import CosineDistance

from copilot.models import QuestionVector, Release, Suggestion, current_version
from copilot.pipeline.types import Vector
from helpdesk import access
from helpdesk.among import IsAmong
from helpdesk.models import Case, User

# The index gives the nearest of all cases; those a person may not see, or that nobody answered, are left out after it
# did. So it must go on until enough are left (without this, an agent who sees a tenth of the cases is shown a third of
# what they should be, at times nothing), and it goes on almost in order only: of more than are asked for, the best are
# taken. Each one more makes it go on for as many cases as a person sees one of: who sees an eighth waits for 149 of
# them instead of the 307 of twice as many, and PostgreSQL reads 2,800 pages instead of 4,900 (of 60,000 vectors the ten
# nearest were found either way, by who sees a fiftieth too).
GO_ON = "SET LOCAL hnsw.iterative_scan = relaxed_order; SET LOCAL hnsw.ef_search = 200"
LOOKED_AT = 20

# Who sees few cases would wait long for what the index gives up at last. Each of those is compared instead, which is
# exact too; PostgreSQL, left to choose, takes the index.
MOST_COMPARED = 5000


@dataclass(frozen=True)
class NearCase:
    """A past case whose question is close: similarity is the cosine, at most 1."""

    case: Case
    question: str
    reply: str
    similarity: float


def nearest_cases(suggestion: Suggestion, user: User, *, limit: int = 3) -> list[NearCase]:
    """Return the closest answered questions among the cases this person may see, best first."""
    vector = _vector_of(suggestion)
    if vector is None:
        return []
    return nearest_to(
        vector.embedding, encoder=vector.encoder_id, besides=suggestion.case_id, user=user, limit=limit
    )


def nearest_to(embedding: Vector, *, encoder: int, besides: int, user: User, limit: int) -> list[NearCase]:
    """Return the closest to a vector of this encoder, its own case (`besides`) left out."""
    distances = _distances(embedding, encoder, besides, user)
    nearest = sorted(distances, key=distances.__getitem__)[:limit]
    rows = (
        Suggestion.objects.filter(pk__in=nearest, matches__version=current_version())
        .annotate(sent=F("matches__reply__body"))
        .select_related("case__customer")
        .in_bulk()
    )
    found = [(rows[pk], distances[pk]) for pk in nearest if pk in rows]
    return [NearCase(row.case, row.question, row.sent, 1 - distance) for row, distance in found]


def _vector_of(suggestion: Suggestion) -> QuestionVector | None:
    """Return the question's vector by the live encoder, or by its release's own while there is none."""
    live = Release.objects.filter(state=Release.State.LIVE).values_list("encoder", flat=True).first()
    vectors: dict[int | None, QuestionVector] = {row.encoder_id: row for row in suggestion.vectors.all()}
    own = suggestion.release.encoder_id if suggestion.release else None
    return vectors.get(live) or vectors.get(own)


def _distances(embedding: Vector, encoder: int, besides: int, user: User) -> dict[int, float]:
    """Return how far those are that may be the nearest, by suggestion; vectors of two encoders can't be compared."""
    answered = (
        QuestionVector.objects.filter(encoder=encoder, suggestion__matches__version=current_version())
        .exclude(suggestion__case=besides)
        .annotate(distance=CosineDistance("embedding", embedding))
    )
    seen = access.cases_for(user)
    if access.sees_few_cases(user, most=MOST_COMPARED):
        few = answered.filter(IsAmong("suggestion__case", seen.order_by().values("pk")))
        near = few.order_by(F("distance") + 0)  # no index has this order
    else:
        near = answered.filter(suggestion__case__in=seen).order_by("distance")
    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute(GO_ON)
        return dict(near.values_list("suggestion", "distance")[:LOOKED_AT])
