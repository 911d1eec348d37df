"""What labeling functions say of one message and what fired in it, for the eyes of who confirms and of nobody else."""

from dataclasses import dataclass

from labeling.applying import current_versions
from labeling.functions import specs
from labeling.functions.errors import FunctionError
from labeling.functions.patterns import span_in
from labeling.items import rows_of
from labeling.models import Item, LabelingFunction
from labeling.voting import say


@dataclass(frozen=True)
class Vote:
    """One function's word on a message."""

    function: str
    label: str


@dataclass(frozen=True)
class Heard:
    """The votes on a message, and its text in pieces, each with whether a rule fired there."""

    votes: list[Vote]
    pieces: list[tuple[str, bool]]


def heard_on(item: Item, task: str) -> Heard:
    """Ask the active rules of a task about one message; what takes long, as a language model does, is left out."""
    active = current_versions(task, states=[LabelingFunction.State.ACTIVE])
    rules = [version for version in active if version.kind in specs.RULES and not version.function.problem]
    said = say(rules, rows_of(Item.objects.filter(pk=item.pk)))
    fired = [
        version
        for version, answer in zip(rules, said, strict=True)
        if not isinstance(answer, FunctionError) and len(answer.places)
    ]
    spans = [
        span_in(pattern, item.text)
        for version in fired
        for pattern in specs.rule_of(version).needs
        if pattern.where != "subject"
    ]
    votes = [Vote(version.function.slug, version.label) for version in fired]
    return Heard(votes, cut(item.text, [span for span in spans if span]))


def cut(text: str, spans: list[tuple[int, int]]) -> list[tuple[str, bool]]:
    """Cut a text where rules fired; what overlaps is marked once.

    >>> cut("fees on tips", [(0, 4), (2, 4), (8, 12)])
    [('fees', True), (' on ', False), ('tips', True)]
    """
    pieces, at = [], 0
    for start, end in sorted(spans):
        start = max(start, at)
        if start >= end:
            continue
        if start > at:
            pieces.append((text[at:start], False))
        pieces.append((text[start:end], True))
        at = end
    return [*pieces, (text[at:], False)] if text[at:] or not pieces else pieces
