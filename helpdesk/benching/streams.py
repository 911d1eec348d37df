"""What open pages cost while they wait, and how soon they hear news: from its commit to its arrival in a stream."""

import http.client
import socket
import threading
import time
import uuid
from collections.abc import Callable, Iterator, Mapping
from contextlib import ExitStack, contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from queue import Empty, Queue
from urllib.parse import urlsplit

import numpy as np
from django.db import transaction
from django.utils import timezone

from helpdesk.intake import IncomingCustomer, IncomingMessage, receive_messages

CLOCK_TICKS = 100
CALM_SECONDS = 0.5  # in which what a change tells twice has arrived
GIVE_UP_SECONDS = 30


@dataclass(frozen=True)
class IdleStreams:
    """CPU of one web process while `n` streams wait, in per cent of a core."""

    n: int
    seconds: float
    cpu_percent: float


@dataclass(frozen=True)
class Heard:
    """Milliseconds from the commit of a change in a case until its open page hears of it."""

    n: int
    p50_ms: float
    p95_ms: float
    largest_ms: float


@contextmanager
def lists_open(*, url: str, session: str, n: int) -> Iterator[None]:
    """Hold n event streams of lists open with a session cookie."""
    with ExitStack() as stack:
        for _ in range(n):
            stack.enter_context(_stream(url, session, "inbox=1", event="inbox"))
        time.sleep(3)  # opening them is not what is measured
        yield


def measure_idle(*, pid: int, n: int, seconds: float) -> IdleStreams:
    """Let the n streams that are open wait, and read the process's CPU time."""
    before, started = _cpu_seconds(pid), time.monotonic()
    time.sleep(seconds)
    spent, passed = _cpu_seconds(pid) - before, time.monotonic() - started
    return IdleStreams(n=n, seconds=passed, cpu_percent=100 * spent / passed)


def measure_news(
    *, url: str, session: str, n: int, acts: Mapping[str, Callable[[int], object]]
) -> dict[str, Heard]:
    """Open the page's stream of n new cases, one after the other; in each do every act, and see when it is told.

    `acts` take the number of a case, in a transaction of their own.
    """
    took: dict[str, list[float]] = {name: [] for name in acts}
    for _ in range(n):
        case = receive_message()
        with _stream(url, session, f"case={case}", event=f"case-{case}") as heard:
            for name, act in acts.items():
                time.sleep(CALM_SECONDS)
                heard.queue.clear()
                committed = _commit(act, case)
                took[name].append(1000 * (_next(heard, case) - committed))
    return {name: _told(times) for name, times in took.items()}


def receive_message(case: int | None = None) -> int:
    """Take in a customer's message, in a case or as a new one, and return the case's number."""
    now = timezone.now()
    message = IncomingMessage(
        channel="bench", external_id=uuid.uuid4().hex, body="How do I change the bank account of my payouts?",
        customer=IncomingCustomer(name="Bench", email="bench@bench.example"), sent_at=now, case_id=case,
    )  # fmt: skip
    [receipt] = receive_messages([message], now=now)
    if receipt.case_id is None:
        raise RuntimeError(f"the intake refused a message of the bench: {receipt.error}")
    return receipt.case_id


def _commit(act: Callable[[int], object], case: int) -> float:
    """Do an act, and return when it was committed."""
    moments: list[float] = []
    with transaction.atomic():
        # Registered first, so that it is noted before anything else that waits for the commit.
        transaction.on_commit(lambda: moments.append(time.perf_counter()))
        act(case)
    return moments[0]


def _next(heard: Queue[float], case: int) -> float:
    try:
        return heard.get(timeout=GIVE_UP_SECONDS)
    except Empty:
        raise RuntimeError(
            f"a page of case {case} heard nothing for {GIVE_UP_SECONDS} s: may its user see it?"
        ) from None


def _told(times: list[float]) -> Heard:
    p50, p95 = np.percentile(times, [50, 95])
    return Heard(n=len(times), p50_ms=float(p50), p95_ms=float(p95), largest_ms=max(times))


@contextmanager
def _stream(url: str, session: str, asked: str, *, event: str) -> Iterator[Queue[float]]:
    """Open a stream that hears what happens from now on, and give the moments at which an event comes."""
    parts = urlsplit(url)
    connection = http.client.HTTPConnection(parts.hostname or "localhost", parts.port, timeout=60)
    connection.request("GET", f"/events/?{asked}", headers={"Cookie": f"sessionid={session}"})
    line, response = connection.sock, connection.getresponse()
    if response.status != 200:
        raise RuntimeError(f"the stream answered {response.status}: is the session signed in?")
    response.readline()  # its first words are sent when it has joined
    heard: Queue[float] = Queue()
    reader = threading.Thread(target=_hear, args=(response, f"event: {event}".encode(), heard), daemon=True)
    reader.start()
    try:
        yield heard
    finally:
        line.shutdown(socket.SHUT_RDWR)  # the reader comes to an end
        reader.join()
        response.close()
        connection.close()


def _hear(stream: http.client.HTTPResponse, told: bytes, heard: Queue[float]) -> None:
    with suppress(OSError, http.client.HTTPException):  # the bench ended it
        for line in stream:
            if line.strip() == told:
                heard.put(time.perf_counter())


def _cpu_seconds(pid: int) -> float:
    fields = Path(f"/proc/{pid}/stat").read_text().rsplit(")", 1)[1].split()
    return (int(fields[11]) + int(fields[12])) / CLOCK_TICKS
