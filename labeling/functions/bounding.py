"""Code that has to end: a timer ticks beside it and looks whether it is still busy with the same message.

The timer is the process's own alarm, so it interrupts Python and its regular expressions wherever they are, and costs
nothing a message but the note of its number; an extension in C that never comes back to Python it would not stop.
"""

import signal
import time
from collections.abc import Iterator
from contextlib import contextmanager
from threading import current_thread, main_thread

TICK = 1.0  # seconds; who is seen twice with one message is stopped, so each has between one and two ticks
MOST_SECONDS = 300.0  # for all messages of a call: many that are slow make a run that never ends, too


class OverdueError(BaseException):
    """It took too long; no `except Exception` inside the code swallows it."""


class Watch:
    """What the code is busy with."""

    message_id: int | None = None


@contextmanager
def watched() -> Iterator[Watch]:
    """Yield a watch, on which each message's id is noted before code reads it.

    Raises:
        OverdueError: from within the code, when a message or all of them took too long.
        RuntimeError: this is not the main thread, the only one that hears alarms.
    """
    if current_thread() is not main_thread():
        raise RuntimeError(
            "code is watched in the main thread alone: run the worker with --pool prefork or solo"
        )
    watch, ends_at, seen = Watch(), time.monotonic() + MOST_SECONDS, None

    def look(*_: object) -> None:
        nonlocal seen
        if watch.message_id is not None and (watch.message_id == seen or time.monotonic() > ends_at):
            raise OverdueError
        seen = watch.message_id

    before = signal.signal(signal.SIGALRM, look)
    signal.setitimer(signal.ITIMER_REAL, TICK, TICK)
    try:
        yield watch
    finally:
        watch.message_id = None
        signal.setitimer(signal.ITIMER_REAL, 0)
        signal.signal(signal.SIGALRM, before)
