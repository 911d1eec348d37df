"""Answers: searched while writing, and read as a list."""

from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from django.test import Client
from django.utils import timezone

from helpdesk.models import Team, User
from tests.copilot.offering import make_answer
from tests.making import make_case

pytestmark = pytest.mark.django_db


@pytest.fixture
def client(client: Client, ana: User) -> Client:
    client.force_login(ana)
    return client


class TestSearch:
    @pytest.mark.parametrize("words", ["wifi", "Wi-Fi", "networks", "join net", "settings"])
    def test_it_finds_by_name_content_word_stem_and_part(self, client: Client, words: str) -> None:
        make_answer("Wi-Fi for the Stand", "Open Settings and join networks.")
        make_answer("Refunds", "Money goes back to the card.")
        found = client.get("/copilot/answers/", {"q": words}).context["answers"]
        assert [each.version.answer.name for each in found] == ["Wi-Fi for the Stand"]

    def test_variables_are_filled_from_the_case_and_the_agent(self, client: Client, team: Team) -> None:
        make_answer("Hello", "Dear {{customer.first_name}}, {{payout.date}}. {{agent.first_name}}")
        text = client.get("/copilot/answers/", {"case": make_case(team=team).pk}).text
        assert 'data-text="Dear Priya, {{payout.date}}. Ana"' in text

    def test_internal_ones_are_marked(self, client: Client) -> None:
        make_answer("Checks", visibility="internal")
        assert "data-internal" in client.get("/copilot/answers/").text

    def test_retired_and_unapproved_ones_are_left_out(self, client: Client) -> None:
        make_answer("Old", retired_at=timezone.now())
        draft = make_answer("Draft")
        draft.approved_at = None
        draft.save()
        assert client.get("/copilot/answers/").context["answers"] == []

    def test_odd_words_do_no_harm(self, client: Client) -> None:
        for words in ("'; --", "%", '"', "\0", "& | !", "x" * 5000):
            assert client.get("/copilot/answers/", {"q": words}).status_code == 200

    def test_another_teams_case_is_not_read(self, client: Client, other_team: Team) -> None:
        assert client.get("/copilot/answers/", {"case": make_case(team=other_team).pk}).status_code == 404


class TestCatalog:
    def test_it_names_what_somebody_should_look_at(self, client: Client) -> None:
        day = timezone.localdate()
        make_answer("Due", review_on=day - timedelta(days=1))
        make_answer("Expired", expires_on=day)
        make_answer("Internal", visibility="internal")
        one, other = make_answer("One"), make_answer("Other")
        one.answer.conflicts_with.add(other.answer)
        counts = client.get("/copilot/catalog/").context["counts"]
        assert counts == {"review": 1, "expired": 1, "conflicting": 2, "internal": 1}
        rows = client.get("/copilot/catalog/?state=expired").context["rows"]
        assert [row.answer.name for row in rows] == ["Expired"]

    def test_every_role_reads_it(self, client: Client, nadia: User, sana: User) -> None:
        for person in (nadia, sana):
            client.force_login(person)
            assert client.get("/copilot/catalog/").status_code == 200

    def test_an_empty_one_says_what_to_do(self, client: Client) -> None:
        assert "The catalog is empty." in client.get("/copilot/catalog/").text
        make_answer()
        assert "Show all answers" in client.get("/copilot/catalog/?q=nothing").text

    @pytest.mark.parametrize("n_answers", [1, 15])
    def test_its_queries_do_not_grow(
        self, client: Client, n_answers: int, django_assert_num_queries: Callable[..., Any]
    ) -> None:
        for number in range(n_answers):
            make_answer(f"Answer {number}")
        with django_assert_num_queries(5):  # session, person, answers, conflicts, versions
            client.get("/copilot/catalog/")
