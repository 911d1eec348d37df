"""Measure the product on this machine: a table for people, JSON for machines."""

import json
import tempfile
from argparse import ArgumentParser
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import asdict
from importlib import import_module
from math import ceil
from pathlib import Path
from typing import Any

from django.conf import settings
from django.contrib.auth import BACKEND_SESSION_KEY, HASH_SESSION_KEY, SESSION_KEY
from django.core.management.base import BaseCommand, CommandError
from django.db import ProgrammingError
from django.utils import timezone
from rest_framework.authtoken.models import Token

from copilot import releases
from copilot.catalog import catalog_at
from copilot.config.celery import app
from copilot.config.demo.world import read_world
from copilot.evaluation.arrival import measure_arrival, suggest_for_case
from copilot.evaluation.bench import measure
from copilot.evaluation.monitor_bench import measure_monitor, roll_all
from copilot.evaluation.past_turns import DAYS, fill_turns
from copilot.evaluation.search_bench import measure_search
from copilot.models import Release
from copilot.pipeline.encoder import Encoder
from copilot.pipeline.questions import question_from
from copilot.pipeline.run import Pipeline
from copilot.pipeline.types import Catalog, HeadError
from helpdesk.benching.apart import cases_apart
from helpdesk.benching.filling import Tell
from helpdesk.benching.inbox import measure_inbox
from helpdesk.benching.intake import measure_intake
from helpdesk.benching.streams import lists_open, measure_idle, measure_news, receive_message
from helpdesk.intake import LARGEST_BATCH
from helpdesk.models import User
from labeling.bench import asking
from labeling.bench.annotating import fill_labels, measure_annotating
from labeling.bench.exporting import add_export, measure_export

LONG = 128
USUAL = range(25, 46)  # tokens: about 35
INBOX, SEARCH, ANNOTATE = "bench_inbox", "bench_search", "bench_annotate"  # databases
MONITOR = "bench_monitor"
MESSAGES_A_CASE, MATCHES_A_CASE = 1.3, 0.88  # in those databases


class Command(BaseCommand):
    help = "Measure how fast the product is on this machine."

    def add_arguments(self, parser: ArgumentParser) -> None:
        benches = parser.add_subparsers(dest="bench", required=True)
        pipeline = benches.add_parser(
            "pipeline", help="all stages of the live release, one question and many"
        )
        arrival = benches.add_parser(
            "arrival", help="a running site: from a message's POST to its suggestion"
        )
        arrival.add_argument("--messages", type=int, default=100)
        streams = benches.add_parser(
            "streams",
            help="a running site: what open pages cost while they wait, and how soon they hear news",
        )
        streams.add_argument("--streams", type=int, default=200)
        streams.add_argument("--seconds", type=float, default=30)
        streams.add_argument("--cases", type=int, default=50, help="of which a page hears news")
        streams.add_argument("--pid", type=int, required=True, help="of the web process")
        for site in (arrival, streams):
            site.add_argument("--url", default="http://127.0.0.1:8000")
            site.add_argument("--user", default="ana", help="in whose name requests are made")
        streams.set_defaults(user="sana")  # who sees every case hears of every case, wherever it is moved
        inbox = benches.add_parser(
            "inbox",
            help="lists, cases and replies among very many cases, in a database apart (as a superuser)",
        )
        inbox.add_argument("--cases", type=int, default=1_000_000)
        inbox.add_argument("--requests", type=int, default=100, help="of each kind")
        inbox.add_argument("--keep", action="store_true", help="keep the database for the next time")
        intents = benches.add_parser("intents", help="topics and scope on any table of texts with categories")
        asking.add_intents(intents)
        replies = benches.add_parser("replies", help="agents' replies found among others, on a file of cases")
        asking.add_replies(replies)
        weak = benches.add_parser(
            "weak-supervision", help="what labeling functions are worth beside some gold"
        )
        asking.add_weak_supervision(weak)
        search = benches.add_parser(
            "search", help="the nearest of very many past cases, in a database apart (as a superuser)"
        )
        search.add_argument("--vectors", type=int, default=1_000_000)
        search.add_argument("--searches", type=int, default=200, help="by each kind of person")
        export = benches.add_parser(
            "export", help="a dataset of very many rows in each format, and redaction"
        )
        add_export(export)
        labeling = benches.add_parser("labeling", help="labeling functions over very many rows, and over one")
        asking.add_functions(labeling)
        annotate = benches.add_parser(
            "annotate", help="labeling among very many messages, in a database apart (as a superuser)"
        )
        annotate.add_argument("--messages", type=int, default=1_000_000)
        annotate.add_argument("--annotations", type=int, default=200_000)
        annotate.add_argument("--labels", type=int, default=200, help="given for each task")
        annotate.add_argument("--keep", action="store_true", help="keep the database for the next time")
        monitor = benches.add_parser(
            "monitor", help="pages of figures, and their making, among very many turns, in a database apart"
        )
        monitor.add_argument("--matches", type=int, default=1_000_000)
        monitor.add_argument("--requests", type=int, default=5, help="of each page in each way")
        monitor.add_argument(
            "--pages", default="", help="these alone, such as accuracy,drift, in each way apart"
        )
        monitor.add_argument("--day", action="store_true", help="roll the busiest day alone, ask for no page")
        monitor.add_argument("--keep", action="store_true", help="keep the database for the next time")
        for bench in (
            pipeline,
            arrival,
            streams,
            inbox,
            intents,
            replies,
            search,
            export,
            labeling,
            annotate,
            weak,
            monitor,
        ):
            bench.add_argument("--json", action="store_true", help="for machines")

    def handle(self, *args: Any, bench: str, **options: Any) -> None:
        measures: dict[str, Callable[..., Mapping[str, Any]]] = {
            "pipeline": _pipeline, "arrival": _arrival, "streams": _streams, "inbox": _inbox,
            "intents": asking.intents,
            "replies": _replies,
            "weak-supervision": asking.weak_supervision,
            "search": _search,
            "export": _export,
            "annotate": _annotate,
            "labeling": _labeling,
            "monitor": _monitor,
        }  # fmt: skip
        figures = measures[bench](**options, tell=self.stderr.write)
        told = _rows if bench in {"inbox", "annotate"} else _table
        self.stdout.write(json.dumps(figures, indent=2) if options["json"] else told(figures))


def _pipeline(**_: Any) -> Mapping[str, Any]:
    pipeline = _live_pipeline()
    catalog = catalog_at(timezone.now()).catalog
    texts = _texts()
    usual = [text for text in texts if pipeline.encoder.n_tokens(text) in USUAL]
    long = [f"{a} {b} {c}" for a, b, c in zip(texts[::3], texts[1::3], texts[2::3], strict=False)]
    long = [text for text in long if pipeline.encoder.n_tokens(text) == LONG][:200]
    return {
        "about 35 tokens": asdict(measure(pipeline, catalog, usual[:400])),
        "128 tokens": asdict(measure(pipeline, catalog, long)),
    }


def _arrival(*, url: str, user: str, messages: int, **_: Any) -> Mapping[str, Any]:
    token, _created = Token.objects.get_or_create(user=_user(user))
    try:
        arrival = measure_arrival(url=url, token=token.key, texts=_texts()[:messages])
    except OSError as error:
        raise CommandError(
            f"{url} does not answer ({error}): start the site, or name it with --url."
        ) from error
    return {"message to suggestion": asdict(arrival)}


def _streams(
    *, url: str, user: str, streams: int, seconds: float, cases: int, pid: int, **_: Any
) -> Mapping[str, Any]:
    acts: Mapping[str, Callable[[int], object]] = {
        "a new message": receive_message,
        "a suggestion": suggest_for_case,
    }
    try:
        with _session(_user(user)) as session, lists_open(url=url, session=session, n=streams):
            idle = measure_idle(pid=pid, n=streams, seconds=seconds)
            with _broker_apart():
                news = measure_news(url=url, session=session, n=cases, acts=acts)
    except OSError as error:
        raise CommandError(
            f"{url} does not answer ({error}): start the site, or name it with --url."
        ) from error
    heard = {f"page hears of {name}": asdict(times) for name, times in news.items()}
    return {"idle streams": asdict(idle), **heard}


@contextmanager
def _session(person: User) -> Iterator[str]:
    """Sign a person in for the length of a bench, and give the cookie's value."""
    session = import_module(settings.SESSION_ENGINE).SessionStore()
    session[SESSION_KEY] = str(person.pk)
    session[BACKEND_SESSION_KEY] = settings.AUTHENTICATION_BACKENDS[0]
    session[HASH_SESSION_KEY] = person.get_session_auth_hash()
    session.create()
    try:
        yield session.session_key
    finally:
        session.delete()


def _inbox(*, cases: int, requests: int, keep: bool, tell: Tell, **_: Any) -> Mapping[str, Any]:
    bodies = _texts()
    with _broker_apart(), cases_apart(INBOX, cases=cases, bodies=bodies, keep=keep, tell=tell):
        figures = measure_inbox(n=requests, tell=tell)
        intake = measure_intake(batches=max(1, requests // 5), bodies=bodies, now=timezone.now())
    figures[f"intake of {LARGEST_BATCH} messages"] = intake
    return {name: asdict(waited) for name, waited in figures.items()}


def _search(*, vectors: int, searches: int, tell: Tell, **_: Any) -> Mapping[str, Any]:
    encoder, bodies = _live_pipeline().encoder, _texts()
    real = encoder.encode(bodies)
    with cases_apart(SEARCH, cases=vectors, bodies=bodies, tell=tell):
        return measure_search(real, n=vectors, searches=searches, tell=tell)


def _export(*, rows: int, format: list[str] | None, tell: Tell, **_: Any) -> Mapping[str, Any]:  # noqa: A002
    world = read_world()
    names = {customer["slug"]: customer["name"] for customer in world.customers}
    bodies = [(message.body, names[message.customer]) for message in world.messages]
    return measure_export(bodies, rows=rows, formats=format or (), tell=tell)


def _annotate(
    *, messages: int, annotations: int, labels: int, keep: bool, tell: Tell, **_: Any
) -> Mapping[str, Any]:
    cases = ceil(messages / MESSAGES_A_CASE)
    with cases_apart(ANNOTATE, cases=cases, bodies=_texts(), keep=keep, tell=tell):
        fill_labels(annotations=annotations, tell=tell)
        figures = measure_annotating(n=labels, tell=tell)
    return {name: asdict(waited) for name, waited in figures.items()}


def _monitor(
    *, matches: int, requests: int, pages: str, day: bool, keep: bool, tell: Tell, **_: Any
) -> Mapping[str, Any]:
    cases = ceil(matches / MATCHES_A_CASE)
    with cases_apart(MONITOR, cases=cases, bodies=_texts(), keep=keep, tell=tell, days=DAYS):
        fill_turns(cases=cases, tell=tell)
        roll_all(tell=tell)
        chosen = [page for page in pages.split(",") if page]
        try:
            return measure_monitor(n=requests, pages=chosen, day_alone=day, tell=tell)
        except LookupError as error:
            raise CommandError(str(error)) from error


@contextmanager
def _broker_apart() -> Iterator[None]:
    """Queue work where no worker takes it: what the bench does must not be done to the real cases."""
    with tempfile.TemporaryDirectory(prefix="bench-broker-") as folder:
        folders = {"data_folder_in": folder, "data_folder_out": folder, "control_folder": folder}
        app.conf.update(broker_url="filesystem://localhost//", broker_transport_options=folders)
        yield


def _replies(*, encoder: Path | None, **options: Any) -> Mapping[str, Any]:
    try:
        return asking.replies(
            encoder_of=lambda: Encoder.load(encoder) if encoder else _live_pipeline().encoder, **options
        )
    except HeadError as error:
        raise CommandError(str(error)) from error


def _labeling(**options: Any) -> Mapping[str, Any]:
    return asking.functions(own=_texts, release=_serving, **options)


def _serving() -> tuple[Pipeline, Catalog] | None:
    return (_live_pipeline(), catalog_at(timezone.now()).catalog) if _live() else None


def _live_pipeline() -> Pipeline:
    release = _live()
    if release is None:
        raise CommandError("no release is live: train and promote one first, or let manage.py demo do it.")
    try:
        return releases.pipeline_of(release)
    except releases.ReleaseError as error:
        raise CommandError(str(error)) from error


def _live() -> Release | None:
    with _tables():
        return releases.live()


@contextmanager
def _tables() -> Iterator[None]:
    """Say what to do where the database is still empty."""
    try:
        yield
    except ProgrammingError as error:
        raise CommandError(
            "the database has no tables: run manage.py demo, or migrate, then train and promote a release."
        ) from error


def _texts() -> list[str]:
    """Questions of the demo world, as the pipeline reads them."""
    return [
        question_from([message.body], subject=message.subject, languages=("en",)).text
        for message in read_world().messages
        if not message.gold.reason
    ]


def _user(name: str) -> User:
    try:
        with _tables():
            return User.objects.get(username=name)
    except User.DoesNotExist:
        raise CommandError(f"there is no user {name}: name another with --user.") from None


def _table(figures: Mapping[str, Any]) -> str:
    lines = []
    for heading, values in figures.items():
        lines.append(heading)
        for name, value in values.items():
            if isinstance(value, dict):
                value = ", ".join(f"{inner} {number:.4g}" for inner, number in value.items())
            lines.append(f"  {name:<24} {value:.4g}" if isinstance(value, float) else f"  {name:<24} {value}")
    return "\n".join(lines)


def _rows(figures: Mapping[str, Any]) -> str:
    """Write many figures of one kind, one line each."""
    names = next(iter(figures.values())).keys()
    lines = [" ".join(f"{name:>8}" for name in names)]
    for heading, values in figures.items():
        numbers = (f"{value:8.1f}" if isinstance(value, float) else f"{value:8}" for value in values.values())
        lines.append(f"{' '.join(numbers)}  {heading}")
    return "\n".join(lines)
