"""Weak labels for whoever wants them: those of a task's newest finished run.

A tie is no label: of two labels that are equally likely neither is given.
"""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from labeling.models import SHARD, WeakLabelRun, WeakLabelShard

NEARLY = 1e-6  # probabilities are stored in single precision


@dataclass(frozen=True, eq=False)
class TaskLabels:
    """The labels of all messages that have one, by ascending id: `labels[classes[i]]` is that of `message_ids[i]`."""

    run: WeakLabelRun
    labels: tuple[str, ...]
    message_ids: NDArray[np.int64]
    classes: NDArray[np.int32]
    probabilities: NDArray[np.float32]


def weak_labels(task: str) -> TaskLabels | None:
    """Return the weak labels of a task; None as long as there are none."""
    run = newest_run(task)
    if run is None:
        return None
    parts = [_likeliest(row) for row in run.shards.order_by("shard").iterator(chunk_size=50)]
    empty = (np.zeros(0, np.int64), np.zeros(0, np.int32), np.zeros(0, np.float32))
    ids, classes, probabilities = (np.concatenate(column) for column in zip(empty, *parts, strict=True))
    return TaskLabels(run, tuple(run.labels), ids, classes, probabilities)


def newest_run(task: str) -> WeakLabelRun | None:
    """Return the run whose labels count."""
    return WeakLabelRun.objects.finished(task).first()


def _likeliest(row: WeakLabelShard) -> tuple[NDArray[np.int64], NDArray[np.int32], NDArray[np.float32]]:
    """Return ids, classes and probabilities of the messages of a shard that have a label."""
    ids = np.frombuffer(row.offsets, np.uint16).astype(np.int64) + row.shard * SHARD
    classes = np.frombuffer(row.classes, np.uint16).astype(np.int32)
    probabilities = np.frombuffer(row.probabilities, np.float32)
    is_first = np.diff(ids, prepend=-1) != 0
    is_tied = np.zeros(len(ids), bool)
    is_tied[:-1] = is_first[:-1] & ~is_first[1:] & (probabilities[:-1] - probabilities[1:] <= NEARLY)
    kept = is_first & ~is_tied
    return ids[kept], classes[kept], probabilities[kept]
