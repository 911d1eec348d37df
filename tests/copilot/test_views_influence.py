"""Influence: matches where suggestions are shown less matches where nobody saw them."""

import csv
from datetime import timedelta
from typing import Any

import pytest
from django.test import Client
from django.utils import timezone

from helpdesk.models import User
from tests.copilot.making import make_release
from tests.copilot.test_views_accuracy import monday, turns

pytestmark = pytest.mark.django_db
PAGE = "/copilot/monitor/influence/"


@pytest.fixture
def client(client: Client, sana: User) -> Client:
    client.force_login(sana)
    return client


def table(client: Client, key: str, **query: Any) -> dict[str, dict[str, str]]:
    text = client.get(PAGE, {"csv": key} | query).text
    return {row["name"]: row for row in csv.DictReader(text.splitlines())}


def both_arms(n_agents: int = 10, *, shadow: int = 4, offer: int = 7, **fields: Any) -> None:
    """Of each agent's ten replies in either arm so many are near, one more or less of every other agent's."""
    for agent in range(1, n_agents + 1):
        for arm, k in (("shadow", shadow), ("offer", offer)):
            k += agent % 2
            turns(agent, arm=arm, n_near=k, n_none=10 - k, **fields)


def test_the_difference_is_told_with_its_interval(client: Client) -> None:
    both_arms()
    text = client.get(PAGE).text
    assert (
        "Where a suggestion is shown, 75 % of the replies match it; where it is held out, 45 %. Within the same weeks "
        "and releases that is +30.0 points" in text
    )
    assert "Showing suggestions changes what agents write." in text
    whole = table(client, "topic")["All turns"]
    assert float(whole["value"]) == pytest.approx(0.3)
    assert 0.2 < float(whole["low"]) < 0.3 < float(whole["high"]) < 0.4
    assert (whole["n"], whole["agents"], whole["unit"]) == ("200", "10", "points")
    assert whole["method"] == "cluster-robust (CR2), by week and release"
    arms = table(client, "arms")
    assert (arms["Held out"]["k"], arms["Offered"]["k"]) == ("45", "75")


def test_it_is_told_by_week_topic_and_kind(client: Client) -> None:
    both_arms()
    both_arms(topic="Fees", shadow=4, offer=4, day=timezone.localdate() - timedelta(days=1))
    assert float(table(client, "topic")["Payouts"]["value"]) == pytest.approx(0.3)
    assert float(table(client, "topic")["Fees"]["value"]) == pytest.approx(0.0)
    assert sorted(float(row["value"]) for row in table(client, "difference").values()) == pytest.approx(
        [0, 0.3]
    )
    kinds = table(client, "kind")
    assert float(kinds["Near"]["value"]) == pytest.approx(0.15)
    assert float(kinds["None"]["value"]) == pytest.approx(-0.15)
    assert len(table(client, "time")) == 4
    assert "Clear in 1 of 2 topics, where chance alone makes 0.1." in client.get(PAGE).text


def test_what_chance_explains_is_called_so(client: Client) -> None:
    for agent in range(1, 11):
        for arm, k in (("shadow", 4 + agent % 2), ("offer", 4 + agent // 2 % 2)):
            turns(agent, arm=arm, n_near=k, n_none=10 - k)
    assert "can&#x27;t be told from chance yet" in client.get(PAGE).text


def test_agents_who_keep_away_are_told_of(client: Client) -> None:
    both_arms(shadow=7, offer=4)
    assert "Agents keep away from what they are shown" in client.get(PAGE).text


def test_few_agents_or_turns_give_a_sentence(client: Client) -> None:
    both_arms(4)
    text = client.get(PAGE).text
    assert "too few to say what showing does: fewer than 5 agents in an arm: not shown." in text
    assert {row["value"] for row in table(client, "topic").values()} == {""}


def test_one_arm_alone_has_no_influence(client: Client) -> None:
    for agent in range(1, 8):
        turns(agent, arm="offer", n_near=10)
    assert "fewer than 5 turns in an arm: too few to say" in client.get(PAGE).text
    assert "No week has five compared turns of five agents in each arm yet" in client.get(PAGE).text


def test_an_arm_whose_turns_are_all_alike_is_taken_with_care(client: Client) -> None:
    for agent in range(1, 8):
        turns(agent, arm="offer", n_near=10)
        turns(agent, arm="shadow", n_near=agent % 2 + 4, n_none=5)
    found = table(client, "topic")["All turns"]
    assert "take the interval with care" in found["note"]
    assert float(found["low"]) < float(found["value"]) < float(found["high"])


def test_turns_that_nobody_answered_and_switched_off_ones_do_not_count(client: Client) -> None:
    both_arms()
    turns(0, arm="offer", n_none=500)
    turns(1, arm="off", n_none=500)
    assert table(client, "topic")["All turns"]["n"] == "200"


def test_turns_replayed_afterwards_are_left_out_and_told(client: Client) -> None:
    both_arms()
    for agent in range(1, 11):
        turns(agent, arm="shadow", n_near=10, n_replayed=10, is_replayed=True)
    assert float(table(client, "topic")["All turns"]["value"]) == pytest.approx(0.3)
    assert table(client, "arms")["Held out"]["n"] == "100"
    assert "Left out: 100 turns that were replayed afterwards." in client.get(PAGE).text


def test_where_all_is_replayed_there_is_nothing_to_compare(client: Client) -> None:
    turns(1, n_near=10, n_replayed=10, is_replayed=True)
    text = client.get(PAGE).text
    assert "No reply can be compared yet." in text
    assert "Left out: 10 turns that were replayed afterwards." in text


@pytest.mark.parametrize("per", ["week", "day"])
def test_a_week_in_which_more_is_held_out_makes_no_influence(client: Client, per: str) -> None:
    """Both arms fall from 60 to 40 % when the share held out goes from 5 to 30 %."""
    for agent in range(1, 11):
        for week, k, (shadow, offer) in ((monday(4), 3, (1, 19)), (monday(3), 2, (6, 14))):
            for arm, n in (("shadow", shadow), ("offer", offer)):
                turns(agent, arm=arm, day=week, n_near=k * n, n_none=(5 - k) * n)
    for key in ("topic", "difference"):
        assert [float(row["value"]) for row in table(client, key, per=per).values()] == pytest.approx([0, 0])
    text = client.get(PAGE, {"per": per}).text
    assert "can&#x27;t be told from chance yet" in text


def test_another_release_in_one_arm_makes_no_influence(client: Client) -> None:
    live, variant = make_release(), None
    for agent in range(1, 11):
        for release, arm, k in ((live, "shadow", 4), (live, "offer", 6), (variant, "offer", 9)):
            turns(agent, arm=arm, release=release, n_near=k + agent % 2, n_none=10 - k - agent % 2)
    whole = table(client, "topic")["All turns"]
    assert (float(whole["value"]), whole["n"]) == (pytest.approx(0.2), "200")


def test_an_empty_one_says_what_to_do(client: Client) -> None:
    text = client.get(PAGE, {"days": "x"}).text
    assert "No reply can be compared yet." in text
    assert table(client, "time") == {}


def test_tables_that_are_not_there_and_other_verbs(client: Client) -> None:
    assert client.get(PAGE, {"csv": "other"}).status_code == 404
    assert client.post(PAGE).status_code == 405


def test_agents_do_not_read_it(client: Client, ana: User) -> None:
    client.force_login(ana)
    assert client.get(PAGE).status_code == 403
