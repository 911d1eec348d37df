"""Open pages hear news at once, and waiting costs no database connection."""

import http.client
import socket
import threading
from contextlib import ExitStack
from datetime import timedelta
from queue import Empty, Queue
from urllib.parse import urlsplit

import pytest
from django.contrib.sessions.backends.db import SessionStore
from django.test import Client
from django.utils import timezone

from helpdesk import casework, events, live
from helpdesk.intake import receive_messages
from helpdesk.models import Case, Team, User
from tests.making import incoming, make_case
from tests.processes import web

pytestmark = pytest.mark.django_db(transaction=True)
SOON = 20  # seconds; on a machine that does much else


def session_of(user: User) -> str:
    client = Client()
    client.force_login(user)
    session = client.session
    assert isinstance(session, SessionStore)
    return str(session.session_key)


class Stream:
    """One open event stream, read in the background."""

    def __init__(self, address: str, query: str, user: User) -> None:
        parts = urlsplit(address)
        self.connection = http.client.HTTPConnection(str(parts.hostname), parts.port, timeout=30)
        self.connection.request(
            "GET", f"/events/?{query}", headers={"Cookie": f"sessionid={session_of(user)}"}
        )
        self.socket = self.connection.sock
        self.response = self.connection.getresponse()
        self.status = self.response.status
        self.events: Queue[str] = Queue()
        if self.status == 200:
            threading.Thread(target=self._read, daemon=True).start()

    def _read(self) -> None:
        try:
            for line in self.response:
                if line.startswith(b"event: "):
                    self.events.put(line.removeprefix(b"event: ").decode().strip())
        except (OSError, ValueError, http.client.HTTPException):
            pass  # the server or the test ended it

    def __enter__(self) -> "Stream":
        return self

    def __exit__(self, *_: object) -> None:
        self.socket.shutdown(socket.SHUT_RDWR)  # closing alone would wait for the reader


def test_page_of_a_case_hears_what_happens_there(ana: User, site: str) -> None:
    case, other = make_case(), make_case()
    with Stream(site, f"case={case.pk}", ana) as stream:
        assert stream.events.get(timeout=SOON) == f"case-{case.pk}"  # a fresh start fetches what was missed
        receive_messages([incoming(case_id=other.pk)], now=timezone.now())
        receive_messages([incoming(case_id=case.pk)], now=timezone.now())
        assert stream.events.get(timeout=SOON) == f"case-{case.pk}"
        casework.snooze(case=case, until=timezone.now() + timedelta(days=1), actor=ana, now=timezone.now())
        assert stream.events.get(timeout=SOON) == f"case-{case.pk}"
        assert stream.events.empty()


def test_list_hears_only_of_cases_that_its_reader_may_see(
    ana: User, gwen: User, team: Team, site: str
) -> None:
    case = make_case(team=team)
    with (
        Stream(site, "inbox=1", ana) as mine,
        Stream(site, "inbox=1", gwen) as theirs,
    ):
        assert mine.events.get(timeout=SOON) == "inbox"
        receive_messages([incoming(case_id=case.pk)], now=timezone.now())
        assert mine.events.get(timeout=SOON) == "inbox"
        assert list(theirs.events.queue) in ([], ["inbox"])


def test_page_of_a_case_that_was_moved_away_is_told_nothing_more(
    ana: User, sana: User, team: Team, other_team: Team, site: str
) -> None:
    case = make_case(team=team)
    watching = f"case={case.pk}"
    with Stream(site, watching, ana) as mine, Stream(site, watching, sana) as readers:
        assert mine.events.get(timeout=SOON) == f"case-{case.pk}"
        receive_messages([incoming(case_id=case.pk)], now=timezone.now())
        for stream in (mine, readers):
            assert stream.events.get(timeout=SOON) == f"case-{case.pk}"
        casework.move(case=case, team=other_team, actor=sana, now=timezone.now())
        assert readers.events.get(timeout=SOON) == f"case-{case.pk}"
        receive_messages([incoming(case_id=case.pk)], now=timezone.now())
        assert readers.events.get(timeout=SOON) == f"case-{case.pk}"
        assert mine.events.empty()


def test_list_hears_that_a_case_left_its_readers_sight_and_nothing_more_of_it(
    ana: User, sana: User, team: Team, other_team: Team, site: str
) -> None:
    case = make_case(team=team)
    with Stream(site, f"inbox=1&case={case.pk}", ana) as mine:
        assert [mine.events.get(timeout=SOON) for _ in range(2)] == [f"case-{case.pk}", "inbox"]
        casework.move(case=case, team=other_team, actor=sana, now=timezone.now())
        assert mine.events.get(timeout=SOON) == "inbox"
        receive_messages([incoming(case_id=case.pk)], now=timezone.now())
        assert not_within(mine, seconds=0.5)


def test_list_hears_that_a_case_of_all_became_one_teams_or_was_taken_from_its_reader(
    gwen: User, sana: User, team: Team, site: str
) -> None:
    for_all, given = make_case(), make_case(team=team)
    Case.objects.filter(pk=given.pk).update(assignee=gwen)
    with Stream(site, "inbox=1", gwen) as mine:
        assert mine.events.get(timeout=SOON) == "inbox"
        casework.move(case=for_all, team=team, actor=sana, now=timezone.now())
        assert mine.events.get(timeout=SOON) == "inbox"
        casework.assign(case=given, assignee=None, actor=sana, now=timezone.now())
        assert mine.events.get(timeout=SOON) == "inbox"


def not_within(stream: Stream, *, seconds: float) -> bool:
    """Whether a stream stays silent for so long."""
    try:
        stream.events.get(timeout=seconds)
    except Empty:
        return True
    return False


def test_page_hears_what_happened_between_its_making_and_its_stream(
    ana: User, team: Team, site: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(events, "CLOCKS_DIFFER", 0)
    case, other = make_case(team=team), make_case(team=team)
    with Stream(site, "inbox=1", ana) as earlier:
        assert earlier.events.get(timeout=SOON) == "inbox"
        receive_messages([incoming(case_id=other.pk)], now=timezone.now())
        assert earlier.events.get(timeout=SOON) == "inbox"
        made = live.moment()
        receive_messages([incoming(case_id=case.pk)], now=timezone.now())
        assert earlier.events.get(timeout=SOON) == "inbox"
        with Stream(site, f"case={case.pk}&since={made}", ana) as late:
            assert late.events.get(timeout=SOON) == f"case-{case.pk}"
        with Stream(site, f"case={other.pk}&since={made}", ana) as silent:
            assert not_within(silent, seconds=0.5), "it was told in the page itself"


def test_page_made_before_anything_was_kept_starts_afresh(ana: User, team: Team, site: str) -> None:
    case = make_case(team=team)
    with Stream(site, "inbox=1", ana) as earlier, Stream(site, f"case={case.pk}&since=1", ana) as late:
        assert earlier.events.get(timeout=SOON) == "inbox"
        assert late.events.get(timeout=SOON) == f"case-{case.pk}"


def test_strangers_case_and_bad_number_are_refused(gwen: User, team: Team, site: str) -> None:
    case = make_case(team=team)
    for query, status in (
        (f"case={case.pk}", 404),
        ("case=x", 400),
        (f"case={10**40}", 400),
        ("inbox=1&since=x", 400),
    ):
        with Stream(site, query, gwen) as stream:
            assert stream.status == status


def test_many_open_pages_hold_no_connection(ana: User) -> None:
    make_case()
    with web(DATABASE_POOL="2") as address, ExitStack() as stack:
        streams = [stack.enter_context(Stream(address, "inbox=1", ana)) for _ in range(12)]
        assert {stream.status for stream in streams} == {200}
        receive_messages([incoming()], now=timezone.now())
        for stream in streams:
            assert stream.events.get(timeout=SOON) == "inbox"
