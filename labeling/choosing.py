"""The labels as a person chooses among them: nine under a number key, all by what is typed."""

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from copilot.models import Answer, AnswerVersion, Topic
from copilot.pipeline.types import VALIDITY_REASONS
from labeling.labels import QUESTION, Label, labels_of
from labeling.models import Annotation, Task

N_KEYS = 9
COUNTED = 1000  # annotations, the newest, that say which labels are used often

# One key for each reason why a message is no question; none is a key of something else on the page.
REASON_KEYS = {
    "thanks": "t",
    "auto_reply": "a",
    "spam": "j",
    "no_request": "q",
    "other_language": "l",
    "out_of_scope": "o",
}
VALIDITY_GUIDELINES = {
    QUESTION: "The customer wants to know or to get something that our answers are about.",
    "thanks": "Thanks, an all-clear or a goodbye, with nothing left to answer.",
    "auto_reply": "Out of office, a delivery failure, a ticket number: no person wrote it for us.",
    "spam": "Advertising, phishing, or meant for nobody.",
    "no_request": "A person wrote it, but it asks for nothing: a statement, a fragment, only a file.",
    "other_language": "The text is in a language that no answer is written in.",
    "out_of_scope": "A question, but not one that this support answers.",
}


@dataclass(frozen=True)
class Choice:
    """A label on the screen: `key` is the number that chooses it, `guideline` what belongs to it."""

    slug: str
    name: str
    group: str = ""
    key: str = ""
    guideline: str = ""
    percent: int | None = None


def choices_of(task: str, *, likely: Mapping[str, float] | None = None, group: str = "") -> list[Choice]:
    """Return the labels of a task in the order in which they are shown, the nine first ones with a number.

    `likely` are predicted probabilities by label, for the eyes of who confirms: those come first, best first. Without
    them, those of a group that a person has named come first, then those that are used most; nothing of the order
    depends on what was predicted.
    """
    labels = labels_of(task)
    if likely is not None:
        first = sorted(
            (label for label in labels if label.slug in likely), key=lambda label: -likely[label.slug]
        )
    else:
        first = [label for label in labels if group and label.group == group][:N_KEYS]
        first += _often(task, [label for label in labels if label not in first], N_KEYS - len(first))
    named = {label.slug for label in first}
    rest = [label for label in labels if label.slug not in named]
    guidelines = _guidelines(task)
    return [
        Choice(
            slug=label.slug,
            name=label.name,
            group=label.group,
            key=str(place) if place <= N_KEYS else "",
            guideline=guidelines.get(label.slug, ""),
            percent=round(100 * likely[label.slug]) if likely and label.slug in likely else None,
        )
        for place, label in enumerate([*first, *rest], start=1)
    ]


def reasons() -> list[Choice]:
    """Return why a message may be no question, each with its key."""
    names = {label.slug: label.name for label in labels_of(Task.VALIDITY)}
    return [
        Choice(reason, names[reason], key=REASON_KEYS[reason], guideline=VALIDITY_GUIDELINES[reason])
        for reason in VALIDITY_REASONS
    ]


def _often(task: str, labels: Sequence[Label], n: int) -> list[Label]:
    """Return the n labels used most, in the order of the catalog, so that a key keeps its label."""
    if task == Task.VALIDITY or n <= 0:
        return list(labels[:n]) if n > 0 else []
    newest = Annotation.objects.standing().filter(task=task).order_by("-pk")
    used = Counter(newest.values_list("label", flat=True)[:COUNTED])
    most = {label.slug for label in sorted(labels, key=lambda label: -used[label.slug])[:n]}
    return [label for label in labels if label.slug in most]


def _guidelines(task: str) -> dict[str, str]:
    """Return what belongs to each label: a topic's guideline, an answer's text."""
    if task == Task.VALIDITY:
        return VALIDITY_GUIDELINES
    if task == Task.TOPIC:
        return dict(Topic.objects.filter(retired_at=None).values_list("slug", "guideline"))
    latest = (
        AnswerVersion.objects.filter(answer__in=Answer.objects.in_use(), approved_at__isnull=False)
        .order_by("answer_id", "-number")
        .distinct("answer_id")
    )
    return dict(latest.values_list("answer__slug", "body"))
