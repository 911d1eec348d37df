"""Messages on which labeling functions say different things, or another thing than the live release."""

import numpy as np
from django.db.models import QuerySet

from copilot.models import Suggestion
from labeling.applying import TaskVotes, votes_for
from labeling.labels import QUESTION
from labeling.models import Task


def disputed(task: str, decided: QuerySet[Suggestion]) -> list[int]:
    """Return the messages that active functions dispute; `decided` is what the live release said of some."""
    said = votes_for(task)
    if not len(said.votes.rows):
        return []
    rows, starts = np.unique(said.votes.rows, return_index=True)
    lowest = np.minimum.reduceat(said.votes.classes, starts)
    highest = np.maximum.reduceat(said.votes.classes, starts)
    apart = said.message_ids[rows[lowest != highest]].tolist()
    agreed = lowest == highest
    return apart + _against(said, rows[agreed], lowest[agreed], predicted(task, decided))


def _against(said: TaskVotes, rows: np.ndarray, classes: np.ndarray, predicted: dict[int, str]) -> list[int]:
    """Return the messages of which the functions say one thing and the live release another one."""
    voted = zip(said.message_ids[rows].tolist(), classes.tolist(), strict=True)
    return [
        message
        for message, voice in voted
        if predicted.get(message, said.labels[voice]) != said.labels[voice]
    ]


def predicted(task: str, decided: QuerySet[Suggestion]) -> dict[int, str]:
    """Return the label that the live release gave each message, where it got as far as this task."""
    if task == Task.VALIDITY:
        reached = decided.values_list("message_id", "reason", "topic_probability")
        return {
            message: QUESTION if probability is not None else reason
            for message, reason, probability in reached
        }
    label = "topic__slug" if task == Task.TOPIC else "answer__answer__slug"
    return dict(decided.filter(**{f"{label}__isnull": False}).values_list("message_id", label))
