"""Active time: added by beats, never more than has passed, whatever the pages say."""

from datetime import datetime, timedelta

import pytest
from django.test import Client
from django.utils import timezone
from pytest_django import DjangoAssertNumQueries

from helpdesk.merging import merge_cases
from helpdesk.models import ActiveTime, Case, Team, User
from helpdesk.working import add_active_time
from tests.making import make_case

pytestmark = pytest.mark.django_db
BEAT = timedelta(seconds=15)


@pytest.fixture
def case(team: Team) -> Case:
    return make_case(team=team)


@pytest.fixture
def noon(now: datetime) -> datetime:
    return timezone.localtime(now).replace(hour=12, minute=0, second=0, microsecond=0)


@pytest.fixture
def client(client: Client, ana: User) -> Client:
    client.force_login(ana)
    return client


def beat(case: Case, agent: User, now: datetime, spent: timedelta = BEAT) -> None:
    add_active_time(case=case, agent=agent, spent=spent, now=now)


def seconds(**chosen: object) -> float:
    return sum(row.seconds for row in ActiveTime.objects.filter(**chosen))


def test_beats_add_up_for_case_agent_and_day(case: Case, ana: User, gwen: User, noon: datetime) -> None:
    for number in range(4):
        beat(case, ana, noon + number * BEAT)
    beat(case, gwen, noon)
    beat(case, ana, noon + timedelta(days=1), timedelta(seconds=7))
    assert seconds(agent=ana, day=noon.date()) == 60
    assert seconds(agent=ana, day=noon.date() + timedelta(days=1)) == 7
    assert (seconds(agent=gwen), ActiveTime.objects.count()) == (15, 3)


def test_tabs_on_two_cases_add_no_more_than_has_passed(case: Case, ana: User, noon: datetime) -> None:
    other = make_case()
    for number in range(8):
        for each in (case, other):
            beat(each, ana, noon + number * BEAT)
    assert seconds(agent=ana) <= 7 * 15 + 20  # what has passed, and one beat


def test_a_tab_that_is_left_tells_at_once_and_loses_nothing(case: Case, ana: User, noon: datetime) -> None:
    other = make_case()
    beat(case, ana, noon)
    beat(case, ana, noon + timedelta(seconds=10), timedelta(seconds=10))
    beat(other, ana, noon + BEAT, timedelta(seconds=5))
    assert (seconds(case=case), seconds(case=other)) == (25, 5)


def test_beats_that_overtake_each_other_lose_nothing(case: Case, ana: User, noon: datetime) -> None:
    beat(case, ana, noon)
    later = noon + timedelta(seconds=17)
    beat(case, ana, later, timedelta(seconds=2))
    beat(case, ana, later)
    assert seconds() == 15 + 2 + 15


def test_a_made_up_burst_adds_one_beat(case: Case, ana: User, noon: datetime) -> None:
    for _ in range(100):
        beat(case, ana, noon, timedelta(hours=5))
    assert seconds() == 20


def test_a_clock_that_goes_back_takes_nothing_away(case: Case, ana: User, noon: datetime) -> None:
    for at in (noon, noon - timedelta(hours=1), noon + BEAT):
        beat(case, ana, at)
    assert seconds() == 35  # all that has passed, and one beat


def test_time_stays_with_the_case_that_it_was_spent_on(case: Case, ana: User, noon: datetime) -> None:
    kept = make_case()
    beat(case, ana, noon)
    merge_cases(kept=kept, merged=case, actor=ana, now=noon)
    assert (seconds(case=case), seconds(case=kept)) == (15, 0)


class TestBeat:
    def test_it_is_cheap(
        self, client: Client, case: Case, django_assert_num_queries: DjangoAssertNumQueries
    ) -> None:
        with django_assert_num_queries(4):  # session, person, case, the beat
            answer = client.post(f"/cases/{case.pk}/beat/", {"milliseconds": 14_990})
        assert answer.status_code == 204
        assert seconds() == 14.99

    @pytest.mark.parametrize("told", ["", "0", "-5", "20001", "many", "1e3"])
    def test_what_no_page_tells_is_refused(self, client: Client, case: Case, told: str) -> None:
        assert client.post(f"/cases/{case.pk}/beat/", {"milliseconds": told}).status_code == 400
        assert not ActiveTime.objects.exists()

    def test_readers_and_other_verbs_are_refused(self, client: Client, case: Case, nadia: User) -> None:
        assert client.get(f"/cases/{case.pk}/beat/").status_code == 405
        client.force_login(nadia)
        assert client.post(f"/cases/{case.pk}/beat/", {"milliseconds": 5}).status_code == 403
        client.logout()
        assert client.post(f"/cases/{case.pk}/beat/", {"milliseconds": 5}).status_code == 302

    def test_who_may_not_see_the_case_adds_nothing_and_learns_nothing(
        self, client: Client, case: Case, gwen: User
    ) -> None:
        client.force_login(gwen)
        for number in (case.pk, 999_999):
            assert client.post(f"/cases/{number}/beat/", {"milliseconds": 5}).status_code == 204
        assert not ActiveTime.objects.exists()

    def test_only_who_works_there_has_a_page_that_beats(
        self, client: Client, case: Case, nadia: User
    ) -> None:
        assert f'data-beat="/cases/{case.pk}/beat/"' in client.get(f"/cases/{case.pk}/").text
        client.force_login(nadia)
        assert "data-beat" not in client.get(f"/cases/{case.pk}/").text
