"""What was stored by an earlier version is still there after the next."""

from typing import Any

import pytest
from django.db import connection
from django.db.migrations.executor import MigrationExecutor
from django.utils import timezone


@pytest.mark.slow
@pytest.mark.django_db(transaction=True)
def test_matches_from_before_versions_belong_to_the_first() -> None:
    try:
        old = _migrate("0012_topic_retired")
        match = _store_as_then(old)
        new = _migrate("0016_match_versions")
        found = new.get_model("copilot", "Match").objects.select_related("version").get()
    finally:
        executor = MigrationExecutor(connection)
        executor.migrate(executor.loader.graph.leaf_nodes())
    assert (found.pk, found.kind, found.is_pending) == (match, "near", False)
    assert (found.version.is_current, found.version.norm_version, found.version.encoder_id) == (True, 1, None)


def _migrate(name: str) -> Any:
    """Go to a migration of copilot's, beside the helpdesk of that time."""
    at = [("copilot", name), ("helpdesk", "0006_case_tag_activity")]
    MigrationExecutor(connection).migrate(at)
    return MigrationExecutor(connection).loader.project_state(at).apps


def _store_as_then(apps: Any) -> int:
    now = timezone.now()
    make = {
        name: apps.get_model("helpdesk", name).objects.create
        for name in ("Customer", "Case", "Message", "Reply")
    }
    customer = make["Customer"](name="Ina", email="ina@example.org", created_at=now)
    case = make["Case"](customer=customer, channel="email", created_at=now, last_activity_at=now)
    message = make["Message"](case=case, channel="email", external_id="1", sent_at=now, received_at=now)
    reply = make["Reply"](case=case, body="Look there.", client_key="k", sent_at=now)
    suggestion = apps.get_model("copilot", "Suggestion").objects.create(
        case=case, message=message, state="superseded", arm="offer", created_at=now, queued_at=now
    )
    match = apps.get_model("copilot", "Match").objects.create(
        suggestion=suggestion, reply=reply, kind="near", similarity=0.9, retained=0.9, share=0.9, survival=0.9,
        kept_characters=9, n_reply_tokens=9, norm_version=1, recorded_at=now,
    )  # fmt: skip
    return int(match.pk)
