"""Labels that a change of the catalog made doubtful: marked since when, and believed again if the change is undone.

A label is as good as what its author knew. One made before a change counts as stale: it is not thrown away, but weighs
less in training and is asked again first.
"""

from collections.abc import Collection
from datetime import datetime

from django.db import transaction
from django.db.models import Q

from copilot.datasets import NO_ANSWER
from copilot.models import Answer, CatalogChange, Topic
from labeling.models import Annotation, Task
from labeling.models.annotation import AnnotationQuerySet

Kind = CatalogChange.Kind


def affected_by(change: CatalogChange) -> AnnotationQuerySet:
    """Return the standing labels whose authors did not know of a change; a merge or a split moves labels instead."""
    made = Annotation.objects.standing().filter(made_at__lt=change.since)
    topics = list(change.topics.all())
    slugs = [topic.slug for topic in topics]
    if change.kind in {Kind.MEANING, Kind.ANSWER_RETIRED}:
        answers = list(change.answers.values_list("slug", flat=True))
        return made.filter(Q(label__in=answers) | Q(also__overlap=answers), task=Task.ANSWER)
    if change.kind == Kind.ADDED:
        topics = list(Topic.objects.filter(answers__changes=change))
        about = affected(topics, since=change.since, is_topic_affected=False)
        return about.filter(label=NO_ANSWER)  # when nothing fitted, it was not there yet
    if change.kind in CatalogChange.ANNOUNCED:
        return affected(topics, since=change.since, is_topic_affected=change.is_topic_affected)
    if change.kind == Kind.GUIDELINE:
        return made.filter(Q(label__in=slugs) | Q(also__overlap=slugs), task=Task.TOPIC)
    if change.kind == Kind.RETIRED:
        return affected(topics, since=change.since, is_topic_affected=True)
    return made.none()


def affected(topics: Collection[Topic], *, since: datetime, is_topic_affected: bool) -> AnnotationQuerySet:
    """Return the labels made before a time that say which answer is right for a message about these topics.

    Those that say what the message is about are among them only if what belongs to the topics has changed.
    """
    slugs = [topic.slug for topic in topics]
    standing = Annotation.objects.standing()
    of_topic = Q(task=Task.TOPIC) & (Q(label__in=slugs) | Q(also__overlap=slugs))
    answers = list(Answer.objects.filter(topic__in=topics).values_list("slug", flat=True))
    of_answer = Q(task=Task.ANSWER) & (
        Q(label__in=answers) | Q(message__in=standing.filter(of_topic).values("message"))
    )
    return standing.filter(of_answer | of_topic if is_topic_affected else of_answer, made_at__lt=since)


def mark(change: CatalogChange) -> int:
    """Mark the labels that a change makes stale and are not so already; return how many."""
    return affected_by(change).filter(stale_at=None).update(stale_at=change.since, stale_by=change)


@transaction.atomic
def unmark(change: CatalogChange) -> int:
    """Believe again what one change made stale, unless another one that stands speaks against it; return how many."""
    freed = list(Annotation.objects.filter(stale_by=change).select_for_update().values_list("pk", flat=True))
    Annotation.objects.filter(pk__in=freed).update(stale_at=None, stale_by=None)
    for other in CatalogChange.objects.standing().exclude(pk=change.pk).order_by("at"):
        affected_by(other).filter(pk__in=freed, stale_at=None).update(stale_at=other.since, stale_by=other)
    return Annotation.objects.filter(pk__in=freed, stale_at=None).count()
