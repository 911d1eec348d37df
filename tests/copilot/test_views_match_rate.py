"""The match rate page: figures with n and interval, as charts, tables and CSV."""

import csv
from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from django.test import Client
from django.utils import timezone

from copilot import assigning, match_versions
from copilot.models import Exposure, Match, Release
from copilot.models.suggestion import Reason, State
from copilot.monitor.rates import match_rates, turns_by_arm
from helpdesk.models import Case, User
from tests.copilot.making import make_experiment, make_suggestion, make_topic
from tests.making import make_case, make_reply, make_user

pytestmark = pytest.mark.django_db


@pytest.fixture
def client(client: Client, sana: User) -> Client:
    client.force_login(sana)
    return client


def answer(
    kind: str = "near", *, author: User, topic: str = "Payouts", n_tokens: int = 40, **fields: Any
) -> Case:
    case = make_case()
    Match.objects.create(
        suggestion=make_suggestion(case, topic=make_topic(topic), **fields),
        reply=make_reply(case, "It left today.", author=author),
        kind=kind, similarity=0.9, retained=0.9, share=0.9, survival=0.9, kept_characters=9, n_reply_tokens=n_tokens,
        version=match_versions.current(), recorded_at=timezone.now(),
    )  # fmt: skip
    return case


def rows(client: Client, part: str = "topic", **query: str) -> dict[str, dict[str, str]]:
    text = client.get("/copilot/match-rate/", {"csv": part} | query).text
    return {row["name"]: row for row in csv.DictReader(text.splitlines())}


@pytest.fixture
def agents(db: None) -> list[User]:
    """As many as a figure needs behind it."""
    return [make_user(f"agent{number}") for number in range(5)]


def test_matches_are_counted_per_topic_over_agents(client: Client, agents: list[User]) -> None:
    for kind, author in zip(("exact", "near", "retained", "none", "conflict"), agents, strict=True):
        answer(kind, author=author)
    found = rows(client)["Payouts"]
    assert (found["n"], found["k"], found["agents"]) == ("5", "3", "5")
    assert float(found["value"]) == pytest.approx(0.6)
    assert float(found["low"]) < 0.6 < float(found["high"])
    assert found["note"].startswith("few agents")


def test_figures_of_fewer_than_five_agents_are_not_shown(client: Client, agents: list[User]) -> None:
    for number in range(12):
        answer(author=agents[number % 4])
    found = rows(client)["Payouts"]
    assert (found["n"], found["k"], found["value"], found["low"]) == ("12", "", "", "")
    assert found["note"] == "fewer than 5 agents: not shown"
    text = client.get("/copilot/match-rate/").text
    assert "12 turns can be counted, but no figure is shown: fewer than five agents stand behind it." in text
    assert '<svg class="chart' not in text
    assert '<dl class="kinds">' not in text


def test_turns_replayed_by_a_later_release_are_told(client: Client, agents: list[User]) -> None:
    for author in agents:
        answer(author=author)
    assert "All 5 turns were replayed afterwards" in client.get("/copilot/match-rate/").text
    Release.objects.update(created_at=timezone.now() - timedelta(days=1))
    assert "replayed afterwards" not in client.get("/copilot/match-rate/").text


def test_short_replies_and_the_other_arm_are_left_out(client: Client, ana: User) -> None:
    for _ in range(5):
        answer(author=ana)
    answer("none", author=ana, n_tokens=3)
    answer("none", author=ana, state=State.SHADOW, reason=Reason.HELD_OUT, arm="shadow", topic="Fees")
    assert rows(client)["Payouts"]["n"] == "5"
    assert "Fees" not in rows(client)
    assert rows(client, arm="shadow")["Fees"]["n"] == "1"
    assert "Left out: 1 short reply" in client.get("/copilot/match-rate/").text


def test_what_says_too_little_says_so_instead_of_being_drawn(client: Client, ana: User) -> None:
    answer(author=ana)
    response = client.get("/copilot/match-rate/")
    assert "too few to say" in response.text
    assert '<svg class="chart' not in response.text
    assert rows(client)["Payouts"]["value"] == ""


def test_it_states_the_finding_in_words(client: Client, agents: list[User]) -> None:
    for author in [*agents, agents[0]]:
        answer(author=author)
    text = client.get("/copilot/match-rate/").text
    assert "Agents sent what was suggested or nearly so in 100 % of 6 turns" in text
    assert 'aria-label="Match rate by topic with 95 % intervals"' in text


def test_days_and_weeks_can_be_chosen(client: Client, ana: User) -> None:
    for _ in range(6):
        answer(author=ana)
    today = timezone.localdate()
    monday = today - timedelta(days=today.weekday())
    assert list(rows(client, part="time", per="day")) == [str(today)]
    assert list(rows(client, part="time", per="week")) == [str(monday)]


def test_a_table_that_is_not_there_is_named(client: Client, ana: User) -> None:
    assert client.get("/copilot/match-rate/?csv=other").status_code == 404


def test_a_name_is_no_formula(client: Client, ana: User) -> None:
    answer(author=ana, topic="=HYPERLINK(1)")
    assert "'=HYPERLINK(1)" in rows(client)


def test_a_suggestion_that_its_author_could_not_see_counts_as_held_out(client: Client) -> None:
    experiment = make_experiment(unit="agent")
    counted = {"offer": 0, "shadow": 0}
    for number in range(12):
        author = make_user(f"agent{number}")
        case = answer(author=author)
        variant = assigning.variant_for(author, experiment, asked_at=timezone.now())
        Exposure.objects.create(
            suggestion=case.suggestions.get(), agent=author, variant=variant, at=timezone.now()
        )
        counted[variant.arm] += 1
    assert min(counted.values()) > 0
    assert turns_by_arm(since=timezone.now() - timedelta(days=1)) == counted
    for arm, n in counted.items():
        assert match_rates(arm=arm, since=timezone.now() - timedelta(days=1)).total.n == n


def test_it_opens_on_the_arm_that_has_turns(client: Client, ana: User) -> None:
    answer(author=ana, state=State.SHADOW, reason=Reason.HELD_OUT, arm="shadow")
    assert 'aria-current="page">Held out</a>' in client.get("/copilot/match-rate/").text
    answer(author=ana)
    assert 'aria-current="page">Offered</a>' in client.get("/copilot/match-rate/").text


def test_an_arm_without_turns_leads_to_the_one_that_has_them(client: Client, ana: User) -> None:
    answer(author=ana, state=State.SHADOW, reason=Reason.HELD_OUT, arm="shadow")
    text = client.get("/copilot/match-rate/?arm=offer&days=28").text
    assert 'aria-current="page">Offered</a>' in text
    assert "No reply can be compared under “Offered”" in text
    assert '<a href="?arm=shadow&amp;days=28">1 turn under “Held out”</a>' in text


def test_agents_are_refused(client: Client, ana: User) -> None:
    client.force_login(ana)
    assert client.get("/copilot/match-rate/").status_code == 403
    assert "Match rate</span>" not in client.get("/cases/").text


def test_an_empty_one_says_what_to_do(client: Client) -> None:
    assert "No reply can be compared yet." in client.get("/copilot/match-rate/?arm=nope&days=x").text


def test_replies_in_other_words_are_not_counted_before_they_are_settled(
    client: Client, agents: list[User]
) -> None:
    for author in agents:
        answer("none", author=author)
    Match.objects.filter(reply__author=agents[0]).update(is_pending=True)
    assert rows(client)["Payouts"]["n"] == "4"
    assert "1 reply in other words waits for a worker" in client.get("/copilot/match-rate/").text


@pytest.mark.parametrize("n_topics", [1, 6])
def test_its_queries_do_not_grow(
    client: Client, n_topics: int, django_assert_num_queries: Callable[..., Any]
) -> None:
    agents = [make_user(f"agent{number}") for number in range(n_topics)]
    for number, agent in enumerate(agents):
        answer(author=agent, topic=f"Topic {number}")
    with django_assert_num_queries(9):  # session, person; arms, left out, span, two groupings, kinds, version
        client.get("/copilot/match-rate/")
