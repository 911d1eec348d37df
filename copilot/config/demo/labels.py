"""What experts think of the demo world's messages: said some days after each came, in the words of that time."""

from datetime import datetime, timedelta

from copilot.config.demo.clock import Clock, number_of, sent_at_of
from copilot.config.demo.world import PREFIX, Opinion, World
from copilot.datasets import NO_ANSWER
from copilot.models import AnswerVersion
from helpdesk.models import Message, User
from labeling.labels import QUESTION
from labeling.models import Annotation, Task

EXPERTS = ("nadia", "tomasz", "ife")


def load_labels(world: World, people: dict[str, User], clock: Clock) -> None:
    """The gold of each message, and a second expert's opinion beside a fifth of them."""
    rows = dict(Message.objects.filter(external_id__startswith=PREFIX).values_list("external_id", "pk"))
    by_id = {message.id: message for message in world.messages}
    experts = [people[name] for name in EXPERTS]
    versions = _versions()
    made = []
    for message in world.messages:
        place = number_of(message.id, "expert")
        said = [(message.gold, experts[place % 3], True)]
        if message.second:
            said.append((message.second, experts[(place + 1) % 3], False))
        later = timedelta(minutes=30 + number_of(message.id, "labeled") % (4 * 24 * 60))
        made_at = min(sent_at_of(message, by_id, clock) + later, clock.now)
        made += [
            Annotation(
                message_id=rows[f"{PREFIX}{message.id}"],
                author=expert,
                task=task,
                label=label,
                also=list(message.also) if is_gold and task == Task.TOPIC else [],
                group=message.group or ("several" if message.also else ""),
                is_gold=is_gold,
                topic_version=1 if task == Task.TOPIC else None,
                answer_version=_version_at(versions.get(label, []), made_at) if task == Task.ANSWER else None,
                made_at=made_at,
            )
            for opinion, expert, is_gold in said
            for task, label in _labels(opinion)
        ]
    Annotation.objects.bulk_create(made, ignore_conflicts=True, batch_size=1000)


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
