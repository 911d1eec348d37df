"""Very many past questions to search among, for a bench: vectors as a real encoder makes them, with what hangs on them.

Each lies at a random place between a question that was really encoded and one of those nearest to it (as SMOTE does,
Chawla et al. 2002), plus a little noise, so that they crowd together as questions do. How hard they are to search is
told by their intrinsic dimension: of 29,000 real questions to banks and shops its median was 14 (a tenth below 5, a
tenth above 33), of a million of these 26, so that they are rather harder. Midpoints of any two questions, as were made
before, lie where nobody asks. Chunks are made from seeds, so that none must be kept.
"""

from collections.abc import Iterator, Sequence

import numpy as np
from django.db import connection
from django.utils import timezone
from pgvector import HalfVector
from pgvector.psycopg import register_vector

from copilot import match_versions
from copilot.models import Artifact, Release
from copilot.models.suggestion import Arm, Reason, State
from copilot.pipeline.types import Vectors
from helpdesk.benching.filling import Tell

NEAREST = 10
CHUNK = 20_000
NEIGHBOURS = 10  # real ones, of which one is drawn
NOISE = 0.005  # standard deviation of each number, where a vector's length is 1
SMALL_TEAM = 1000  # every so many-th case is the small team's

COPY = """
COPY copilot_suggestion (case_id, message_id, state, reason, detail, arm, text, parts, question, release_id, created_at,
                         queued_at, attempts)
FROM STDIN (FORMAT BINARY)
"""
TYPES = ["int8", "int8", "varchar", "varchar", "varchar", "varchar", "text", "jsonb", "text", "int8", "timestamptz",
         "timestamptz", "int2"]  # fmt: skip
COPY_VECTORS = "COPY copilot_questionvector (suggestion_id, encoder_id, embedding) FROM STDIN (FORMAT BINARY)"
VECTOR_TYPES = ["int8", "int8", "halfvec"]

FIRST_MESSAGES = """
SELECT DISTINCT ON (case_id) case_id, id, body FROM helpdesk_message WHERE case_id BETWEEN %s AND %s
ORDER BY case_id, sent_at, id
"""

IDS = "SELECT id FROM copilot_suggestion WHERE case_id BETWEEN %s AND %s ORDER BY case_id"

# What was sent, where a reply is there: of 1,000 cases about 30 still wait for one.
MATCHES = """
INSERT INTO copilot_match (suggestion_id, reply_id, kind, similarity, retained, share, survival, kept_characters,
                           n_reply_tokens, delta, version_id, is_pending, only_frame_edited, recorded_at)
SELECT s.id, r.id, 'near', 0.9, 0.9, 0.9, 0.9, 100, 20, '{}', %s, false, false, r.sent_at
FROM copilot_suggestion s JOIN helpdesk_reply r USING (case_id)
"""

# A team that owns little, and nothing without an owner: its people may see hardly any case.
TEAM = "INSERT INTO helpdesk_team (slug, name) VALUES ('small', 'Small') RETURNING id"
OWN = """
UPDATE helpdesk_case SET team_id = CASE WHEN id %% %(every)s = 0 THEN %(small)s::bigint ELSE 1 END
WHERE team_id IS NULL OR id %% %(every)s = 0
"""


def mixtures(real: Vectors, n: int, *, seed: int) -> Vectors:
    """Return n vectors of length 1, each somewhere between a real one and one of its neighbours, plus noise.

    >>> mixtures(np.eye(2, 4, dtype="float32"), 3, seed=1).shape
    (3, 4)
    """
    chance = np.random.default_rng(seed)
    near = _neighbours(real)
    one = chance.integers(len(real), size=n)
    other = near[one, chance.integers(near.shape[1], size=n)]
    weight = chance.random((n, 1), dtype=np.float32)
    mixed: Vectors = weight * real[one] + (1 - weight) * real[other]
    mixed += NOISE * chance.standard_normal(mixed.shape, dtype=np.float32)
    return mixed / np.linalg.norm(mixed, axis=1, keepdims=True)


def intrinsic_dimension(cosines: Sequence[float]) -> float:
    """Return in how many directions a question's surroundings spread, by the cosines of its nearest neighbours.

    Maximum likelihood over their distances (Levina and Bickel 2004). The higher, the harder are neighbours to find.

    >>> plane = [1 - (0.01 * k**0.5) ** 2 / 2 for k in range(1, 21)]  # in a plane, their number grows with the area
    >>> round(intrinsic_dimension(plane), 1)
    2.2
    """
    distances = np.sqrt(np.maximum(2 - 2 * np.sort(np.asarray(cosines))[::-1], 1e-9))
    return float(1 / np.mean(np.log(distances[-1] / distances[:-1])))


def _neighbours(real: Vectors) -> np.ndarray:
    """Return the numbers of the nearest of each vector, itself left out."""
    cosines = real @ real.T
    np.fill_diagonal(cosines, -np.inf)
    k = min(NEIGHBOURS, len(real) - 1)
    return np.argpartition(-cosines, k - 1, axis=1)[:, :k]


def chunks(real: Vectors, n: int) -> Iterator[tuple[int, Vectors]]:
    """Go through the vectors of the cases 1 to n, with the number of each chunk's first case."""
    for first in range(1, n + 1, CHUNK):
        yield first, mixtures(real, min(CHUNK, n + 1 - first), seed=first)


def fill_questions(real: Vectors, *, n: int, tell: Tell) -> None:
    """Store one question with its vector for each of n cases, and what was sent in reply."""
    with connection.cursor() as cursor:
        register_vector(connection.connection)
        cursor.execute("SET synchronous_commit = off")
        release = _make_release()
        for first, vectors in chunks(real, n):
            _copy(first, vectors, release)
            tell(f"{first + len(vectors) - 1:,} of {n:,} vectors")
        cursor.execute(MATCHES, [match_versions.current().pk])
        cursor.execute(TEAM)
        [small] = cursor.fetchone()
        cursor.execute(OWN, {"every": SMALL_TEAM, "small": small})
        cursor.execute("RESET ALL")
        cursor.execute(
            "VACUUM ANALYZE copilot_suggestion, copilot_questionvector, copilot_match, helpdesk_case"
        )


def true_nearest(
    real: Vectors, questions: Vectors, *, n: int, seen: Sequence[np.ndarray]
) -> list[list[dict[int, float]]]:
    """Return, for each way to see the cases and each question, the nearest cases with their cosines.

    `seen` marks the cases by their numbers; each vector is compared with each question.
    """
    nearest: list[list[dict[int, float]]] = [[{} for _ in questions] for _ in seen]
    for first, vectors in chunks(real, n):
        cosines = questions @ vectors.T
        for marks, found in zip(seen, nearest, strict=True):
            columns = np.flatnonzero(marks[first : first + len(vectors)])
            for at, row in enumerate(cosines[:, columns]):
                best = (
                    np.argsort(-row)[:NEAREST]
                    if len(row) <= NEAREST
                    else np.argpartition(-row, NEAREST)[:NEAREST]
                )
                both = found[at] | {first + int(columns[i]): float(row[i]) for i in best}
                found[at] = dict(sorted(both.items(), key=lambda pair: -pair[1])[:NEAREST])
    return nearest


def _make_release() -> Release:
    """A release by name only: nothing of it is loaded."""
    now = timezone.now()
    parts = {
        role: Artifact.objects.create(kind=kind, sha256=kind, folder=kind, created_at=now)
        for role, kind in (
            ("encoder", "encoder"),
            ("validity", "validity"),
            ("topics", "topic"),
            ("answers", "answer"),
        )
    }
    floors = {"validity_floor": 0.5, "topic_floor": 0.5, "answer_floor": 0.5, "confidence_floor": 0.5}
    return Release.objects.create(**parts, **floors, created_at=now)


def _copy(first: int, vectors: Vectors, release: Release) -> None:
    """Store withheld ones: they need no answer of a catalog, and are searched like any other."""
    now = timezone.now()
    with connection.cursor() as cursor:
        cursor.execute(FIRST_MESSAGES, [first, first + len(vectors) - 1])
        messages = cursor.fetchall()
        with cursor.copy(COPY) as copy:
            copy.set_types(TYPES)
            for case, message, body in messages:
                copy.write_row(
                    (case, message, State.WITHHELD.value, Reason.CONFIDENCE_LOW.value, "", Arm.OFFER.value, "",
                     "[]", body, release.pk, now, now, 1)
                )  # fmt: skip
        cursor.execute(IDS, [first, first + len(vectors) - 1])
        ids = [pk for (pk,) in cursor.fetchall()]
        with cursor.copy(COPY_VECTORS) as copy:
            copy.set_types(VECTOR_TYPES)
            for pk, vector in zip(ids, vectors, strict=True):
                copy.write_row((pk, release.encoder_id, HalfVector(vector)))
