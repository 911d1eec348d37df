"""What people say of messages, as examples: gold, with a second person's opinion where there is one."""

from collections import Counter
from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from itertools import groupby

from copilot.datasets import Example, Opinion, Source
from copilot.models import Topic
from copilot.pipeline.types import Question, Reason
from copilot.suggesting import questions_of_turns
from labeling.labels import QUESTION
from labeling.models import Annotation, Task

TOLD_EVERY = 200  # messages
Said = Mapping[str, Annotation]  # by task


@dataclass
class Gold:
    """Examples, the annotations that each rests on by its message, and why others are not among them."""

    examples: list[Example] = field(default_factory=list)
    labels: dict[str, list[Annotation]] = field(default_factory=dict)
    left_out: Counter[str] = field(default_factory=Counter)


def read_gold(
    *,
    flagged: Collection[int] = (),
    until: datetime | None = None,
    done: Callable[[float], object] = lambda share: None,
) -> Gold:
    """Read one example for each message that has gold, oldest first; only of what came in before `until`, if given.

    Left out are messages that are `flagged`, and topics that are gone; a label that is no longer believed is marked.
    """
    read, kept = Gold(), []
    topics = dict(Topic.objects.values_list("slug", "retired_at"))
    for said in _said_of_messages():
        gold = {task: row for (task, is_gold), row in said.items() if is_gold}
        second = {task: row for (task, is_gold), row in said.items() if not is_gold and _is_own(row)}
        if Task.VALIDITY not in gold:
            continue
        if until and gold[Task.VALIDITY].message.sent_at >= until:
            break  # oldest first: all that follow are later
        if why := _why_not(gold, topics, flagged):
            read.left_out[why] += 1
            continue
        kept.append((gold, second))
    for start in range(0, len(kept), TOLD_EVERY):
        done(start / len(kept))
        _read(kept[start : start + TOLD_EVERY], read)
    return read


def _read(said: Sequence[tuple[Said, Said]], read: Gold) -> None:
    """Add the examples of some messages, given what is gold of each and what a second person says."""
    messages = [gold[Task.VALIDITY].message for gold, _ in said]
    questions = questions_of_turns([(message, message.case) for message in messages])
    for (gold, second), question in zip(said, questions, strict=True):
        example = _example(gold, second, question)
        read.examples.append(example)
        read.labels[example.message] = [*gold.values(), *second.values()]


def _is_own(row: Annotation) -> bool:
    """Whether a second opinion is one: still believed, and said without a topic's name above the message."""
    return row.stale_at is None and row.topic_filter == ""


def _why_not(
    gold: Mapping[str, Annotation], topics: Mapping[str, datetime | None], flagged: Collection[int]
) -> str:
    """Say why a message's gold is not to be used; empty if it is."""
    topic = gold.get(Task.TOPIC)
    if gold[Task.VALIDITY].message_id in flagged:
        return "flagged"
    return why_not_topic(topic.label if topic else None, topics)


def why_not_topic(topic: str | None, topics: Mapping[str, datetime | None]) -> str:
    """Say why a label of this topic is not to be used, given when each topic was retired; empty if it is."""
    if topic and topic not in topics:
        return "topic that the catalog does not know"
    return "retired topic" if topic and topics[topic] else ""


def _example(gold: Said, second: Said, question: Question) -> Example:
    message = gold[Task.VALIDITY].message
    opinion = _opinion(gold)
    return Example(
        case=str(message.case_id),
        message=str(message.pk),
        at=message.sent_at,
        text=question.text,
        subject=question.subject,
        language=question.language,
        reason=opinion.reason,
        topic=opinion.topic,
        answer=opinion.answer,
        second=_opinion(second) if Task.VALIDITY in second else None,
        also=tuple(gold[Task.TOPIC].also) if Task.TOPIC in gold else (),
        group=gold[Task.VALIDITY].group,
        stale=tuple(task for task in Task.values if task in gold and gold[task].stale_at),
        anchored=any(row.topic_filter for row in gold.values()),
        source=Source.GOLD,
    )


def _said_of_messages() -> Iterator[dict[tuple[str, bool], Annotation]]:
    """Yield what people say of each message, by task and whether it is gold: oldest message first.

    Who only confirmed a prediction is no second opinion.
    """
    standing = (
        Annotation.objects.standing()
        .exclude(mode=Annotation.Mode.CONFIRM)
        .select_related("message__case")
        .order_by("message__sent_at", "message_id", "pk")
    )
    for _, rows in groupby(standing, key=lambda row: row.message_id):
        yield {(row.task, row.is_gold): row for row in rows}


def _opinion(said: Mapping[str, Annotation]) -> Opinion:
    """Join one side's labels of the three tasks."""
    validity = said[Task.VALIDITY].label
    if validity != QUESTION:
        return Opinion(reason=Reason(validity))
    topic, answer = said.get(Task.TOPIC), said.get(Task.ANSWER)
    if topic is None:  # an answer says nothing without one
        return Opinion()
    return Opinion(topic=topic.label, answer=answer.label if answer else None)
