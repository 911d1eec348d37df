"""Suggestions follow their messages when two cases become one."""

from datetime import datetime, timedelta

import pytest

from copilot.models import Suggestion
from copilot.models.suggestion import Arm, State
from helpdesk.merging import merge_cases
from helpdesk.models import Case, User
from helpdesk.replying import send_reply
from tests.copilot.making import make_suggestion
from tests.making import make_case

pytestmark = pytest.mark.django_db


@pytest.fixture
def kept(now: datetime) -> Case:
    return make_case("Where is it?", sent_at=now - timedelta(hours=3))


@pytest.fixture
def merged(now: datetime) -> Case:
    return make_case("And that?", sent_at=now - timedelta(hours=1))


def test_a_waiting_suggestion_follows_its_message_and_keeps_its_arm(
    kept: Case, merged: Case, ana: User, now: datetime
) -> None:
    suggestion = make_suggestion(merged, "There.", state=State.SHADOW, arm=Arm.SHADOW)
    merge_cases(kept=kept, merged=merged, actor=ana, now=now)
    assert Suggestion.objects.latest_for(kept) == suggestion
    suggestion.refresh_from_db()
    assert (suggestion.arm, suggestion.state) == (Arm.SHADOW, State.SHADOW)


def test_two_turns_that_wait_become_one(kept: Case, merged: Case, ana: User, now: datetime) -> None:
    first, second = make_suggestion(kept, "Here."), make_suggestion(merged, "There.")
    merge_cases(kept=kept, merged=merged, actor=ana, now=now)
    assert [Suggestion.objects.get(pk=row.pk).state for row in (first, second)] == ["superseded", "offered"]


def test_a_turn_that_a_reply_has_ended_stays_as_it_was(
    kept: Case, merged: Case, ana: User, now: datetime
) -> None:
    answered, waiting = make_suggestion(merged, "There."), make_suggestion(kept, "Here.")
    send_reply(case=merged, author=ana, body="There.", client_key="k", now=now - timedelta(minutes=30))
    merge_cases(kept=kept, merged=merged, actor=ana, now=now)
    states = [Suggestion.objects.get(pk=row.pk).state for row in (answered, waiting)]
    assert states == ["offered", "offered"]
