"""What became of a suggestion: events kept once, matches once a turn."""

from datetime import datetime, timedelta

import pytest

from copilot import recording
from copilot.models import Match, SuggestionEvent
from copilot.models.suggestion import State
from helpdesk.models import User
from helpdesk.replying import send_reply
from tests.copilot.making import make_suggestion
from tests.making import make_case

pytestmark = pytest.mark.django_db

TEXT = "Hi Priya,\n\nOpen Settings > Network and choose the shop's own Wi-Fi again."


def test_same_event_is_kept_once(ana: User, now: datetime) -> None:
    suggestion = make_suggestion(make_case(), TEXT)
    fields = {"suggestion": suggestion, "type": SuggestionEvent.Type.DISPLAYED, "actor": ana, "at": now}
    assert [recording.record_event(**fields, client_seq="a") for _ in range(2)] == [True, False]
    assert SuggestionEvent.objects.count() == 1


def test_reply_is_compared_with_its_turns_suggestion(ana: User, now: datetime) -> None:
    case = make_case()
    suggestion = make_suggestion(case, TEXT)
    reply, _ = send_reply(
        case=case, author=ana, body=f"{TEXT}\n\nHappy selling,\nAna", client_key="k", now=now
    )
    match = Match.objects.get()
    assert (match.suggestion, match.reply, match.kind) == (suggestion, reply, Match.Kind.EXACT)
    assert suggestion.events.get().type == SuggestionEvent.Type.SENT


def test_second_reply_to_the_same_turn_is_not_compared(ana: User, now: datetime) -> None:
    case = make_case()
    make_suggestion(case, TEXT)
    send_reply(case=case, author=ana, body=TEXT, client_key="k", now=now)
    send_reply(case=case, author=ana, body="P.S.", client_key="l", now=now + timedelta(minutes=1))
    assert Match.objects.get().kind == Match.Kind.EXACT


@pytest.mark.parametrize("state", [State.WITHHELD, State.FAILED])
def test_turn_without_a_text_has_no_match(ana: User, now: datetime, state: State) -> None:
    case = make_case()
    make_suggestion(case, "", state=state, reason="topic_unsure", answer=None)
    send_reply(case=case, author=ana, body=TEXT, client_key="k", now=now)
    assert not Match.objects.exists()


def test_held_out_suggestion_is_matched_too(ana: User, now: datetime) -> None:
    case = make_case()
    make_suggestion(case, TEXT, state=State.SHADOW, reason="held_out")
    send_reply(
        case=case, author=ana, body="Something else altogether, in my own words.", client_key="k", now=now
    )
    assert Match.objects.get().kind == Match.Kind.NONE


def test_reply_on_a_case_without_messages_of_the_copilot_is_fine(ana: User, now: datetime) -> None:
    send_reply(case=make_case(), author=ana, body=TEXT, client_key="k", now=now)
    assert not Match.objects.exists()
