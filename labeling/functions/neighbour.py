"""Kind neighbour: messages whose meaning is close to that of a few exemplars."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from copilot import releases, storing
from copilot.artifacts import ArtifactError
from copilot.models import Artifact, QuestionVector
from copilot.pipeline.encoder import Encoder
from copilot.pipeline.types import HeadError, Vectors
from labeling.functions.errors import FunctionError, SpecError
from labeling.functions.reading import check_keys, number_at
from labeling.functions.rows import Rows
from labeling.models.item import Item

MOST_EXEMPLARS = 50


@dataclass(frozen=True)
class Neighbours:
    """At least `votes` of the exemplars are as similar as `min_similarity`, by the vectors of one encoder."""

    exemplars: tuple[int, ...]
    min_similarity: float
    votes: int
    encoder: str


def read(spec: object) -> dict[str, object]:
    """Check `{"exemplars": [message ids], "min_similarity": 0.72, "votes": 1}`; name the encoder of now if none is.

    Raises:
        SpecError: it can't be used, an exemplar is no item, or no release is live.
    """
    known = check_keys(spec, {"exemplars", "min_similarity", "votes", "encoder"})
    exemplars = known.get("exemplars")
    if (
        not isinstance(exemplars, list)
        or not all(isinstance(each, int) for each in exemplars)
        or not exemplars
    ):
        raise SpecError("exemplars is needed: a list of messages' numbers")
    if len(exemplars) > MOST_EXEMPLARS:
        raise SpecError(f"exemplars has {len(exemplars)} entries: {MOST_EXEMPLARS} are the most")
    there = set(Item.objects.filter(pk__in=exemplars).values_list("pk", flat=True))
    if gone := [each for each in exemplars if each not in there]:
        raise SpecError(f"exemplars has message {gone[0]}, which is not there or not read yet")
    live = releases.live()
    encoder = known.get("encoder") or (live.encoder.sha256 if live else "")
    if not Artifact.objects.filter(kind=Artifact.Kind.ENCODER, sha256=encoder).exists():
        raise SpecError(
            f"encoder {str(encoder)[:12]!r} is no artifact here: train and promote a release first"
        )
    return {
        "exemplars": sorted(set(exemplars)),
        "min_similarity": number_at(known, "min_similarity", low=0, high=1, default=0.72),
        "votes": int(number_at(known, "votes", low=1, high=len(set(exemplars)), default=1)),
        "encoder": encoder,
    }


def near(vectors: Vectors, exemplars: Vectors, *, min_similarity: float, votes: int) -> NDArray[np.bool_]:
    """Return which rows [n, d] are close enough to as many exemplars [e, d] as needed.

    >>> rows = np.array([[1, 0], [0.6, 0.8]], np.float32)
    >>> near(rows, np.array([[1, 0]], np.float32), min_similarity=0.9, votes=1).tolist()
    [True, False]
    """
    enough: NDArray[np.bool_] = (vectors @ exemplars.T >= min_similarity).sum(axis=1) >= votes
    return enough


def vote(spec: dict[str, object], *, label: str, rows: Rows) -> list[str | None]:
    """Vote on the rows that are close, but not on the exemplars: gold would find it right on what it was given.

    Raises:
        FunctionError: the encoder or an exemplar is gone.
    """
    neighbours = Neighbours(
        exemplars=tuple(spec["exemplars"]),  # type: ignore[arg-type]
        min_similarity=float(str(spec["min_similarity"])),
        votes=int(str(spec["votes"])),
        encoder=str(spec["encoder"]),
    )
    texts = dict(Item.objects.filter(pk__in=neighbours.exemplars).values_list("pk", "text"))
    if gone := [each for each in neighbours.exemplars if each not in texts]:
        raise FunctionError(f"exemplar {gone[0]} is gone: choose others")
    encoder = _encoder(neighbours.encoder)
    exemplars = _vectors(encoder, list(texts), list(texts.values()))
    vectors = _vectors(encoder, rows.ids, rows.texts)
    close = near(vectors, exemplars, min_similarity=neighbours.min_similarity, votes=neighbours.votes)
    return [
        label if is_close and message_id not in texts else None
        for message_id, is_close in zip(rows.ids, close.tolist(), strict=True)
    ]


def _encoder(sha256: str) -> Encoder:
    artifact = Artifact.objects.filter(kind=Artifact.Kind.ENCODER, sha256=sha256).first()
    if artifact is None:
        raise FunctionError(
            f"encoder {sha256[:12]} is gone: save the function again, with the encoder of now"
        )
    try:
        return Encoder.load(storing.fetch(artifact), sha256=sha256)
    except (ArtifactError, HeadError, OSError) as error:
        raise FunctionError(f"encoder {sha256[:12]} can't be loaded: {error}") from error


def _vectors(encoder: Encoder, ids: Sequence[int], texts: Sequence[str]) -> Vectors:
    """Return float32 [n, d]: as a suggestion stored it where there is one, else encoded now (4 ms each)."""
    vectors = QuestionVector.objects.filter(suggestion__message__in=ids, encoder__sha256=encoder.sha256)
    stored = {
        message_id: np.asarray(vector, np.float32)
        for message_id, vector in vectors.values_list("suggestion__message", "embedding")
    }
    missing = [text for message_id, text in zip(ids, texts, strict=True) if message_id not in stored]
    encoded = dict(zip(missing, encoder.encode(missing), strict=True))
    rows = [
        stored[message_id] if message_id in stored else encoded[text]
        for message_id, text in zip(ids, texts, strict=True)
    ]
    return np.stack(rows) if rows else np.zeros((0, encoder.dimensions), np.float32)
