"""One stream of news per open page, all fed by one LISTEN connection per web process."""

import asyncio
import logging
from collections import deque
from collections.abc import AsyncIterator, Callable
from dataclasses import dataclass, field

import psycopg
from asgiref.sync import sync_to_async
from django.db import connection
from django.http import HttpRequest, HttpResponseBadRequest, HttpResponseBase, StreamingHttpResponse

from helpdesk import access, live
from helpdesk.live import CASES, LOSERS
from helpdesk.models import User

logger = logging.getLogger(__name__)

KEEP_ALIVE_SECONDS = 25
RECONNECT_SECONDS = 2
# Changes come in bursts (message, suggestion, assignment): a page is told once for all of them.
GATHER_SECONDS = 0.1
# What happened between the making of a page and its joining is told it then: so long it is known here.
KEPT = 60_000  # milliseconds
CLOCKS_DIFFER = 2_000  # milliseconds, of hosts that make pages and listen


@dataclass
class News:
    """What happened: cases that changed, people who lost sight of one, and whether more may have been missed."""

    cases: set[int] = field(default_factory=set)
    losers: set[int] = field(default_factory=set)
    is_fresh_start: bool = False

    def add(self, other: "News") -> None:
        self.cases |= other.cases
        self.losers |= other.losers
        self.is_fresh_start |= other.is_fresh_start


class Hub:
    """Hands every notice of the database to every open stream of this process."""

    def __init__(self) -> None:
        self.listeners: set[Callable[[News], None]] = set()
        self._task: asyncio.Task[None] | None = None
        self._kept: deque[tuple[int, News]] = deque()
        self._knows_since: int | None = None  # None until it listens: then comes a fresh start

    def join(self, listener: Callable[[News], None], *, since: int | None = None) -> None:
        """Let a stream hear what happens, and what has happened since its page was made."""
        self.listeners.add(listener)
        if self._task is None or self._task.done():
            self._knows_since = None
            self._task = asyncio.get_running_loop().create_task(self._listen())
        elif since is not None and self._knows_since is not None:
            self._hand_missed(listener, since - CLOCKS_DIFFER)

    def leave(self, listener: Callable[[News], None]) -> None:
        self.listeners.discard(listener)

    async def _listen(self) -> None:
        while self.listeners:
            try:
                async with await _connect() as listening:
                    await listening.execute(f"LISTEN {CASES}")
                    await listening.execute(f"LISTEN {LOSERS}")
                    # What happened while nobody listened is fetched anew.
                    self._kept.clear()
                    self._knows_since = live.moment()
                    self._hand_out(News(is_fresh_start=True))
                    while self.listeners:
                        async for notice in listening.notifies(timeout=KEEP_ALIVE_SECONDS):
                            numbers = {int(number) for number in notice.payload.split(",")}
                            are_cases = notice.channel == CASES
                            news = News(cases=numbers) if are_cases else News(losers=numbers)
                            self._keep(news)
                            self._hand_out(news)
            except (psycopg.Error, OSError):
                logger.warning("lost the database that news come from; trying again", exc_info=True)
                self._knows_since = None
                await asyncio.sleep(RECONNECT_SECONDS)

    def _hand_out(self, news: News) -> None:
        for listener in tuple(self.listeners):
            listener(news)

    def _keep(self, news: News) -> None:
        now = live.moment()
        self._kept.append((now, news))
        while self._kept[0][0] < now - KEPT:
            self._knows_since, _ = self._kept.popleft()

    def _hand_missed(self, listener: Callable[[News], None], since: int) -> None:
        if self._knows_since is None or since <= self._knows_since:
            listener(News(is_fresh_start=True))
        for at, news in self._kept:
            if at >= since:
                listener(news)


async def _connect() -> psycopg.AsyncConnection[tuple[object, ...]]:
    # Django's own arguments for this database, less those for its cursors.
    arguments = connection.get_connection_params()
    for name in ("cursor_factory", "context", "prepare_threshold", "server_side_binding"):
        arguments.pop(name, None)
    return await psycopg.AsyncConnection.connect(**arguments, autocommit=True)


hub = Hub()


async def stream(request: HttpRequest) -> HttpResponseBase:
    """Tell a page what changes: `?case=7` names that case's changes, `?inbox=1` those of the person's list.

    `since` is when the page was made, in milliseconds: what happened before its stream stood is told first.
    """
    numbers: dict[str, int] = {}
    for name in ("case", "since"):
        if value := request.GET.get(name):
            if not (value.isdecimal() and len(value) < 19):
                return HttpResponseBadRequest(f"{name}: a number is needed")
            numbers[name] = int(value)
    watched, since = numbers.get("case"), numbers.get("since")
    user = await _listener(request, watched)
    response = StreamingHttpResponse(
        _news(user, watched, inbox="inbox" in request.GET, since=since),
        content_type="text/event-stream",
    )
    response["Cache-Control"] = "no-store"
    response["X-Accel-Buffering"] = "no"
    return response


@sync_to_async
def _listener(request: HttpRequest, watched: int | None) -> User:
    """Return who listens, checked at the door; the connection goes back to the pool, for a stream lasts for hours."""
    try:
        user: User = request.user  # type: ignore[assignment]
        user.pk  # noqa: B018  loads a lazy object here, where the database may be asked
        if watched is not None:
            access.get_case(user, watched)
        return user
    finally:
        connection.close()


async def _news(user: User, watched: int | None, *, inbox: bool, since: int | None) -> AsyncIterator[str]:
    heard = News()
    woken = asyncio.Event()

    def listener(news: News) -> None:
        heard.add(news)
        woken.set()

    hub.join(listener, since=since)
    try:
        yield "retry: 3000\n\n"
        while True:
            try:
                async with asyncio.timeout(KEEP_ALIVE_SECONDS):
                    await woken.wait()
            except TimeoutError:
                yield ": still here\n\n"
                continue
            await asyncio.sleep(GATHER_SECONDS)
            news, heard = heard, News()
            woken.clear()
            for event in await _events(user, news, watched, inbox=inbox):
                yield f"event: {event}\ndata: changed\n\n"
    finally:
        hub.leave(listener)


async def _events(user: User, news: News, watched: int | None, *, inbox: bool) -> list[str]:
    """Return the names of the events that news are to this page; a fresh start is news to all of it.

    A case that was moved out of this person's sight is no news: the page could not fetch it. That their list has one
    less is.
    """
    events = []
    is_news = watched is not None and (watched in news.cases or news.is_fresh_start)
    if watched is not None and is_news and await _sees_any(user, {watched}):
        events.append(f"case-{watched}")
    is_less = news.is_fresh_start or user.pk in news.losers
    if inbox and (is_less or await _sees_any(user, news.cases)):
        events.append("inbox")
    return events


@sync_to_async
def _sees_any(user: User, numbers: set[int]) -> bool:
    try:
        return access.cases_for(user).filter(pk__in=numbers).exists()
    finally:
        connection.close()
