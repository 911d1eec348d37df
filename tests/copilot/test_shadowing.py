"""A candidate in the shadow: after the live release, on its share of cases, matched with the same reply."""

from datetime import datetime, timedelta
from typing import Any

import pytest
from django.db import IntegrityError, transaction
from django.test import Client
from django.utils import timezone
from pytest_django import Settings

from copilot import match_versions, meaning, releases, rematching, shadowing, suggesting, tasks
from copilot.models import Match, Release, ShadowOutcome, Suggestion
from copilot.models.suggestion import State
from helpdesk.models import User
from helpdesk.replying import send_reply
from tests.copilot.making import make_answer, make_match_version
from tests.making import make_message, make_reply, make_user
from tests.releasing import make_release

pytestmark = pytest.mark.django_db

TYPED = "I do not know that, so please ring the bank and ask them about it today."
CLEAR = "When do my payouts arrive? Sales from yesterday, what time will they be in my bank account?"


@pytest.fixture
def live(release: Release, settings: Settings) -> Release:
    settings.COPILOT_HOLDOUT_SHARE = 0.0
    Release.objects.update(validity_floor=0.3, topic_floor=0, answer_floor=0, confidence_floor=0)
    return release


@pytest.fixture
def candidate(live: Release) -> Release:
    """Speaks as readily as the live one, and looks at every case."""
    made = make_release(Release.State.CANDIDATE)
    Release.objects.filter(pk=made.pk).update(
        validity_floor=0.3, topic_floor=0, answer_floor=0, confidence_floor=0, shadow_share=1.0
    )
    return Release.objects.get(pk=made.pk)


def decided(body: str = CLEAR, **fields: Any) -> Suggestion:
    message = make_message(body, announce=True, **fields)
    suggesting.suggest(suggestion_ids=[message.suggestion.pk], now=timezone.now())
    return Suggestion.objects.get(message=message)


def shadowed(suggestion: Suggestion, candidate: Release) -> ShadowOutcome:
    shadowing.shadow(release_id=candidate.pk, suggestion_ids=[suggestion.pk], now=timezone.now())
    return ShadowOutcome.objects.get()


def test_a_candidate_says_what_it_would_have_said(candidate: Release) -> None:
    version = make_answer()
    suggestion = decided()
    found = shadowed(suggestion, candidate)
    assert suggestion.state == State.OFFERED
    assert (found.suggestion, found.release, found.answer) == (suggestion, candidate, version)
    assert (found.text, found.reason, found.kind) == (suggestion.text, "", "")
    assert found.confidence == pytest.approx(suggestion.confidence)


def test_an_abstention_has_its_reason(candidate: Release) -> None:
    found = shadowed(decided("Thank you so much, that worked!"), candidate)
    assert found.text == ""
    assert found.reason


def test_it_changes_nothing_that_agents_see(candidate: Release) -> None:
    make_answer()
    suggestion = decided()
    shadowed(suggestion, candidate)
    assert Suggestion.objects.get() == suggestion
    assert Suggestion.objects.get().release != candidate


def test_a_turn_is_shadowed_once(candidate: Release) -> None:
    suggestion = decided()
    shadowed(suggestion, candidate)
    assert shadowing.shadow(release_id=candidate.pk, suggestion_ids=[suggestion.pk], now=timezone.now()) == 0


def test_a_reply_is_matched_with_both(candidate: Release, ana: User, now: datetime) -> None:
    version = make_answer()
    suggestion = decided()
    shadowed(suggestion, candidate)
    send_reply(case=suggestion.case, author=ana, body=version.body, client_key="k", now=timezone.now())
    assert meaning.settle() == 1
    found = ShadowOutcome.objects.get()
    assert (found.reply, found.version) == (Match.objects.get().reply, match_versions.current())
    assert found.kind == Match.objects.get().kind
    assert found.kind in Match.MATCHING
    assert found.n_reply_tokens == Match.objects.get().n_reply_tokens


def test_a_turn_that_was_answered_before_is_matched_too(candidate: Release, ana: User) -> None:
    version = make_answer()
    suggestion = decided()
    make_reply(suggestion.case, version.body, author=ana, at=timezone.now() + timedelta(seconds=1))
    assert shadowed(suggestion, candidate).is_pending
    meaning.settle()
    assert ShadowOutcome.objects.get().kind in Match.MATCHING


def queued(monkeypatch: pytest.MonkeyPatch) -> list[dict[str, object]]:
    """What would go to the broker."""
    sent: list[dict[str, object]] = []
    monkeypatch.setattr(tasks.shadow, "delay_on_commit", lambda **fields: sent.append(fields))
    return sent


@pytest.mark.parametrize(("share", "n"), [(0.0, 0), (1.0, 1)])
def test_its_share_of_cases_is_queued(
    candidate: Release, monkeypatch: pytest.MonkeyPatch, share: float, n: int
) -> None:
    Release.objects.filter(pk=candidate.pk).update(shadow_share=share)
    suggestion, sent = decided(), queued(monkeypatch)
    shadowing.expect(suggestion_ids=[suggestion.pk])
    assert len(sent) == n


def test_only_candidates_look_and_only_at_decided_turns(
    live: Release, candidate: Release, monkeypatch: pytest.MonkeyPatch
) -> None:
    pending, sent = make_message(CLEAR, announce=True).suggestion, queued(monkeypatch)
    shadowing.expect(suggestion_ids=[pending.pk])
    Release.objects.filter(pk=candidate.pk).update(state=Release.State.RETIRED)
    shadowing.expect(suggestion_ids=[decided().pk])
    assert sent == []
    assert shadowing.shadow(release_id=candidate.pk, suggestion_ids=[pending.pk], now=timezone.now()) == 0


def test_both_match_rates_are_of_the_same_turns(live: Release, candidate: Release, ana: User) -> None:
    version = make_answer()
    for number in range(3):
        suggestion = decided(f"{CLEAR} It is number {number} of the week.")
        shadowing.shadow(release_id=candidate.pk, suggestion_ids=[suggestion.pk], now=timezone.now())
        body = version.body if number else TYPED
        send_reply(case=suggestion.case, author=ana, body=body, client_key=f"k{number}", now=timezone.now())
    meaning.settle()
    [found] = shadowing.rates(live, candidate)
    assert (found.name, found.live.k, found.live.n) == ("Agents saw the live one", 2, 3)
    assert (found.candidate.k, found.candidate.n, found.difference.estimate) == (2, 3, 0)


def test_both_are_compared_anew_by_another_version(
    live: Release, candidate: Release, ana: User, monkeypatch: pytest.MonkeyPatch
) -> None:
    version = make_answer()
    suggestion = decided()
    shadowed(suggestion, candidate)
    send_reply(case=suggestion.case, author=ana, body=version.body, client_key="k", now=timezone.now())
    meaning.settle()
    ShadowOutcome.objects.update(kind=Match.Kind.NONE)  # as the old version had it
    monkeypatch.setattr(tasks.rematch, "delay_on_commit", lambda **fields: None)
    newer = make_match_version()
    rematching.order(newer, now=timezone.now())
    rematching.rematch(newer.pk)
    assert shadowing.rates(live, candidate) == [], "none is counted by the version before"
    meaning.settle()
    [found] = shadowing.rates(live, candidate)
    assert (found.live.k, found.candidate.k, found.live.n) == (1, 1, 1)
    assert ShadowOutcome.objects.get().version == newer


def test_the_lives_match_is_that_of_the_turns_reply(live: Release, candidate: Release, ana: User) -> None:
    make_answer()
    inserted, last = decided(case_external_id="twice"), decided(case_external_id="twice")
    shadowing.shadow(release_id=candidate.pk, suggestion_ids=[last.pk], now=timezone.now())
    Suggestion.objects.filter(pk=inserted.pk).update(text=TYPED)
    send_reply(case=last.case, author=ana, body=TYPED, client_key="k", now=timezone.now())
    match = Match.objects.get()
    assert (match.suggestion, match.closest) == (last, inserted)
    meaning.settle()
    [found] = shadowing.rates(live, candidate)
    assert (found.live.k, found.candidate.k, found.live.n) == (1, 0, 1)


def test_without_turns_there_are_no_rates(live: Release, candidate: Release) -> None:
    assert shadowing.rates(live, candidate) == []


@pytest.mark.parametrize(
    ("n_agents", "body", "found"),
    [(6, "", [True]), (6, "Nothing of the kind that anybody would ever have sent.", [False]), (4, "", [])],
)
def test_replies_to_what_nobody_saw_are_heard_at_the_gate(
    live: Release, candidate: Release, settings: Settings, n_agents: int, body: str, found: list[bool]
) -> None:
    settings.COPILOT_HOLDOUT_SHARE = 1.0
    version = make_answer()
    for number in range(n_agents):
        suggestion = decided(f"{CLEAR} It is number {number} of the week.")
        shadowing.shadow(release_id=candidate.pk, suggestion_ids=[suggestion.pk], now=timezone.now())
        ShadowOutcome.objects.filter(suggestion=suggestion).update(text=body or version.body)
        agent = make_user(f"agent-{number}")
        send_reply(
            case=suggestion.case, author=agent, body=version.body, client_key=f"k{number}", now=timezone.now()
        )
    meaning.settle()
    assert [finding.passed for finding in shadowing.findings(live, candidate)] == found


def test_a_share_is_set_on_the_releases_page(
    client: Client, sana: User, nadia: User, candidate: Release
) -> None:
    address = f"/copilot/releases/{candidate.pk}/shadow/"
    client.force_login(sana)
    client.post(address, {"percent": "12.5"})
    assert Release.objects.get(pk=candidate.pk).shadow_share == 0.125
    assert "a number from 0 to 100" in client.post(address, {"percent": "120"}, follow=True).text
    assert 'value="12.5"' in client.get(f"/copilot/releases/{candidate.pk}/").text
    assert client.get(address).status_code == 405
    client.force_login(nadia)
    assert client.post(address, {"percent": "50"}).status_code == 403


def test_both_rates_stand_on_the_page_that_compares(
    client: Client, sana: User, live: Release, candidate: Release, ana: User
) -> None:
    version = make_answer()
    page = f"/copilot/releases/compare/?old={live.pk}&new={candidate.pk}"
    client.force_login(sana)
    for number, agent in enumerate([ana, *(make_user(f"agent-{n}") for n in range(4))]):
        meaning.settle()
        if number == 4:
            assert "Fewer than five agents answered these 4 turns: not shown." in client.get(page).text
        suggestion = decided(f"{CLEAR} It is number {number} of the week.")
        shadowing.shadow(release_id=candidate.pk, suggestion_ids=[suggestion.pk], now=timezone.now())
        send_reply(
            case=suggestion.case, author=agent, body=version.body, client_key=f"k{number}", now=timezone.now()
        )
    meaning.settle()
    text = client.get(page).text
    assert "On live turns" in text
    assert "Agents saw the live one" in text
    assert "not shown" not in text


def test_only_candidates_have_a_share(live: Release) -> None:
    releases.set_shadow_share(live, 0.5)
    assert Release.objects.get(pk=live.pk).shadow_share == 0
    with pytest.raises(IntegrityError, match="release_shadow_share_is_share"), transaction.atomic():
        Release.objects.update(shadow_share=2)
