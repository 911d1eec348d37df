"""What became of a suggestion: events kept once, matches once a turn."""

from datetime import datetime, timedelta

import pytest

from copilot import recording
from copilot.models import FollowUp, Match, SuggestionEvent
from copilot.models.suggestion import Reason, State
from copilot.recording import Report
from helpdesk.models import User
from helpdesk.replying import OutgoingReply, send_replies, send_reply
from tests.copilot.making import make_suggestion
from tests.making import make_case, make_reply

pytestmark = pytest.mark.django_db

TEXT = "Hi Priya,\n\nOpen Settings > Network and choose the shop's own Wi-Fi again."


def test_same_event_is_kept_once(ana: User, now: datetime) -> None:
    suggestion = make_suggestion(make_case(), TEXT)
    fields = {"suggestion": suggestion, "type": SuggestionEvent.Type.DISPLAYED, "actor": ana, "at": now}
    assert [recording.record_report(**fields, client_seq="a") for _ in range(2)] == [True, False]
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


def test_many_reports_are_kept_once_each_or_none_of_them(ana: User, now: datetime) -> None:
    shown, hidden = (
        make_suggestion(make_case(), TEXT),
        make_suggestion(make_case(), TEXT, state=State.SHADOW, reason=Reason.HELD_OUT, arm="shadow"),
    )
    reports = [Report(shown, ana, now, "displayed", "a"), Report(shown, ana, now, "viewed", "b")]
    with pytest.raises(recording.ReportError, match="held out"):
        recording.record_reports([*reports, Report(hidden, ana, now, "displayed", "a")])
    assert not SuggestionEvent.objects.exists()
    assert recording.record_reports([*reports, reports[0]]) == 2
    assert recording.record_reports(reports) == 0


def test_many_replies_are_compared_each_with_its_own_suggestion(ana: User, now: datetime) -> None:
    cases = [make_case() for _ in range(3)]
    suggestions = [make_suggestion(case, f"{TEXT} Number {at}.") for at, case in enumerate(cases)]
    asked_again = OutgoingReply(cases[0], ana, "One more thing.", "l", now + timedelta(hours=1))
    send_replies([*(OutgoingReply(case, ana, row.text, "k", now) for case, row in zip(cases, suggestions, strict=True)),
                  asked_again])  # fmt: skip
    assert [(match.suggestion, match.kind) for match in Match.objects.order_by("pk")] == [
        (row, Match.Kind.EXACT) for row in suggestions
    ]
    assert FollowUp.objects.get().suggestion == suggestions[0]


def test_a_reply_that_is_compared_already_costs_the_others_nothing(ana: User, now: datetime) -> None:
    rows = [make_suggestion(make_case(), TEXT) for _ in range(2)]
    replies = [make_reply(row.case, TEXT, author=ana, at=now + timedelta(minutes=1)) for row in rows]
    assert len(recording.record_replies(replies[:1], now=now)) == 1
    assert [match.reply for match in recording.record_replies(replies, now=now)] == [replies[1]]
