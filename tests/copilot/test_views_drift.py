"""The drift page: has what comes in changed since the release began, and what does it cost."""

import csv
from collections.abc import Mapping
from datetime import date, timedelta
from typing import Any

import pytest
from django.test import Client
from django.utils import timezone

from copilot.models import BinDay, FloorDay, InputDay, Release, TopicDay, TurnDay
from copilot.monitor.mixes import spans_of
from copilot.monitor.rolling_sums import roll_sums
from helpdesk.models import User
from tests.copilot.making import make_release, make_topic

pytestmark = pytest.mark.django_db
PAGE = "/copilot/monitor/drift/"
COLUMNS = {field.name: 0 for field in TurnDay._meta.concrete_fields[8:]}
EVEN = {"Payouts": 10, "Fees": 10}
DAYS = 56


@pytest.fixture
def client(client: Client, sana: User) -> Client:
    client.force_login(sana)
    return client


@pytest.fixture
def live() -> Release:
    return make_release()


def lived(
    release: Release,
    *,
    topics: Mapping[str, int] = EVEN,
    then: Mapping[str, int] | None = None,
    bins: Mapping[int, int] | None = None,
    now: Mapping[int, int] | None = None,
    days: int = DAYS,
) -> None:
    """Eight weeks of a release up to yesterday: topics and confidences by day, and as they are in the second half."""
    bins = bins or {60: 5, 90: 15}
    for back in range(1, days + 1):
        on = timezone.localdate() - timedelta(days=back)
        is_now = back <= days // 2
        for name, n in ((then or topics) if not is_now else topics).items():
            TurnDay.objects.create(
                day=on, release=release, arm="offer", topic=make_topic(name), language="en", agent=1,
                **(COLUMNS | {"n_turns": n + back % 3}),
            )  # fmt: skip
        for in_bin, n in (now or bins if is_now else bins).items():
            FloorDay.objects.create(
                day=on, release=release, arm="offer", agent=1, bin=in_bin, n_turns=n, n_hidden=0, n_matches=0,
                reason="" if in_bin >= 70 else "confidence_low",
            )  # fmt: skip
        for table in (TurnDay, FloorDay):
            roll_sums(on, of=table)
        for part, value in (("length", "80"), ("channel", "email"), ("kind", "question")):
            InputDay.objects.create(day=on, release=release, part=part, value=value, n=20)


def table(client: Client, key: str, **query: Any) -> dict[str, dict[str, str]]:
    rows = csv.DictReader(client.get(PAGE, {"csv": key} | query).text.splitlines())
    return {row["name"]: row for row in rows}


def test_what_did_not_change_is_not_called_drift(client: Client, live: Release) -> None:
    lived(live)
    assert "None of 2 mixes has changed by more than chance does." in client.get(PAGE).text
    assert float(table(client, "mixes")["Topics"]["p"]) > 0.01


def test_topics_that_changed_are_information_as_long_as_they_cost_nothing(
    client: Client, live: Release
) -> None:
    lived(live, topics={"Payouts": 4, "Fees": 16}, then=EVEN)
    text = client.get(PAGE).text
    assert "Changed by more than chance does: topics (most: Fees, 50 to 77 %)" in text
    assert "so it is only information" in text
    row = table(client, "mixes")["Topics"]
    assert float(row["psi"]) > float(row["threshold"])
    assert float(row["p"]) < 0.01
    assert 0 < float(row["jensen_shannon_base_2"]) < 1
    assert row["note"] == "drifted"
    change = table(client, "topic")["Fees"]
    assert float(change["low"]) < float(change["change"]) < float(change["high"])
    assert float(change["share_now"]) - float(change["share_reference"]) == pytest.approx(
        float(change["change"])
    )
    assert change["method"]
    assert change["version"] == f"release {live.pk}"


def test_lower_confidence_says_what_it_costs(client: Client, live: Release) -> None:
    lived(live, bins={60: 5, 95: 45}, now={60: 5, 72: 45})
    text = client.get(PAGE).text
    assert "Since then expected accuracy fell by 23.0 points: worth a look" in text
    assert "72 % of what is suggested is right now, 96 % in the reference (−23.0 points," in text


def test_turns_that_pass_no_more_are_a_cost_too(client: Client, live: Release) -> None:
    lived(live, bins={60: 5, 90: 15}, now={60: 15, 90: 5})
    text = client.get(PAGE).text
    assert "Since then the share of turns that pass the floor fell by 50.0 points: worth a look" in text
    assert "25 % pass the floor, 75 % did" in text


def test_products_and_templates_that_changed_are_told_like_any_other_mix(
    client: Client, live: Release
) -> None:
    lived(live)
    for back in range(1, DAYS + 1):
        on, is_now = timezone.localdate() - timedelta(days=back), back <= DAYS // 2
        for part, value, n in (
            ("product", "", 20 + back % 3), ("product", "Wren Mini", 2 + 9 * is_now),
            ("template", "yes", 15 - 6 * is_now), ("template", "no", 10 + back % 3),
        ):  # fmt: skip
            InputDay.objects.create(day=on, release=live, part=part, value=value, n=n)
    text = client.get(PAGE).text
    assert "products named (most: Wren Mini, 9 to 34 %)" in text
    assert "replies that are templates (most: " in text
    rows = table(client, "mixes")
    assert {rows[name]["note"] for name in ("Products named", "Replies that are templates")} == {"drifted"}
    change = table(client, "product")["Wren Mini"]
    assert float(change["change"]) == pytest.approx(float(rows["Products named"]["l_infinity"]), abs=0.001)
    assert set(table(client, "template")) == {"An approved answer, nearly word for word", "Words of its own"}


def test_lengths_are_compared_in_tenths_of_the_reference(client: Client, live: Release) -> None:
    lived(live)
    InputDay.objects.filter(part="length").delete()
    lengths = (0, 10, 20, 40, 80, 160, 320)
    for back in range(1, DAYS + 1):
        on, is_now = timezone.localdate() - timedelta(days=back), back <= DAYS // 2
        for at, value in enumerate(lengths):
            n = (at == 6) + 3 * (4 <= at < 6) + 12 * (at < 4) + (back % 2 if is_now else 0)
            InputDay.objects.create(day=on, release=live, part="length", value=f"{value}", n=n)
    assert set(table(client, "length")) == {
        "under 10", "10 to 19", "20 to 39", "40 to 79", "80 to 159", "160 and more",
    }  # fmt: skip


def test_questions_unlike_all_before_are_told_if_they_are_more_than_chance(
    client: Client, live: Release
) -> None:
    lived(live)
    for back in range(1, 29):
        on = timezone.localdate() - timedelta(days=back)
        for value, n in (("no", 18), ("yes", 2 + back % 2)):
            InputDay.objects.create(day=on, release=live, part="unseen", value=value, n=n)
    text = client.get(PAGE).text
    assert "12 % of the questions are unlike all before (" in text
    row = next(row for row in table(client, "unseen").values() if row["n"] != "0")
    assert float(row["low"]) < float(row["value"]) < float(row["high"])
    InputDay.objects.filter(part="unseen", value="yes").update(n=0)
    assert "unlike all before (" not in client.get(PAGE).text


def test_what_was_seen_is_known_after_four_weeks(client: Client, live: Release) -> None:
    lived(live)
    assert "What a release has seen is known after its first four weeks" in client.get(PAGE).text


def test_one_value_alone_or_few_turns_are_not_compared(client: Client, live: Release) -> None:
    lived(live, topics={"Payouts": 1, "Fees": 0}, days=14)
    rows = table(client, "mixes")
    assert rows["Languages"]["note"] == "fewer than 100 turns in a span"
    assert rows["Channels"]["note"] == "one value alone: nothing to compare"
    assert rows["Channels"]["psi"] == ""


def test_turns_on_one_day_alone_say_nothing_of_how_days_differ(client: Client, live: Release) -> None:
    lived(live, topics={"Payouts": 60, "Fees": 60}, bins={60: 20, 90: 100}, days=1)
    for table_ in (TurnDay, FloorDay, TopicDay, BinDay, InputDay):
        table_.objects.update(day=timezone.localdate() - timedelta(days=20))
    lived(live, topics={"Payouts": 10, "Fees": 20}, days=13)
    text = client.get(PAGE).text
    assert "One of both spans has suggestions on one day or on none" in text
    assert "turns on one day alone of a span" in table(client, "mixes")["Topics"]["note"]


def test_a_release_of_less_than_two_weeks_has_nothing_to_compare_with(client: Client, live: Release) -> None:
    lived(live, days=13)
    assert "has not served for two whole weeks yet" in client.get(PAGE).text


def test_replayed_history_is_not_how_a_release_began(client: Client, live: Release) -> None:
    lived(live, days=13)
    long_ago = timezone.localdate() - timedelta(days=200)
    for topic in ("Payouts", "Fees"):
        TurnDay.objects.create(
            day=long_ago, release=live, arm="shadow", topic=make_topic(topic), language="en", agent=1,
            **(COLUMNS | {"n_turns": 500}),
        )  # fmt: skip
    roll_sums(long_ago, of=TurnDay)
    assert "has not served for two whole weeks yet" in client.get(PAGE).text


def test_without_suggestions_the_cost_is_not_told(client: Client, live: Release) -> None:
    lived(live, bins={60: 20})
    assert "One of both spans has suggestions on one day or on none" in client.get(PAGE).text


def test_without_a_release_it_says_what_to_do(client: Client) -> None:
    assert "No release is live" in client.get(PAGE).text
    assert client.get(PAGE, {"release": "123", "days": "x"}).status_code == 200


def test_expected_accuracy_stands_beside_matches_that_saw_nothing(client: Client, live: Release) -> None:
    lived(live)
    monday = timezone.localdate() - timedelta(days=timezone.localdate().weekday() + 7)
    for agent in range(2, 9):
        FloorDay.objects.create(
            day=monday,
            release=live,
            reason="",
            arm="shadow",
            agent=agent,
            bin=90,
            n_turns=9,
            n_hidden=8,
            n_matches=4,
        )
    rows = list(csv.DictReader(client.get(PAGE, {"csv": "expected"}).text.splitlines()))
    found = {row["what"]: row for row in rows if row["name"] == f"{monday}"}
    assert float(found["expected by confidence (CBPE)"]["value"]) == pytest.approx(0.905)
    assert (found["matches"]["value"], found["matches"]["agents"]) == ("0.5", "7")


@pytest.mark.parametrize("days", range(14, 90, 5))
def test_both_spans_hold_each_weekday_as_often_and_no_day_twice(days: int) -> None:
    last = date(2026, 3, 31)
    spans = spans_of(last - timedelta(days=days - 1), last=last)
    assert spans is not None
    weekdays = [sorted(day.weekday() for day in span) for span in (spans.reference, spans.current)]
    assert weekdays[0] == weekdays[1]
    assert not set(spans.reference) & set(spans.current)
    assert spans.current[-1] == last


def test_only_those_who_read_figures_get_in(client: Client, live: Release, ana: User) -> None:
    assert client.post(PAGE).status_code == 405
    lived(live)
    assert client.get(PAGE, {"csv": "nothing"}).status_code == 404
    client.force_login(ana)
    assert client.get(PAGE).status_code == 403
    client.logout()
    assert client.get(PAGE).status_code == 302
