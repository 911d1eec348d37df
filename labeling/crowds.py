"""Crowds of messages that resemble each other and nothing that was labeled (pure): where a new topic may hide."""

import numpy as np
from numpy.typing import NDArray

NEAR = (
    0.6  # cosine: of two messages about one matter, mostly above; of two about different ones, mostly below
)
FEWEST = 4  # messages that make a crowd; fewer are odd ones out

Vectors = NDArray[np.float32]  # [n, d], each of length 1


def centres(vectors: Vectors, known: Vectors, *, near: float = NEAR, fewest: int = FEWEST) -> list[int]:
    """Return the middle of each crowd of `vectors` that is near to none of the `known`, the largest crowd first.

    The message with most others near it speaks for them all; then the one with most of those that are left.

    >>> crowd, known = np.array([[1, 0], [1, 0], [0, 1]], np.float32), np.array([[0, 1]], np.float32)
    >>> centres(crowd, known, fewest=2)
    [0]
    """
    if len(vectors) == 0:
        return []
    strange = np.ones(len(vectors), bool)
    if len(known):
        strange = (vectors @ known.T).max(axis=1) < near
    places = np.flatnonzero(strange)
    is_near = vectors[places] @ vectors[places].T >= near
    left = np.ones(len(places), bool)
    found = []
    while left.any():
        sizes = (is_near[:, left].sum(axis=1)) * left
        leader = int(sizes.argmax())
        if sizes[leader] < fewest:
            break
        found.append(int(places[leader]))
        left &= ~is_near[leader]
    return found
