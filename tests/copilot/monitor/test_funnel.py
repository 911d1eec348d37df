"""Every turn is in exactly one cell, whatever its events."""

from datetime import UTC, datetime, timedelta
from itertools import permutations
from random import Random

import pytest
from hypothesis import given
from hypothesis import strategies as st

from copilot.models import Match, SuggestionEvent
from copilot.models.suggestion import State
from copilot.monitor.funnel import (
    GRACE,
    SEEN,
    WINDOW,
    Cell,
    Late,
    ScreenEvent,
    SentReply,
    cell_of,
    in_order,
    late_as,
)

ASKED = datetime(2026, 11, 2, 9, tzinfo=UTC)
READY = ASKED + timedelta(seconds=2)
SENT = ASKED + timedelta(minutes=30)
ANA, BO = 1, 2


def event(type: str, minute: float = 5, **fields: object) -> ScreenEvent:  # noqa: A002  the field's name
    return ScreenEvent(**{"type": type, "actor": ANA, "at": ASKED + timedelta(minutes=minute)} | fields)  # type: ignore[arg-type]


def reply(kind: str | None = "none", retained: float | None = 0.0, **fields: object) -> SentReply:
    return SentReply(**{"author": ANA, "at": SENT, "kind": kind, "retained": retained} | fields)  # type: ignore[arg-type]


def cell(
    *events: ScreenEvent,
    state: str = "offered",
    answer: SentReply | None = reply(),  # noqa: B008  it is frozen
    ready: datetime | None = READY,
    now: datetime = ASKED + timedelta(days=1),
) -> Cell:
    return cell_of(state=state, asked_at=ASKED, finished_at=ready, events=events, reply=answer, now=now)


SHOWN, SEEN_IT = event("displayed", 5, typed_before=0), event("viewed", 6)
INSERTED, UNDONE, DISMISSED = event("inserted", 7), event("insertion_undone", 8), event("dismissed", 9)
OTHER, WHY = event("alternative_inserted", 7), event("why_opened", 7)


@pytest.mark.parametrize(
    ("expected", "events", "answer"),
    [
        (Cell.OFFERED, [], reply()),
        (Cell.DISPLAYED, [SHOWN], reply()),
        (Cell.DISPLAYED, [SHOWN, WHY], reply()),
        (Cell.IGNORED, [SHOWN, SEEN_IT], reply()),
        (Cell.IGNORED, [SHOWN, SEEN_IT, WHY], reply("exact", 1.0)),  # written by hand, and the same
        (Cell.IGNORED, [SEEN_IT], reply()),
        (Cell.SENT_VERBATIM, [SHOWN, SEEN_IT, INSERTED], reply("exact", 1.0)),
        (Cell.SENT_VERBATIM, [INSERTED], reply("exact", 1.0)),
        (Cell.SENT_EDITED, [SHOWN, INSERTED], reply("near", 0.95)),
        (Cell.SENT_EDITED, [SHOWN, INSERTED], reply("none", 0.2)),
        (Cell.SENT_EDITED, [SHOWN, INSERTED], reply(None, None)),
        (Cell.INSERTED_THEN_REMOVED, [SHOWN, INSERTED], reply("none", 0.0)),
        (Cell.INSERTED_THEN_REMOVED, [SHOWN, INSERTED, UNDONE], reply("exact", 1.0)),
        (Cell.SENT_VERBATIM, [SHOWN, INSERTED, UNDONE, event("inserted", 20)], reply("exact", 1.0)),
        (Cell.DISMISSED, [SHOWN, INSERTED, UNDONE, DISMISSED], reply()),
        (Cell.SENT_EDITED, [SHOWN, DISMISSED, event("inserted", 20)], reply("retained", 0.7)),
        (Cell.SENT_EDITED, [SHOWN, OTHER], reply()),
        (Cell.LATE, [event("displayed", 5, typed_before=20)], reply()),
        (Cell.LATE, [event("displayed", 5, typed_before=20), SEEN_IT], reply()),
        (Cell.DISPLAYED, [event("displayed", 5, typed_before=19)], reply()),
        (Cell.IGNORED, [SHOWN, SEEN_IT, event("displayed", 20, typed_before=300)], reply()),  # reloaded
        (Cell.DISMISSED, [event("displayed", 5, typed_before=99), DISMISSED], reply()),
        (Cell.SENT_EDITED, [event("displayed", 5, typed_before=99), INSERTED], reply("near", 0.9)),
    ],
)
def test_what_the_author_did_decides(expected: Cell, events: list[ScreenEvent], answer: SentReply) -> None:
    for shuffled in permutations(events):
        assert cell(*shuffled, answer=answer) == expected


AHEAD = event("displayed", 5, typed_before=20)


@pytest.mark.parametrize(
    ("expected", "events", "ready"),
    [
        (set(), [SHOWN, SEEN_IT], READY),
        (set(), [SHOWN, SEEN_IT, INSERTED], READY),
        ({Late.SHOWN}, [AHEAD], READY),
        ({Late.SHOWN, Late.SEEN}, [AHEAD, SEEN_IT], READY),
        ({Late.ACTED}, [AHEAD, SEEN_IT, INSERTED], READY),
        ({Late.ACTED}, [AHEAD, DISMISSED], READY),
        (set(), [event("viewed", 30.5)], SENT + timedelta(seconds=1)),  # when the reply was gone
    ],
)
def test_how_far_a_late_one_came_is_told(
    expected: set[Late], events: list[ScreenEvent], ready: datetime
) -> None:
    found = cell(*events, ready=ready)
    assert late_as(found, finished_at=ready, events=events, reply=reply()) == expected


@pytest.mark.parametrize("state", ["failed", "withheld", "off", "shadow"])
def test_what_was_offered_nobody_is_told_by_its_state(state: str) -> None:
    for answer in (None, reply("exact", 1.0)):
        assert cell(SHOWN, SEEN_IT, INSERTED, state=state, answer=answer) == state


def test_a_turn_waits_seven_days_and_is_censored_then() -> None:
    assert cell(SHOWN, answer=None, now=ASKED + WINDOW) == Cell.WAITING
    assert cell(SHOWN, answer=None, now=ASKED + WINDOW + timedelta(seconds=1)) == Cell.CENSORED
    too_late = reply(at=ASKED + WINDOW + timedelta(hours=1))
    assert cell(SHOWN, INSERTED, answer=too_late, now=ASKED + timedelta(days=30)) == Cell.CENSORED
    assert cell(state="pending", answer=None, ready=None) == Cell.WAITING
    assert cell(state="pending", ready=None) == Cell.WAITING


def test_a_reply_sent_before_it_was_ready_is_latencys() -> None:
    assert cell(ready=SENT + timedelta(seconds=1)) == Cell.LATE
    assert cell(ready=SENT) == Cell.OFFERED


def test_only_what_the_author_saw_counts() -> None:
    theirs = [event(each.type, 5, actor=BO) for each in (SHOWN, SEEN_IT, INSERTED)]
    assert cell(*theirs, answer=reply("exact", 1.0)) == Cell.OFFERED
    assert cell(SHOWN, SEEN_IT, *theirs) == Cell.IGNORED


def test_an_author_whose_variant_hides_it_is_in_the_shadow() -> None:
    assert cell(answer=reply(is_hidden=True)) == Cell.SHADOW
    assert cell(state="pending", ready=None, answer=reply(is_hidden=True)) == Cell.WAITING


def test_a_deleted_author_keeps_their_cell() -> None:
    events = [event(each.type, 5, actor=None) for each in (SHOWN, SEEN_IT)]
    assert cell(*events, answer=reply(author=None)) == Cell.IGNORED


def test_a_closed_tab_may_report_for_a_minute() -> None:
    just, too_late = (event("inserted", at=SENT + GRACE + timedelta(seconds=s)) for s in (0, 1))
    assert cell(SHOWN, just, answer=reply("exact", 1.0)) == Cell.SENT_VERBATIM
    assert cell(SHOWN, too_late, answer=reply("exact", 1.0)) == Cell.DISPLAYED


def test_a_tabs_own_count_is_believed_before_the_order_of_arrival() -> None:
    inserted = event("inserted", 9, page="t", order=11)
    undone = event("insertion_undone", 7, page="t", order=12)
    shown = event("displayed", 8, page="t", order=10, typed_before=0)
    assert [each.type for each in in_order([undone, shown, inserted])] == [
        "displayed", "inserted", "insertion_undone",
    ]  # fmt: skip
    assert cell(undone, shown, inserted) == Cell.INSERTED_THEN_REMOVED


def test_two_tabs_are_ordered_by_the_servers_clock() -> None:
    events = [
        event("inserted", 5, page="a", order=900),
        event("insertion_undone", 6, page="b", order=3),
        event("dismissed", 7),
    ]
    assert in_order(reversed(events)) == events


def test_a_superseded_suggestion_stands_for_no_turn() -> None:
    with pytest.raises(ValueError, match="stands for no turn"):
        cell(state="superseded")


minutes = st.integers(-10, 12_000).map(lambda n: ASKED + timedelta(minutes=n))
some_events = st.lists(
    st.builds(
        ScreenEvent,
        type=st.sampled_from(SuggestionEvent.Type.values),
        actor=st.sampled_from([ANA, BO, None]),
        at=minutes,
        page=st.sampled_from(["", "a", "b"]),
        order=st.none() | st.integers(0, 5),
        typed_before=st.none() | st.integers(0, 40),
    ),
    max_size=8,
)
some_reply = st.none() | st.builds(
    SentReply,
    author=st.sampled_from([ANA, BO, None]),
    at=minutes,
    kind=st.none() | st.sampled_from(Match.Kind.values),
    retained=st.none() | st.floats(0, 1),
    is_hidden=st.booleans(),
)
some_state = st.sampled_from([state for state in State.values if state != State.SUPERSEDED])


@given(some_state, some_events, some_reply, st.none() | minutes, minutes, st.randoms())
def test_any_events_give_exactly_one_cell_in_any_order(
    state: str,
    events: list[ScreenEvent],
    answer: SentReply | None,
    ready: datetime | None,
    now: datetime,
    random: Random,
) -> None:
    found = cell(*events, state=state, answer=answer, ready=ready, now=now)
    assert isinstance(found, Cell)
    random.shuffle(events)
    assert cell(*events, state=state, answer=answer, ready=ready, now=now) == found
    if state in {"failed", "withheld", "off", "shadow"}:
        assert found == state
    if found in SEEN:
        assert answer is not None


@given(some_events)
def test_ordering_loses_and_doubles_nothing(events: list[ScreenEvent]) -> None:
    assert sorted(map(repr, in_order(events))) == sorted(map(repr, events))
