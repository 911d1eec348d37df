"""Conflicts: the replies that state another fact than the suggestion, for who may read their cases."""

import csv
from datetime import timedelta
from typing import Any

import pytest
from django.test import Client
from django.utils import timezone

from copilot import match_versions
from copilot.models import AnswerVersion, Match
from copilot.monitor import conflicts
from copilot.monitor.filters import Filters
from helpdesk.models import Reply, Team, User
from tests.copilot.making import make_answer, make_suggestion, make_topic
from tests.making import make_case, make_reply

pytestmark = pytest.mark.django_db
PAGE = "/copilot/monitor/conflicts/"
TEXT = "You can send a reader back within 30 days of delivery."


@pytest.fixture
def client(client: Client, sana: User) -> Client:
    client.force_login(sana)
    return client


def conflict(
    version: AnswerVersion,
    author: User,
    *,
    hours_ago: int = 1,
    team: Team | None = None,
    sent: str = "14 day",
    **fields: Any,
) -> Match:
    case = make_case(team=team)
    at = timezone.now() - timedelta(hours=hours_ago)
    reply = make_reply(case, TEXT.replace("30", sent.split()[0]), author=author, at=at)
    return Match.objects.create(
        suggestion=make_suggestion(case, TEXT, answer=version), reply=reply, similarity=0.9, retained=0.9, share=0.9,
        survival=0.9, kept_characters=9, n_reply_tokens=40, version=match_versions.current(), recorded_at=at,
        **({"kind": "conflict"} | fields),
        delta={"suggested": [{"kind": "number", "value": "30 day"}], "sent": [{"kind": "number", "value": sent}]},
    )  # fmt: skip


def test_they_are_grouped_by_answer_and_by_what_differs(client: Client, ana: User) -> None:
    returns, other = make_answer("Returns", topic=make_topic("Returning")), make_answer("Other")
    conflict(returns, ana, hours_ago=5)
    conflict(returns, ana, hours_ago=4)
    conflict(other, ana, hours_ago=2, sent="14 day")
    conflict(returns, ana, hours_ago=3, sent="60 day")
    conflict(returns, ana, kind="near")
    rows = list(csv.DictReader(client.get(PAGE, {"csv": "conflicts"}).text.splitlines()))
    assert [(row["answer"], row["suggested"], row["sent"], row["n"]) for row in rows] == [
        ("Other", "30 day", "14 day", "1"), ("Returns", "30 day", "60 day", "1"), ("Returns", "30 day", "14 day", "2"),
    ]  # fmt: skip
    text = client.get(PAGE).text
    assert "4 replies state another fact than the suggestion." in text
    assert "Most often about “Returns”: 30 day → 14 day, 2 times." in text
    assert "within <del>30</del><ins>14</ins> days" in text


def test_each_leads_to_its_case_and_to_labeling(client: Client, ana: User) -> None:
    match = conflict(make_answer(), ana)
    text = client.get(PAGE).text
    assert f'href="/cases/{match.suggestion.case_id}/"' in text
    assert 'href="/labeling/annotate/?task=answer"' in text


def test_what_was_put_right_since_is_marked(client: Client, ana: User) -> None:
    conflict(make_answer("Returns"), ana)
    assert "a newer version is in force" not in client.get(PAGE).text
    make_answer("Returns", TEXT)
    assert "a newer version is in force" in client.get(PAGE).text


def test_of_cases_that_one_may_not_read_nothing_is_shown(ana: User, other_team: Team, team: Team) -> None:
    version = make_answer()
    conflict(version, ana, team=team)
    conflict(version, ana, team=other_team)
    found = conflicts.conflicts(Filters(today=timezone.localdate()), reader=ana, now=timezone.now())
    assert [row.case.team for group in found.groups for row in group.conflicts] == [team]


def test_a_variable_that_the_agent_fills_is_no_difference(client: Client, ana: User) -> None:
    match = conflict(make_answer(), ana)
    match.suggestion.text = f"{TEXT} {{{{agent.first_name}}}}"
    match.suggestion.save()
    Reply.objects.update(body=f"{TEXT} Ana")
    assert "agent.first_name" not in client.get(PAGE).text


def test_erased_texts_are_not_compared(client: Client, ana: User) -> None:
    conflict(make_answer(), ana)
    Reply.objects.update(body="")
    assert "The texts are erased." in client.get(PAGE).text


def test_another_versions_conflicts_are_not_counted(client: Client, ana: User) -> None:
    conflict(make_answer(), ana, is_pending=False)
    Match.objects.update(kind="none")
    assert "No reply states another fact" in client.get(PAGE).text


def test_filters_hold(client: Client, ana: User) -> None:
    conflict(make_answer("Returns", topic=make_topic("Returning")), ana)
    assert "1 reply states another fact" in client.get(PAGE, {"topic": "returning"}).text
    assert "No reply states another fact" in client.get(PAGE, {"topic": "other"}).text
    assert "No reply states another fact" in client.get(PAGE, {"release": "4711"}).text
    assert "No reply states another fact" in client.get(PAGE, {"language": "fr"}).text


def test_more_than_fit_are_cut_and_that_is_said(
    client: Client, ana: User, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(conflicts, "MOST", 2)
    for _ in range(3):
        conflict(make_answer("Returns" if not Match.objects.exists() else f"A {Match.objects.count()}"), ana)
    assert "Shown are the newest 2" in client.get(PAGE).text


def test_the_page_asks_as_much_of_many_as_of_one(
    client: Client, ana: User, django_assert_max_num_queries: Any
) -> None:
    for number in range(8):
        conflict(make_answer(f"Answer {number}"), ana)
    with django_assert_max_num_queries(12):
        assert client.get(PAGE).status_code == 200


def test_other_tables_verbs_and_strangers(client: Client, ana: User) -> None:
    assert client.get(PAGE, {"csv": "other"}).status_code == 404
    assert client.post(PAGE).status_code == 405
    client.force_login(ana)
    assert client.get(PAGE).status_code == 403
