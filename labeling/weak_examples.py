"""What a label model says of messages, as examples that may be learned from and never judge."""

from collections import Counter, defaultdict
from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass

from copilot.datasets import Example, Source, Split
from copilot.models import Topic
from copilot.pipeline.types import Reason
from labeling.gold import why_not_topic
from labeling.labels import QUESTION
from labeling.models import Item, Task
from labeling.weak_labels import weak_labels

ITEMS_A_QUERY = 2_000


@dataclass(frozen=True)
class WeakLabel:
    """What a label model says of a message for one task, and how sure it may be, above 0 and at most 1."""

    message_id: int
    task: Task
    label: str
    weight: float


@dataclass(frozen=True)
class WeakLabels:
    """A label model's labels, with what made them: functions with the hashes of their versions, and its settings."""

    labels: Sequence[WeakLabel]
    functions: Mapping[str, str]
    settings: Mapping[str, object]


def stored() -> WeakLabels | None:
    """Return the labels of each task's newest run; None as long as nobody has made any."""
    found = [labels for task in Task.values if (labels := weak_labels(task))]
    if not found:
        return None
    return WeakLabels(
        labels=[
            WeakLabel(message_id, Task(each.run.task), each.labels[number], probability)
            for each in found
            for message_id, number, probability in zip(
                each.message_ids.tolist(), each.classes.tolist(), each.probabilities.tolist(), strict=True
            )
        ],
        functions={
            str(version): version.sha256
            for each in found
            for version in each.run.versions.select_related("function")
        },
        settings={
            each.run.task: {"method": each.run.method, "seed": each.run.seed, "sha256": each.run.sha256}
            for each in found
        },
    )


def read_weak(
    weak: WeakLabels, *, gold: Sequence[Example], flagged: Collection[int], left_out: Counter[str]
) -> Iterator[Example]:
    """Yield training examples of messages that have no gold here, counting in `left_out` why others are none.

    What was sent since the test split began is left out, and so is every case of it: nothing may be learned of the
    time or the people that judge.
    """
    topics = dict(Topic.objects.values_list("slug", "retired_at"))
    tested = [example for example in gold if example.split is Split.TEST]
    cases = {example.case for example in tested}
    begun = min((example.at for example in tested), default=None)
    known = {example.message for example in gold}
    for item, said in _items(weak.labels):
        topic = said.get(Task.TOPIC)
        why = why_not_topic(topic.label if topic else None, topics)
        if str(item.pk) in known:
            why = "weak label of a message that has gold"
        elif item.pk in flagged:
            why = "flagged"
        elif begun and item.sent_at >= begun:
            why = "weak label of the test split's time"
        elif str(item.message.case_id) in cases:
            why = "weak label of a case of the test split"
        if why:
            left_out[why] += 1
            continue
        yield _example(item, said)


def _items(labels: Sequence[WeakLabel]) -> Iterator[tuple[Item, dict[str, WeakLabel]]]:
    """Yield each labeled message that has a question, oldest number first, with its labels by task."""
    said: dict[int, dict[str, WeakLabel]] = defaultdict(dict)
    for label in labels:
        said[label.message_id][label.task] = label
    numbers = sorted(said)
    for start in range(0, len(numbers), ITEMS_A_QUERY):
        batch = numbers[start : start + ITEMS_A_QUERY]
        items = Item.objects.filter(pk__in=batch).exclude(text="").select_related("message").order_by("pk")
        for item in items.defer("message__body", "message__html", "message__search"):
            yield item, said[item.pk]


def _example(item: Item, said: Mapping[str, WeakLabel]) -> Example:
    validity, topic, answer = (said.get(task) for task in (Task.VALIDITY, Task.TOPIC, Task.ANSWER))
    reason = Reason(validity.label) if validity and validity.label != QUESTION else None
    used = [
        label for label in ((validity,) if reason else (validity, topic, answer if topic else None)) if label
    ]
    return Example(
        case=str(item.message.case_id),
        message=str(item.pk),
        at=item.sent_at,
        text=item.text,
        subject=item.subject,
        language=item.language or None,
        reason=reason,
        topic=topic.label if topic and not reason else None,
        answer=answer.label if answer and topic and not reason else None,
        source=Source.WEAK,
        weight=min((label.weight for label in used), default=1.0),
    )
