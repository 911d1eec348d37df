"""How often the live release is right about all messages, told by those that were drawn at random.

What a rule picked is harder than the rest, so it tells nothing of the whole and never enters here: only labels that
carry the probability with which their message came into the sample. Each stands for the inverse of it. What people
passed by is mostly hard too, so what it might change is told beside the estimate.
"""

from collections.abc import Collection, Sequence
from dataclasses import dataclass

import numpy as np
from django.db.models import QuerySet

from copilot.datasets import NO_ANSWER
from copilot.models import Suggestion
from copilot.models.suggestion import State
from copilot.statistics.intervals import Interval, wilson
from copilot.statistics.weighting import effective_weights
from labeling.disputing import predicted
from labeling.labels import QUESTION
from labeling.models import Annotation, QueueEntry, Rule, Task


@dataclass(frozen=True)
class Accuracy:
    """The share of all messages on which the live release says what gold says, and what tells it.

    `n` are the messages drawn that have gold and were decided, `n_silent` those on which the release said no label,
    which is wrong unless gold says that there is none. `n_undecided` were drawn and have gold, but the live release
    has not seen them. `n_missing` were drawn, decided and before somebody, and yet have no gold that enters: they were
    skipped, flagged, disputed, or labeled by who was told a topic. `right` takes them to be like the others, which
    nobody knows; `lowest` and `highest` do not, they are its limits if the release were wrong, or right, on each.
    """

    right: Interval | None
    n: int
    n_silent: int
    n_undecided: int
    n_missing: int
    lowest: float
    highest: float


def weighted_share(is_right: Sequence[bool], probabilities: Sequence[float]) -> Interval:
    """Return the share of a whole, of which each row was drawn with its own probability.

    The estimate is Hájek's: the total of Horvitz and Thompson over the estimated size of the whole. Rows of unequal
    weight are worth fewer, by Kish's effective number, which goes into Wilson's interval.

    >>> share = weighted_share([True, True, False, False], [0.1, 0.1, 0.5, 0.5])
    >>> round(share.estimate, 3), round(share.n_effective, 2)
    (0.833, 2.77)
    """
    weights = effective_weights(probabilities)
    n_effective = float(weights.sum())
    return wilson(min(float(weights @ np.asarray(is_right, float)), n_effective), n_effective)


def accuracy_of_live(task: str) -> Accuracy:
    """Judge the live release by the gold of a task's random sample."""
    rows = Annotation.objects.judging(task).filter(inclusion_probability__isnull=False)
    gold = {
        message: ({label, *also}, float(probability or 1))  # none is left without one
        for message, label, also, probability in rows.values_list(
            "message_id", "label", "also", "inclusion_probability"
        )
    }
    decided = _decided().filter(message__in=gold)
    said = predicted(task, decided)
    judged = [message for message in decided.values_list("message_id", flat=True) if message in gold]
    silent = NO_ANSWER if task == Task.ANSWER else ""
    is_right = [said.get(message, silent) in gold[message][0] for message in judged]
    probabilities = [gold[message][1] for message in judged]
    missing = _missing(task, known=gold.keys())
    lowest, highest = (
        weighted_share([*is_right, *[be] * len(missing)], [*probabilities, *missing]) if judged else None
        for be in (False, True)
    )
    return Accuracy(
        right=weighted_share(is_right, probabilities) if judged else None,
        n=len(judged),
        n_silent=sum(message not in said for message in judged),
        n_undecided=len(gold) - len(judged),
        n_missing=len(missing),
        lowest=lowest.low if lowest else 0.0,
        highest=highest.high if highest else 1.0,
    )


def _decided() -> QuerySet[Suggestion]:
    """Return what the live release decided."""
    decided = Suggestion.objects.filter(release__state="live", validity_probability__isnull=False)
    return decided.exclude(state__in=[State.PENDING, State.FAILED])


def _missing(task: str, *, known: Collection[int]) -> list[float]:
    """Return with which probabilities those were drawn that people had before them and left without gold.

    What is no question lacks no topic and no answer.
    """
    passed = QueueEntry.objects.filter(task=task, rule=Rule.RANDOM).exclude(seen_by=[])
    no_question = Annotation.objects.gold(Task.VALIDITY).exclude(label=QUESTION)
    if task != Task.VALIDITY:
        passed = passed.exclude(message__in=no_question.values("message"))
    drawn = passed.filter(message__in=_decided().values("message")).order_by("pk")
    found = dict(drawn.values_list("message_id", "inclusion_probability"))
    return [float(probability or 1) for message, probability in found.items() if message not in known]
