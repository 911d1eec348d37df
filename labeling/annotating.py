"""A person labels, skips or flags a message, and takes any number of these acts back, the latest first."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.db import transaction
from django.db.models import F, Func, Value

from copilot.models import Answer, AnswerVersion
from helpdesk.models import Message, User
from labeling import leasing
from labeling.labels import QUESTION, UnknownLabelError, check_label, known_when_said, labels_of
from labeling.models import Act, Annotation, QueueEntry, Rule, Task
from labeling.settling import settle

Mode = Annotation.Mode


class LabelRefusedError(Exception):
    """What was submitted can't be kept; the message says why and what to do."""


@dataclass(frozen=True)
class Sitting:
    """A message before a person, who is asked a task's question in a mode, perhaps about a topic's messages only."""

    person: User
    message: Message
    task: str
    mode: str
    topic: str = ""


@dataclass(frozen=True)
class Submission:
    """What a person says of a message: a label of the task, or a reason why it is no question."""

    label: str
    note: str = ""
    text: str = ""  # a better wording of the answer that the label names


@dataclass(frozen=True)
class Kept:
    """What became of a submission. `is_second_opinion`: somebody else had labeled it meanwhile."""

    act: Act | None  # None if they had said so already
    is_second_opinion: bool = False


@transaction.atomic
def submit(sitting: Sitting, said: Submission, *, now: datetime) -> Kept:
    """Store what a person says of a message, with all that follows from it, as one step that can be undone.

    Nothing that was labeled is lost: who submits after their lease has ended, and after somebody else, gives a second
    opinion. Who submits again changes their own label.

    Raises:
        LabelRefusedError: the label is none of the task's, or a better wording names no answer.
    """
    _check(sitting.task, said)
    person, message = sitting.person, sitting.message
    Message.objects.select_for_update(no_key=True).get(pk=message.pk)
    entry = _entry_of(sitting)
    own = {row.task: row for row in Annotation.objects.standing().filter(message=message, author=person)}
    lease = leasing.give_back(entry, person) if entry else None
    fields = {
        "message": message,
        "author": person,
        "mode": sitting.mode,
        "note": said.note,
        "seconds": (now - lease.given_at).total_seconds() if lease else None,
        "made_at": now,
        "picked_by": entry.rule if entry else Rule.CHOSEN,
        "inclusion_probability": entry.inclusion_probability if entry else None,
        "topic_filter": sitting.topic,
    }
    changes = []
    for about, label in _implied(sitting.task, said.label).items():
        version = _version(said, person, now) if about == Task.ANSWER == sitting.task else None
        changes.append(_say(own.get(about), about, label, fields | {"answer_version": version}))
    made = [row for row, _ in changes if row]
    replaced = [row for _, row in changes if row]
    if not made and not replaced:
        return Kept(None)
    act = _act(sitting, entry, Act.Kind.LABELED, now, note=said.note)
    Act.made.through.objects.bulk_create(Act.made.through(act=act, annotation=row) for row in made)
    if replaced:
        act.replaced.set(replaced)
    settle(message_id=message.pk, now=now)
    is_late = bool(entry and entry.n_labeled >= entry.n_wanted and person.pk not in entry.seen_by)
    if entry:
        _count(entry, person, now)
    return Kept(act, is_second_opinion=is_late)


@transaction.atomic
def skip(sitting: Sitting, *, now: datetime) -> Act:
    """Pass a message by: somebody else may label it."""
    entry = _entry_of(sitting)
    if entry:
        _pass(entry, sitting.person, closed_at=entry.closed_at)
    return _act(sitting, entry, Act.Kind.SKIPPED, now)


@transaction.atomic
def flag(sitting: Sitting, *, flag: str, note: str, now: datetime) -> Act:
    """Say why a message can't be labeled; it waits for nobody until somebody has looked at that."""
    entry = _entry_of(sitting)
    if entry:
        _pass(entry, sitting.person, closed_at=entry.closed_at or now)
    return _act(sitting, entry, Act.Kind.FLAGGED, now, flag=flag, note=note)


@transaction.atomic
def undo(*, person: User, now: datetime) -> Act | None:
    """Take back this person's latest act, and put its message before them again; None if none is left.

    Always the latest, whatever its task: one act may have replaced what an earlier one said.
    """
    acts = Act.objects.standing().filter(person=person)
    act = acts.select_for_update(of=("self",)).order_by("-at", "-pk").first()
    if act is None:
        return None
    Message.objects.select_for_update(no_key=True).get(pk=act.message_id)
    Act.objects.filter(pk=act.pk).update(undone_at=now)
    made, replaced = list(act.made.all()), list(act.replaced.all())
    Annotation.objects.filter(pk__in=[row.pk for row in made]).update(undone_at=now, is_gold=False)
    Annotation.objects.filter(pk__in=[row.pk for row in replaced]).update(undone_at=None)
    AnswerVersion.objects.filter(
        pk__in=[row.answer_version_id for row in made], author=person, created_at=act.at, approved_at=None
    ).delete()
    settle(message_id=act.message_id, now=now)
    _give_again(act, person, now)
    return act


def _check(task: str, said: Submission) -> None:
    """Raise LabelRefusedError unless the task, or where it asks of questions also VALIDITY, has this label."""
    try:
        check_label(task, said.label)
    except UnknownLabelError as error:
        if task != Task.VALIDITY and is_reason(said.label):
            return
        raise LabelRefusedError(
            f"There is no label {said.label!r} any more, so nothing was stored: choose another one."
        ) from error
    if said.text.strip() and not Answer.objects.filter(slug=said.label).exists():
        raise LabelRefusedError(
            "A better wording is a new version of an answer: choose the answer that it is to replace."
        )


def is_reason(label: str) -> bool:
    """Whether a label says why a message is no question."""
    return label != QUESTION and label in {each.slug for each in labels_of(Task.VALIDITY)}


def _implied(task: str, label: str) -> dict[str, str | None]:
    """Return what one label says of each task; None takes back what the person said of it before.

    What has a topic or an answer is a question; what is no question has neither.
    """
    if is_reason(label):
        return {Task.VALIDITY: label, Task.TOPIC: None, Task.ANSWER: None}
    if task == Task.VALIDITY:
        return {Task.VALIDITY: label}
    return {Task.VALIDITY: QUESTION, task: label}


def _say(
    own: Annotation | None, task: str, label: str | None, fields: dict[str, Any]
) -> tuple[Annotation | None, Annotation | None]:
    """Store one label in place of the person's own earlier one, and return both; what is said already stays."""
    is_same = own is not None and own.label == label and own.stale_at is None
    if (is_same and not fields["answer_version"]) or (own is None and label is None):
        return None, None
    if own:
        Annotation.objects.filter(pk=own.pk).update(undone_at=fields["made_at"], is_gold=False)
    if label is None:
        return None, own
    # Who has seen the prediction of a message, or a topic's name above it, can't forget it.
    mode = Mode.CONFIRM if own and own.mode == Mode.CONFIRM else fields["mode"]
    anchor = {"mode": mode, "topic_filter": fields["topic_filter"] or (own.topic_filter if own else "")}
    known = known_when_said(task, label) if task == Task.TOPIC else {}
    return Annotation.objects.create(task=task, label=label, **fields | known | anchor), own


def _version(said: Submission, person: User, now: datetime) -> AnswerVersion | None:
    """Return what the answer says now, or the draft that says it better."""
    versions = AnswerVersion.objects.filter(answer__slug=said.label).order_by("-number")
    if not said.text.strip():
        return versions.filter(approved_at__lte=now).first()
    answer = Answer.objects.select_for_update().get(slug=said.label)
    latest = versions.first()
    return AnswerVersion.objects.create(
        answer=answer,
        number=latest.number + 1 if latest else 1,
        body=said.text.strip(),
        author=person,
        created_at=now,
    )


def _count(entry: QueueEntry, person: User, now: datetime) -> None:
    """Note on an entry that a person has labeled it; the last one who was wanted closes it."""
    if person.pk in entry.seen_by:
        return
    n_labeled = entry.n_labeled + 1
    closed_at = entry.closed_at or (now if n_labeled >= entry.n_wanted else None)
    QueueEntry.objects.filter(pk=entry.pk).update(
        n_labeled=n_labeled, seen_by=[*entry.seen_by, person.pk], closed_at=closed_at
    )


def _pass(entry: QueueEntry, person: User, *, closed_at: datetime | None) -> None:
    """Note on an entry that a person is not to be asked again."""
    leasing.give_back(entry, person)
    seen_by = list(dict.fromkeys([*entry.seen_by, person.pk]))
    QueueEntry.objects.filter(pk=entry.pk).update(seen_by=seen_by, closed_at=closed_at)


def _entry_of(sitting: Sitting) -> QueueEntry | None:
    """Lock the queue's latest entry of a message."""
    entries = QueueEntry.objects.filter(message=sitting.message, task=sitting.task, mode=sitting.mode)
    return entries.select_for_update().order_by("-pk").first()


def _act(sitting: Sitting, entry: QueueEntry | None, kind: str, now: datetime, **fields: str) -> Act:
    return Act.objects.create(
        person=sitting.person,
        message=sitting.message,
        entry=entry,
        task=sitting.task,
        mode=sitting.mode,
        kind=kind,
        at=now,
        **fields,
    )


def _give_again(act: Act, person: User, now: datetime) -> None:
    """Open the act's entry again as it was before, and lease it to who undid the act."""
    entry = act.entry and QueueEntry.objects.select_for_update().get(pk=act.entry.pk)
    if entry is None or Act.objects.standing().filter(entry=entry, person=person).exists():
        return
    n_labeled = max(0, entry.n_labeled - (act.kind == Act.Kind.LABELED))
    is_taken = (
        QueueEntry.objects.waiting(act.task, act.mode).filter(message=act.message_id).exclude(pk=entry.pk)
    )
    is_open = n_labeled < entry.n_wanted and not is_taken.exists()
    QueueEntry.objects.filter(pk=entry.pk).update(
        n_labeled=n_labeled,
        closed_at=None if is_open else entry.closed_at,
        seen_by=Func(F("seen_by"), Value(person.pk), function="array_remove"),
    )
    if is_open:
        leasing.lease(entry, person, now)
