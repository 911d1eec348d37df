"""A topic is merged, split or retired, and its old labels go along: proposed, reviewed, applied as a whole, undone so.

1. `begin` notes what is wanted; a split asks for examples of its parts first.
2. `propose` says for each label of the topic where it goes, or that it is to be asked again. Nothing has changed yet.
3. People look, and change single proposals.
4. `apply` retires the topic and takes each label back, followed by one of the same author under the new topic.
5. `undo_change` restores both.
"""

from collections.abc import Collection, Mapping
from datetime import datetime

from django.db import IntegrityError, transaction
from django.db.models import Q

from copilot import changing
from copilot.models import CatalogChange, Topic
from helpdesk.models import User
from labeling.models import Annotation, Heir, LabelMove, Task, TopicChange
from labeling.models.annotation import AnnotationQuerySet
from labeling.sorting import Sorter

Kind, State, Why = TopicChange.Kind, TopicChange.State, LabelMove.Why
BATCH = 1_000


class ReshapingError(Exception):
    """A change of a topic can't be made; the message says why and what to do."""


def begin(
    *, topic: Topic, kind: str, heirs: Collection[Topic], by: User | None, now: datetime, note: str = ""
) -> TopicChange:
    """Note that a topic is to be merged, split or retired; all but a split is proposed at once.

    Raises:
        ReshapingError: the topic is retired, another change of it is open, or the heirs do not fit.
    """
    fits = {Kind.MERGED: len(heirs) == 1, Kind.SPLIT: len(heirs) > 1, Kind.RETIRED: not heirs}[Kind(kind)]
    if not fits:
        needed = {Kind.MERGED: "one topic", Kind.SPLIT: "two topics or more", Kind.RETIRED: "no topic"}
        raise ReshapingError(f"{needed[Kind(kind)]} must be chosen to take its place, not {len(heirs)}")
    if topic in heirs or any(each.retired_at for each in [topic, *heirs]):
        raise ReshapingError("a topic can't take its own place, and retired ones take no part: choose others")
    try:
        with transaction.atomic():
            change = TopicChange.objects.create(topic=topic, kind=kind, by=by, at=now, note=note)
            Heir.objects.bulk_create(Heir(change=change, topic=heir) for heir in heirs)
            if kind != Kind.SPLIT:
                propose(change)
    except IntegrityError:
        raise ReshapingError(f"another change of {topic} is open: apply or drop that one first") from None
    return change


def labels_of_topic(topic: Topic) -> AnnotationQuerySet:
    """Return the standing labels that name a topic, first or beside another."""
    slug = topic.slug
    return Annotation.objects.standing().filter(Q(label=slug) | Q(also__contains=[slug]), task=Task.TOPIC)


def give_examples(change: TopicChange, *, examples: Mapping[int, str], answers: Mapping[int, int]) -> bool:
    """Store what belongs to each part of a split, by topic; `answers` says for each answer to which it goes.

    False if the change is no longer open, or no split.
    """
    with transaction.atomic():
        if change.kind != Kind.SPLIT or not _step(change, State.PROPOSING, *TopicChange.OPEN):
            return False
        for heir in change.heirs.all():
            heir.examples = examples.get(heir.topic_id, "")
            heir.save(update_fields=["examples"])
            heir.answers.set([answer for answer, topic in answers.items() if topic == heir.topic_id])
    return True


def propose(change: TopicChange, *, sorter: Sorter | None = None, problem: str = "") -> None:
    """Say for each label of the topic where it goes, in place of what was proposed before."""
    found = labels_of_topic(change.topic).select_related("message__case").order_by("pk")
    with transaction.atomic():
        change.moves.all().delete()
        rows = list(found)
        for start in range(0, len(rows), BATCH):
            LabelMove.objects.bulk_create(_moves(change, rows[start : start + BATCH], sorter))
        if _step(change, State.PROPOSED, State.DRAFT, State.PROPOSING):
            TopicChange.objects.filter(pk=change.pk).update(problem=problem)


def choose(move: LabelMove, label: str) -> None:
    """Change one proposal by hand; no label means to ask again.

    Raises:
        ReshapingError: the change is not under review, or the label is of none of its heirs.
    """
    if label and not move.change.heirs.filter(topic__slug=label).exists():
        raise ReshapingError(
            f"{label!r} does not take the place of {move.change.topic}: choose one that does"
        )
    waits = LabelMove.objects.filter(pk=move.pk, change__state=State.PROPOSED)
    if not waits.update(label=label, why=Why.PERSON):
        raise ReshapingError("its change is not under review any more: reload the page")


def apply(change: TopicChange, *, by: User | None, now: datetime) -> None:
    """Retire the topic and move its labels as proposed; what was labeled since the proposal is asked again.

    Raises:
        ReshapingError: it is not under review.
        ChangeError: a topic was retired meanwhile.
    """
    with transaction.atomic():
        if not TopicChange.objects.select_for_update().filter(pk=change.pk, state=State.PROPOSED).exists():
            raise ReshapingError("it is not under review: propose it again")
        heirs = list(change.heirs.select_related("topic").prefetch_related("answers"))
        recorded = changing.reshape_topic(
            change.topic,
            kind=change.kind,
            heirs=[heir.topic for heir in heirs],
            answers={answer.pk: heir.topic for heir in heirs for answer in heir.answers.all()},
            by=by,
            now=now,
            note=change.note,
        )
        TopicChange.objects.filter(pk=change.pk).update(state=State.APPLIED, change=recorded)
        _add_late_labels(change)
        _move_labels(change, {heir.topic.slug: heir.topic.version for heir in heirs}, now=now)
        asked = labels_of_topic(change.topic).filter(moves__change=change, stale_at=None)
        asked.update(stale_at=now, stale_by=recorded)
    change.refresh_from_db()


def drop(change: TopicChange) -> None:
    """Give a change up before it is applied."""
    if not _step(change, State.DROPPED, *TopicChange.OPEN):
        raise ReshapingError("it is not open any more: what is applied is undone instead")


def undo_change(change: CatalogChange, *, by: User | None, now: datetime) -> None:
    """Undo any change of the catalog; one that moved labels moves them back.

    A label that its author has given anew since stays as given.

    Raises:
        ChangeError: it can't be undone; the message says why.
    """
    with transaction.atomic():
        changing.undo(change, by=by, now=now)
        reshaped = TopicChange.objects.filter(change=change, state=State.APPLIED).first()
        if reshaped is None:
            return
        still = reshaped.moves.filter(moved_to__undone_at=None, moved_to__isnull=False)
        pairs = list(still.values_list("annotation", "moved_to"))
        Annotation.objects.filter(pk__in=[new for _, new in pairs]).update(undone_at=now)
        Annotation.objects.filter(pk__in=[old for old, _ in pairs]).update(undone_at=None)
        TopicChange.objects.filter(pk=reshaped.pk).update(state=State.UNDONE)


def _moves(change: TopicChange, rows: list[Annotation], sorter: Sorter | None) -> list[LabelMove]:
    if change.kind == Kind.SPLIT and sorter is not None:
        sorted_ = sorter.sort(rows)
    elif change.kind == Kind.MERGED:
        sorted_ = [(change.heirs.get().topic.slug, Why.ALL)] * len(rows)
    else:
        sorted_ = [("", Why.RETIRED if change.kind == Kind.RETIRED else Why.UNSURE)] * len(rows)
    return [
        LabelMove(change=change, annotation=row, label=label, why=why)
        for row, (label, why) in zip(rows, sorted_, strict=True)
    ]


def _add_late_labels(change: TopicChange) -> None:
    """Labels of the topic that came after the proposal: merged they go along, else they are asked again."""
    late = list(labels_of_topic(change.topic).exclude(moves__change=change))
    LabelMove.objects.bulk_create(_moves(change, late, None), batch_size=BATCH)


def _move_labels(change: TopicChange, version_of: Mapping[str, int], *, now: datetime) -> None:
    """Take the labels back that go elsewhere, each followed by one of the same author and time."""
    going = change.moves.filter(annotation__undone_at=None).exclude(label="").select_related("annotation")
    moves = list(going.select_for_update(of=("self",)))
    Annotation.objects.filter(pk__in=[move.annotation_id for move in moves]).update(undone_at=now)
    followers = [_follower(move, change.topic.slug, version_of) for move in moves]
    for move, follower in zip(
        moves, Annotation.objects.bulk_create(followers, batch_size=BATCH), strict=True
    ):
        move.moved_to = follower
    LabelMove.objects.bulk_update(moves, ["moved_to"], batch_size=BATCH)


def _follower(move: LabelMove, slug: str, version_of: Mapping[str, int]) -> Annotation:
    """The same label of the same person, with another topic in the place of the old one."""
    old = move.annotation
    label = move.label if old.label == slug else old.label
    also = [move.label if each == slug else each for each in old.also]
    kept = {
        field.attname: getattr(old, field.attname)
        for field in Annotation._meta.concrete_fields
        if field.attname not in {"id", "undone_at"}
    }
    return Annotation(
        **kept
        | {
            "label": label,
            "also": [each for each in dict.fromkeys(also) if each != label],
            "topic_version": version_of[move.label] if label == move.label else old.topic_version,
            "replaces_id": old.pk,
        }
    )


def _step(change: TopicChange, to: str, *of: str) -> bool:
    """Go from one of some states to another; False if it is in none of them."""
    is_done = bool(TopicChange.objects.filter(pk=change.pk, state__in=of).update(state=to))
    change.refresh_from_db(fields=["state"])
    return is_done
