"""Changes of the catalog: each is recorded once, announced by a signal, and can be undone.

What becomes of labels is not known here: whoever keeps labels listens to `catalog_changed` and
`catalog_change_undone`.
"""

from collections.abc import Collection, Mapping
from datetime import datetime

from django.db import transaction
from django.db.models import F

from copilot.models import Answer, CatalogChange, Topic
from copilot.signals import catalog_change_undone, catalog_changed
from helpdesk.models import User

Kind = CatalogChange.Kind


class ChangeError(Exception):
    """A change can't be made or undone; the message says why and what to do."""


def announce(
    *,
    kind: str,
    topics: Collection[Topic],
    since: datetime,
    by: User | None,
    now: datetime,
    note: str = "",
    is_topic_affected: bool = False,
) -> CatalogChange:
    """Record that a policy or a product has changed, and which topics that affects.

    Raises:
        ChangeError: it lies in the future, or affects nothing.
    """
    if since > now:
        raise ChangeError("it lies in the future: announce it once it is in force, until then labels hold")
    if not topics:
        raise ChangeError("it affects no topic: choose at least one")
    return _record(
        kind, topics=topics, since=since, by=by, now=now, note=note, is_topic_affected=is_topic_affected
    )


def note_meaning(
    answer: Answer, *, is_new: bool, by: User | None, now: datetime, note: str = ""
) -> CatalogChange:
    """Record that an answer says something else from now on, or something at all."""
    return _record(Kind.ADDED if is_new else Kind.MEANING, answers=[answer], by=by, now=now, note=note)


def retire_answer(answer: Answer, *, by: User | None, now: datetime, note: str = "") -> CatalogChange:
    """Take an answer out of use.

    Raises:
        ChangeError: it is out of use already.
    """
    with transaction.atomic():
        if not Answer.objects.filter(pk=answer.pk, retired_at=None).update(retired_at=now):
            raise ChangeError(f"{answer} is retired already")
        return _record(Kind.ANSWER_RETIRED, answers=[answer], by=by, now=now, note=note)


def rename_topic(topic: Topic, name: str, *, by: User | None, now: datetime) -> CatalogChange:
    """Give a topic another name; its slug, and so every label, stays what it was."""
    with transaction.atomic():
        was = topic.name
        topic.name = name
        topic.save(update_fields=["name"])
        return _record(Kind.RENAMED, topics=[topic], by=by, now=now, was=was)


def reword_guideline(
    topic: Topic, guideline: str, *, is_meaning: bool, by: User | None, now: datetime, note: str = ""
) -> CatalogChange | None:
    """Write a topic's guideline anew; where its meaning is new the topic has a new version, and that is recorded."""
    with transaction.atomic():
        was = topic.guideline
        Topic.objects.filter(pk=topic.pk).update(
            guideline=guideline, version=F("version") + 1 if is_meaning else F("version")
        )
        topic.refresh_from_db()
        if not is_meaning:
            return None
        return _record(Kind.GUIDELINE, topics=[topic], by=by, now=now, was=was, note=note)


def reshape_topic(
    topic: Topic,
    *,
    kind: str,
    heirs: Collection[Topic],
    answers: Mapping[int, Topic],
    by: User | None,
    now: datetime,
    note: str = "",
) -> CatalogChange:
    """Retire a topic, whose place others may take: one that it is merged into, or several into which it is split.

    `answers` says by id to which of the heirs each answer goes; one that is not named goes to the first. Without heirs
    they stay with the topic, out of use.

    Raises:
        ChangeError: the topic or an heir is retired, or the heirs do not fit the kind.
    """
    n_needed = {Kind.MERGED: "one", Kind.SPLIT: "two or more", Kind.RETIRED: "no"}[Kind(kind)]
    fits = {Kind.MERGED: len(heirs) == 1, Kind.SPLIT: len(heirs) > 1, Kind.RETIRED: not heirs}[Kind(kind)]
    if not fits:
        raise ChangeError(f"{kind} takes {n_needed} other topics, not {len(heirs)}: choose again")
    if topic in heirs or any(heir.retired_at for heir in heirs):
        raise ChangeError("a topic can't take its own place, nor can a retired one: choose others")
    with transaction.atomic():
        if not Topic.objects.filter(pk=topic.pk, retired_at=None).update(retired_at=now):
            raise ChangeError(f"{topic} is retired already")
        moved = list(topic.answers.all()) if heirs else []
        first = next(iter(heirs), None)
        for answer in moved:
            answer.topic = answers.get(answer.pk) or first or topic
        Answer.objects.bulk_update(moved, ["topic"])
        return _record(kind, topics=[topic], heirs=heirs, answers=moved, by=by, now=now, note=note)


def undo(change: CatalogChange, *, by: User | None, now: datetime) -> None:
    """Take a change back, and what it did to the catalog; an answer's text stays as it was approved.

    Raises:
        ChangeError: it was undone already, or a later change of the same thing stands.
    """
    _check_later(change)
    with transaction.atomic():
        if not CatalogChange.objects.standing().filter(pk=change.pk).update(undone_at=now, undone_by=by):
            raise ChangeError("it was undone already")
        _restore(change)
        change.refresh_from_db()
        catalog_change_undone.send(CatalogChange, change=change)


def _check_later(change: CatalogChange) -> None:
    """Raise ChangeError if what a change did was changed again since: changes are undone from the last one back."""
    later = CatalogChange.objects.standing().filter(pk__gt=change.pk)
    if change.kind in {Kind.RENAMED, Kind.GUIDELINE}:
        again = later.filter(kind=change.kind, topics__in=change.topics.all())
    else:
        again = later.filter(kind__in=CatalogChange.RESHAPING, topics__in=change.heirs.all())
    if found := again.first():
        raise ChangeError(
            f"“{found.get_kind_display()}” of {found.at:%-d %B} builds on it and stands: undo that one first"
        )


def _restore(change: CatalogChange) -> None:
    """Bring the catalog back to before a change."""
    topics = Topic.objects.filter(changes=change)
    if change.kind == Kind.ANSWER_RETIRED:
        Answer.objects.filter(changes=change).update(retired_at=None)
    elif change.kind == Kind.RENAMED:
        topics.update(name=change.was)
    elif change.kind == Kind.GUIDELINE:
        topics.update(guideline=change.was)
    elif change.is_reshaping:
        topics.update(retired_at=None)
        Answer.objects.filter(changes=change, topic__in=change.heirs.all()).update(topic=topics.get())


def _record(
    kind: str,
    *,
    by: User | None,
    now: datetime,
    topics: Collection[Topic] = (),
    answers: Collection[Answer] = (),
    heirs: Collection[Topic] = (),
    since: datetime | None = None,
    **more: object,
) -> CatalogChange:
    with transaction.atomic():
        change = CatalogChange.objects.create(kind=kind, since=since or now, by=by, at=now, **more)
        change.topics.set(topics)
        change.answers.set(answers)
        change.heirs.set(heirs)
        catalog_changed.send(CatalogChange, change=change)
    return change
