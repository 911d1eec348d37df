"""The live release was trained before a topic was retired: it goes on, from the message to the card."""

import pytest
from django.utils import timezone
from pytest_django import Settings

from copilot import changing, suggesting
from copilot.models import Release, Suggestion
from copilot.models.suggestion import Reason, State
from tests.copilot.making import make_answer, make_topic
from tests.making import make_message

pytestmark = pytest.mark.django_db

CLEAR = "When do my payouts arrive? Sales from yesterday, what time will they be in my bank account?"


@pytest.fixture(autouse=True)
def confident(release: Release, settings: Settings) -> Release:
    """The trained release, with floors so low that whatever is ranked is offered."""
    settings.COPILOT_HOLDOUT_SHARE = 0.0
    Release.objects.update(validity_floor=0.3, topic_floor=0, answer_floor=0, confidence_floor=0)
    return release


def suggestion() -> Suggestion:
    message = make_message(CLEAR, announce=True)
    suggesting.suggest(suggestion_ids=[message.suggestion.pk], now=timezone.now())
    return Suggestion.objects.get(message=message)


def test_a_retired_topics_question_is_withheld_with_the_reason() -> None:
    make_answer(topic=make_topic("Payout timing"))
    now = timezone.now()
    change = changing.reshape_topic(
        make_topic("Payout timing"), kind="retired", heirs=[], answers={}, by=None, now=now
    )
    found = suggestion()
    assert (found.state, found.reason, found.text) == (State.WITHHELD, Reason.TOPIC_RETIRED, "")
    assert found.topic == make_topic("Payout timing")
    changing.undo(change, by=None, now=now)
    assert suggestion().state == State.OFFERED


def test_a_merged_topics_question_is_offered_the_answer_under_its_new_topic() -> None:
    version = make_answer(topic=make_topic("Payout timing"))
    heir = make_topic("All about payouts")
    changing.reshape_topic(
        make_topic("Payout timing"), kind="merged", heirs=[heir], answers={}, by=None, now=timezone.now()
    )
    found = suggestion()
    assert (found.state, found.answer, found.topic) == (State.OFFERED, version, heir)


def test_a_split_topics_question_is_offered_the_answer_of_one_part() -> None:
    version = make_answer(topic=make_topic("Payout timing"))
    heirs = [make_topic("Weekends"), make_topic("Weekdays")]
    answers = {version.answer_id: heirs[1]}
    changing.reshape_topic(
        make_topic("Payout timing"), kind="split", heirs=heirs, answers=answers, by=None, now=timezone.now()
    )
    found = suggestion()
    assert (found.state, found.answer) == (State.OFFERED, version)
