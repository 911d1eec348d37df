"""Labels become a dataset: gold annotations with the question that the pipeline would have read."""

from collections.abc import Iterator
from datetime import datetime, timedelta
from pathlib import Path

from django.conf import settings
from django.db.models import Max

from copilot import datasets
from copilot.catalog import catalog_at
from copilot.pipeline.types import Reason
from copilot.suggesting import question_of_turn
from helpdesk.models import Message
from labeling.models import Annotation

TEST_PERIOD = timedelta(days=7)


def freeze(name: str, *, now: datetime) -> Path:
    """Write all gold annotations and the catalog of now to DATASETS_ROOT/name, and return that folder.

    Messages of the last seven days are the test split, so that training never sees what is still open.
    """
    folder = Path(settings.DATASETS_ROOT) / name
    card = {"name": name, "source": "gold annotations", "frozen_at": now.isoformat()}
    latest = Message.objects.filter(annotations__is_gold=True).aggregate(latest=Max("sent_at"))["latest"]
    examples = list(_examples(test_from=latest - TEST_PERIOD)) if latest else []
    datasets.write(folder, examples, card, catalog=catalog_at(now).catalog)
    return folder


def _examples(*, test_from: datetime) -> Iterator[datasets.Example]:
    """Yield one example a message; a case that goes on into the test period is test from its beginning."""
    annotations = (
        Annotation.objects.select_related("message__case", "topic", "answer")
        .prefetch_related("also")
        .order_by("message__sent_at", "message_id")
    )
    tested = {row.message.case_id for row in annotations if row.message.sent_at >= test_from}
    seconds = {row.message_id: row for row in annotations if not row.is_gold}
    for gold in annotations:
        if not gold.is_gold:
            continue
        question = question_of_turn(gold.message, gold.message.case)
        second = seconds.get(gold.message_id)
        reason, topic, answer = _labels(gold)
        yield datasets.Example(
            case=str(gold.message.case_id),
            message=str(gold.message_id),
            at=gold.message.sent_at,
            text=question.text,
            subject=question.subject,
            language=question.language,
            reason=reason,
            topic=topic,
            answer=answer,
            second=datasets.Opinion(*_labels(second)) if second else None,
            also=tuple(other.slug for other in gold.also.all()),
            group=gold.group,
            split=datasets.Split.TEST if gold.message.case_id in tested else datasets.Split.TRAIN,
        )


def _labels(annotation: Annotation) -> tuple[Reason | None, str | None, str | None]:
    if annotation.reason:
        return Reason(annotation.reason), None, None
    topic = annotation.topic.slug if annotation.topic else None
    return None, topic, annotation.answer.slug if annotation.answer else datasets.NO_ANSWER
