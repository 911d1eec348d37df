"""The suggestion card, its events and its why."""

from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from django.core.cache import cache
from django.db import IntegrityError, transaction
from django.test import Client
from django.utils import timezone

from copilot import match_versions
from copilot.models import Contamination, DecidingSentence, Suggestion, SuggestionEvent
from copilot.models.suggestion import Reason, State
from copilot.views.card import Offer
from copilot.views.suggestions import Reports
from helpdesk.models import Case, Team, User
from helpdesk.replying import send_reply
from tests.copilot.making import make_alternative, make_answer, make_suggestion, make_topic
from tests.making import make_case, make_message, make_reply

pytestmark = pytest.mark.django_db
SECRET = "Open Settings > Network and choose Wi-Fi."


@pytest.fixture
def client(client: Client, ana: User) -> Client:
    client.force_login(ana)
    return client


@pytest.fixture
def case(team: Team) -> Case:
    return make_case(team=team)


def card(client: Client, case: Case, known: str = "") -> str:
    return client.get(f"/copilot/cases/{case.pk}/suggestion/", {"known": known}).text


class TestCard:
    def test_it_says_what_is_offered_and_where_it_comes_from(
        self, client: Client, case: Case, ana: User
    ) -> None:
        answer = make_answer("Wi-Fi for the Stand", owner=ana)
        make_suggestion(case, "Hi Priya,\n\nsee {{payout.date}}\n\n{{agent.first_name}}", answer=answer)
        text = card(client, case)
        for words in (
            "Very likely right",
            "96 %",
            "Connecting the reader",
            "Wi-Fi for the Stand",
            "v1",
            "kept by Ana",
        ):
            assert words in text
        assert '<mark class="variable">{{payout.date}}</mark>' in text
        assert "{{agent.first_name}}" not in text  # known once somebody looks at it

    def test_held_out_text_never_reaches_the_page(self, client: Client, case: Case) -> None:
        suggestion = make_suggestion(case, SECRET, state=State.SHADOW, reason=Reason.HELD_OUT, arm="shadow")
        make_alternative(suggestion, "Another secret", name="Secret name")
        text = card(client, case)
        assert "held out" in text
        for words in (SECRET, "Secret", "Connecting the reader", "96"):
            assert words not in text.replace(f"{suggestion.pk}", "").replace(f"{case.pk}", "")
        assert client.get(f"/copilot/suggestions/{suggestion.pk}/why/").status_code == 404

    def test_below_the_floor_there_is_a_reason_and_nothing_to_insert(
        self, client: Client, case: Case
    ) -> None:
        make_suggestion(
            case, state=State.WITHHELD, reason=Reason.TOPIC_UNSURE, topic_probability=0.48,
            second_topic=make_topic("Battery"), second_topic_probability=0.41, confidence=None,
        )  # fmt: skip
        text = card(client, case)
        assert "topic unsure (2 candidates)" in text
        assert "Battery <small>41 %</small>" in text
        assert "data-text" not in text
        assert 'data-act="insert"' not in text

    def test_it_says_how_many_candidates_are_not_named(self, client: Client, case: Case) -> None:
        make_suggestion(
            case, state=State.WITHHELD, reason=Reason.TOPIC_UNSURE, topic_probability=0.28, n_topics=5,
            second_topic=make_topic("Battery"), second_topic_probability=0.21, confidence=None,
        )  # fmt: skip
        assert "topic unsure (2 of 5 candidates)" in card(client, case)

    def test_a_failure_is_told_calmly(self, client: Client, case: Case) -> None:
        make_suggestion(
            case, state=State.FAILED, reason=Reason.RELEASE_BROKEN, detail="topics.npz: sha256 differs"
        )
        assert "the live release can&#x27;t be loaded" in card(client, case)
        assert "topics.npz" in card(client, case)

    def test_it_waits_and_then_comes_by_itself(self, client: Client, case: Case) -> None:
        suggestion = make_suggestion(case, state=State.PENDING)
        text = card(client, case)
        assert "Looking for an answer" in text
        assert f'hx-trigger="sse:case-{case.pk}"' in text
        known = f"{suggestion.pk}-pending"
        assert client.get(f"/copilot/cases/{case.pk}/suggestion/", {"known": known}).status_code == 204
        Suggestion.objects.filter(pk=suggestion.pk).update(
            state=State.OFFERED, answer=make_answer(), text=SECRET
        )
        assert "Open Settings" in card(client, case, known)

    def test_an_answered_turn_has_no_card(self, client: Client, case: Case, ana: User) -> None:
        make_suggestion(case, SECRET)
        Case.objects.filter(pk=case.pk).update(awaiting_since=None)
        assert "Open Settings" not in card(client, case)
        assert client.get(f"/copilot/cases/{case.pk}/suggestion/", {"known": "none"}).status_code == 204

    def test_internal_text_is_marked(self, client: Client, case: Case) -> None:
        suggestion = make_suggestion(case)
        make_alternative(suggestion, "Checks for agents", name="Checks", visibility="internal")
        assert 'data-text="Checks for agents" data-internal' in card(client, case)

    def test_text_is_data(self, client: Client, case: Case) -> None:
        make_suggestion(case, '"><script>alert(1)</script>')
        assert "<script>" not in card(client, case)

    def test_a_reader_sees_it_without_buttons(self, client: Client, case: Case, nadia: User) -> None:
        make_suggestion(case)
        client.force_login(nadia)
        text = card(client, case)
        assert "Very likely right" in text
        assert "data-events" not in text
        assert 'data-act="insert"' not in text

    def test_a_stranger_finds_nothing(self, client: Client, case: Case, gwen: User) -> None:
        make_suggestion(case)
        client.force_login(gwen)
        assert client.get(f"/copilot/cases/{case.pk}/suggestion/").status_code == 404

    def test_its_queries_are_few(
        self, client: Client, case: Case, django_assert_num_queries: Callable[..., Any]
    ) -> None:
        suggestion = make_suggestion(case)
        for rank in (1, 2, 3):
            make_alternative(suggestion, f"Other {rank}", rank=rank)
        with django_assert_num_queries(6):  # session, person, case, suggestion, alternatives, dismissed
            card(client, case)


class TestReadiness:
    def marked(self, client: Client, *cases: Case) -> list[bool]:
        address = "&".join(f"case={case.pk}" for case in cases)
        text = client.get(f"/copilot/readiness/?{address}").text
        pieces = text.split("<span hx-swap-oob")[1:]
        assert [f"#ready-{case.pk}" in piece for case, piece in zip(cases, pieces, strict=True)] == [
            True
        ] * len(cases)
        return ["Suggestion ready" in piece for piece in pieces]

    def test_only_cases_whose_newest_turn_is_offered_one_are_marked(self, client: Client, team: Team) -> None:
        offered, withheld, pending, held_out, answered, none = (make_case(team=team) for _ in range(6))
        make_suggestion(offered)
        make_suggestion(withheld)
        make_message("And now?", case_id=withheld.pk)
        make_suggestion(withheld, state=State.WITHHELD, reason=Reason.NO_ANSWER)
        make_suggestion(pending, state=State.PENDING)
        make_suggestion(held_out, state=State.SHADOW, reason=Reason.HELD_OUT, arm="shadow")
        make_suggestion(answered)
        Case.objects.filter(pk=answered.pk).update(awaiting_since=None)
        marks = self.marked(client, offered, withheld, pending, held_out, answered, none)
        assert marks == [True, False, False, False, False, False]

    def test_a_stranger_learns_nothing(self, client: Client, case: Case, gwen: User) -> None:
        make_suggestion(case)
        client.force_login(gwen)
        assert self.marked(client, case) == [False]

    def test_bad_numbers_are_left_out(self, client: Client) -> None:
        assert client.get("/copilot/readiness/?case=x&case=" + "9" * 30).text.strip() == ""

    def test_it_rejects_post(self, client: Client) -> None:
        assert client.post("/copilot/readiness/").status_code == 405

    def test_one_query_asks_for_all(
        self, client: Client, team: Team, django_assert_num_queries: Callable[..., Any]
    ) -> None:
        cases = [make_case(team=team) for _ in range(4)]
        for case in cases:
            make_suggestion(case)
        with django_assert_num_queries(3):  # session, person, suggestions
            assert self.marked(client, *cases) == [True] * 4


@pytest.mark.parametrize(
    ("probability", "said"),
    [
        (0.999, "Very likely right 99"),
        (0.9, "Likely right 90"),
        (0.72, "Probably right 72"),
        (0.946, "Very likely right 95"),
        (0.844, "Probably right 84"),
        (0.65, "Maybe right 65"),
    ],
)
def test_confidence_is_a_word_and_a_number_and_never_certain(probability: float, said: str) -> None:
    offer = Offer(0, "x", None, probability)
    assert f"{offer.word} {offer.percent}" == said


class TestEvents:
    def post(self, client: Client, suggestion: Suggestion, **values: str) -> int:
        return client.post(f"/copilot/suggestions/{suggestion.pk}/events/", values).status_code

    def test_each_report_is_kept_once(self, client: Client, case: Case, ana: User) -> None:
        suggestion = make_suggestion(case)
        for _ in range(2):
            assert self.post(client, suggestion, type="inserted", client_seq="s-1") == 204
        event = suggestion.events.get()
        assert (event.type, event.actor) == ("inserted", ana)

    def test_a_dismissal_is_remembered_with_its_reason(self, client: Client, case: Case) -> None:
        suggestion = make_suggestion(case)
        self.post(client, suggestion, type="dismissed", client_seq="s", dismiss_reason="wrong_topic")
        text = card(client, case)
        assert "data-dismissed" in text
        assert "wrong topic" in text

    @pytest.mark.parametrize(
        "values",
        [
            {"type": "sent", "client_seq": "s"},
            {"type": "release_fallback", "client_seq": "s"},
            {"type": "bought", "client_seq": "s"},
            {"type": "viewed", "client_seq": "s", "page": "two words", "page_order": "1"},
            {"type": "viewed", "client_seq": "s", "page": "t", "page_order": "-1"},
            {"type": "displayed", "client_seq": "s", "typed_before": "many"},
            {"type": "inserted"},
            {"type": "dismissed", "client_seq": "s", "dismiss_reason": "mood"},
            {"type": "alternative_inserted", "client_seq": "s", "rank": "-1"},
        ],
    )
    def test_bad_reports_are_refused(self, client: Client, case: Case, values: dict[str, str]) -> None:
        assert self.post(client, make_suggestion(case), **values) == 400
        assert not SuggestionEvent.objects.exists()

    def test_strangers_and_readers_report_nothing(
        self, client: Client, case: Case, gwen: User, nadia: User
    ) -> None:
        suggestion = make_suggestion(case)
        for person, status in ((gwen, 404), (nadia, 403)):
            client.force_login(person)
            assert self.post(client, suggestion, type="viewed", client_seq="s") == status

    def test_it_rejects_get(self, client: Client, case: Case) -> None:
        assert client.get(f"/copilot/suggestions/{make_suggestion(case).pk}/events/").status_code == 405

    def test_the_servers_clock_rules_and_the_page_counts(self, client: Client, case: Case) -> None:
        suggestion = make_suggestion(case)
        an_hour_ago = (timezone.now() - timedelta(hours=1)).isoformat()
        for order, kind in ((2, "viewed"), (1, "displayed")):  # the first one was held up on its way
            self.post(
                client,
                suggestion,
                type=kind,
                client_seq=kind,
                page="t",
                page_order=str(order),
                at=an_hour_ago,
            )
        assert list(suggestion.events.order_by("page_order").values_list("type", flat=True)) == [
            "displayed",
            "viewed",
        ]
        assert all(timezone.now() - event.at < timedelta(minutes=1) for event in suggestion.events.all())

    def test_what_is_written_before_is_kept_with_the_display(self, client: Client, case: Case) -> None:
        suggestion = make_suggestion(case)
        self.post(client, suggestion, type="displayed", client_seq="s", typed_before="31")
        assert suggestion.events.get().typed_before == 31

    def test_a_report_of_a_replaced_suggestion_is_kept(self, client: Client, case: Case) -> None:
        suggestion = make_suggestion(case)
        make_message("And now?", case_id=case.pk)
        Suggestion.objects.filter(pk=suggestion.pk).update(state=State.SUPERSEDED)
        assert self.post(client, suggestion, type="viewed", client_seq="s") == 204
        assert suggestion.events.count() == 1

    def test_a_report_after_the_reply_is_kept(self, client: Client, case: Case, ana: User) -> None:
        suggestion = make_suggestion(case)
        send_reply(case=case, author=ana, body="Soon.", client_key="k", now=timezone.now(), close=True)
        assert self.post(client, suggestion, type="viewed", client_seq="s") == 204

    @pytest.mark.parametrize(
        ("state", "reason"),
        [
            (State.WITHHELD, Reason.NO_ANSWER),
            (State.FAILED, Reason.LOST),
            (State.PENDING, ""),
            (State.OFF, Reason.OFF),
        ],
    )
    def test_what_has_no_text_was_not_on_a_screen(
        self, client: Client, case: Case, state: State, reason: str
    ) -> None:
        suggestion = make_suggestion(case, state=state, reason=reason)
        for kind in ("opened", "displayed", "viewed", "inserted", "dismissed"):
            assert self.post(client, suggestion, type=kind, client_seq="s") == 409
        assert self.post(client, suggestion, type="why_opened", client_seq="s") == 204

    def test_a_page_tells_that_it_was_opened_before_the_suggestion_was_there(
        self, client: Client, case: Case
    ) -> None:
        suggestion = make_suggestion(case, state=State.PENDING, finished_at=None)
        assert self.post(client, suggestion, type="opened", client_seq="o") == 409
        assert self.post(client, suggestion, type="awaited", client_seq="a") == 204
        Suggestion.objects.filter(pk=suggestion.pk).update(finished_at=timezone.now() - timedelta(seconds=9))
        assert self.post(client, suggestion, type="awaited", client_seq="slow line") == 204
        Suggestion.objects.filter(pk=suggestion.pk).update(finished_at=timezone.now() - timedelta(hours=1))
        assert self.post(client, suggestion, type="awaited", client_seq="late") == 409

    def test_who_waited_for_what_is_held_out_has_seen_nothing(self, client: Client, case: Case) -> None:
        suggestion = make_suggestion(case, state=State.SHADOW, reason="held_out", arm="shadow")
        assert self.post(client, suggestion, type="awaited", client_seq="a") == 204
        assert not Contamination.objects.exists()
        assert self.post(client, suggestion, type="opened", client_seq="o") == 409

    def test_a_flood_is_throttled_and_told_when_to_come_back(
        self, client: Client, case: Case, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        cache.clear()
        monkeypatch.setattr(Reports, "rate", "3/min", raising=False)
        suggestion = make_suggestion(case)
        found = [self.post(client, suggestion, type="viewed", client_seq=str(n)) for n in range(5)]
        assert found == [204, 204, 204, 429, 429]
        address = f"/copilot/suggestions/{suggestion.pk}/events/"
        refused = client.post(address, {"type": "viewed", "client_seq": "x"})
        assert 0 < int(refused.headers["Retry-After"]) <= 60
        assert "too many reports: wait" in refused.text
        assert suggestion.events.count() == 3
        cache.clear()

    def test_an_event_is_never_changed(self, client: Client, case: Case, gwen: User, ana: User) -> None:
        suggestion = make_suggestion(case)
        self.post(client, suggestion, type="viewed", client_seq="s")
        for changed in ({"type": "inserted"}, {"at": timezone.now()}, {"actor": gwen}):
            with pytest.raises(IntegrityError, match="append-only"), transaction.atomic():
                SuggestionEvent.objects.update(**changed)
        ana.delete()
        assert suggestion.events.get().actor is None
        with pytest.raises(IntegrityError, match="append-only"), transaction.atomic():
            SuggestionEvent.objects.update(actor=gwen)


class TestWhy:
    def test_it_shows_stages_parts_and_near_cases(
        self, client: Client, case: Case, ana: User, team: Team
    ) -> None:
        past = make_case("How do I join the Wi-Fi?", team=team)
        sent = make_reply(past, "Settings, then Network.", author=ana)
        make_match(make_suggestion(past), sent)
        suggestion = make_suggestion(
            case, parts=[["greeting", "Hi ", ""], ["variable", "Priya", "customer.first_name"]]
        )
        text = client.get(f"/copilot/suggestions/{suggestion.pk}/why/").text
        for words in (
            "The topic: Connecting the reader",
            "94 %",
            "3.3 ms",
            "Settings, then Network.",
            f"#{past.number}",
        ):
            assert words in text
        assert 'class="part variable" title="variable: customer.first_name"' in text

    def test_the_sentence_that_decided_is_marked(self, client: Client, case: Case) -> None:
        question = f"{'Hello. ' * 40}How do I <join> it? Bye."
        suggestion = make_suggestion(case, question=question)
        start = question.index("How")
        DecidingSentence.objects.create(
            suggestion=suggestion, start=start, end=start + len("How do I <join> it?")
        )
        text = client.get(f"/copilot/suggestions/{suggestion.pk}/why/").text
        assert "The sentence that decided" in text
        assert "Hello. <mark>How do I &lt;join&gt; it?</mark> Bye.</p>" in text
        assert '<p class="asked">…' in text

    def test_a_question_without_one_is_shown_plainly(self, client: Client, case: Case) -> None:
        text = client.get(f"/copilot/suggestions/{make_suggestion(case, question='How?').pk}/why/").text
        assert '<p class="asked">How?</p>' in text

    def test_near_cases_of_other_teams_stay_hidden(
        self, client: Client, case: Case, gwen: User, other_team: Team
    ) -> None:
        past = make_case("Their money", team=other_team)
        make_match(make_suggestion(past), make_reply(past, "Not for you", author=gwen))
        assert "Not for you" not in client.get(f"/copilot/suggestions/{make_suggestion(case).pk}/why/").text

    def test_a_stranger_finds_nothing(self, client: Client, case: Case, gwen: User) -> None:
        suggestion = make_suggestion(case)
        client.force_login(gwen)
        assert client.get(f"/copilot/suggestions/{suggestion.pk}/why/").status_code == 404


def test_a_case_page_asks_for_its_card_by_address_only(client: Client, case: Case) -> None:
    make_message("More", case_id=case.pk)
    assert f'hx-get="/copilot/cases/{case.pk}/suggestion/"' in client.get(f"/cases/{case.pk}/").text


def make_match(suggestion: Suggestion, reply: object) -> None:
    from copilot.models import Match

    Match.objects.create(
        suggestion=suggestion, reply=reply, kind="near", similarity=0.9, retained=0.9, share=0.9, survival=0.9,
        kept_characters=100, n_reply_tokens=40, version=match_versions.current(), recorded_at=timezone.now(),
    )  # fmt: skip
