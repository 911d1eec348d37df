"""A function moves from state to state; only one that has shown its worth is believed."""

from django.conf import settings

from labeling import measuring
from labeling.models import FunctionFigures, FunctionVersion, LabelingFunction

State = LabelingFunction.State
FEWEST_GOLD = 15  # hits with gold; below, a lucky streak passes for precision
MOVES = {
    State.DRAFT: (State.TRIAL, State.RETIRED),
    State.TRIAL: (State.ACTIVE, State.DRAFT, State.RETIRED),
    State.ACTIVE: (State.TRIAL, State.RETIRED),
    State.RETIRED: (State.DRAFT,),
}


class RefusedError(Exception):
    """A function may not move; the message says why and what to do."""


def move(function: LabelingFunction, to: str) -> None:
    """Put a function in another state.

    Raises:
        RefusedError: there is no such way, it has not shown its worth, or somebody else moved it.
    """
    if to not in MOVES[State(function.state)]:
        raise RefusedError(
            f"{function} is {function.get_state_display().lower()}: it can't become {to!r} from there"
        )
    if to == State.ACTIVE and (why := reason_against(function)):
        raise RefusedError(f"{function} stays on trial: {why}")
    moved = LabelingFunction.objects.filter(pk=function.pk, state=function.state)
    if not moved.update(state=to, warning="" if to == State.ACTIVE else function.warning):
        raise RefusedError(f"{function} was moved by somebody else: look again")


def reason_against(function: LabelingFunction) -> str:
    """Say why a function may not be active; empty if it may."""
    version = FunctionVersion.objects.newest().filter(function=function).first()
    figures = FunctionFigures.objects.filter(version=version).first()
    if function.problem:
        return "it crashed, mend it first"
    if figures is None:
        return "its votes are not counted yet, wait for the worker"
    if figures.n_gold < FEWEST_GOLD:
        return f"it has {figures.n_gold} hits with gold, {FEWEST_GOLD} are needed: label some of its hits"
    precision = measuring.precision_of(figures)
    bar = settings.LABELING_PRECISION_BAR
    if precision is None or precision.low < bar:
        low = precision.low if precision else 0.0
        return (
            f"its precision may be as low as {low:.0%}, {bar:.0%} is the bar: make it narrower, or label more"
        )
    return ""
