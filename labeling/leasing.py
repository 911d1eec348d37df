"""Who gets which message: the next of the queue, and nobody else for ten minutes."""

from datetime import datetime, timedelta

from django.db import transaction
from django.db.models import Count, Exists, F, IntegerField, OuterRef, Subquery
from django.db.models.functions import Coalesce

from helpdesk.models import User
from labeling.models import Annotation, Lease, QueueEntry
from labeling.models.queue import QueueEntryQuerySet

LASTS = timedelta(minutes=10)


@transaction.atomic
def next_for(person: User, *, task: str, mode: str, now: datetime, topic: str = "") -> Lease | None:
    """Lease the next message of a queue, or of a topic in it, to a person; the one they have if it is still theirs.

    Returns None if nothing waits for this person.
    """
    held = _held_by(person, task, mode, now, topic)
    if held:
        return held
    free = free_for(person, task=task, mode=mode, now=now)
    entry = (
        (free.about(topic) if topic else free)
        .order_by("place", "pk")
        .select_for_update(skip_locked=True, of=("self",))
        .first()
    )
    return lease(entry, person, now) if entry else None


@transaction.atomic
def lease_message(person: User, message_id: int, *, task: str, mode: str, now: datetime) -> Lease | None:
    """Lease a certain message to a person who opens it by hand; None if no queue has it, or others have it now."""
    held = Lease.objects.filter(
        entry__message=message_id, entry__task=task, entry__mode=mode, person=person, until__gt=now
    ).select_related("entry")
    if found := held.first():
        return found
    waiting = free_for(person, task=task, mode=mode, now=now).filter(message=message_id)
    entry = waiting.select_for_update(skip_locked=True, of=("self",)).first()
    return lease(entry, person, now) if entry else None


def free_for(person: User, *, task: str, mode: str, now: datetime) -> QueueEntryQuerySet:
    """Return the entries that this person may label now: not theirs already, and not all before others."""
    others = (
        Lease.objects.filter(entry=OuterRef("pk"), until__gt=now)
        .exclude(person=person)
        .order_by()
        .values("entry")
        .annotate(n=Count("*"))
        .values("n")
    )
    theirs = Annotation.objects.standing().filter(
        message=OuterRef("message"), task=task, author=person, stale_at=None
    )
    return (
        QueueEntry.objects.waiting(task, mode)
        .unseen_by(person.pk)
        .filter(n_wanted__gt=F("n_labeled") + Coalesce(Subquery(others, IntegerField()), 0))
        .exclude(Exists(theirs))
    )


def give_back(entry: QueueEntry, person: User) -> Lease | None:
    """End a person's lease of an entry, and return what it was."""
    leases = Lease.objects.filter(entry=entry, person=person)
    ended = leases.first()
    leases.delete()
    return ended


def _held_by(person: User, task: str, mode: str, now: datetime, topic: str) -> Lease | None:
    """Return the lease that this person was given last, if it still holds."""
    waiting = QueueEntry.objects.waiting(task, mode)
    return (
        Lease.objects.filter(
            person=person, until__gt=now, entry__in=waiting.about(topic) if topic else waiting
        )
        .exclude(entry__seen_by__contains=[person.pk])
        .select_related("entry")
        .order_by("-given_at", "-pk")
        .first()
    )


def lease(entry: QueueEntry, person: User, now: datetime) -> Lease:
    """Put an entry before a person."""
    given = Lease(entry=entry, person=person, given_at=now, until=now + LASTS)
    Lease.objects.bulk_create(
        [given],
        update_conflicts=True,
        unique_fields=["entry", "person"],
        update_fields=["given_at", "until"],
    )
    return given
