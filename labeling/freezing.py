"""Labels become a dataset: gold annotations with the question that the pipeline would have read."""

from collections.abc import Iterator
from datetime import datetime
from pathlib import Path

from django.conf import settings

from copilot import datasets
from copilot.catalog import catalog_at
from copilot.pipeline.types import Reason
from copilot.suggesting import question_of_turn
from labeling.models import Annotation
from labeling.splitting import drop_near_copies, split_by_time

# Labels are dear: on the demo world's 1,825, testing on a fifth instead of a twelfth cost so many that the floor of the
# confidence let pass 17 % of the questions instead of 29 %.
TEST_SHARE = 0.1


def freeze(name: str, *, now: datetime) -> Path:
    """Write all gold annotations and the catalog of now to DATASETS_ROOT/name, and return that folder.

    The latest tenth of the cases is the test split: a release is judged on what came after all it learned from.
    """
    folder = Path(settings.DATASETS_ROOT) / name
    examples, n_copies = drop_near_copies(split_by_time(list(_examples()), share=TEST_SHARE))
    card = {
        "name": name,
        "source": "gold annotations",
        "frozen_at": now.isoformat(),
        "near_copies_left_out": n_copies,
    }
    datasets.write(folder, examples, card, catalog=catalog_at(now).catalog)
    return folder


def _examples() -> Iterator[datasets.Example]:
    """Yield one example a message."""
    annotations = (
        Annotation.objects.select_related("message__case", "topic", "answer")
        .prefetch_related("also")
        .order_by("message__sent_at", "message_id")
    )
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
        )


def _labels(annotation: Annotation) -> tuple[Reason | None, str | None, str | None]:
    if annotation.reason:
        return Reason(annotation.reason), None, None
    topic = annotation.topic.slug if annotation.topic else None
    return None, topic, annotation.answer.slug if annotation.answer else datasets.NO_ANSWER
