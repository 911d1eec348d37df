"""What an agent and a reader of every case wait for: server time of each list, page and act, with all cases there.

The requests run in this process through all of the product's middleware, one after the other: what is timed is the
server's work, without the network. Each request of a row is another agent's, another case's, another word's.
"""

import gc
import os
import random
import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from math import ceil
from typing import Any

from django.conf import settings
from django.db import connection
from django.test import Client
from django.urls import NoReverseMatch, reverse

from helpdesk import access
from helpdesk.benching.filling import Tell
from helpdesk.choosing import filter_choices
from helpdesk.listing import VIEWS, Filters, place_of
from helpdesk.models import Case, Role, Status, User

N_READERS = 20
# Words by how many messages hold them: every eighth, one of 100, one of 10,000, none.
WORDS = {"common": range(1, 3), "frequent": range(3, 8), "usual": range(8, 40), "rare": range(2000, 9000)}


@dataclass(frozen=True)
class Visit:
    """One request of one person."""

    client: Client
    path: str
    data: dict[str, str] | None = None  # what is posted
    htmx: bool = False


@dataclass(frozen=True)
class Waited:
    """Server time of one kind of request, and the most queries that one of them made."""

    n: int
    p50_ms: float
    p95_ms: float
    max_ms: float
    queries: int
    load: float


def measure_inbox(*, n: int, tell: Tell) -> dict[str, Waited]:
    """Make n requests of each kind and return their times by name."""
    chance = random.Random(1)  # noqa: S311  no secret: the same requests every time
    agents = list(User.objects.filter(role=Role.AGENT).order_by("pk")[:N_READERS])
    readers = list(User.objects.filter(role=Role.DATA_SCIENTIST))
    figures: dict[str, Waited] = {}
    for who, people in (("agent", agents), ("reader of all", readers)):
        signed_in = [(person, client_of(person)) for person in people]
        measure_visits(
            [Visit(client, "/cases/") for _, client in signed_in]
        )  # the first compiles the templates
        gc.collect()
        gc.freeze()  # as the web process does
        for name, visits in _kinds(signed_in, n, chance):
            if not visits:  # too few cases for this kind
                continue
            figures[f"{who}: {name}"] = found = measure_visits(visits)
            tell(f"{who}: {name}: p95 {found.p95_ms:.0f} ms")
    return figures


def client_of(person: User) -> Client:
    client = Client(SERVER_NAME="localhost", enforce_csrf_checks=True)
    client.force_login(person)
    return client


def measure_visits(visits: Sequence[Visit]) -> Waited:
    times, most = [], 0
    for visit in visits:
        queries: list[str] = []

        def count(execute: Any, sql: str, *rest: Any, _queries: list[str] = queries) -> Any:
            _queries.append(sql)
            return execute(sql, *rest)

        with connection.execute_wrapper(count):
            started = time.perf_counter()
            status = _status_of(visit)
            times.append(1000 * (time.perf_counter() - started))
        if status not in {200, 204}:
            raise RuntimeError(f"{visit.path} answered {status}: the bench asks for what is there.")
        most = max(most, len(queries))
    return waited(times, queries=most)


def waited(times: list[float], *, queries: int) -> Waited:
    """Return what milliseconds amount to, and how busy the machine was."""
    times = sorted(times)
    p50, p95 = (times[ceil(share * len(times)) - 1] for share in (0.5, 0.95))
    return Waited(len(times), p50, p95, times[-1], queries, os.getloadavg()[0])


def _status_of(visit: Visit) -> int:
    headers = {"HX-Request": "true"} if visit.htmx else {}
    if visit.data is None:
        return visit.client.get(visit.path, headers=headers, secure=settings.SECURE_SSL_REDIRECT).status_code
    token = visit.client.cookies[settings.CSRF_COOKIE_NAME].value
    headers |= {"X-CSRFToken": token}
    secure = settings.SECURE_SSL_REDIRECT
    return visit.client.post(visit.path, visit.data, headers=headers, secure=secure).status_code


SignedIn = Sequence[tuple[User, Client]]


def _kinds(people: SignedIn, n: int, chance: random.Random) -> Iterator[tuple[str, list[Visit]]]:
    """Yield each kind of request by name, with n requests of it."""
    yield from _lists(people, n, chance)
    yield from _pages_far_in(people, n, chance)
    yield from _searches(people, n, chance)
    yield from _cases(people, n, chance)


def _lists(people: SignedIn, n: int, chance: random.Random) -> Iterator[tuple[str, list[Visit]]]:
    some = Filters()
    for slug in [view.slug for view in VIEWS]:
        yield f"view {slug}", _visits(people, [replace(some, view=slug)] * n)
    yield "view all, longest waiting", _visits(people, [Filters(view="all", order="waiting")] * n)
    offered = [filter_choices(person) for person, _ in people]
    for view in ("all", "awaiting", "closed"):
        for name in [name for name in offered[0] if all(choices[name] for choices in offered)]:
            chosen = [
                replace(some, view=view, **{name: chance.choice(offered[place % len(people)][name])[0]})
                for place in range(n)
            ]
            yield f"view {view}, by {name}", _visits(people, chosen)


def _pages_far_in(people: SignedIn, n: int, chance: random.Random) -> Iterator[tuple[str, list[Visit]]]:
    everything = Case.objects.defer("search")
    parts = {
        "all": everything.all_open(), "closed": everything.closed(), "awaiting": everything.awaiting_reply(),
    }  # fmt: skip
    for view, cases in parts.items():
        column = "awaiting_since" if view == "awaiting" else "last_activity_at"
        found = list(cases.filter(pk__in=_numbers(40 * n, chance)))
        places = [Filters(view=view, before=place_of(getattr(case, column), case.pk)) for case in found[:n]]
        yield f"view {view}, a page far in", _visits(people, places)


def _searches(people: SignedIn, n: int, chance: random.Random) -> Iterator[tuple[str, list[Visit]]]:
    for kind, numbers in WORDS.items():
        words = [f"w{chance.choice(numbers)}" for _ in range(n)]
        for view in ("", "mine", "all", "closed"):
            chosen = [Filters(view=view, q=word) for word in words]
            yield f"search {view or 'everywhere'}, {kind} word", _visits(people, chosen)
    others = {
        "two words": lambda: f"refund w{chance.choice(range(1, 40))}",
        "no hit": lambda: f"nowhere{chance.random()}",
        "case number": lambda: f"#{chance.choice(_numbers(1, chance))}",
        "customer's e-mail": lambda: f"customer-{chance.choice(_numbers(1, chance)) // 3}@example.org",
    }
    for kind, word in others.items():
        yield f"search everywhere, {kind}", _visits(people, [Filters(q=word()) for _ in range(n)])


def _cases(people: SignedIn, n: int, chance: random.Random) -> Iterator[tuple[str, list[Visit]]]:
    numbers = _numbers(40 * n, chance)
    seen = {
        person.pk: list(access.cases_for(person).filter(pk__in=numbers).defer("search"))
        for person, _ in people
    }
    chosen = [
        (client, case)
        for person, client in people
        for case in chance.sample(seen[person.pk], min(n, len(seen[person.pk])))
    ]
    chance.shuffle(chosen)
    for name, address, htmx in (
        ("case page", "", False), ("case page, from the list of all open", "?view=all", False),
        ("case page, from the list of closed", "?view=closed", False), ("timeline", "timeline/", True),
        ("list beside the case", "list/?view=all", True),
    ):  # fmt: skip
        visits = [Visit(client, f"/cases/{case.pk}/{address}", htmx=htmx) for client, case in chosen[:n]]
        yield name, visits
    yield (
        "inbox refreshed",
        [replace(visit, htmx=True) for visit in _visits(people, [Filters(view="all")] * n)],
    )
    if people[0][0].answers_cases:
        typed = {"body": "Thank you, it is done.", "client_key": f"bench-{chance.random()}"}
        open_ones = [(client, case) for client, case in chosen if case.status != Status.CLOSED]
        beat = {"milliseconds": "15000"}
        yield "beat", [Visit(client, f"/cases/{case.pk}/beat/", beat) for client, case in chosen[:n]]
        yield (
            "reply sent",
            [
                Visit(client, f"/cases/{case.pk}/reply/", typed, htmx=True)
                for client, case in (open_ones or chosen)[:n]
            ],
        )
    if address := _readiness_address():
        waiting = [case.pk for _, case in chosen if case.awaiting_since] or [0]
        asked = ["&".join(f"case={chance.choice(waiting)}" for _ in range(50)) for _ in range(n)]
        yield (
            "marks of readiness",
            [
                Visit(people[place % len(people)][1], f"{address}?{query}", htmx=True)
                for place, query in enumerate(asked)
            ],
        )


def _readiness_address() -> str:
    try:
        return reverse("copilot:readiness")
    except NoReverseMatch:  # a helpdesk alone
        return ""


def _visits(people: SignedIn, addresses: Sequence[Filters]) -> list[Visit]:
    return [
        Visit(people[place % len(people)][1], f"{reverse('helpdesk:inbox')}?{filters.query}")
        for place, filters in enumerate(addresses)
    ]


def _numbers(n: int, chance: random.Random) -> list[int]:
    """Return random numbers of cases, of which most of the open ones are new: half are from the newest tenth."""
    newest = Case.objects.order_by("-pk").values_list("pk", flat=True)[0]
    return [chance.randint(int(0.9 * newest) if place % 2 else 1, newest) or 1 for place in range(n)]
