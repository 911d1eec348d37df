"""One stream of news per open page, all fed by one LISTEN connection per web process."""

import asyncio
import logging
from collections.abc import AsyncIterator, Callable

import psycopg
from asgiref.sync import sync_to_async
from django.db import connection
from django.http import HttpRequest, HttpResponseBadRequest, HttpResponseBase, StreamingHttpResponse

from helpdesk import access
from helpdesk.live import CHANNEL
from helpdesk.models import User

logger = logging.getLogger(__name__)

KEEP_ALIVE_SECONDS = 25
RECONNECT_SECONDS = 2
# Changes come in bursts (message, suggestion, assignment): a page is told once for all of them.
GATHER_SECONDS = 0.1


class Hub:
    """Hands every notice of the database to every open stream of this process."""

    def __init__(self) -> None:
        self.listeners: set[Callable[[set[int]], None]] = set()
        self._task: asyncio.Task[None] | None = None

    def join(self, listener: Callable[[set[int]], None]) -> None:
        self.listeners.add(listener)
        if self._task is None or self._task.done():
            self._task = asyncio.get_running_loop().create_task(self._listen())

    def leave(self, listener: Callable[[set[int]], None]) -> None:
        self.listeners.discard(listener)

    async def _listen(self) -> None:
        while self.listeners:
            try:
                async with await _connect() as listening:
                    await listening.execute(f"LISTEN {CHANNEL}")
                    self._hand_out(set())  # what happened while nobody listened is fetched anew
                    while self.listeners:
                        async for notice in listening.notifies(timeout=KEEP_ALIVE_SECONDS):
                            self._hand_out({int(number) for number in notice.payload.split(",")})
            except (psycopg.Error, OSError):
                logger.warning("lost the database that news come from; trying again", exc_info=True)
                await asyncio.sleep(RECONNECT_SECONDS)

    def _hand_out(self, case_ids: set[int]) -> None:
        for listener in tuple(self.listeners):
            listener(case_ids)


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
    changed: set[int] = set()
    woken = asyncio.Event()

    def listener(case_ids: set[int]) -> None:
        changed.update(case_ids)
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
            numbers = set(changed)
            changed.clear()
            woken.clear()
            for event in await _events(user, numbers, watched, inbox=inbox):
                yield f"event: {event}\ndata: changed\n\n"
    finally:
        hub.leave(listener)


async def _events(user: User, numbers: set[int], watched: int | None, *, inbox: bool) -> list[str]:
    """Return the names of the events that these changed cases are to this page; an empty set is a fresh start.

    A case that was moved out of this person's sight is no news: the page could not fetch it.
    """
    events = []
    is_news = watched is not None and (watched in numbers or not numbers)
    if watched is not None and is_news and await _sees_any(user, {watched}):
        events.append(f"case-{watched}")
    if inbox and (not numbers or await _sees_any(user, numbers)):
        events.append("inbox")
    return events


@sync_to_async
def _sees_any(user: User, numbers: set[int]) -> bool:
    try:
        return access.cases_for(user).filter(pk__in=numbers).exists()
    finally:
        connection.close()
