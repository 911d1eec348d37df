"""Pages of the monitor: figures with n and interval, never of single people; table and CSV are the same rows."""

import csv
from datetime import timedelta
from typing import Any

import pytest
from django.test import Client
from django.utils import timezone

from copilot.models import TurnDay
from copilot.monitor.funnel import VERSION, Cell
from copilot.monitor.rolling_sums import roll_sums
from helpdesk.models import User
from tests.copilot.making import make_topic

pytestmark = pytest.mark.django_db
PAGE = "/copilot/monitor/adoption/"
COLUMNS = {field.name: 0 for field in TurnDay._meta.concrete_fields[8:]}


@pytest.fixture
def client(client: Client, sana: User) -> Client:
    client.force_login(sana)
    return client


def turns(agent: int, *, days_ago: int = 1, topic: str = "Payouts", **counts: int) -> TurnDay:
    """One row of figures: counts by cell, which sum to its turns."""
    cells = {f"n_{cell}": n for cell, n in counts.items() if cell in set(Cell)}
    rest = {name: n for name, n in counts.items() if name not in set(Cell)}
    made = TurnDay.objects.create(
        day=timezone.localdate() - timedelta(days=days_ago), arm="offer", topic=make_topic(topic), language="en",
        agent=agent, **(COLUMNS | {"n_turns": sum(cells.values())} | cells | rest),
    )  # fmt: skip
    roll_sums(made.day, of=TurnDay)
    return made


def table(client: Client, key: str, **query: Any) -> dict[str, dict[str, str]]:
    text = client.get(PAGE, {"csv": key} | query).text
    return {row["name"]: row for row in csv.DictReader(text.splitlines())}


def test_acceptance_is_counted_in_four_ways(client: Client) -> None:
    for agent in range(1, 11):
        turns(
            agent, sent_verbatim=4, sent_edited=2, ignored=3, dismissed=1, displayed=2, withheld=8, n_kept=1
        )
    found = [float(row["value"]) for row in table(client, "acceptance").values()]
    assert found == pytest.approx([40 / 100, 50 / 100, 60 / 120, 50 / 200])
    strict = next(iter(table(client, "acceptance").values()))
    assert (strict["n"], strict["k"], strict["agents"]) == ("100", "40", "10")
    assert strict["method"]
    text = client.get(PAGE).text
    assert "Of the suggestions that agents see, 50 % are sent" in text
    assert "Of all turns they answer, that is 25 %" in text


def test_late_ones_that_were_seen_and_left_are_in_what_acceptance_is_of(client: Client) -> None:
    """Those that were used all the same are in it too, so that leaving the others out would flatter."""
    for agent in range(1, 11):
        turns(agent, sent_verbatim=4, ignored=2, late=4, n_late_acted=2, n_late_shown=3, n_late_seen=2)
    found = [float(row["value"]) for row in table(client, "acceptance").values()]
    assert found == pytest.approx([40 / 80, 40 / 80, 40 / 90, 40 / 100])
    late = [row for name, row in table(client, "in-time").items() if "came late" in name]
    assert [(row["n"], row["k"]) for row in late] == [("100", "60")]


def test_acceptance_is_told_by_weeks_since_the_first_suggestion(client: Client) -> None:
    for agent in range(1, 7):
        turns(agent, days_ago=21, sent_verbatim=1, ignored=3)
        turns(agent, days_ago=14, sent_verbatim=2, ignored=2)
        turns(agent, sent_verbatim=3, ignored=1)
    turns(9, days_ago=200, ignored=1)  # long before the span
    turns(9, sent_verbatim=4)
    rows = table(client, "tenure")
    assert [row["n"] for row in rows.values()] == ["24", "24", "24", "0", "4"]
    assert [row["value"] for row in rows.values()] == ["0.25", "0.5", "0.75", "", ""]
    assert "Week 1: 25 %" in client.get(PAGE).text
    assert table(client, "tenure", per="day") == rows


def test_how_far_agents_differ_is_told_of_groups_of_five(client: Client) -> None:
    for agent in range(1, 20):
        turns(agent, sent_verbatim=agent, ignored=20 - agent)
    assert "there are 19." in client.get(PAGE).text
    turns(20, sent_verbatim=20)
    rows = list(table(client, "spread").values())
    assert [row["k"] for row in rows] == ["15", "40", "65", "90"]
    assert {(row["n"], row["agents"], row["low"]) for row in rows} == {("100", "5", "")}
    by_chance = [int(row["note"].split(" %")[0]) for row in rows]
    assert 30 < by_chance[0] < by_chance[-1] < 75, "of 20 each there is a spread without any difference"
    assert "from 15 % to 90 %" in client.get(PAGE).text


def test_another_greeting_is_no_edit(client: Client) -> None:
    for agent in range(1, 7):
        turns(agent, sent_verbatim=9, sent_edited=3, n_frame_only=2)
    assert "Of 30 suggestions that were sent with any change, 40 %" in client.get(PAGE).text


def test_matches_that_did_not_come_from_the_card_are_told(client: Client) -> None:
    for agent in range(1, 7):
        turns(agent, sent_verbatim=6, ignored=4, n_exact=8, n_by_hand=2)
    assert "Of 48 replies that match what was offered, 25 %" in client.get(PAGE).text


def test_how_much_is_kept_and_how_much_of_the_reply_it_is(client: Client) -> None:
    for agent in range(1, 7):
        sums = {"retained_millionths": 4_000_000 + 100_000 * agent, "share_millionths": 2_500_000}
        turns(agent, sent_verbatim=4, sent_edited=1, ignored=5, **sums)
    kept, share = table(client, "texts").values()
    assert (float(kept["value"]), kept["n"], kept["agents"]) == (pytest.approx(4.35 / 5), "30", "6")
    assert float(kept["low"]) < 0.87 < float(kept["high"]) <= 1
    assert kept["method"] == "cluster-robust (CR2)"
    assert (float(share["value"]), share["low"]) == (pytest.approx(0.5), "")
    assert share["note"] == "all agents alike: no interval"


def test_how_often_the_card_came_into_sight_is_told(client: Client) -> None:
    for agent in range(1, 7):
        turns(agent, sent_verbatim=3, displayed=4, late=5, n_late_shown=3, n_late_seen=2)
    [seen] = [row for name, row in table(client, "in-time").items() if "in sight" in name]
    assert (seen["k"], seen["n"]) == ("30", "60")


def test_the_cells_sum_to_all_turns_or_the_page_says_so(client: Client) -> None:
    row = turns(1, ignored=3, withheld=2)
    assert "sum to all 5 turns" in client.get(PAGE).text
    TurnDay.objects.filter(pk=row.pk).update(n_turns=6)
    roll_sums(row.day, of=TurnDay)
    assert "The cells sum to 5 but there are 6 turns" in client.get(PAGE).text


def test_fewer_than_five_agents_are_not_shown(client: Client) -> None:
    for agent in range(1, 5):
        turns(agent, sent_verbatim=30, ignored=30)
    assert {row["value"] for row in table(client, "acceptance").values()} == {""}
    assert "fewer than 5 agents: not shown" in client.get(PAGE).text


def test_what_few_agents_did_is_one_count(client: Client) -> None:
    for agent in range(1, 5):
        turns(agent, sent_verbatim=3, ignored=2, withheld=5, kept_characters=700)
    cells = table(client, "funnel")
    assert cells["Offered and answered"]["k"] == "20"
    assert cells["Withheld with a reason"]["k"] == "20"
    assert "Sent as it stands" not in cells
    assert {row["value"] for row in table(client, "kept").values()} == {""}
    turns(5, sent_verbatim=3, ignored=2, withheld=5, kept_characters=700)
    assert table(client, "funnel")["Sent as it stands"]["k"] == "15"
    assert [float(row["value"]) for row in table(client, "kept").values()] == [pytest.approx(70)]


def test_whether_it_was_there_in_time_is_told_by_week(client: Client) -> None:
    for agent in range(1, 8):
        turns(agent, late=1, ignored=4, n_opened=10, n_ready=9)
    found = {name.split(", ", 1)[1]: row for name, row in table(client, "in-time").items()}
    assert (found["ready when its case was opened"]["k"], found["ready when its case was opened"]["n"]) == (
        "63",
        "70",
    )
    assert found["came late, of those answered"]["value"] == "0.2"
    assert "The aim is to be ready in 95 % of openings." in client.get(PAGE).text


def test_turns_that_nobody_answered_accept_nothing_and_refuse_nothing(client: Client) -> None:
    turns(0, waiting=50, withheld=50)
    for agent in range(1, 7):
        turns(agent, sent_verbatim=1, ignored=1)
    assert float(table(client, "acceptance")["Half or more kept, of all answered"]["value"]) == 0.5


def test_a_week_that_is_not_asked_for_is_not_counted(client: Client) -> None:
    turns(1, ignored=3, days_ago=200)
    turns(2, ignored=2, topic="Fees")
    assert "sum to all 2 turns" in client.get(PAGE).text
    assert "sum to all 5 turns" in client.get(PAGE, {"days": "364"}).text
    assert "sum to all 3 turns" in client.get(PAGE, {"days": "364", "topic": "payouts"}).text
    assert "No turn has come in yet." in client.get(PAGE, {"topic": "nothing"}).text


def test_a_year_goes_by_week_though_its_days_are_asked_for(client: Client) -> None:
    for agent in range(1, 7):
        turns(agent, sent_verbatim=2, ignored=3)
        turns(agent, sent_verbatim=3, ignored=2, days_ago=200)
    year = client.get(PAGE, {"days": "364", "per": "day"}).text
    assert "A year goes by week" in year
    assert "Acceptance by week" in year
    assert table(client, "time", days="364", per="day") == table(client, "time", days="364")
    assert "goes by week" not in client.get(PAGE, {"days": "364"}).text, "nobody asked for days"
    assert "Acceptance by day" in client.get(PAGE, {"days": "84", "per": "day"}).text


@pytest.mark.parametrize(
    "query", ["release=x", "days=7", "per=hour", "topic=%00", "release=99999999999999", "language="]
)
def test_an_address_that_means_nothing_shows_all(client: Client, query: str) -> None:
    turns(1, ignored=3)
    assert client.get(f"{PAGE}?{query}").status_code == 200


def test_no_rows_at_all(client: Client) -> None:
    assert "No turn has come in yet." in client.get(PAGE).text
    assert table(client, "time") == {}


@pytest.mark.parametrize("key", ["funnel", "acceptance", "time", "in-time", "agents", "kept", "texts"])
def test_every_row_of_a_file_says_how_and_by_which_rules_it_was_made(client: Client, key: str) -> None:
    for agent in range(1, 8):
        turns(agent, sent_verbatim=3, ignored=4, late=1, n_opened=10, n_ready=9)
    rows = table(client, key).values()
    assert {row["version"].split(",")[0] for row in rows} == {VERSION}
    assert all(row["method"] for row in rows if row["value"])
    assert all(row["n"] for row in rows)


def test_tables_that_are_not_there_and_other_verbs(client: Client) -> None:
    assert client.get(PAGE, {"csv": "other"}).status_code == 404
    assert client.post(PAGE).status_code == 405


def test_agents_do_not_read_it(client: Client, ana: User) -> None:
    client.force_login(ana)
    assert client.get(PAGE).status_code == 403
