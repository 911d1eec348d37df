"""The support page: what comes in, how soon it is answered, how long it takes, what waits, how satisfied people are."""

import csv
import math
from datetime import timedelta
from typing import Any

import pytest
from django.test import Client
from django.utils import timezone

from copilot.models import BacklogDay, CaseDay
from copilot.models.case_day import COUNTS
from copilot.monitor.case_rolling import MILLION, bin_of, roll_week
from copilot.monitor.figures import Unit, written
from helpdesk.models import User
from tests.copilot.making import make_topic

pytestmark = pytest.mark.django_db
PAGE = "/copilot/monitor/support/"
CASES = dict.fromkeys(COUNTS, 0)
MONDAY = timezone.localdate() - timedelta(days=14 + timezone.localdate().weekday())


@pytest.fixture
def client(client: Client, sana: User) -> Client:
    client.force_login(sana)
    return client


def cases(
    agent: int, *, n: int = 10, seconds: int = 300, weeks: int = 0, topic: str = "Payouts", channel: str = "email",
    **counts: int,
) -> None:  # fmt: skip
    """One row of closed cases of an agent, `weeks` after the first Monday."""
    key = {
        "day": MONDAY + timedelta(weeks=weeks), "arm": "offer", "channel": channel, "topic": make_topic(topic),
        "agent": agent,
    }  # fmt: skip
    sums = {"n_cases": n, "n_replied": n, "n_closed": n, "n_timed": n, "n_followed": n}
    bins = {
        name: n * bytes([bin_of(round(math.log(time) * MILLION))])
        for name, time in (("handle_bins", seconds), ("reply_bins", 12 * seconds))
    }
    CaseDay.objects.create(**(CASES | key | sums | bins | counts))
    roll_week(key["day"])


def table(client: Client, key: str, **query: Any) -> dict[str, dict[str, str]]:
    text = client.get(PAGE, {"csv": key} | query).text
    return {row["name"]: row for row in csv.DictReader(text.splitlines())}


def test_times_are_medians_and_tails_by_week(client: Client) -> None:
    for agent in range(1, 11):
        cases(agent)
        cases(agent, weeks=1, seconds=600)
    handle, reply = table(client, "handle"), table(client, "reply")
    [first, second] = [handle[f"Half within, {MONDAY + timedelta(weeks=week)}"] for week in (0, 1)]
    assert float(first["value"]) == pytest.approx(300, rel=0.2)
    assert float(second["value"]) == pytest.approx(600, rel=0.2)
    assert float(first["low"]) <= float(first["value"]) <= float(first["high"])
    assert (first["n"], first["agents"], first["unit"]) == ("100", "10", "seconds")
    assert first["method"]
    assert first["version"]
    assert float(reply[f"90 % within, {MONDAY}"]["value"]) == pytest.approx(3600, rel=0.2)
    assert "200 cases were opened" in client.get(PAGE).text


def test_weeks_whose_cases_still_have_time_are_marked_and_no_sentence_speaks_of_them(client: Client) -> None:
    for agent in range(1, 11):
        cases(agent, weeks=-1, n_reopened=2)
        cases(agent)
        cases(agent, weeks=1, seconds=30, n_reopened=0)
    text = client.get(PAGE).text
    assert f"The last week that is over began on {MONDAY:%-d %B}" in text
    handle = table(client, "handle")
    first, second = (handle[f"Half within, {MONDAY + timedelta(weeks=week)}"] for week in (0, 1))
    assert "30 s" not in text.split("<svg")[0]
    assert f"Last known: half within {written(float(first['value']), Unit.SECONDS)}" in text
    opened = "still open: of cases that are done with so far"
    assert (first["note"], second["note"]) == ("", opened)
    back = table(client, "back")
    notes = [back[f"Reopened within 7 days, {MONDAY + timedelta(weeks=week)}"]["note"] for week in (-1, 0, 1)]
    assert [opened in note for note in notes] == [False, True, True]
    assert "Last known: reopened within 7 days 20 %" in text


def test_a_first_week_under_way_gives_no_sentence(client: Client) -> None:
    for agent in range(1, 11):
        cases(agent, weeks=1)
    text = client.get(PAGE).text
    assert "No week with figures is over yet." in text
    assert "The last week that is over" not in text


def test_shares_are_of_cases_with_agents_as_clusters(client: Client) -> None:
    for agent in range(1, 11):
        cases(agent, n_reopened=agent % 2, n_rated=5, n_satisfied=4, n_escalated=2, n_censored=2, n_cases=12)
    back, satisfaction = table(client, "back"), table(client, "satisfaction")
    assert float(back[f"Reopened within 7 days, {MONDAY}"]["value"]) == pytest.approx(0.05)
    assert float(back[f"Escalated, {MONDAY}"]["value"]) == pytest.approx(20 / 120)
    assert float(satisfaction[f"Satisfied, where rated, {MONDAY}"]["value"]) == pytest.approx(0.8)
    rated = satisfaction[f"Rated, of cases closed, {MONDAY}"]
    assert (rated["n"], rated["k"], float(rated["value"])) == ("100", "50", pytest.approx(0.5))
    assert "20 of 120 cases were not closed within seven days" in client.get(PAGE).text


def test_the_backlog_is_what_was_opened_less_what_was_closed_ever(client: Client) -> None:
    cases(1)
    for weeks, channel, n_opened, n_closed in (
        (-30, "email", 50, 20),
        (0, "email", 5, 10),
        (1, "chat", 4, 1),
    ):
        BacklogDay.objects.create(
            day=MONDAY + timedelta(weeks=weeks), channel=channel, n_opened=n_opened, n_closed=n_closed
        )
    assert [row["value"] for row in table(client, "backlog").values()] == ["25", "28"]
    assert [row["value"] for row in table(client, "backlog", channel="email").values()] == ["25"]
    assert "Of all topics" in client.get(PAGE, {"topic": "payouts"}).text


def test_fewer_than_five_agents_are_not_shown(client: Client) -> None:
    for agent in range(1, 5):
        cases(agent, n_rated=5)
    for key in ("handle", "reply", "back", "satisfaction"):
        assert {row["value"] for row in table(client, key).values()} == {""}
    assert "fewer than 5 agents: not shown" in client.get(PAGE).text
    assert table(client, "volume")[f"{MONDAY}"]["value"] == "40"


def test_cases_that_nobody_has_replied_to_are_only_counted(client: Client) -> None:
    CaseDay.objects.create(**(CASES | {"day": MONDAY, "channel": "email", "agent": 0, "n_cases": 7}))
    roll_week(MONDAY)
    assert table(client, "volume")[f"{MONDAY}"]["value"] == "7"
    assert table(client, "handle") == {}


def test_a_single_topic_shows_the_same_as_all(client: Client) -> None:
    for agent in range(1, 11):
        cases(agent, n_rated=5, n_satisfied=agent % 5)
    for key in ("volume", "reply", "handle", "back", "satisfaction"):
        assert (
            table(client, key) == table(client, key, topic="payouts") == table(client, key, channel="email")
        )


def test_what_is_not_asked_for_is_not_counted(client: Client) -> None:
    cases(1)
    cases(2, topic="Fees", channel="chat")
    cases(3, weeks=-30)
    for asked, n in (({}, 20), ({"topic": "fees"}, 10), ({"channel": "email"}, 10), ({"days": "364"}, 30)):
        assert f"{n} cases were opened" in client.get(PAGE, asked).text
    assert "No case was opened in this span." in client.get(PAGE, {"channel": "nothing"}).text


@pytest.mark.parametrize("query", ["days=7", "topic=%00", "channel=a b", "channel=%3Cscript%3E", "days="])
def test_an_address_that_means_nothing_shows_all(client: Client, query: str) -> None:
    cases(1)
    response = client.get(f"{PAGE}?{query}")
    assert "10 cases were opened" in response.text


def test_no_rows_at_all(client: Client) -> None:
    assert "No case was opened in this span." in client.get(PAGE).text
    assert "No case has come in yet." in client.get(PAGE, {"days": "364"}).text
    assert table(client, "volume") == {}


def test_tables_that_are_not_there_other_verbs_and_agents(client: Client, ana: User) -> None:
    assert client.get(PAGE, {"csv": "other"}).status_code == 404
    assert client.post(PAGE).status_code == 405
    client.force_login(ana)
    assert client.get(PAGE).status_code == 403
