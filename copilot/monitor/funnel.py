"""What became of a turn, in exactly one word: the cells of the funnel, which sum to all turns.

The rows are asked from the top; the first that is so is the turn's cell. Of what happened on screens only what the
reply's author did counts: a reply counts under its author.

| cell                  | what is so                                                                                  |
|-----------------------|---------------------------------------------------------------------------------------------|
| failed                | nothing could be computed, with a reason                                                    |
| withheld              | nothing was offered, with a reason                                                          |
| off                   | the case is in the arm OFF: nothing was computed                                            |
| shadow                | computed and hidden, from everybody or from the reply's author                              |
| waiting               | not computed yet, or no reply yet and less than 7 days since the customer wrote             |
| censored              | no reply within 7 days, whatever comes later: counted beside rates, never in them           |
| sent_verbatim         | what the author inserted last was the suggestion, and it was sent as it was                 |
| sent_edited           | something was inserted and some of it sent; also an alternative, which is not the suggestion|
| inserted_then_removed | inserted and taken back, or nothing of it was left in what was sent                         |
| dismissed             | the author's last word on it was no                                                         |
| late                  | 20 characters were written, or the reply sent, before it was there: latency, not the model  |
| offered               | it never was on the author's screen                                                         |
| displayed             | it was in the page, but not in sight for a second                                           |
| ignored               | it was in sight and the author wrote something else                                         |

`viewed` is no cell: seen were those sent, removed, dismissed and ignored, and the late ones that have a view.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from itertools import groupby

VERSION = "turns 2"  # of the rules above; a change makes another one, and all days anew
WINDOW = timedelta(days=7)
SUBSTANTIVE = 8  # tokens of a reply after greeting, closing and quotes are taken off
GRACE = timedelta(minutes=1)  # in which what a closed tab or a slow line still reports counts
TYPED = 20  # characters with which an agent was ahead of the card


class Cell(StrEnum):
    FAILED = "failed"
    WITHHELD = "withheld"
    OFF = "off"
    SHADOW = "shadow"
    WAITING = "waiting"
    CENSORED = "censored"
    SENT_VERBATIM = "sent_verbatim"
    SENT_EDITED = "sent_edited"
    INSERTED_THEN_REMOVED = "inserted_then_removed"
    DISMISSED = "dismissed"
    LATE = "late"
    OFFERED = "offered"
    DISPLAYED = "displayed"
    IGNORED = "ignored"


class Late(StrEnum):
    """What else is so of a turn whose agent was ahead of the card: how far that came, or that it was acted on."""

    SHOWN = "late_shown"
    SEEN = "late_seen"
    ACTED = "late_acted"


USED = (Cell.SENT_VERBATIM, Cell.SENT_EDITED)
ACTED = (*USED, Cell.INSERTED_THEN_REMOVED, Cell.DISMISSED)
SEEN = (*ACTED, Cell.IGNORED)
SHOWN = (*SEEN, Cell.DISPLAYED)
ANSWERED = (*SHOWN, Cell.LATE, Cell.OFFERED)  # offered, and what became of it is its reader's doing
DECIDED_BY_STATE = {state: Cell(state) for state in ("failed", "withheld", "off", "shadow")}


@dataclass(frozen=True)
class ScreenEvent:
    """One stored event: `at` is the server's clock, `order` what the tab (`page`) counted itself."""

    type: str
    actor: int | None
    at: datetime
    page: str = ""
    order: int | None = None
    typed_before: int | None = None


@dataclass(frozen=True)
class SentReply:
    """The reply to a turn, and how it compares with the suggestion's text.

    `kind` and `retained` are None where nothing was compared; `is_hidden` if the author's variant hides suggestions.
    """

    author: int | None
    at: datetime
    kind: str | None = None
    retained: float | None = None
    is_hidden: bool = False


def cell_of(
    *,
    state: str,
    asked_at: datetime,
    finished_at: datetime | None,
    events: Iterable[ScreenEvent],
    reply: SentReply | None,
    now: datetime,
) -> Cell:
    """Return the one cell of a turn; `asked_at` is when its newest message came in.

    >>> at = datetime(2026, 11, 2, 9)
    >>> shown = ScreenEvent("displayed", 7, at + timedelta(minutes=5), typed_before=0)
    >>> seen = ScreenEvent("viewed", 7, at + timedelta(minutes=6))
    >>> reply = SentReply(author=7, at=at + timedelta(minutes=9), kind="none", retained=0.0)
    >>> turn = {"state": "offered", "asked_at": at, "finished_at": at, "now": at + timedelta(hours=1)}
    >>> [str(cell_of(**turn, events=events, reply=reply)) for events in ([], [shown], [seen, shown])]
    ['offered', 'displayed', 'ignored']

    Raises:
        ValueError: a newer message of the same turn replaced the suggestion, so it stands for no turn.
    """
    if state == "superseded":
        raise ValueError(
            "a superseded suggestion stands for no turn: ask for that of the turn's newest message"
        )
    if state in DECIDED_BY_STATE:
        return DECIDED_BY_STATE[state]
    if state == "pending":
        return Cell.WAITING
    if reply is None or reply.at > asked_at + WINDOW:
        return Cell.WAITING if now <= asked_at + WINDOW else Cell.CENSORED
    return Cell.SHADOW if reply.is_hidden else _answered(finished_at, events, reply)


def late_as(
    cell: Cell, *, finished_at: datetime | None, events: Iterable[ScreenEvent], reply: SentReply
) -> set[Late]:
    """Return what else is so of a turn in a cell, if its agent was ahead of the card.

    Who was ahead and used it is in the cell of what they did: rates of the seen and the shown need the others, too.
    """
    done = _own(events, reply)
    if cell in ACTED:
        return {Late.ACTED} if _is_late(finished_at, done, reply) else set()
    if cell is not Cell.LATE or (finished_at is not None and finished_at > reply.at):
        return set()
    types = {event.type for event in done}
    if "viewed" in types:
        return {Late.SHOWN, Late.SEEN}
    return {Late.SHOWN} if "displayed" in types else set()


def first_opening(events: Iterable[ScreenEvent]) -> str | None:
    """Return whether the suggestion was there when anybody first opened its case (opened), or not (awaited).

    >>> at = datetime(2026, 11, 2, 9)
    >>> first_opening([ScreenEvent("opened", 7, at + timedelta(minutes=5)), ScreenEvent("awaited", 8, at)])
    'awaited'
    """
    openings = [event for event in events if event.type in {"opened", "awaited"}]
    return min(openings, key=lambda event: (event.at, event.type)).type if openings else None


def in_order(events: Iterable[ScreenEvent]) -> list[ScreenEvent]:
    """Return events as they happened: a tab's as it counted them, tabs among each other by the server's clock.

    What a tab did happened no later than anything it did afterwards was received, so an event that was held up on its
    way takes the time of the next one that was not.

    >>> at = datetime(2026, 11, 2, 9)
    >>> late = ScreenEvent("displayed", 7, at + timedelta(seconds=9), page="tab", order=1)
    >>> early = ScreenEvent("inserted", 7, at, page="tab", order=2)
    >>> [event.type for event in in_order([early, late])]
    ['displayed', 'inserted']
    """
    by_tab = sorted(events, key=_as_counted)
    timed: list[tuple[datetime, ScreenEvent]] = []
    for tab, counted in groupby(by_tab, key=_tab_of):
        latest = None
        for event in reversed(list(counted)):
            latest = min(latest, event.at) if tab and latest else event.at
            timed.append((latest, event))
    return [event for _, event in sorted(timed, key=lambda row: (row[0], _as_counted(row[1])))]


def _tab_of(event: ScreenEvent) -> str:
    """Return the tab that counted an event; nothing where none did."""
    return event.page if event.order is not None else ""


def _as_counted(event: ScreenEvent) -> tuple[str, int, datetime, str]:
    return _tab_of(event), event.order or 0, event.at, event.type


def _answered(finished_at: datetime | None, events: Iterable[ScreenEvent], reply: SentReply) -> Cell:
    """Return the cell of an offered suggestion whose turn was answered, by what the author did."""
    done = _own(events, reply)
    types = [event.type for event in done]
    acts = [each for each in types if each in _ACTS]
    if acts:
        return _ACTS[acts[-1]](reply)
    if _is_late(finished_at, done, reply):
        return Cell.LATE
    if "viewed" in types:
        return Cell.IGNORED
    return Cell.DISPLAYED if "displayed" in types else Cell.OFFERED


def _own(events: Iterable[ScreenEvent], reply: SentReply) -> list[ScreenEvent]:
    """Return what the reply's author did, in order; one whose account was deleted is nobody in the events too."""
    return in_order(event for event in events if event.actor == reply.author and event.at <= reply.at + GRACE)


def _is_late(finished_at: datetime | None, done: Sequence[ScreenEvent], reply: SentReply) -> bool:
    """Whether the agent was ahead: asked of the first display, since what is written later is written beside it."""
    if finished_at is not None and finished_at > reply.at:
        return True
    first = next((event for event in done if event.type == "displayed"), None)
    return first is not None and (first.typed_before or 0) >= TYPED


def _sent(reply: SentReply) -> Cell:
    if reply.kind == "exact":
        return Cell.SENT_VERBATIM
    return Cell.INSERTED_THEN_REMOVED if reply.retained == 0 else Cell.SENT_EDITED


_ACTS = {
    "inserted": _sent,
    "alternative_inserted": lambda reply: Cell.SENT_EDITED,
    "insertion_undone": lambda reply: Cell.INSERTED_THEN_REMOVED,
    "dismissed": lambda reply: Cell.DISMISSED,
}
