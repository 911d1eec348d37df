"""Which messages each rule would put before a person, best first.

Two kinds: RANDOM draws from all items and says with which probability, so that what is found there holds for all; the
others look where a label is worth most, and what is found there holds for nothing else.
"""

from collections.abc import Callable, Sequence
from datetime import datetime, timedelta

import numpy as np
from django.db.models import Case, Count, Exists, F, OuterRef, Q, QuerySet, Subquery, When
from django.db.models.functions import Abs

from copilot import releases
from copilot.models import Match, QuestionVector, Suggestion, SuggestionEvent
from copilot.models.suggestion import State
from copilot.models.vector import DIMENSIONS
from labeling.crowds import Vectors, centres
from labeling.disputing import disputed
from labeling.labels import QUESTION, labels_of
from labeling.models import Act, Annotation, Item, QueueEntry, Rule, Task

LOOKS_BACK = timedelta(days=90)  # older messages tell little of what comes next
SPARE = 3  # times as many are read as are wanted: some say the same
LOOKED_AT = 20_000  # suggestions at most, the newest: a pass over millions would find no better ones
COMPARED = 4_000  # messages on either side: their vectors are compared all with all
FEW = 20  # labels, below which a topic is rare
# Items whose `draw` is below are left to chance: no rule labels them first, or the sample would lack just those that
# rules like. They are a fifth of all, and as good as the others.
RESERVED = 0.2

DISMISSED_FOR = {
    Task.VALIDITY: [SuggestionEvent.DismissReason.NOT_A_QUESTION],
    Task.TOPIC: [SuggestionEvent.DismissReason.WRONG_TOPIC],
    Task.ANSWER: [SuggestionEvent.DismissReason.WRONG_ANSWER, SuggestionEvent.DismissReason.OUT_OF_DATE],
}

Source = Callable[[str, datetime], QuerySet]  # of the ids of messages


def candidates(rule: str, *, task: str, mode: str, n: int, now: datetime) -> list[int]:
    """Return the ids of up to n messages that a rule picks for a task, best first; none twice, none needless.

    Needless is what is labeled for the task, waits for it, was flagged, is known to be no question, or says the same as
    another one.
    """
    if n <= 0 or rule not in SOURCES:
        return []
    items = Item.objects.filter(message=OuterRef("message_id"))
    if rule != Rule.STALE:
        items = items.filter(draw__gte=RESERVED)
    found = SOURCES[rule](task, now).filter(_is_needed(task, mode))
    found = found.annotate(words=Subquery(items.values("key"))).filter(words__isnull=False)
    rows = found.values_list("words", "message_id")[: SPARE * n]
    first: dict[str, int] = {}
    for key, message in rows:
        first.setdefault(key, message)
    return list(first.values())[:n]


def draw(*, task: str, below: float, most: int) -> tuple[list[int], float]:
    """Return the messages of the random sample that reaches `below` and wait for nobody yet, and how far it reaches.

    It does not matter what other rules have found out about them: a sample of what is left over is none of the whole.
    Where more have come than can be asked about, it is drawn in again, so that all below it are in it.
    """
    asked = QueueEntry.objects.filter(message=OuterRef("pk"), task=task, mode=BLIND, rule=Rule.RANDOM)
    items = Item.objects.filter(draw__lt=below).exclude(Exists(asked)).order_by("draw", "pk")
    rows = list(items.values_list("pk", "draw")[: most + 1])
    if len(rows) > most:
        below = rows[most][1]
    return [message for message, drawn in rows if drawn < below], below


def _is_needed(task: str, mode: str) -> Q:
    """Return which messages may be asked about, for rows with a `message_id`."""
    message = {"message": OuterRef("message_id")}
    standing = Annotation.objects.standing().filter(**message)
    labeled = standing.filter(task=task, stale_at=None)
    if mode == BLIND:  # what was only confirmed may still become gold
        labeled = labeled.exclude(mode=Annotation.Mode.CONFIRM)
    waiting = QueueEntry.objects.waiting(task, mode).filter(**message)
    flagged = Act.objects.standing().filter(**message, task=task, kind=Act.Kind.FLAGGED)
    needed = ~Q(Exists(labeled)) & ~Q(Exists(waiting)) & ~Q(Exists(flagged))
    if task != Task.VALIDITY:
        needed &= ~Q(Exists(standing.filter(task=Task.VALIDITY, stale_at=None).exclude(label=QUESTION)))
    return needed


def _decided(now: datetime) -> QuerySet[Suggestion]:
    """Return what the live release decided lately."""
    return Suggestion.objects.filter(
        release__state="live", created_at__gte=now - LOOKS_BACK, validity_probability__isnull=False
    ).exclude(state__in=[State.PENDING, State.FAILED])


def _newest(now: datetime) -> QuerySet[Suggestion]:
    newest = _decided(now).order_by("-created_at").values("pk")[:LOOKED_AT]
    return Suggestion.objects.filter(pk__in=newest)


def _uncertain(task: str, now: datetime) -> QuerySet:
    """Where the live release was least sure of this task: near one half, or two topics nearly alike."""
    seen = _newest(now)
    if task == Task.VALIDITY:
        return seen.order_by(Abs(F("validity_probability") - 0.5), "pk")
    if task == Task.TOPIC:
        return seen.filter(topic_probability__isnull=False).order_by("topic_probability", "pk")
    return seen.filter(answer_probability__isnull=False).order_by(Abs(F("answer_probability") - 0.5), "pk")


def _stale(task: str, now: datetime) -> QuerySet:
    """What nobody believes any more, the longest first."""
    standing = Annotation.objects.standing().filter(task=task, stale_at__lte=now)
    return standing.order_by("stale_at", "pk")


def _rare(task: str, now: datetime) -> QuerySet:
    """What the live release takes for a kind that has few gold labels."""
    counts = dict(
        Annotation.objects.gold(task).values_list("label").annotate(n=Count("*")).values_list("label", "n")
    )
    few = [label.slug for label in labels_of(task) if counts.get(label.slug, 0) < FEW]
    seen = _newest(now)
    guessed = {
        Task.VALIDITY: Q(reason__in=few),
        Task.TOPIC: Q(topic__slug__in=few) | Q(second_topic__slug__in=few),
        Task.ANSWER: Q(answer__answer__slug__in=few) | Q(alternatives__answer__answer__slug__in=few),
    }[Task(task)]
    return seen.filter(guessed).order_by("-created_at", "pk")


def _conflict(task: str, now: datetime) -> QuerySet:
    """Turns whose reply says something else than the suggestion: which of the two is right?"""
    if task != Task.ANSWER:
        return Suggestion.objects.none()
    since = now - LOOKS_BACK
    matches = Match.objects.current().filter(kind=Match.Kind.CONFLICT, recorded_at__gte=since)
    return Suggestion.objects.filter(matches__in=matches).order_by("-matches__recorded_at")


def _dismissed(task: str, now: datetime) -> QuerySet:
    """Suggestions of any release that an agent dismissed for what this task decides: it is the message that asks."""
    dismissed = SuggestionEvent.objects.filter(
        suggestion=OuterRef("pk"),
        type=SuggestionEvent.Type.DISMISSED,
        dismiss_reason__in=DISMISSED_FOR[Task(task)],
    )
    lately = Suggestion.objects.filter(created_at__gte=now - LOOKS_BACK).order_by("-created_at")
    newest = Suggestion.objects.filter(pk__in=lately.values("pk")[:LOOKED_AT])
    return newest.filter(Exists(dismissed)).order_by("-created_at", "pk")


def _disputed(task: str, now: datetime) -> QuerySet:
    """What labeling functions say different things of, or another thing than the live release: the newest first."""
    return Item.objects.filter(pk__in=disputed(task, _newest(now))[:LOOKED_AT]).order_by("-sent_at", "pk")


def _cluster(task: str, now: datetime) -> QuerySet:
    """The middle of each crowd of messages that resemble nothing that was labeled, the largest crowd first."""
    live = releases.live()
    if live is None:
        return Suggestion.objects.none()
    standing = Annotation.objects.standing().filter(task=task, stale_at=None)
    labeled = standing.filter(message=OuterRef("suggestion__message_id"))
    read = QuestionVector.objects.filter(encoder=live.encoder_id, suggestion__in=_decided(now))
    read = read.order_by("-suggestion__created_at")
    decided = read.filter(~Exists(labeled), suggestion__topic_probability__isnull=False)
    new = list(decided.values_list("suggestion_id", "embedding")[:COMPARED])
    known = read.filter(Exists(labeled)).values_list("embedding", flat=True)[:COMPARED]
    found = centres(_vectors([vector for _, vector in new]), _vectors(list(known)))
    chosen = [new[place][0] for place in found]
    order = Case(*(When(pk=pk, then=place) for place, pk in enumerate(chosen)), default=len(chosen))
    return Suggestion.objects.filter(pk__in=chosen).order_by(order)


def _vectors(stored: Sequence[object]) -> Vectors:
    return np.array(stored, np.float32).reshape(-1, DIMENSIONS)


BLIND = Annotation.Mode.BLIND
SOURCES: dict[str, Source] = {
    Rule.UNCERTAIN: _uncertain,
    Rule.DISPUTED: _disputed,
    Rule.STALE: _stale,
    Rule.RARE: _rare,
    Rule.CLUSTER: _cluster,
    Rule.CONFLICT: _conflict,
    Rule.DISMISSED: _dismissed,
}
