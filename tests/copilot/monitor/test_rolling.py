"""The figures of days come from events alone, sum, and are the same whoever makes them."""

from datetime import datetime, timedelta
from importlib import import_module
from io import StringIO
from typing import Any

import numpy as np
import pytest
from django.core.management import CommandError, call_command
from django.db import connection
from django.utils import timezone
from pytest_django import Settings

from copilot import assigning, recording
from copilot.experimenting import Treatment
from copilot.models import (
    AgentDay,
    AgentWeek,
    AnswerDay,
    ConfidenceDay,
    ReasonDay,
    Release,
    RollupState,
    Suggestion,
    SuggestionEvent,
    TopicDay,
    TopicWeek,
    TurnDay,
    VersionDay,
    VersionWeek,
)
from copilot.models.agent_day import COUNTS
from copilot.models.suggestion import Reason, State
from copilot.monitor import rolling
from copilot.monitor.funnel import Cell
from helpdesk.models import User
from helpdesk.replying import send_reply
from tests.copilot.making import (
    make_experiment,
    make_match_version,
    make_release,
    make_suggestion,
    make_topic,
)
from tests.making import make_case, make_user

pytestmark = pytest.mark.django_db
MADE = (
    TurnDay, AgentDay, TopicDay, AgentWeek, TopicWeek, ReasonDay, ConfidenceDay, AnswerDay, VersionDay, VersionWeek,
)  # fmt: skip
TEXT = "Hi Priya,\n\nOpen Settings > Network and choose the shop's own Wi-Fi again, then wait for a minute."
OTHER = "I had a look at it myself and found nothing wrong, so please send me a photo of the screen."


@pytest.fixture(autouse=True)
def nothing_is_held_out(settings: Settings) -> None:
    settings.COPILOT_HOLDOUT_SHARE = 0.0


def suggested(text: str = TEXT, **fields: Any) -> Suggestion:
    return make_suggestion(make_case(sent_at=timezone.now()), text, **fields)


def used(
    suggestion: Suggestion, agent: User, *types: str, body: str = TEXT, at: datetime | None = None
) -> None:
    for number, event in enumerate(types):
        recording.record_report(
            suggestion=suggestion, actor=agent, at=at or timezone.now(), type=event, client_seq=f"{number}",
            page="tab", page_order=number,
        )  # fmt: skip
    send_reply(
        case=suggestion.case,
        author=agent,
        body=body,
        client_key=f"k-{suggestion.pk}",
        now=at or timezone.now(),
    )


def roll(now: datetime | None = None) -> None:
    rolling.roll_day(timezone.localdate(), now=now or timezone.now())


def rows() -> list[dict[str, Any]]:
    return [
        {name: value for name, value in row.items() if name != "id"}
        for model in MADE
        for row in model.objects.order_by("pk").values()
    ]


def total(name: str) -> int:
    return sum(TurnDay.objects.values_list(name, flat=True))


def test_every_turn_is_in_one_cell(ana: User) -> None:
    for state, reason in ((State.WITHHELD, "no_answer"), (State.FAILED, "lost"), (State.OFF, "off")):
        suggested("", state=state, reason=reason, answer=None)
    suggested(state=State.SHADOW, reason=Reason.HELD_OUT, arm="shadow")
    used(suggested(), ana, "displayed", "viewed", "inserted")
    used(suggested(), ana, "displayed", "viewed", body=OTHER)
    suggested()
    roll()
    assert {cell: total(f"n_{cell}") for cell in Cell if total(f"n_{cell}")} == {
        Cell.WITHHELD: 1, Cell.FAILED: 1, Cell.OFF: 1, Cell.SHADOW: 1, Cell.SENT_VERBATIM: 1, Cell.IGNORED: 1,
        Cell.WAITING: 1,
    }  # fmt: skip
    assert total("n_turns") == 7 == sum(total(f"n_{cell}") for cell in Cell)
    assert (total("n_exact"), total("n_none")) == (1, 1)
    assert total("retained_millionths") == 1_000_000


def test_making_them_again_gives_the_same_rows(ana: User, gwen: User) -> None:
    for number in range(6):
        used(
            suggested(confidence=0.5 + number / 20),
            (ana, gwen)[number % 2],
            "displayed",
            body=(TEXT, OTHER)[number % 3 == 0],
        )
    now = timezone.now()
    roll(now)
    before = rows()
    TurnDay.objects.all().delete()
    roll(now)
    roll(now)
    assert rows() == before
    assert len(before) > 4


def test_a_reply_changes_the_day_of_its_question(ana: User) -> None:
    asked = timezone.now() - timedelta(days=2)
    suggestion = suggested(created_at=asked)
    Suggestion.objects.filter(pk=suggestion.pk).update(created_at=asked)
    suggestion.message.sent_at = asked
    suggestion.message.save()
    rolling.roll_on(now=timezone.now())
    assert total("n_waiting") == 1
    used(suggestion, ana, "displayed", "viewed", "inserted")
    days = rolling.roll_on(now=timezone.now())
    assert timezone.localdate(asked) in days
    assert (total("n_waiting"), total("n_sent_verbatim"), total("n_turns")) == (0, 1, 1)
    assert [row.day for row in TurnDay.objects.all()] == [timezone.localdate(asked)]


def test_whether_it_was_there_is_asked_of_the_first_opening(ana: User, gwen: User) -> None:
    now = timezone.now()
    waited, ready = suggested(), suggested()
    used(ready, ana, "opened", "displayed")
    for actor, kind, minutes in ((gwen, "awaited", 9), (ana, "opened", 8)):
        SuggestionEvent.objects.create(
            suggestion=waited, type=SuggestionEvent.Type(kind), actor=actor, client_seq=kind,
            at=now - timedelta(minutes=minutes),
        )  # fmt: skip
    used(suggested(), ana, "displayed")  # by a page of before this was told
    roll()
    assert (total("n_opened"), total("n_ready")) == (2, 1)


def test_who_got_no_reply_is_censored_when_the_window_closes() -> None:
    asked = timezone.now() - timedelta(days=6)
    suggestion = suggested()
    Suggestion.objects.filter(pk=suggestion.pk).update(created_at=asked)
    suggestion.message.sent_at = asked
    suggestion.message.save()
    rolling.roll_on(now=timezone.now())
    assert total("n_waiting") == 1
    rolling.roll_on(now=timezone.now() + timedelta(days=4))  # nobody rolled in between
    assert (total("n_waiting"), total("n_censored")) == (0, 1)


@pytest.mark.parametrize("state", [State.OFFERED, State.SHADOW])
def test_a_reply_after_the_window_counts_in_neither_arm(ana: User, state: State) -> None:
    asked, now = timezone.now() - timedelta(days=12), timezone.now()
    hidden = {"state": State.SHADOW, "reason": Reason.HELD_OUT, "arm": "shadow"}
    for days in (6, 8):
        suggestion = suggested(created_at=asked, **hidden if state is State.SHADOW else {})
        suggestion.message.sent_at = asked
        suggestion.message.save()
        used(suggestion, ana, at=asked + timedelta(days=days))
    rolling.roll_day(timezone.localdate(asked), now=now)
    assert (total("n_turns"), total("n_compared"), total("n_exact")) == (2, 1, 1)
    assert sum(AnswerDay.objects.values_list("n_exact", flat=True)) == 1
    assert TurnDay.objects.exclude(agent=rolling.agent_hash(ana.pk)).get().n_turns == 1, "answered by nobody"


def test_where_agents_are_divided_a_turn_counts_under_its_author(ana: User) -> None:
    make_experiment(Treatment("hidden", 999_999, "shadow"), Treatment("shown", 1, "offer"), unit="agent")
    case = make_case()
    suggestion = make_suggestion(case, TEXT)
    assigning.assign([case], now=timezone.now())
    send_reply(case=case, author=ana, body=OTHER, client_key=f"k-{suggestion.pk}", now=timezone.now())
    roll()
    [row] = TurnDay.objects.all()
    assert (row.arm, row.n_shadow, row.variant_id is not None) == ("shadow", 1, True)


def test_sums_over_topics_are_those_of_the_turns(ana: User, gwen: User) -> None:
    for number in range(6):
        topic = make_topic(("Fees", "Payouts")[number % 2])
        used(
            suggested(topic=topic), (ana, gwen)[number % 3 == 0], "opened", "displayed", "viewed", "inserted"
        )
    suggested("", state=State.WITHHELD, reason="no_answer", answer=None)
    roll()
    assert AgentDay.objects.count() < TurnDay.objects.count()
    for name in COUNTS:
        assert sum(AgentDay.objects.values_list(name, flat=True)) == total(name)
    assert list(ReasonDay.objects.values_list("state", "reason", "n")) == [("withheld", "no_answer", 1)]


def test_days_of_a_week_make_it_whichever_is_made_last(ana: User, gwen: User) -> None:
    now = timezone.now()
    monday = timezone.localdate(now) - timedelta(days=timezone.localdate(now).weekday() + 14)
    for number in range(10):
        asked = now + timedelta(days=(monday - timezone.localdate(now)).days + number)
        used(suggested(created_at=asked), (ana, gwen)[number % 2], "displayed", at=asked)
    days = [monday + timedelta(days=number) for number in range(14)]
    for day in days:
        rolling.roll_day(day, now=now)
    before = [row for row in rows() if "week" in row]
    for day in (*days[1::2], *days[::2], days[3]):
        rolling.roll_day(day, now=now)
    kept = [row for row in rows() if "week" in row]
    assert sorted(kept, key=str) == sorted(before, key=str)
    [first, second] = AgentWeek.objects.order_by("week")
    assert (first.week, second.week) == (monday, monday + timedelta(days=7))
    assert [sum(np.frombuffer(row.n_turns, ">i8")) for row in (first, second)] == [7, 3]
    assert list(np.frombuffer(first.agents, ">i8")) == sorted({row.agent for row in TurnDay.objects.all()})
    Suggestion.objects.filter(created_at__gte=now - timedelta(days=60)).delete()
    for day in days[7:]:
        rolling.roll_day(day, now=now)
    assert [row.week for row in AgentWeek.objects.all()] == [monday], "nothing is left of the other"


def test_weeks_of_before_are_filled_as_rolling_makes_them(ana: User, gwen: User) -> None:
    for number in range(6):
        used(
            suggested(topic=make_topic(("Fees", "Payouts")[number % 2])),
            (ana, gwen)[number % 3 == 0],
            "viewed",
        )
    suggested("", state=State.WITHHELD, reason="no_answer", answer=None)
    roll()
    before = rows()
    for model in (AgentWeek, TopicWeek, VersionWeek):
        assert model.objects.exists()
        model.objects.all().delete()
    with connection.schema_editor() as editor:
        import_module("copilot.migrations.0013_agent_weeks").fill(None, editor)
    assert rows() == before


def test_agents_stand_by_a_hash(ana: User) -> None:
    used(suggested(), ana, "displayed")
    roll()
    [row] = TurnDay.objects.all()
    assert row.agent not in {0, ana.pk}
    assert row.agent == rolling.agent_hash(ana.pk) != rolling.agent_hash(ana.pk + 1)


def test_short_replies_are_counted_apart(ana: User) -> None:
    used(suggested(), ana, "displayed", body="Done, thanks.")
    roll()
    assert (total("n_short"), total("n_none"), total("n_exact")) == (1, 0, 0)
    assert not ConfidenceDay.objects.exists()


def test_characters_are_kept_where_a_suggestion_was_sent(ana: User) -> None:
    used(suggested(state=State.SHADOW, reason=Reason.HELD_OUT, arm="shadow"), ana)
    used(suggested(), ana, "displayed", "viewed")  # the same words, by the agent's own hand
    used(suggested(), ana, "displayed", "viewed", "dismissed")
    roll()
    assert (total("n_exact"), total("kept_characters"), total("retained_millionths")) == (3, 0, 0)
    assert total("n_by_hand") == 2
    used(suggested(), ana, "displayed", "viewed", "inserted")
    roll()
    assert total("kept_characters") > 0


def test_a_late_one_that_was_seen_counts_among_those_shown(ana: User) -> None:
    suggestion = suggested()
    recording.record_report(
        suggestion=suggestion, actor=ana, at=timezone.now(), type="displayed", client_seq="typed", typed_before=50
    )  # fmt: skip
    used(suggestion, ana, "viewed", body=OTHER)
    roll()
    assert (total("n_late"), total("n_late_shown"), total("n_late_seen"), total("n_late_acted")) == (
        1,
        1,
        1,
        0,
    )
    assert AnswerDay.objects.get().n_shown == 1


def test_a_sure_one_lies_in_the_last_bin(ana: User) -> None:
    used(suggested(confidence=1.0), ana, "displayed")
    used(suggested(confidence=0.29, topic=make_topic("Fees")), ana, "displayed", body=OTHER)
    roll()
    assert list(ConfidenceDay.objects.order_by("bin").values_list("bin", "n", "n_matches")) == [
        (29, 1, 0),
        (99, 1, 1),
    ]


def test_all_days_are_made_anew_once_replies_are_compared_by_another_version(ana: User) -> None:
    used(suggested(), ana, "displayed")
    rolling.roll_on(now=timezone.now())
    assert total("n_exact") == 1
    make_match_version(is_current=True)
    later = timezone.now() + timedelta(days=3)
    assert rolling.roll_on(now=later) == [timezone.localdate()]
    assert total("n_exact") == 0, "nothing is compared by it yet"


def test_replayed_turns_stand_in_rows_of_their_own(ana: User) -> None:
    Release.objects.filter(pk=make_release().pk).update(created_at=timezone.now() - timedelta(days=1))
    hidden = {"state": State.SHADOW, "reason": Reason.HELD_OUT, "arm": "shadow"}
    for days in (0, 3):  # the second one came in before there was the release
        suggestion = suggested(**hidden)
        suggestion.message.sent_at -= timedelta(days=days)
        suggestion.message.save()
        used(suggestion, ana)
    roll()
    for rows in (TurnDay, AgentDay):
        found = rows.objects.order_by("is_replayed").values_list("is_replayed", "n_turns", "n_replayed")
        assert list(found) == [(False, 1, 0), (True, 1, 1)]


def test_a_day_without_turns_has_no_rows() -> None:
    assert rolling.roll_day(timezone.localdate(), now=timezone.now()) == 0
    assert rolling.roll_on(now=timezone.now()) == []
    assert RollupState.objects.count() == 1


def test_the_command_rolls_a_span_and_refuses_one_that_runs_backwards(ana: User) -> None:
    used(suggested(), ana, "displayed")
    out = StringIO()
    call_command("recompute", stdout=out, stderr=StringIO())
    assert out.getvalue() == "1 turns on 1 days.\n"
    assert total("n_turns") == 1
    with pytest.raises(CommandError, match="swap them"):
        call_command("recompute", "--from", "2026-03-02", "--to", "2026-03-01")


def test_other_agents_do_not_share_rows() -> None:
    for number in range(3):
        used(suggested(), make_user(f"agent{number}"), "displayed")
    roll()
    assert TurnDay.objects.count() == 3
