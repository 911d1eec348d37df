"""What every test may use: the cast, and makers of the things they work on."""

import gc
import signal
import socket
import threading
import time
from collections.abc import Generator, Iterator
from datetime import datetime
from pathlib import Path
from typing import Any

import hypothesis
import pytest
import uvicorn
from django.apps import apps
from django.core.cache import cache
from django.utils import timezone
from rest_framework.test import APIClient

from helpdesk.models import Role, Team, User
from tests.making import make_user

# The same examples everywhere: what fails on one machine fails on all.
hypothesis.settings.register_profile("fixed", derandomize=True, deadline=None)
hypothesis.settings.load_profile("fixed")

if apps.is_installed("copilot"):
    from copilot import simulated
    from copilot.models import Release
    from tests.releasing import make_release


def pytest_configure() -> None:
    """Who is killed goes as with Ctrl+C, and takes the browser, the processes and the database along."""
    signal.signal(signal.SIGTERM, signal.default_int_handler)


@pytest.hookimpl(wrapper=True)
def pytest_collection() -> Generator[None, object, object]:
    """What is imported stays to the end: to look for garbage in it again and again takes a sixth of all the time."""
    gc.disable()
    result = yield
    gc.freeze()
    gc.set_threshold(5_000)  # at 700 every page sets it off, and hardly anything of it is garbage
    gc.enable()
    return result


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Tests of the trained release come first: one process trains it, and meanwhile the others do something else."""
    items.sort(key=lambda item: "release" not in getattr(item, "fixturenames", ()) or _empties_tables(item))


def _empties_tables(item: pytest.Item) -> bool:
    marker = item.get_closest_marker("django_db")
    return bool(marker and marker.kwargs.get("transaction"))


@pytest.fixture(autouse=True)
def nothing_simulated() -> None:
    """Spare each page the look for simulated data, which a process takes every few seconds: counts of queries agree."""
    if apps.is_installed("copilot"):
        cache.set(simulated.KEY, simulated.NONE, None)


@pytest.fixture
def team(db: None) -> Team:
    return Team.objects.create(slug="shop-care", name="Shop Care")


@pytest.fixture
def other_team(db: None) -> Team:
    return Team.objects.create(slug="money-desk", name="Money Desk")


@pytest.fixture
def ana(team: Team) -> User:
    """An agent of the team."""
    return make_user("ana", team=team)


@pytest.fixture
def gwen(other_team: Team) -> User:
    """An agent of another team."""
    return make_user("gwen", team=other_team)


@pytest.fixture
def nadia(db: None) -> User:
    """A subject-matter expert: reads cases, answers none."""
    return make_user("nadia", role=Role.SME)


@pytest.fixture
def sana(db: None) -> User:
    """A data scientist."""
    return make_user("sana", role=Role.DATA_SCIENTIST)


@pytest.fixture
def api(ana: User) -> APIClient:
    """Ana's API client."""
    client = APIClient()
    client.force_authenticate(ana)
    return client


@pytest.fixture
def media(settings: Any, tmp_path: Path) -> Path:
    """The folder of attachments, this test's own."""
    settings.MEDIA_ROOT = tmp_path
    return tmp_path


@pytest.fixture
def now() -> datetime:
    return timezone.now()


@pytest.fixture
def release(db: None) -> "Release":
    """The live release, trained on the demo world."""
    return make_release()


@pytest.fixture
def site(transactional_db: None) -> Iterator[str]:
    """The address of the product, served by uvicorn in a thread: a process of its own takes seconds to start."""
    from copilot.config.asgi import application

    # Of a socket that does not name its protocol asyncio leaves Nagle's algorithm on: each answer waits 40 ms.
    listener = socket.socket(proto=socket.IPPROTO_TCP)
    listener.bind(("127.0.0.1", 0))
    config = uvicorn.Config(application, log_level="warning", lifespan="off", timeout_graceful_shutdown=1)
    server = uvicorn.Server(config)
    thread = threading.Thread(target=server.run, kwargs={"sockets": [listener]}, daemon=True)
    thread.start()
    while not server.started:
        time.sleep(0.01)
    yield f"http://127.0.0.1:{listener.getsockname()[1]}"
    server.should_exit = True
    thread.join(timeout=10)
