"""Labels become a dataset: gold annotations with the question that the pipeline would have read."""

from collections.abc import Iterator, Mapping
from datetime import datetime
from itertools import groupby
from pathlib import Path

from django.conf import settings

from copilot import datasets
from copilot.catalog import catalog_at
from copilot.pipeline.types import Reason
from copilot.suggesting import question_of_turn
from labeling.labels import QUESTION
from labeling.models import Annotation, Task
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
    """Yield one example for each message that has gold."""
    for said in _said_of_messages():
        gold = {task: row for (task, is_gold), row in said.items() if is_gold}
        second = {task: row for (task, is_gold), row in said.items() if not is_gold}
        if Task.VALIDITY not in gold:
            continue
        message = gold[Task.VALIDITY].message
        question = question_of_turn(message, message.case)
        opinion = _opinion(gold)
        yield datasets.Example(
            case=str(message.case_id),
            message=str(message.pk),
            at=message.sent_at,
            text=question.text,
            subject=question.subject,
            language=question.language,
            reason=opinion.reason,
            topic=opinion.topic,
            answer=opinion.answer,
            second=_opinion(second) if Task.VALIDITY in second else None,
            also=tuple(gold[Task.TOPIC].also) if Task.TOPIC in gold else (),
            group=gold[Task.VALIDITY].group,
        )


def _said_of_messages() -> Iterator[dict[tuple[str, bool], Annotation]]:
    """Yield what people say of each message, by task and whether it is gold: oldest message first."""
    standing = (
        Annotation.objects.standing()
        .select_related("message__case")
        .order_by("message__sent_at", "message_id", "pk")
    )
    for _, rows in groupby(standing, key=lambda row: row.message_id):
        yield {(row.task, row.is_gold): row for row in rows}


def _opinion(said: Mapping[str, Annotation]) -> datasets.Opinion:
    """Join one side's labels of the three tasks."""
    validity = said[Task.VALIDITY].label
    if validity != QUESTION:
        return datasets.Opinion(reason=Reason(validity))
    topic, answer = said.get(Task.TOPIC), said.get(Task.ANSWER)
    return datasets.Opinion(topic=topic.label if topic else None, answer=answer.label if answer else None)
