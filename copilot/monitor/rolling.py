"""Figures of days, made from events and stored matches: the one way in which they come to be.

1. `roll_day` reads the turns of one day, finds for each its cell of the funnel, counts, and replaces the day's rows,
   and the sums of its week, in one transaction. Doing it again gives the same rows, whoever does it and in which order.
2. `roll_on` rolls the days that anything happened to since they were last rolled (see `touching`): a reply on Tuesday
   changes the figures of the Monday on which it was asked for. All of them, once replies are compared by another
   version, or an upgrade counts by other rules.
3. `recompute` rolls every day of a span.
"""

import math
from collections import Counter, defaultdict
from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import date, datetime, time, timedelta
from time import monotonic
from typing import NamedTuple

from django.conf import settings
from django.db import connection, transaction
from django.utils import timezone

from copilot import match_versions
from copilot.models import Arm, Match
from copilot.models.agent_day import COUNTS
from copilot.models.rollup import CONFIDENCE_BINS, ConfidenceDay, RollupState, TurnDay
from copilot.models.suggestion import State
from copilot.monitor import case_rolling, touching
from copilot.monitor.agents import agent_hash
from copilot.monitor.answer_days import AnswerCount
from copilot.monitor.copying import copy_rows, sortable
from copilot.monitor.funnel import (
    ANSWERED,
    SHOWN,
    USED,
    VERSION,
    WINDOW,
    Cell,
    Late,
    ScreenEvent,
    SentReply,
    cell_of,
    first_opening,
    late_as,
)  # fmt: skip
from copilot.monitor.rolling_inputs import roll_inputs
from copilot.monitor.rolling_reasons import roll_reasons
from copilot.monitor.rolling_sums import roll_sums
from copilot.monitor.rolling_turns import Turn, events_of, exposures_of, turns_of, with_reply
from copilot.monitor.seeing import learn_seen

RULES = f"{VERSION}, {case_rolling.VERSION}"
HALF = 0.5
MILLION = 1_000_000
KEYS = ("day", "release_id", "arm", "variant_id", "topic_id", "language", "agent", "is_replayed")
CONFIDENCE_COLUMNS = ("day", "release_id", "arm", "bin", "n", "n_matches")

EVERY_DAY = """
SELECT (created_at AT TIME ZONE %(zone)s)::date FROM copilot_suggestion
UNION SELECT (at AT TIME ZONE %(zone)s)::date FROM helpdesk_statuschange
ORDER BY 1
"""


class Key(NamedTuple):
    """What the turns of one row have in common."""

    release_id: int | None
    arm: str
    variant_id: int | None
    topic_id: int | None
    language: str
    agent: int
    is_replayed: bool


@dataclass
class Day:
    """The rows of one day while they are counted."""

    answers: AnswerCount
    turns: defaultdict[Key, Counter[str]] = field(default_factory=lambda: defaultdict(Counter))
    confidences: defaultdict[tuple[int, str, int], list[int]] = field(
        default_factory=lambda: defaultdict(lambda: [0, 0])
    )


def roll_day(day: date, *, now: datetime) -> int:
    """Make the figures of one day anew, and return how many turns it has."""
    span = span_of(day)
    counted = Day(AnswerCount(span))
    events, exposures = events_of(span), exposures_of(span)
    n = 0
    for turn in turns_of(span):
        _count(turn, events.get(turn.id, ()), exposures.get(turn.id, {}), counted, now=now)
        n += 1
    _replace(day, counted)
    case_rolling.roll_cases(day, span=span, now=now)
    roll_inputs(day, span)
    return n


def roll_on(*, now: datetime, seconds: float = math.inf) -> list[date]:
    """Roll the days that anything happened to until the time is up, who waits longest first, and return them.

    What is left waits for the next time: other work has its turn in between.
    """
    ends, days = monotonic() + seconds, []
    _touch_by_time(now)
    for day, touches in touching.touched():
        roll_day(day, now=now)
        touching.forget(touches)
        days.append(day)
        if monotonic() >= ends:
            break
    return sorted(days)


@transaction.atomic
def _touch_by_time(now: datetime) -> None:
    """Touch the days that time itself changes, since it was last done: those whose window has closed.

    All days, once replies are compared by another version, or counted by other rules.
    """
    state, version = RollupState.objects.first(), match_versions.current()
    if state is None or (state.match_version_id, state.rules) != (version.pk, RULES):
        touching.touch(every_day())
    else:
        closing = timezone.localdate(now) - WINDOW - timedelta(days=1)
        n_closed = (timezone.localdate(now) - timezone.localdate(state.seen_until)).days
        # Who waited for a reply until yesterday waits no longer; after a pause of days, several such days have closed.
        touching.touch(closing - timedelta(days=back) for back in range(n_closed))
        touching.touch(case_rolling.followed(since=state.seen_until, now=now))
    touching.touch(learn_seen(now=now))
    done = {"seen_until": now, "match_version": version, "rules": RULES}
    RollupState.objects.update_or_create(pk=1, defaults=done)


def every_day() -> list[date]:
    """Return the days on which there are turns or cases were opened, closed or reopened."""
    with connection.cursor() as cursor:
        cursor.execute(EVERY_DAY, {"zone": settings.TIME_ZONE})
        return [day for (day,) in cursor.fetchall()]


def _count(
    turn: Turn,
    events: Iterable[ScreenEvent],
    exposures: dict[int | None, tuple[int, str]],
    counted: Day,
    *,
    now: datetime,
) -> None:
    turn = with_reply(turn, events)
    variant_id, arm = exposures.get(turn.author_id, (turn.variant_id, turn.arm))
    reply = None
    if turn.replied_at is not None:
        is_hidden = arm != Arm.OFFER
        reply = SentReply(turn.author_id, turn.replied_at, turn.kind, turn.retained, is_hidden=is_hidden)
    cell = cell_of(
        state=turn.state,
        asked_at=turn.asked_at,
        finished_at=turn.finished_at,
        events=events,
        reply=reply,
        now=now,
    )
    late = late_as(cell, finished_at=turn.finished_at, events=events, reply=reply) if reply else set()
    agent = agent_hash(turn.author_id)
    key = Key(turn.release_id, arm, variant_id, turn.topic_id, turn.language, agent, turn.is_replayed)
    found = counted.turns[key]
    counted.answers.add(turn, cell, arm=arm, agent=agent, is_shown=cell in SHOWN or Late.SHOWN in late)
    found["n_turns"] += 1
    for name in (cell, *late):
        found[f"n_{name}"] += 1
    found["n_fallback"] += any(event.type == "release_fallback" for event in events)
    if turn.state == State.OFFERED and (opening := first_opening(events)):
        found["n_opened"] += 1
        found["n_ready"] += opening == "opened"
    if turn.kind is not None:
        _count_match(turn, cell, found)
        if turn.is_substantive and turn.confidence is not None and turn.release_id is not None:
            pair = counted.confidences[turn.release_id, arm, _bin(turn.confidence)]
            pair[0] += 1
            pair[1] += turn.kind in Match.MATCHING


def _count_match(turn: Turn, cell: Cell, found: Counter[str]) -> None:
    found["n_kept"] += cell is Cell.SENT_EDITED and (turn.retained or 0.0) >= HALF
    found["n_replayed"] += turn.is_replayed
    if cell in USED:
        found["kept_characters"] += turn.kept_characters or 0
        found["retained_millionths"] += round((turn.retained or 0.0) * MILLION)
        found["share_millionths"] += round((turn.share or 0.0) * MILLION)
        found["n_frame_only"] += bool(turn.only_frame_edited)
    if not turn.is_substantive:
        found["n_short"] += 1
        return
    found[f"n_{turn.kind}"] += 1
    found["n_pending"] += bool(turn.is_pending)
    found["n_by_hand"] += turn.kind in Match.MATCHING and cell in ANSWERED and cell not in USED


def _bin(confidence: float) -> int:
    """Return the bin of a confidence; 0.29 is in bin 29, though as a float it is a little less.

    >>> _bin(0.29), _bin(0.999), _bin(1.0)
    (29, 99, 99)
    """
    return min(round(confidence * MILLION) * CONFIDENCE_BINS // MILLION, CONFIDENCE_BINS - 1)


def _replace(day: date, counted: Day) -> None:
    """Put a day's rows, and the sums of its week, in the place of those that stood there."""
    week = day - timedelta(days=day.weekday())
    turns = (
        (day, *key, *(found[name] for name in COUNTS))
        for key, found in sorted(counted.turns.items(), key=lambda row: sortable(row[0]))
    )
    confidences = ((day, *key, *pair) for key, pair in sorted(counted.confidences.items()))
    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute("SELECT pg_advisory_xact_lock(hashtext('rollup'), %s)", [week.toordinal()])
        TurnDay.objects.filter(day=day).delete()
        ConfidenceDay.objects.filter(day=day).delete()
        roll_reasons(day, span_of(day))
        copy_rows(TurnDay, (*KEYS, *COUNTS), turns)
        roll_sums(day, of=TurnDay)
        copy_rows(ConfidenceDay, CONFIDENCE_COLUMNS, confidences)
        counted.answers.replace(day)


def span_of(day: date) -> tuple[datetime, datetime]:
    zone = timezone.get_default_timezone()
    return tuple(  # type: ignore[return-value]  # of two
        datetime.combine(each, time(), tzinfo=zone) for each in (day, day + timedelta(days=1))
    )
