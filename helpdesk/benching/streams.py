"""What open pages cost: streams that wait, and how soon they hear news."""

import http.client
import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import urlsplit

CLOCK_TICKS = 100


@dataclass(frozen=True)
class IdleStreams:
    """CPU of one web process while `n` streams wait, in per cent of a core."""

    n: int
    seconds: float
    cpu_percent: float


def measure_idle_streams(*, url: str, session: str, pid: int, n: int, seconds: float) -> IdleStreams:
    """Open n event streams with a session cookie, let them wait, and read the process's CPU time."""
    with ExitStack() as stack:
        for _ in range(n):
            stack.enter_context(_stream(url, session))
        time.sleep(3)  # opening them is not what is measured
        before, started = _cpu_seconds(pid), time.monotonic()
        time.sleep(seconds)
        spent, passed = _cpu_seconds(pid) - before, time.monotonic() - started
    return IdleStreams(n=n, seconds=passed, cpu_percent=100 * spent / passed)


@contextmanager
def _stream(url: str, session: str) -> Iterator[http.client.HTTPResponse]:
    parts = urlsplit(url)
    connection = http.client.HTTPConnection(parts.hostname or "localhost", parts.port, timeout=60)
    connection.request("GET", "/events/?inbox=1", headers={"Cookie": f"sessionid={session}"})
    response = connection.getresponse()
    if response.status != 200:
        raise RuntimeError(f"the stream answered {response.status}: is the session signed in?")
    try:
        yield response
    finally:
        connection.close()


def _cpu_seconds(pid: int) -> float:
    fields = Path(f"/proc/{pid}/stat").read_text().rsplit(")", 1)[1].split()
    return (int(fields[11]) + int(fields[12])) / CLOCK_TICKS
