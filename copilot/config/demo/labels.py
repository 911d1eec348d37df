"""What experts think of the demo world's messages: said some days after each came, in the words of that time."""

from collections.abc import Iterable, Iterator
from datetime import datetime, timedelta
from typing import Any

from copilot.config.demo.clock import Clock, number_of, sent_at_of
from copilot.config.demo.world import PREFIX, Opinion, World, WrittenMessage
from copilot.datasets import NO_ANSWER
from copilot.models import AnswerVersion
from helpdesk.models import Message, User
from labeling.labels import QUESTION
from labeling.models import Annotation, Task
from labeling.settling import settle

EXPERTS = ("nadia", "tomasz", "ife")


def load_labels(world: World, people: dict[str, User], clock: Clock) -> None:
    """What two experts say of each message, and a third one where they differ."""
    rows = dict(Message.objects.filter(external_id__startswith=PREFIX).values_list("external_id", "pk"))
    by_id = {message.id: message for message in world.messages}
    experts = [people[name] for name in EXPERTS]
    versions = _versions()
    made = []
    for message in world.messages:
        later = timedelta(minutes=30 + number_of(message.id, "labeled") % (4 * 24 * 60))
        made_at = min(sent_at_of(message, by_id, clock) + later, clock.now)
        made += [
            Annotation(
                message_id=rows[f"{PREFIX}{message.id}"],
                topic_version=1 if said["task"] == Task.TOPIC else None,
                answer_version=_version_at(versions.get(said["label"], []), made_at)
                if said["task"] == Task.ANSWER
                else None,
                made_at=made_at,
                **said,
            )
            for said in _said_of(message, experts)
        ]
    Annotation.objects.bulk_create(made, ignore_conflicts=True, batch_size=1000)
    for message_id in _differing(made):
        settle(message_id=message_id, now=clock.now)


def _differing(made: Iterable[Annotation]) -> set[int]:
    """The messages of which people say different things."""
    said: dict[tuple[int, str], set[str]] = {}
    for row in made:
        said.setdefault((row.message_id, row.task), set()).add(row.label)
    return {message_id for (message_id, _), labels in said.items() if len(labels) > 1}


def _said_of(message: WrittenMessage, experts: list[User]) -> Iterator[dict[str, Any]]:
    """Yield what one expert says, and a second one, and mostly a third one where they differ."""
    place = number_of(message.id, "expert")
    first, second, third = (experts[(place + n) % 3] for n in range(3))
    others = dict(_labels(message.second)) if message.second else {}
    group = message.group or ("several" if message.also else "")
    for task, label in _labels(message.gold):
        said: dict[str, Any] = {"task": task, "label": label, "group": group}
        if task == Task.TOPIC:
            said["also"] = list(message.also)
        is_disputed = others.get(task, label) != label
        yield said | {"author": first, "is_gold": not is_disputed}
        if is_disputed and not _is_undecided(message, task):
            yield said | {"author": third, "is_gold": True, "mode": Annotation.Mode.ADJUDICATION}
    for task, label in others.items():
        yield {"task": task, "label": label, "group": group, "author": second}


def _is_undecided(message: WrittenMessage, task: Task) -> bool:
    """Whether nobody has decided yet between two experts who differ: one of six topics and answers."""
    return task != Task.VALIDITY and number_of(message.id, "undecided") % 6 == 0


def _versions() -> dict[str, list[AnswerVersion]]:
    """The approved versions of each answer, oldest first."""
    found: dict[str, list[AnswerVersion]] = {}
    approved = AnswerVersion.objects.filter(approved_at__isnull=False).select_related("answer")
    for version in approved.order_by("number"):
        found.setdefault(version.answer.slug, []).append(version)
    return found


def _version_at(versions: list[AnswerVersion], at: datetime) -> AnswerVersion | None:
    """The version that was in force at a time."""
    return next((each for each in reversed(versions) if each.approved_at and each.approved_at <= at), None)


def _labels(opinion: Opinion) -> list[tuple[Task, str]]:
    """What an opinion says of each task; no question has no topic."""
    if opinion.reason:
        return [(Task.VALIDITY, opinion.reason)]
    return [
        (Task.VALIDITY, QUESTION),
        (Task.TOPIC, opinion.topic),
        (Task.ANSWER, opinion.answer or NO_ANSWER),
    ]
