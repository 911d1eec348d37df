"""Which annotation of a message is gold: decided anew from all that stand whenever one comes or goes."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from labeling.labels import QUESTION
from labeling.models import Annotation, Disagreement, Task

Mode = Annotation.Mode


@dataclass(frozen=True)
class Voice:
    """What one person said, as far as gold is concerned."""

    key: int
    label: str
    also: tuple[str, ...] = ()
    is_adjudicated: bool = False
    is_stale: bool = False
    is_anchored: bool = False

    def agrees_with(self, other: "Voice") -> bool:
        return self.label == other.label or self.label in other.also or other.label in self.also


def decide_gold(voices: Sequence[Voice]) -> tuple[int | None, bool]:
    """Return the key of the gold among the voices, oldest first, and whether people disagree about it.

    What is stale counts only where nothing newer was said. The latest adjudication decides; else the first voice does,
    unless another one disagrees with it. Of those who agree, one who was told no topic goes before one who was.

    >>> decide_gold([Voice(1, "fees"), Voice(2, "fees")])
    (1, False)
    >>> decide_gold([Voice(1, "fees"), Voice(2, "tips")])
    (None, True)
    >>> decide_gold([Voice(1, "fees"), Voice(2, "tips"), Voice(3, "tips", is_adjudicated=True)])
    (3, False)
    >>> decide_gold([Voice(1, "fees", is_anchored=True), Voice(2, "fees")])
    (2, False)
    """
    heard = [voice for voice in voices if not voice.is_stale] or list(voices)
    decided = [voice for voice in heard if voice.is_adjudicated]
    if decided:
        return decided[-1].key, False
    if not heard:
        return None, False
    first, *others = heard
    is_disputed = not all(other.agrees_with(first) for other in others)
    free = next((voice for voice in heard if not voice.is_anchored), first)
    return (None if is_disputed else free.key), is_disputed


def settle(*, message_id: int, now: datetime) -> None:
    """Mark the gold of a message, and put up for adjudication what is disputed.

    What was said with a prediction on the screen has no say. What is no question, or may be none, has no gold topic or
    answer. The message must be locked by the caller.
    """
    said: dict[str, list[Annotation]] = {task: [] for task in Task.values}
    standing = Annotation.objects.standing().filter(message=message_id).exclude(mode=Mode.CONFIRM)
    for row in standing.order_by("made_at", "pk"):
        said[row.task].append(row)
    verdicts = _verdicts(said)
    gold = {key for key, _ in verdicts.values()}
    rows = [row for each in said.values() for row in each]
    if lost := [row.pk for row in rows if row.is_gold and row.pk not in gold]:
        Annotation.objects.filter(pk__in=lost).update(is_gold=False)
    if found := [row.pk for row in rows if row.pk in gold and not row.is_gold]:
        Annotation.objects.filter(pk__in=found).update(is_gold=True)
    disputed = [task for task, (_, is_disputed) in verdicts.items() if is_disputed]
    about = Disagreement.objects.filter(message=message_id, closed_at=None)
    about.exclude(task__in=disputed).update(closed_at=now)
    for task in disputed:
        about.get_or_create(task=task, defaults={"message_id": message_id, "opened_at": now})


def _verdicts(said: Mapping[str, Sequence[Annotation]]) -> dict[str, tuple[int | None, bool]]:
    """Return for each task the key of its gold and whether people disagree about it."""
    verdicts = {task: decide_gold([_voice(row) for row in rows]) for task, rows in said.items()}
    gold, is_disputed = verdicts[Task.VALIDITY]
    labels = {row.pk: row.label for row in said[Task.VALIDITY]}
    is_none = gold is not None and labels[gold] != QUESTION
    if is_none or is_disputed:
        for task in (Task.TOPIC, Task.ANSWER):
            verdicts[task] = None, verdicts[task][1] and not is_none
    return verdicts


def _voice(row: Annotation) -> Voice:
    return Voice(
        key=row.pk,
        label=row.label,
        also=tuple(row.also),
        is_adjudicated=row.mode == Mode.ADJUDICATION,
        is_stale=row.stale_at is not None,
        is_anchored=row.topic_filter != "",
    )
