"""What a data scientist waits for among very many turns: each page of the monitor, and the figures of a day.

Aims with 1,000,000 matches and 10,000,000 events: each page within 300 ms (p95), a day of 50,000 replies rolled
within 10 s.
"""

import os
import resource
import time
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass

from django.apps import apps
from django.db import connection, models
from django.db.models import Sum
from django.urls import NoReverseMatch, reverse
from django.utils import timezone

from copilot.models import AgentDay, Match, SuggestionEvent, Touch
from copilot.models.rollup import TurnDay
from copilot.monitor import rolling
from copilot.templatetags.monitor import PAGES
from copilot.urls import urlpatterns
from helpdesk.benching.filling import Tell
from helpdesk.benching.inbox import Visit, client_of, measure_visits
from helpdesk.models import Role, User

QUERIES = (
    "",
    "per=day",
    "days=28",
    "days=364",
    "days=364&language=en",
    "days=364&topic=topic-1",
    "language=de",
)
OF_MONITOR = "monitor/"  # below this all pages of the monitor lie, also those that come later
SIZES = """
SELECT relname::text, pg_total_relation_size(oid) FROM pg_class
WHERE relkind = 'r' AND relname ~ '^copilot_.*(day|week)$'
"""


@dataclass(frozen=True)
class Filled:
    """What the database holds; each rollup's rows are of a year."""

    matches: int
    events: int
    rollup_rows: int
    rollup_mb: float


@dataclass(frozen=True)
class Rolled:
    """One day made anew, the best of three; `memory_mb` is the most that the process ever had."""

    turns: int
    replies: int
    events: int
    seconds: float
    all_seconds: list[float]
    memory_mb: float
    load: float


def roll_all(*, tell: Tell) -> None:
    """Make the figures of every day, unless a database that was kept has them."""
    rolled = set(TurnDay.objects.values_list("day", flat=True).distinct())
    days = [day for day in rolling.every_day() if day not in rolled]  # what was killed in the middle goes on
    if not days:
        return
    started = time.perf_counter()
    for number, day in enumerate(days, start=1):
        rolling.roll_day(day, now=timezone.now())
        if number % 50 == 0:
            tell(f"{number} of {len(days)} days rolled in {time.perf_counter() - started:.0f} s")
    rolling.roll_on(now=timezone.now(), seconds=0)
    Touch.objects.all().delete()
    with connection.cursor() as cursor:
        cursor.execute("VACUUM ANALYZE")


def measure_monitor(
    *, n: int, pages: Sequence[str] = (), day_alone: bool = False, tell: Tell
) -> dict[str, Mapping[str, object]]:
    """Ask for each page n times, in each way, and roll the busiest day; of chosen pages only ask, and tell each way.

    `day_alone` rolls that day and asks for no page.

    Raises:
        LookupError: there is no page of such a name.
    """
    known = addresses()
    if unknown := [name for name in pages if name not in known]:
        raise LookupError(f"no page {', '.join(unknown)}: choose among {', '.join(sorted(known))}")
    figures: dict[str, Mapping[str, object]] = {"filled": asdict(_filled())}
    if not pages:
        figures["a day of many replies rolled"] = rolled = asdict(_roll_busy_day())
        tell(f"{rolled['turns']:,} turns rolled in {rolled['seconds']:.1f} s")
        if day_alone:
            return figures
    client = client_of(User.objects.filter(role=Role.DATA_SCIENTIST)[0])
    for name in pages or sorted(known):
        if client.get(known[name]).status_code == 405:  # only posted to; otherwise it compiles the templates
            continue
        ways = {query: [Visit(client, f"{known[name]}?{query}")] * n for query in QUERIES}
        if pages:
            for query, visits in ways.items():
                waited = measure_visits(visits)
                tell(f"{name}?{query}: p95 {waited.p95_ms:.0f} ms, load {waited.load:.1f}")
        waited = measure_visits([visit for visits in ways.values() for visit in visits])
        figures[name] = asdict(waited)
        tell(f"{name}: p95 {waited.p95_ms:.0f} ms, load {waited.load:.1f}")
    return figures


def addresses() -> dict[str, str]:
    """Return the address of each page of the monitor by its name; one that shows a row shows the first there is."""
    found = {}
    for name, arguments in _pages():
        rows = {argument: _first(argument) for argument in arguments}
        if None not in rows.values():
            found[name] = reverse(f"copilot:{name}", kwargs=rows)
    return found


def _pages() -> Iterator[tuple[str, Sequence[str]]]:
    for name, _ in PAGES:
        try:
            reverse(f"copilot:{name}")
        except NoReverseMatch:
            continue
        yield name, ()
    for pattern in urlpatterns:
        if str(pattern.pattern).startswith(OF_MONITOR) and pattern.name:
            yield pattern.name, tuple(pattern.pattern.converters)


def _first(argument: str) -> object:
    """Return what an address's argument such as `answer_id` may be; None where there is no such row."""
    model = argument.removesuffix("_id")
    if argument == model or model not in apps.get_app_config("copilot").models:
        return None
    kind: type[models.Model] = apps.get_model("copilot", model)
    return kind._default_manager.order_by("pk").values_list("pk", flat=True).first()


def _filled() -> Filled:
    with connection.cursor() as cursor:
        cursor.execute(SIZES)
        sizes = dict(cursor.fetchall())
        n_rows = 0
        for table in sizes:
            cursor.execute(f'SELECT count(*) FROM "{table}"')  # noqa: S608  the database's own names
            n_rows += cursor.fetchone()[0]
    return Filled(Match.objects.count(), SuggestionEvent.objects.count(), n_rows, sum(sizes.values()) / 2**20)


def _roll_busy_day() -> Rolled:
    day, _ = AgentDay.objects.values_list("day").annotate(n=Sum("n_turns")).order_by("-n")[0]
    times = []
    for _ in range(3):
        started = time.perf_counter()
        n = rolling.roll_day(day, now=timezone.now())
        times.append(time.perf_counter() - started)
    span = rolling.span_of(day)
    events = SuggestionEvent.objects.filter(
        suggestion__created_at__gte=span[0], suggestion__created_at__lt=span[1]
    )
    return Rolled(
        turns=n,
        replies=events.filter(type=SuggestionEvent.Type.SENT).count(),
        events=events.count(),
        seconds=min(times),
        all_seconds=times,
        memory_mb=resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024,
        load=os.getloadavg()[0],
    )
