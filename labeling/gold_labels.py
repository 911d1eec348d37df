"""What is believed true of messages, to judge functions by."""

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from labeling.models import Annotation

Gold = dict[int, frozenset[str]]  # by message: the labels that hold


def gold_of(task: str) -> Gold:
    """Return the gold of a task that may judge."""
    rows = Annotation.objects.judging(task).values_list("message_id", "label", "also")
    return {message_id: frozenset([label, *also]) for message_id, label, also in rows}


def accepted(
    gold: Gold, ids: NDArray[np.int64], labels: Sequence[str]
) -> tuple[NDArray[np.bool_], NDArray[np.bool_]]:
    """Return which of the messages have gold [n], and which labels hold for each [n, k]."""
    place = {label: number for number, label in enumerate(labels)}
    has = np.zeros(len(ids), bool)
    holds = np.zeros((len(ids), len(labels)), bool)
    for message_id, names in gold.items():
        at = int(np.searchsorted(ids, message_id))
        if at < len(ids) and ids[at] == message_id:
            has[at] = True
            holds[at, [place[name] for name in names if name in place]] = True
    return has, holds
