"""The labels of each task: the one list that annotators, labeling functions and models choose from."""

from dataclasses import dataclass

from copilot.datasets import NO_ANSWER
from copilot.models import Answer, AnswerVersion, Topic
from copilot.models.suggestion import Reason
from copilot.pipeline.types import VALIDITY_REASONS
from labeling.models import Task

QUESTION = "question"  # the one label of VALIDITY that lets a message go on to the next stage


class UnknownLabelError(ValueError):
    """A label is none of its task's; the message names it and says which there are."""


@dataclass(frozen=True)
class Label:
    """One thing that can be said: `slug` is stored and never changes, `name` is shown."""

    slug: str
    name: str
    group: str = ""


def labels_of(task: str) -> list[Label]:
    """Return what can be said now, in the order of the catalog; what is retired is left out."""
    if task == Task.VALIDITY:
        reasons = [Label(reason, str(Reason(reason).label)) for reason in VALIDITY_REASONS]
        return [Label(QUESTION, "a question we may answer"), *reasons]
    if task == Task.TOPIC:
        topics = Topic.objects.filter(retired_at=None).order_by("area__name", "name")
        return [Label(*row) for row in topics.values_list("slug", "name", "area__name")]
    answers = Answer.objects.in_use().order_by("topic__name", "name")
    return [
        *(Label(*row) for row in answers.values_list("slug", "name", "topic__name")),
        Label(NO_ANSWER, "no approved answer fits"),
    ]


def check_label(task: str, label: str) -> None:
    """Raise UnknownLabelError if the task has no such label in use."""
    known = {each.slug for each in labels_of(task)}
    if label not in known:
        shown = ", ".join(sorted(known)[:8])
        raise UnknownLabelError(
            f"{label!r} is no label of {task}: choose one of {shown}" + (", …" if len(known) > 8 else "")
        )


def known_when_said(task: str, label: str) -> dict[str, int | AnswerVersion]:
    """Return what a label made now knows, as fields of its annotation: its topic's version, or its answer's.

    Whoever stores a label stores this with it; what changes later makes the label stale.
    """
    if task == Task.TOPIC:
        return {"topic_version": Topic.objects.get(slug=label).version}
    versions = AnswerVersion.objects.filter(answer__slug=label, approved_at__isnull=False)
    current = versions.order_by("-number").first() if task == Task.ANSWER else None
    return {"answer_version": current} if current else {}
