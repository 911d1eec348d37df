"""What gold alone would do: the end model without any weak label, which these must beat to be worth anything."""

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from copilot.pipeline.types import Stage, Vectors
from labeling.training.fitting import fit_linear

C = 10.0
N_FOLDS = 5
FEWEST_LABELS = 2


def said_by_gold_only(vectors: Vectors, labels: Sequence[str], *, seed: int) -> list[str]:
    """Return for each text [n, d] what a linear layer says of it that learned from the gold of the others.

    Raises:
        ValueError: there is nothing to tell apart.
    """
    known = np.array(labels)
    fold = np.random.default_rng(seed).permutation(len(known)) % N_FOLDS
    if any(len(set(known[fold != number])) < FEWEST_LABELS for number in range(N_FOLDS)):
        raise ValueError(f"gold has {len(set(labels))} labels, two are needed to tell them apart: label more")
    said: NDArray[np.str_] = np.empty_like(known)
    for number in range(N_FOLDS):
        learned = fold != number
        classes = tuple(sorted(set(known[learned].tolist())))
        layer = fit_linear(vectors[learned], known[learned], classes=classes, c=C, stage=Stage.TOPIC)
        said[~learned] = np.array(classes)[layer.logits(vectors[~learned]).argmax(axis=1)]
    return said.tolist()
