"""What stands on the screen of a person who labels: one message, why it was picked, what can be said of it."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from itertools import pairwise

from django.utils import timezone

from copilot.models import Topic
from copilot.suggesting import question_of_turn
from helpdesk.models import Message, Reply, User
from labeling.choosing import Choice, choices_of, reasons
from labeling.hearing import Heard, heard_on
from labeling.models import Act, Annotation, Item, QueueEntry, Rule, Task
from labeling.predicting import likely_labels

N_BEFORE = 6  # messages and replies that came before
PACED_BY = 20  # acts, the newest
PAUSE = timedelta(minutes=5)  # a longer break is none of the pace

Mode = Annotation.Mode


@dataclass(frozen=True)
class Before:
    """Something written earlier in the same case."""

    who: str
    at: datetime
    text: str


@dataclass(frozen=True)
class Screen:
    """A message as it is labeled. `chosen` is what this person said of it before, if they did."""

    message: Message
    text: str
    subject: str
    language: str
    before: list[Before]
    why: str
    is_by_hand: bool
    choices: list[Choice]
    reasons: list[Choice]
    chosen: str
    note: str
    heard: Heard | None = None  # only for who confirms

    @property
    def is_whole(self) -> bool:
        """Whether the text shown is all that the customer wrote."""
        return self.text.split() == self.message.body.split()


@dataclass(frozen=True)
class Progress:
    """How far a person is, compared with nobody."""

    n_today: int
    n_left: int
    per_hour: int | None
    can_undo: bool


def screen_of(message: Message, *, person: User, task: str, mode: str, rule: str) -> Screen:
    """Return what is shown of a message; predictions only to who confirms them."""
    item = Item.objects.filter(message=message).first()
    read = item or question_of_turn(message, message.case)
    likely = likely_labels(message.pk, task) if mode == Mode.CONFIRM else None
    earlier = _said_before(message, person, task)
    return Screen(
        message=message,
        text=read.text,
        subject=read.subject,
        language=read.language or "",
        before=written_before(message),
        why=Rule(rule).label,
        is_by_hand=rule == Rule.CHOSEN,
        choices=choices_of(task, likely=likely, group=_group_of(message) if task == Task.ANSWER else ""),
        reasons=[] if task == Task.VALIDITY else reasons(),
        chosen=earlier.label if earlier else next(iter(likely or {}), ""),
        note=earlier.note if earlier else "",
        heard=heard_on(item, task) if item and mode == Mode.CONFIRM else None,
    )


def progress_of(person: User, *, task: str, mode: str, now: datetime, topic: str = "") -> Progress:
    """Return how much a person has done today, at which pace, and what is left for them."""
    acts = Act.objects.standing().filter(person=person)
    since = timezone.localtime(now).replace(hour=0, minute=0, second=0, microsecond=0)
    waiting = QueueEntry.objects.waiting(task, mode).unseen_by(person.pk)
    newest = list(acts.order_by("-at").values_list("at", flat=True)[:PACED_BY])
    return Progress(
        n_today=acts.filter(at__gte=since, kind=Act.Kind.LABELED).count(),
        n_left=(waiting.about(topic) if topic else waiting).count(),
        per_hour=pace(newest),
        can_undo=bool(newest),
    )


def pace(times: list[datetime]) -> int | None:
    """Return how many acts an hour these times are, newest first, breaks left out; None if they are too few to tell.

    >>> noon = datetime(2025, 1, 6, 12)
    >>> pace([noon - timedelta(seconds=12 * n) for n in range(11)])
    300
    >>> pace([noon]) is None
    True
    """
    steps = [newer - older for newer, older in pairwise(times)]
    steps = [step for step in steps if step < PAUSE]
    if len(steps) < 5:
        return None
    return round(3600 * len(steps) / max(1.0, sum(step.total_seconds() for step in steps)))


def _said_before(message: Message, person: User, task: str) -> Annotation | None:
    """Return what this person said last of the task, also if they took it back."""
    said = Annotation.objects.filter(message=message, author=person, task=task)
    return said.order_by("-made_at", "-pk").first()


def _group_of(message: Message) -> str:
    """Return the topic that people gave the message, if they did: its answers are looked through first."""
    said = Annotation.objects.standing().filter(message=message, task=Task.TOPIC).exclude(mode=Mode.CONFIRM)
    named = said.order_by("-is_gold", "-pk").values_list("label", flat=True).first()
    return Topic.objects.filter(slug=named).values_list("name", flat=True).first() or "" if named else ""


def written_before(message: Message) -> list[Before]:
    """Return the last of what was written in the case before a message, oldest first; never what came after."""
    earlier = {"case": message.case_id, "sent_at__lt": message.sent_at}
    messages = Message.objects.filter(**earlier).order_by("-sent_at").only("body", "sent_at")[:N_BEFORE]
    replies = Reply.objects.filter(**earlier).order_by("-sent_at").only("body", "sent_at")[:N_BEFORE]
    found = [Before("Customer", each.sent_at, each.body) for each in messages]
    found += [Before("Agent", each.sent_at, each.body) for each in replies]
    return sorted(found, key=lambda entry: entry.at)[-N_BEFORE:]
