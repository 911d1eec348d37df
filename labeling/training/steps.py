"""The steps of a training, in their order, and how whoever waits is told of them."""

from collections.abc import Callable
from enum import StrEnum


class Step(StrEnum):
    """What a training is at; the value is what a person reads."""

    ENCODER = "Preparing the encoder"
    READING = "Reading the texts"
    TOPICS = "Training topics"
    VALIDITY = "Training validity"
    ANSWERS = "Training answers"
    FLOORS = "Choosing floors"
    SAVING = "Saving artifacts"
    BASELINES = "Measuring baselines"
    EVALUATING = "Evaluating on the test split"

    @property
    def place(self) -> int:
        """How many steps come before."""
        return list(Step).index(self)


# Told at the beginning of a step and, within long ones, the share that is done. It may raise to end the training.
Tell = Callable[[Step, float], None]

# Told the share of one step: often, for whoever cancels is heard by it.
Progress = Callable[[float], object]


def part_of(progress: Progress, *, number: int, n: int) -> Progress:
    """Return what is told of one of n equal parts.

    >>> told = []
    >>> part_of(told.append, number=1, n=4)(0.5)
    >>> told
    [0.375]
    """
    return lambda share: progress((number + share) / n)


def unheard(share: float) -> None:
    """Tell nobody of a share."""


def nobody(step: Step, share: float) -> None:
    """Tell nobody."""
