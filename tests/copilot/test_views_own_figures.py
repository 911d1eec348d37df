"""An agent's own figures: theirs alone, whatever the address asks; nobody's who answers no cases."""

import csv
from datetime import timedelta
from typing import Any

import pytest
from django.test import Client
from django.utils import timezone

from copilot.models import TurnDay
from copilot.monitor.agents import agent_hash
from copilot.monitor.funnel import Cell
from copilot.monitor.rolling_sums import roll_sums
from helpdesk.models import Role, User
from tests.making import make_user

pytestmark = pytest.mark.django_db
PAGE = "/copilot/your-figures/"
COLUMNS = {field.name: 0 for field in TurnDay._meta.concrete_fields[8:]}


@pytest.fixture
def client(client: Client, ana: User) -> Client:
    client.force_login(ana)
    return client


def turns(agent: User, *, days_ago: int = 1, arm: str = "offer", **counts: int) -> None:
    cells = {f"n_{cell}": n for cell, n in counts.items() if cell in set(Cell)}
    rest = {name: n for name, n in counts.items() if name not in set(Cell)}
    day = timezone.localdate() - timedelta(days=days_ago)
    TurnDay.objects.create(
        day=day, arm=arm, language="en", agent=agent_hash(agent.pk),
        **(COLUMNS | {"n_turns": sum(cells.values())} | cells | rest),
    )  # fmt: skip
    roll_sums(day, of=TurnDay)


def table(client: Client, key: str, **query: Any) -> dict[str, dict[str, str]]:
    text = client.get(PAGE, {"csv": key} | query).text
    return {row["name"]: row for row in csv.DictReader(text.splitlines())}


def test_an_agent_reads_what_became_of_their_own_turns(client: Client, ana: User, gwen: User) -> None:
    turns(ana, sent_verbatim=3, sent_edited=2, ignored=5, n_kept=2, withheld=10)
    turns(ana, arm="shadow", shadow=8, n_exact=2, n_none=6)
    turns(gwen, sent_verbatim=500, n_exact=500)
    text = client.get(PAGE).text
    assert "You answered 28 turns. Of the 10 suggestions that you saw, you sent half of the text" in text
    assert "Only you see this page." in text
    assert table(client, "turns")["Sent as it stands"]["k"] == "3"
    rate = table(client, "acceptance")["Half or more kept, of those seen"]
    assert (rate["k"], rate["n"], float(rate["value"])) == ("5", "10", 0.5)
    assert rate["method"] == "wilson"
    matches = table(client, "matches")["Held out, and not seen by you"]
    assert (matches["k"], matches["n"]) == ("2", "8")
    assert matches["version"].startswith("match version")
    client.force_login(gwen)
    assert "You answered 500 turns." in client.get(PAGE).text


def test_the_address_names_nobody_else(client: Client, gwen: User) -> None:
    turns(gwen, sent_verbatim=500)
    for query in ({"agent": agent_hash(gwen.pk)}, {"user": gwen.pk}, {"days": "364", "topic": "payouts"}):
        assert "You have answered no turn in this span of time." in client.get(PAGE, query).text
        assert {row["k"] for row in table(client, "turns", **query).values()} <= {"0"}


def test_few_turns_are_counted_and_give_no_share(client: Client, ana: User) -> None:
    turns(ana, sent_verbatim=2, ignored=1)
    assert "You saw too few suggestions to say how you use them." in client.get(PAGE).text
    rate = table(client, "acceptance")["As it stands, of those seen"]
    assert (rate["k"], rate["value"], rate["note"]) == ("2", "", "fewer than 5 turns: too few to say")


def test_a_span_that_is_not_asked_for_is_not_counted(client: Client, ana: User) -> None:
    turns(ana, ignored=7, days_ago=200)
    assert "You have answered no turn" in client.get(PAGE).text
    assert "You answered 7 turns." in client.get(PAGE, {"days": "364"}).text
    assert client.get(PAGE, {"days": "many"}).status_code == 200


def test_it_stands_in_the_menu_of_those_who_answer(client: Client, sana: User) -> None:
    assert f'href="{PAGE}"' in client.get("/").text or f'href="{PAGE}"' in client.get("/", follow=True).text
    client.force_login(sana)
    assert f'href="{PAGE}"' not in client.get("/", follow=True).text


def test_who_answers_no_cases_has_none_and_strangers_sign_in(client: Client, nadia: User, sana: User) -> None:
    for person in (nadia, sana):
        client.force_login(person)
        assert client.get(PAGE).status_code == 403
    client.force_login(make_user("ada", role=Role.ADMIN))
    assert client.get(PAGE).status_code == 200
    client.logout()
    assert client.get(PAGE).status_code == 302


def test_tables_that_are_not_there_and_other_verbs(client: Client) -> None:
    assert client.get(PAGE, {"csv": "other"}).status_code == 404
    assert client.post(PAGE).status_code == 405
