"""Where people disagree, or can't label at all, somebody else decides."""

from dataclasses import dataclass
from datetime import datetime

from django.db import transaction
from django.db.models import QuerySet

from helpdesk.models import Message, User
from labeling.annotating import LabelRefusedError
from labeling.choosing import Choice, choices_of
from labeling.labels import UnknownLabelError, check_label
from labeling.models import Act, Annotation, Disagreement, Item
from labeling.settling import settle

Mode = Annotation.Mode
SHOWN = 20


@dataclass(frozen=True)
class Opinion:
    """What somebody said; who it was does not matter."""

    name: str
    note: str


@dataclass(frozen=True)
class Dispute:
    """A disagreement as it is decided: the message, what was said of it, what can be said."""

    disagreement: Disagreement
    text: str
    opinions: list[Opinion]
    choices: list[Choice]
    is_own: bool  # who reads it is one of those who disagree


def disputes_for(person: User, *, task: str) -> list[Dispute]:
    """Return the open disagreements about a task, the oldest first."""
    rows = list(open_disagreements().filter(task=task).select_related("message")[:SHOWN])
    ids = [row.message_id for row in rows]
    texts = dict(Item.objects.filter(message__in=ids).values_list("message_id", "text"))
    said = Annotation.objects.standing().filter(message__in=ids, task=task).exclude(mode=Mode.CONFIRM)
    by_message: dict[int, list[Annotation]] = {message: [] for message in ids}
    for row in said.order_by("made_at", "pk"):
        by_message[row.message_id].append(row)
    choices = choices_of(task)
    names = {choice.slug: choice.name for choice in choices}
    return [
        Dispute(
            disagreement=row,
            text=texts.get(row.message_id, row.message.body),
            opinions=[
                Opinion(names.get(each.label, each.label), each.note) for each in by_message[row.message_id]
            ],
            choices=_said_first(choices, {each.label for each in by_message[row.message_id]}),
            is_own=person.pk in {each.author_id for each in by_message[row.message_id]},
        )
        for row in rows
    ]


def open_disagreements() -> QuerySet[Disagreement]:
    return Disagreement.objects.filter(closed_at=None).order_by("opened_at", "pk")


def open_flags() -> QuerySet[Act]:
    """Return the flags that nobody has looked at, the newest first."""
    flags = Act.objects.open_flags()
    return flags.select_related("message").defer("message__search").order_by("-at")


@transaction.atomic
def adjudicate(
    *, person: User, message: Message, task: str, label: str, note: str, now: datetime
) -> Annotation:
    """Decide a disagreement: the label becomes gold, and what the others said stays as they said it.

    Raises:
        LabelRefusedError: nobody disagrees any more, this person is one of those who do, or there is no such label.
    """
    Message.objects.select_for_update(no_key=True).get(pk=message.pk)
    standing = Annotation.objects.standing().filter(message=message, task=task)
    if not open_disagreements().filter(message=message, task=task).exists():
        raise LabelRefusedError("Nobody disagrees about this message any more: it was decided meanwhile.")
    if standing.filter(author=person).exists():
        raise LabelRefusedError("You labeled this message yourself: somebody else has to decide.")
    try:
        check_label(task, label)
    except UnknownLabelError as error:
        raise LabelRefusedError(
            f"There is no label {label!r} any more, so nothing was decided: choose another one."
        ) from error
    drawn = standing.filter(inclusion_probability__isnull=False).first()
    first = drawn or standing.order_by("made_at", "pk").first()
    decided = Annotation.objects.create(
        message=message,
        author=person,
        task=task,
        label=label,
        mode=Mode.ADJUDICATION,
        note=note,
        picked_by=first.picked_by if first else "",
        inclusion_probability=first.inclusion_probability if first else None,
        made_at=now,
    )
    act = Act.objects.create(
        person=person,
        message=message,
        task=task,
        mode=Mode.ADJUDICATION,
        kind=Act.Kind.LABELED,
        note=note,
        at=now,
    )
    act.made.add(decided)
    settle(message_id=message.pk, now=now)
    return decided


def settle_flag(flag_id: int, *, now: datetime) -> bool:
    """Note that somebody has looked at what was flagged; False if somebody had already."""
    return bool(Act.objects.filter(pk=flag_id, kind=Act.Kind.FLAGGED, settled_at=None).update(settled_at=now))


def _said_first(choices: list[Choice], said: set[str]) -> list[Choice]:
    return sorted(choices, key=lambda choice: choice.slug not in said)
