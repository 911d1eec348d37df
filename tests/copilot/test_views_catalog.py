"""Answers: searched while writing, and read as a list."""

from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from django.test import Client
from django.utils import timezone

from copilot import match_versions
from copilot.models import Match, Suggestion, SuggestionEvent
from helpdesk.models import Team, User
from tests.copilot.making import make_alternative, make_answer, make_suggestion
from tests.making import make_case, make_reply

pytestmark = pytest.mark.django_db


@pytest.fixture
def client(client: Client, ana: User) -> Client:
    client.force_login(ana)
    return client


def names_in(response: Any) -> list[str]:
    return [found.version.answer.name for found in response.context["answers"]]


def record_match(suggestion: Suggestion, *, author: User, kind: str = "near") -> None:
    Match.objects.create(
        suggestion=suggestion, reply=make_reply(suggestion.case, "Done.", author=author), kind=kind, similarity=0.9,
        retained=0.9, share=0.9, survival=0.9, kept_characters=9, n_reply_tokens=9, version=match_versions.current(),
        recorded_at=timezone.now(),
    )  # fmt: skip


def record_insertion(suggestion: Suggestion, *, actor: User, rank: int | None = None) -> None:
    kinds = SuggestionEvent.Type
    SuggestionEvent.objects.create(
        suggestion=suggestion,
        type=kinds.INSERTED if rank is None else kinds.ALTERNATIVE_INSERTED,
        actor=actor,
        client_seq="1",
        at=timezone.now(),
        rank=rank,
    )


class TestSearch:
    @pytest.mark.parametrize("words", ["wifi", "Wi-Fi", "networks", "join net", "settings"])
    def test_it_finds_by_name_content_word_stem_and_part(self, client: Client, words: str) -> None:
        make_answer("Wi-Fi for the Stand", "Open Settings and join networks.")
        make_answer("Refunds", "Money goes back to the card.")
        found = client.get("/copilot/answers/", {"q": words}).context["answers"]
        assert [each.version.answer.name for each in found] == ["Wi-Fi for the Stand"]

    def test_it_finds_by_the_words_of_customers_whom_it_answered(self, client: Client, ana: User) -> None:
        network, refunds = (
            make_answer("Network", "Open Settings."),
            make_answer("Refunds", "Money goes back."),
        )
        sent, inserted, unused = (make_case("My gizmo is offline") for _ in range(3))
        record_match(make_suggestion(sent, answer=network), author=ana)
        record_insertion(make_suggestion(inserted, answer=network), actor=ana)
        make_suggestion(unused, answer=refunds)
        response = client.get("/copilot/answers/", {"q": "gizmo"})
        assert names_in(response) == ["Network"]
        assert "sent to customers who wrote this" in response.text

    def test_it_finds_the_alternative_that_was_inserted(self, client: Client, ana: User) -> None:
        suggestion = make_suggestion(make_case("My gizmo is offline"), answer=make_answer("Refunds"))
        make_alternative(suggestion, "First", rank=1, name="First")
        make_alternative(suggestion, "Second", rank=2, name="Second")
        record_insertion(suggestion, actor=ana, rank=2)
        assert names_in(client.get("/copilot/answers/", {"q": "gizmos"})) == ["Second"]

    def test_what_did_not_match_was_no_answer(self, client: Client, ana: User) -> None:
        record_match(make_suggestion(make_case("My gizmo is offline")), author=ana, kind="conflict")
        assert names_in(client.get("/copilot/answers/", {"q": "gizmo"})) == []

    def test_an_answers_own_words_come_first(self, client: Client, ana: User) -> None:
        used = make_answer("Network", "Open Settings.")
        make_answer("Anything", "About the gizmo.")
        make_answer("Gizmos", "Nothing to say.")
        record_match(make_suggestion(make_case("My gizmo is offline"), answer=used), author=ana)
        found = client.get("/copilot/answers/", {"q": "gizmo"})
        assert names_in(found) == ["Gizmos", "Anything", "Network"]

    def test_what_was_used_more_comes_first(self, client: Client, ana: User) -> None:
        rare, usual = make_answer("Always", "Open Settings."), make_answer("Usual", "Money goes back.")
        for answer in (rare, usual, usual):
            record_match(make_suggestion(make_case("My gizmo is offline"), answer=answer), author=ana)
        assert names_in(client.get("/copilot/answers/", {"q": "gizmo"})) == ["Usual", "Always"]

    @pytest.mark.parametrize("words", ["refnud", "refunds for crads"])
    def test_a_name_may_be_mistyped(self, client: Client, words: str) -> None:
        make_answer("Refunds for cards", "Money goes back.")
        make_answer("Wi-Fi")
        assert names_in(client.get("/copilot/answers/", {"q": words})) == ["Refunds for cards"]

    @pytest.mark.parametrize("n_answers", [1, 10])
    def test_its_queries_do_not_grow(
        self, client: Client, n_answers: int, django_assert_num_queries: Callable[..., Any]
    ) -> None:
        for number in range(n_answers):
            make_answer(f"Answer {number}")
        with django_assert_num_queries(4):  # session, person, past uses, versions
            client.get("/copilot/answers/", {"q": "answer"})

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
