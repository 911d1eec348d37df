"""Topics and answers: what was suggested, how often it is sent, what is changed in it, what was taken back."""

import csv
from datetime import datetime, timedelta
from typing import Any

import pytest
from django.test import Client
from django.utils import timezone

from copilot import match_versions
from copilot.models import AnswerDay, AnswerVersion, Match, TurnDay
from copilot.monitor.rolling_sums import roll_sums
from helpdesk.models import Reply, User
from tests.copilot.making import make_answer, make_suggestion, make_topic
from tests.making import make_case, make_reply, make_user

pytestmark = pytest.mark.django_db
PAGE = "/copilot/monitor/answers/"
OF_ANSWER = {field.name: 0 for field in AnswerDay._meta.concrete_fields[8:]}
OF_TURN = {field.name: 0 for field in TurnDay._meta.concrete_fields[8:]}
TEXT = "You can send a reader back within 30 days of delivery, used or unused. We do not ask for a reason."


@pytest.fixture
def client(client: Client, sana: User) -> Client:
    client.force_login(sana)
    return client


@pytest.fixture
def version() -> AnswerVersion:
    return make_answer("Returns", TEXT, topic=make_topic("Returning"))


def suggested(
    version: AnswerVersion, agent: int, *, days_ago: int = 1, arm: str = "offer", **counts: int
) -> None:
    made = AnswerDay.objects.create(
        day=timezone.localdate() - timedelta(days=days_ago), version=version, arm=arm, agent=agent, is_replayed=False,
        **(OF_ANSWER | counts),
    )  # fmt: skip
    roll_sums(made.day, of=AnswerDay)


def turns(topic: str, agent: int, **counts: int) -> None:
    made = TurnDay.objects.create(
        day=timezone.localdate() - timedelta(days=1), arm="offer", topic=make_topic(topic), agent=agent, language="en",
        **(OF_TURN | counts),
    )  # fmt: skip
    roll_sums(made.day, of=TurnDay)


def changed(version: AnswerVersion, author: User, sent: str, *, kind: str = "conflict") -> Reply:
    case = make_case()
    reply = make_reply(case, sent, author=author)
    Match.objects.create(
        suggestion=make_suggestion(case, TEXT, answer=version), reply=reply, kind=kind, similarity=0.9, retained=0.9,
        share=0.9, survival=0.9, kept_characters=9, n_reply_tokens=40, version=match_versions.current(),
        recorded_at=timezone.now(),
    )  # fmt: skip
    return reply


def table(client: Client, key: str, page: str = PAGE, **query: Any) -> list[dict[str, str]]:
    return list(csv.DictReader(client.get(page, {"csv": key} | query).text.splitlines()))


def address(version: AnswerVersion) -> str:
    return f"{PAGE}{version.answer_id}/"


def test_topics_and_answers_stand_with_their_figures(client: Client, version: AnswerVersion) -> None:
    for agent in range(1, 9):
        turns("Returning", agent, n_turns=10, n_withheld=4, n_sent_verbatim=6, n_exact=4, n_none=2)
        suggested(
            version, agent, n_suggested=6, n_shown=5, n_verbatim=2, n_edited=1, n_exact=3, n_near=1, n_none=2
        )
    [topic], [answer] = table(client, "topics"), table(client, "answers")
    assert (topic["topic"], topic["turns"], topic["offered"]) == ("Returning", "80", "0.6")
    assert (answer["answer"], answer["about"], answer["turns"]) == ("Returns", "Returning", "48")
    assert float(answer["used"]) == pytest.approx(24 / 40)
    assert float(answer["match_rate"]) == float(topic["match_rate"]) == pytest.approx(32 / 48)
    assert (answer["match_rate_n"], answer["match_rate_k"], answer["match_rate_agents"]) == ("48", "32", "8")
    assert answer["match_rate_method"]
    assert answer["match_rate_version"] == f"match version {match_versions.current().pk}"
    text = client.get(PAGE).text
    assert f'<a href="{address(version)}">Returns</a>' in text
    assert "No answer&#x27;s match rate has fallen by more than chance explains." in text


def test_the_offered_share_hangs_neither_on_replies_nor_on_what_is_switched_off(client: Client) -> None:
    turns("Returning", 1, n_turns=60, n_off=10, n_withheld=20, n_failed=5, n_ignored=25)
    turns("Returning", 0, n_turns=50, n_waiting=10, n_censored=40)
    [topic] = table(client, "topics")
    assert (topic["turns"], topic["offered_n"], topic["offered"]) == ("110", "100", "0.75")


def test_weeks_are_drawn_where_five_agents_stand_behind_them(client: Client, version: AnswerVersion) -> None:
    turns("Returning", 1, n_turns=10)
    for weeks_ago in (1, 2, 3):
        for agent in range(1, 9 if weeks_ago != 2 else 4):
            suggested(version, agent, days_ago=7 * weeks_ago, n_suggested=4, n_exact=2, n_none=2)
    assert client.get(PAGE).text.count('class="chart spark"') == 1
    AnswerDay.objects.filter(agent__gt=4).delete()
    for day in AnswerDay.objects.values_list("day", flat=True).distinct():
        roll_sums(day, of=AnswerDay)
    assert 'class="chart spark"' not in client.get(PAGE).text
    assert "fewer than 5 agents: not shown" in client.get(PAGE).text


def test_a_long_list_shows_fifty_until_all_are_asked_for(client: Client) -> None:
    for number in range(51):
        suggested(make_answer(f"Answer {number:02}"), 1, n_suggested=100 - number)
    turns("Returning", 1, n_turns=1)
    text = client.get(PAGE).text
    assert "Answer 49" in text
    assert "Answer 50" not in text
    assert "The first 50 of 51, by turns." in text
    assert 'href="?days=84&amp;per=week&amp;all=yes#answers">Show all 51' in text
    whole = client.get(PAGE, {"all": "yes"}).text
    assert "Answer 50" in whole
    assert "Show all" not in whole
    assert len(table(client, "answers")) == 51


def test_an_alarm_stands_on_both_pages(client: Client, version: AnswerVersion) -> None:
    for agent in range(1, 9):
        turns("Returning", agent, n_turns=10)
        suggested(version, agent, days_ago=40, n_suggested=40, n_exact=30, n_none=10)
        suggested(version, agent, n_suggested=10, n_conflict=10)
    for page in (PAGE, address(version)):
        text = client.get(page).text
        assert "From 75 % of 320 turns to 0 % of 80" in text
        assert "falling" in text
    assert table(client, "answers")[0]["decay"].startswith("From 75 %")


def test_an_answers_page_draws_weeks_and_counts_reasons(client: Client, version: AnswerVersion) -> None:
    for agent in range(1, 9):
        suggested(
            version, agent, n_suggested=5, n_shown=5, n_dismissed=2, n_out_of_date=1, n_exact=3, n_none=2
        )
        suggested(version, agent, arm="shadow", n_suggested=5, n_exact=1, n_none=4)
    text = client.get(address(version)).text
    assert "matches in 60 % of 40" in text
    assert "Dismissed 16 of 40 times" in text
    reasons = {row["name"]: row["k"] for row in table(client, "dismissals", address(version))}
    assert reasons == {
        "Wrong topic": "0", "Wrong answer": "0", "Out of date": "8", "Tone": "0", "Not a question": "0",
        "No reason given": "8",
    }  # fmt: skip
    rates = {
        row["name"].split(",")[0]: float(row["value"]) for row in table(client, "trend", address(version))
    }
    assert rates == {"Offered": 0.6, "Held out": 0.2}


def test_the_edit_that_agents_keep_making_is_shown_as_a_diff(client: Client, version: AnswerVersion) -> None:
    suggested(version, 1, n_suggested=5)
    for number in range(5):
        changed(version, make_user(f"agent{number}"), TEXT.replace("30", "14"))
    text = client.get(address(version)).text
    assert "5 times, by 5 agents" in text
    assert "… You can send a reader back within <del>30</del> <ins>14</ins> days of delivery" in text
    assert "changes a fact" in text
    assert f"/copilot/catalog/answers/{version.answer_id}/text/" in text
    make_answer("Returns", TEXT.replace("30", "14"))
    assert "in version 1, which was replaced" in client.get(address(version)).text


def test_of_fewer_than_five_agents_only_the_edit_is_shown(client: Client, version: AnswerVersion) -> None:
    suggested(version, 1, n_suggested=5)
    for number in range(3):
        changed(version, make_user(f"agent{number}"), TEXT.replace("30", "14"))
    text = client.get(address(version)).text
    assert "By fewer than five agents, so how often is not shown" in text
    assert "<del>30</del> <ins>14</ins>" in text
    assert "times, by" not in text


def test_what_two_agents_do_is_their_own(client: Client, version: AnswerVersion) -> None:
    suggested(version, 1, n_suggested=5)
    for number in range(2):
        changed(version, make_user(f"agent{number}"), TEXT.replace("30", "14"))
    assert (
        "No edit was made by three agents or more in the 2 newest replies"
        in client.get(address(version)).text
    )


def test_of_erased_texts_only_counts_are_left(client: Client, version: AnswerVersion) -> None:
    suggested(version, 1, n_suggested=5)
    for number in range(3):
        changed(version, make_user(f"agent{number}"), TEXT.replace("30", "14"))
    Reply.objects.update(body="")
    text = client.get(address(version)).text
    assert "The texts of 3 more replies are erased" in text
    assert "<ins>" not in text


def test_corrections_are_told(client: Client, version: AnswerVersion) -> None:
    for agent in range(1, 9):
        suggested(
            version, agent, n_suggested=5, n_shown=5, n_verbatim=3, n_edited=2, n_followed=1, n_corrected=agent // 5,
            survival_millionths=4_000_000, corrected_survival_millionths=3_500_000,
        )  # fmt: skip
    text = client.get(address(version)).text
    assert "Of 40 replies that used it, 4 were corrected by another reply within 24 hours (10 %" in text
    assert "80 % survive when the reply is sent, and 70 % once corrections are taken in" in text


def test_single_people_are_not_told_of(client: Client, version: AnswerVersion) -> None:
    for agent in range(1, 5):
        suggested(
            version, agent, n_suggested=9, n_shown=9, n_dismissed=2, n_tone=2, n_exact=5, n_edited=5, n_none=4
        )
    text = client.get(address(version)).text
    assert "too few replies of too few agents" in text
    assert "Fewer than five agents saw it, so nothing is shown." in text
    assert "Of corrections nothing is shown: fewer than 5 agents: not shown." in text
    assert {row["value"] for row in table(client, "dismissals", address(version))} == {""}


def test_filters_leave_out_what_is_not_asked_for(client: Client, version: AnswerVersion) -> None:
    suggested(version, 1, n_suggested=5, days_ago=200)
    turns("Returning", 1, n_turns=1)
    assert table(client, "answers") == []
    assert [row["turns"] for row in table(client, "answers", days="364")] == ["5"]
    assert table(client, "answers", days="364", topic="other") == []
    assert "It was not suggested in this span of time." in client.get(address(version)).text


@pytest.mark.parametrize("query", ["release=x", "days=7", "topic=%00", "release=99999999999999", "language="])
def test_an_address_that_means_nothing_shows_all(client: Client, version: AnswerVersion, query: str) -> None:
    suggested(version, 1, n_suggested=5)
    for page in (PAGE, address(version)):
        assert client.get(f"{page}?{query}").status_code == 200


def test_no_rows_at_all(client: Client, version: AnswerVersion) -> None:
    assert "No turn has come in yet." in client.get(PAGE).text
    assert client.get(address(version)).status_code == 200


def test_the_list_asks_as_much_of_many_answers_as_of_one(
    client: Client, django_assert_max_num_queries: Any
) -> None:
    for number in range(12):
        for agent in range(6):
            suggested(make_answer(f"Answer {number}"), agent, n_suggested=5, n_exact=5)
            turns(f"Topic {number}", agent, n_turns=5)
    with django_assert_max_num_queries(20):
        assert client.get(PAGE).status_code == 200


def test_what_is_not_there_and_other_verbs(client: Client, version: AnswerVersion) -> None:
    assert client.get(f"{PAGE}999999/").status_code == 404
    for page in (PAGE, address(version)):
        assert client.get(page, {"csv": "other"}).status_code == 404
        assert client.post(page).status_code == 405


def test_agents_do_not_read_it(client: Client, version: AnswerVersion, ana: User) -> None:
    client.force_login(ana)
    assert {client.get(page).status_code for page in (PAGE, address(version))} == {403}


def test_the_marks_of_the_trend_are_versions(client: Client, version: AnswerVersion) -> None:
    at: datetime = timezone.now() - timedelta(days=10)
    make_answer("Returns", TEXT.replace("30", "14"), approved_at=at)
    for agent in range(1, 9):
        for days_ago in (1, 20):
            suggested(version, agent, days_ago=days_ago, n_suggested=5, n_exact=3, n_none=2)
    assert "<title>v2</title>" in client.get(address(version)).text
