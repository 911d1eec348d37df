"""What was stored by an earlier version is still there after the next."""

from typing import Any

import pytest
from django.db import connection
from django.db.migrations.executor import MigrationExecutor
from django.utils import timezone


@pytest.mark.slow  # takes all migrations back and forth, and what it looks at is of old
@pytest.mark.django_db(transaction=True)
def test_an_annotation_of_all_tasks_becomes_one_of_each() -> None:
    try:
        old = _migrate("0003_trainings_add_topics")
        valid, thanks = _store_as_then(old)
        new = _migrate("0004_annotations_by_task")
        rows = new.get_model("labeling", "Annotation").objects.order_by("pk")
        said = {(row.message_id, row.task, row.label, tuple(row.also), row.is_gold) for row in rows}
    finally:
        executor = MigrationExecutor(connection)
        executor.migrate(executor.loader.graph.leaf_nodes())
    assert said == {
        (valid, "validity", "question", (), True),
        (valid, "topic", "fees", ("tips",), True),
        (valid, "answer", "none", (), True),
        (thanks, "validity", "thanks", (), False),
    }


def _migrate(name: str) -> Any:
    """Go to a migration of labeling's, beside the other apps of that time."""
    at = [
        ("labeling", name),
        ("copilot", "0008_suggestion_n_topics"),
        ("helpdesk", "0006_case_tag_activity"),
    ]
    MigrationExecutor(connection).migrate(at)
    return MigrationExecutor(connection).loader.project_state(at).apps


def _store_as_then(apps: Any) -> tuple[int, int]:
    now = timezone.now()
    make = {
        name: apps.get_model("helpdesk", name).objects.create
        for name in ("User", "Customer", "Case", "Message")
    }
    customer = make["Customer"](name="Ina", email="ina@example.org", created_at=now)
    case = make["Case"](customer=customer, channel="email", created_at=now, last_activity_at=now)
    valid, thanks = (
        make["Message"](case=case, channel="email", external_id=str(n), sent_at=now, received_at=now)
        for n in (1, 2)
    )
    area = apps.get_model("copilot", "Area").objects.create(slug="money", name="Money")
    fees, tips = (
        apps.get_model("copilot", "Topic").objects.create(area=area, slug=slug, name=slug)
        for slug in ("fees", "tips")
    )
    author = make["User"](username="expert")
    annotate = apps.get_model("labeling", "Annotation").objects.create
    annotate(message=valid, author=author, topic=fees, is_gold=True, made_at=now).also.add(tips)
    annotate(message=thanks, author=author, reason="thanks", made_at=now)
    return valid.pk, thanks.pk
