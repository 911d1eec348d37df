"""The floors page: what another floor would do, for those who read figures; sentences where nothing can be said."""

import csv
from datetime import timedelta
from typing import Any

import pytest
from django.test import Client
from django.utils import timezone

from copilot.models import FloorDay, Release
from copilot.monitor.rolling_sums import roll_sums
from helpdesk.models import User
from tests.copilot.making import make_release

pytestmark = pytest.mark.django_db
PAGE = "/copilot/monitor/floors/"


@pytest.fixture
def client(client: Client, sana: User) -> Client:
    client.force_login(sana)
    return client


@pytest.fixture
def live() -> Release:
    return make_release()


def day(release: Release, *, reason: str = "", agents: int = 10, days_ago: int = 13, **fields: Any) -> None:
    """Turns of each of some agents at one confidence; two weeks by default."""
    fields = {"arm": "shadow", "bin": 80, "n_turns": 10, "n_hidden": 10, "n_matches": 8} | fields
    on = timezone.localdate() - timedelta(days=days_ago)
    for agent in range(1, agents + 1):
        FloorDay.objects.create(release=release, day=on, reason=reason, agent=agent * 10**16, **fields)
    roll_sums(on, of=FloorDay)


def withheld(release: Release, **fields: Any) -> None:
    day(
        release,
        **({"reason": "confidence_low", "bin": 65, "n_turns": 4, "n_hidden": 4, "n_matches": 2} | fields),
    )


def table(client: Client, key: str, **query: Any) -> dict[str, dict[str, str]]:
    rows = csv.DictReader(client.get(PAGE, {"csv": key} | query).text.splitlines())
    return {row["floor" if key == "floors" else "name"]: row for row in rows}


def test_the_slider_says_what_a_floor_would_do(client: Client, live: Release) -> None:
    day(live)
    withheld(live, days_ago=0)
    text = client.get(PAGE, {"floor": "0.62"}).text
    assert "At 0.62: 20 more suggestions a week, at most about 10 more wrong ones (" in text
    assert 'value="0.62"' in text
    assert (
        '<li data-floor="0.90">At 0.90: 50 fewer suggestions a week, at most about 10 fewer wrong ones ('
        in text
    )
    assert "At 0.70: the floor of this release, nothing changes." in text
    row = table(client, "floors")["0.62"]
    assert (row["turns_a_week"], row["wrong_share"], row["n"], row["agents"]) == ("20.0", "0.5", "40", "10")
    assert row["method"]
    assert row["version"].startswith(f"release {live.pk}, match version")


def test_weeks_end_with_the_last_day_a_release_served(client: Client, live: Release) -> None:
    day(live, days_ago=62)
    withheld(live, days_ago=49)
    assert "At 0.62: 20 more suggestions a week" in client.get(PAGE, {"floor": "0.62"}).text


def test_a_suggestion_that_was_seen_judges_nothing(client: Client, live: Release) -> None:
    day(live, arm="offer", n_hidden=0, n_matches=0)
    text = client.get(PAGE, {"floor": "0.9"}).text
    assert "how many of them wrong can&#x27;t be said: fewer than 5 replies to texts that nobody saw" in text
    assert "So few held-out turns say little" in text


def test_a_floor_is_suggested_for_a_risk_or_none_is(client: Client, live: Release) -> None:
    day(live, n_turns=400, n_hidden=400, n_matches=396)
    withheld(live, n_turns=400, n_hidden=400, n_matches=200)
    assert "For at most 5 % wrong: 0.70" in client.get(PAGE, {"risk": "0.05"}).text
    assert "For at most 30 % wrong: 0.00" in client.get(PAGE, {"risk": "0.3"}).text
    FloorDay.objects.update(n_matches=0)
    assert "No floor is shown to leave at most 30 % wrong" in client.get(PAGE).text


def test_the_answer_stages_own_floor_is_told_apart(client: Client, live: Release) -> None:
    day(live)
    withheld(live, reason="answer_unsure")
    withheld(live, reason="validity_unsure")
    text = client.get(PAGE, {"floor": "0.5"}).text
    assert "80 more turns were withheld by the floor of the answer stage" in text
    assert "At 0.50: no turn lies between, nothing changes." in text


def test_a_release_without_a_floor_says_so(client: Client, live: Release) -> None:
    Release.objects.update(confidence_floor=0)
    day(live)
    assert "This release has no end-to-end floor" in client.get(PAGE).text


def test_one_release_has_nothing_to_compare_with(client: Client, live: Release) -> None:
    day(live)
    assert "Only one release served in this span" in client.get(PAGE).text
    other = Release.objects.create(
        state="candidate", encoder=live.encoder, validity=live.validity, topics=live.topics, answers=live.answers,
        created_at=timezone.now(), validity_floor=0, topic_floor=0, answer_floor=0, confidence_floor=0.4,
    )  # fmt: skip
    day(other)
    assert "Only one release served" not in client.get(PAGE).text
    assert [row["value"] for row in table(client, "releases").values()] == ["0.2", "0.2"]


def test_confidence_is_shown_beside_replies(client: Client, live: Release) -> None:
    day(live)
    day(live, bin=95, n_matches=10)
    withheld(live)
    assert "Confidence and match part by " in client.get(PAGE).text
    rows = table(client, "reliability").values()
    assert sum(int(row["n"]) for row in rows) == 240
    assert sum(int(row["k"]) for row in rows) == 200


def test_a_point_of_fewer_than_five_agents_is_not_shown(client: Client, live: Release) -> None:
    day(live, bin=40, agents=4)
    day(live)
    day(live, bin=95)
    assert sum(int(row["n"]) for row in table(client, "reliability").values()) == 200
    assert "Points of fewer than five agents are not shown." in client.get(PAGE).text


def test_few_replies_show_no_calibration(client: Client, live: Release) -> None:
    day(live, n_hidden=2, n_matches=1)
    assert "20 replies to texts that nobody saw: 30 are needed" in client.get(PAGE).text


def test_fewer_than_five_agents_are_not_shown(client: Client, live: Release) -> None:
    day(live, agents=4)
    withheld(live, agents=4)
    assert {row["risk"] for row in table(client, "floors").values()} == {""}
    assert {row["wrong_share"] for row in table(client, "floors").values()} == {""}
    assert {row["agents"] for row in table(client, "floors").values()} == {""}
    assert table(client, "reliability") == {}
    assert {row["value"] for row in table(client, "releases").values()} == {""}


def test_without_turns_or_a_release_it_says_what_to_do(client: Client) -> None:
    assert "No release is live" in client.get(PAGE).text
    live = make_release()
    assert f"Release {live.pk} has decided no turn in this span yet" in client.get(PAGE).text
    assert client.get(PAGE, {"release": "99999"}).status_code == 200


@pytest.mark.parametrize(
    "query",
    [{"floor": "nan"}, {"floor": "-1"}, {"floor": "1e999"}, {"floor": "x"}, {"risk": "7"}, {"days": "x"}],
)  # fmt: skip
def test_an_address_that_means_nothing_shows_the_default(
    client: Client, live: Release, query: dict[str, str]
) -> None:
    day(live)
    assert "At 0.70: the floor of this release" in client.get(PAGE, query).text


def test_it_changes_nothing_and_says_how_to(client: Client, live: Release) -> None:
    day(live)
    text = client.get(PAGE).text
    assert "Nothing here changes what agents see" in text
    assert f"/copilot/releases/{live.pk}/" in text


def test_only_those_who_read_figures_get_in(client: Client, ana: User) -> None:
    assert client.post(PAGE).status_code == 405
    assert client.get(PAGE, {"csv": "nothing"}).status_code == 404
    client.force_login(ana)
    assert client.get(PAGE).status_code == 403
    client.logout()
    assert client.get(PAGE).status_code == 302


def test_it_asks_as_few_queries_however_many_turns(
    client: Client, live: Release, django_assert_max_num_queries: Any
) -> None:
    for in_bin in range(70, 100):
        day(live, bin=in_bin)
    with django_assert_max_num_queries(18):
        client.get(PAGE)
