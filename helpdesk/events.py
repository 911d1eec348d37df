"""One stream of news per open page, all fed by one LISTEN connection per web process."""

import asyncio
import logging
from collections.abc import AsyncIterator, Callable
from dataclasses import dataclass, field

import psycopg
from asgiref.sync import sync_to_async
from django.db import connection
from django.http import HttpRequest, HttpResponseBadRequest, HttpResponseBase, StreamingHttpResponse

from helpdesk import access
from helpdesk.live import CASES, LOSERS
from helpdesk.models import User

logger = logging.getLogger(__name__)

KEEP_ALIVE_SECONDS = 25
RECONNECT_SECONDS = 2
# Changes come in bursts (message, suggestion, assignment): a page is told once for all of them.
GATHER_SECONDS = 0.1


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

    def join(self, listener: Callable[[News], None]) -> None:
        self.listeners.add(listener)
        if self._task is None or self._task.done():
            self._task = asyncio.get_running_loop().create_task(self._listen())

    def leave(self, listener: Callable[[News], None]) -> None:
        self.listeners.discard(listener)

    async def _listen(self) -> None:
        while self.listeners:
            try:
                async with await _connect() as listening:
                    await listening.execute(f"LISTEN {CASES}")
                    await listening.execute(f"LISTEN {LOSERS}")
                    # What happened while nobody listened is fetched anew.
                    self._hand_out(News(is_fresh_start=True))
                    while self.listeners:
                        async for notice in listening.notifies(timeout=KEEP_ALIVE_SECONDS):
                            numbers = {int(number) for number in notice.payload.split(",")}
                            are_cases = notice.channel == CASES
                            self._hand_out(News(cases=numbers) if are_cases else News(losers=numbers))
            except (psycopg.Error, OSError):
                logger.warning("lost the database that news come from; trying again", exc_info=True)
                await asyncio.sleep(RECONNECT_SECONDS)

    def _hand_out(self, news: News) -> None:
        for listener in tuple(self.listeners):
            listener(news)


async def _connect() -> psycopg.AsyncConnection[tuple[object, ...]]:
    # Django's own arguments for this database, less those for its cursors.
    arguments = connection.get_connection_params()
    for name in ("cursor_factory", "context", "prepare_threshold", "server_side_binding"):
        arguments.pop(name, None)
    return await psycopg.AsyncConnection.connect(**arguments, autocommit=True)


hub = Hub()


async def stream(request: HttpRequest) -> HttpResponseBase:
    """Tell a page what changes: `?case=7` names that case's changes, `?inbox=1` those of the person's list."""
    case_id = request.GET.get("case", "")
    if case_id and not (case_id.isdecimal() and len(case_id) < 19):
        return HttpResponseBadRequest("case: a number is needed")
    watched = int(case_id) if case_id else None
    user = await _listener(request, watched)
    response = StreamingHttpResponse(
        _news(user, watched, inbox="inbox" in request.GET), content_type="text/event-stream"
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


async def _news(user: User, watched: int | None, *, inbox: bool) -> AsyncIterator[str]:
    heard = News()
    woken = asyncio.Event()

    def listener(news: News) -> None:
        heard.add(news)
        woken.set()

    hub.join(listener)
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
