"""What a withheld suggestion would have said: kept, compared with the reply, counted apart, and seen by nobody."""

from datetime import timedelta
from typing import Any

import pytest
from django.db import connection
from django.db.models import Sum
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.utils import timezone
from pytest_django import Settings
from rest_framework.test import APIClient

from copilot import match_versions, meaning, rematching, replaying, suggesting, withholding
from copilot.models import ConfidenceDay, Match, Release, Suggestion, TurnDay, WithheldText
from copilot.models.suggestion import Reason, State
from copilot.monitor import rolling
from helpdesk.models import Case, Team, User
from helpdesk.replying import send_reply
from tests.copilot.making import make_answer, make_match_version, make_suggestion
from tests.making import make_case, make_message, make_reply

pytestmark = pytest.mark.django_db
QUESTION = "When do my payouts arrive? Sales from yesterday, what time will they be in my bank account?"
SECRET = "Payouts of the secret kind are sent at 07:00 on the next working day and arrive by 12:00."
OTHER = "Please hold the power button for a while and then tell me which lights you see on the front."


@pytest.fixture(autouse=True)
def nothing_is_held_out(settings: Settings) -> None:
    settings.COPILOT_HOLDOUT_SHARE = 0.0


def suggestion_for(body: str = QUESTION, **fields: Any) -> Suggestion:
    message = make_message(body, announce=True, **fields)
    suggesting.suggest(suggestion_ids=[message.suggestion.pk], now=timezone.now())
    return Suggestion.objects.get(message=message)


def withheld(team: Team | None = None, text: str = SECRET, **fields: Any) -> Suggestion:
    """A suggestion that was not sure enough, with what it would have said."""
    case = make_case(QUESTION, team=team)
    fields = {"state": State.WITHHELD, "reason": Reason.CONFIDENCE_LOW, "confidence": 0.55} | fields
    suggestion = make_suggestion(case, **fields)
    answer = make_answer(f"Secret answer {suggestion.pk}")
    WithheldText.objects.create(suggestion=suggestion, answer=answer, text=text)
    return suggestion


def answer(suggestion: Suggestion, agent: User, body: str = SECRET) -> None:
    send_reply(
        case=suggestion.case, author=agent, body=body, client_key=f"k{suggestion.pk}", now=timezone.now()
    )


@pytest.fixture
def unsure(release: Release) -> Release:
    """The trained release, with an end-to-end floor that nothing passes."""
    Release.objects.update(validity_floor=0.3, topic_floor=0, answer_floor=0, confidence_floor=1)
    return release


@pytest.mark.parametrize(
    ("floors", "reason"),
    [({}, Reason.CONFIDENCE_LOW), ({"answer_floor": 1, "confidence_floor": 0}, Reason.ANSWER_UNSURE)],
)
def test_what_only_a_floor_withholds_keeps_what_it_would_have_said(
    unsure: Release, floors: dict[str, float], reason: Reason
) -> None:
    Release.objects.update(**floors)
    version = make_answer()
    suggestion = suggestion_for()
    assert (suggestion.state, suggestion.reason) == (State.WITHHELD, reason)
    assert (suggestion.text, suggestion.answer, suggestion.parts) == ("", None, [])
    assert (suggestion.withheld.answer, suggestion.withheld.text) == (version, version.body)


def test_what_was_withheld_for_another_reason_keeps_nothing(unsure: Release) -> None:
    make_answer(expires_on=timezone.localdate() - timedelta(days=1))
    assert suggestion_for("thanks so much, all sorted now!").reason == Reason.THANKS
    Release.objects.update(confidence_floor=0)
    assert suggestion_for().reason == Reason.ANSWER_EXPIRED
    assert not WithheldText.objects.exists()


def test_an_offered_suggestion_keeps_nothing_apart(unsure: Release) -> None:
    Release.objects.update(confidence_floor=0)
    make_answer()
    assert suggestion_for().state == State.OFFERED
    assert not WithheldText.objects.exists()


def test_it_is_compared_with_the_reply_by_a_worker_and_is_no_match(ana: User) -> None:
    same, other = withheld(), withheld()
    answer(same, ana)
    answer(other, ana, OTHER)
    assert set(WithheldText.objects.values_list("kind", "is_pending")) == {("", True)}
    assert meaning.settle() == 2
    found = {row.suggestion_id: row for row in WithheldText.objects.all()}
    assert (found[same.pk].kind, found[other.pk].kind) == (Match.Kind.EXACT, Match.Kind.NONE)
    assert {row.version for row in found.values()} == {match_versions.current()}
    assert not any(row.is_pending for row in found.values())
    assert not Match.objects.exists()


def test_a_second_reply_changes_nothing(ana: User) -> None:
    suggestion = withheld()
    answer(suggestion, ana)
    meaning.settle()
    send_reply(case=suggestion.case, author=ana, body=OTHER, client_key="again", now=timezone.now())
    meaning.settle()
    assert WithheldText.objects.get().kind == Match.Kind.EXACT


def test_a_reply_sent_before_it_was_ready_is_compared_too(unsure: Release, ana: User) -> None:
    make_answer()
    message = make_message(QUESTION, announce=True)
    send_reply(case=message.case, author=ana, body=OTHER, client_key="early", now=timezone.now())
    suggesting.suggest(suggestion_ids=[message.suggestion.pk], now=timezone.now())
    meaning.settle()
    assert WithheldText.objects.get().kind == Match.Kind.NONE


def test_another_version_compares_all_again(ana: User) -> None:
    suggestion = withheld()
    answer(suggestion, ana)
    meaning.settle()
    version = make_match_version()
    rematching.order(version, now=timezone.now())
    rematching.rematch(version.pk)
    assert WithheldText.objects.get().is_pending
    meaning.settle()
    assert (WithheldText.objects.get().version, WithheldText.objects.get().kind) == (version, "exact")


def test_an_erased_text_is_not_compared_again_and_stays_in_the_figures(ana: User) -> None:
    answer(withheld(), ana)
    meaning.settle()
    WithheldText.objects.update(text="")
    version = make_match_version(is_current=True)
    assert withholding.compare_anew(version, now=timezone.now()) == 0
    found = WithheldText.objects.get()
    assert (found.version, found.kind, found.is_pending) == (version, "exact", False)


def test_a_lost_comparison_is_taken_up(ana: User, monkeypatch: pytest.MonkeyPatch) -> None:
    answer(withheld(), ana)
    queued: list[bool] = []
    monkeypatch.setattr(meaning, "expect_settling", lambda: queued.append(True))
    meaning.sweep(now=timezone.now())
    assert not queued
    meaning.sweep(now=timezone.now() + timedelta(minutes=1))
    assert queued


def test_replayed_history_keeps_it_with_its_reply(unsure: Release, ana: User) -> None:
    make_answer()
    case = make_case(QUESTION)
    make_reply(case, OTHER, author=ana, at=timezone.now() + timedelta(hours=1))
    replaying.replay_history(now=timezone.now() + timedelta(hours=2))
    meaning.settle()
    found = WithheldText.objects.get()
    assert (found.suggestion.case, found.kind, found.n_reply_tokens) == (case, "none", 19)


def test_replying_asks_two_queries_more(ana: User) -> None:
    suggestion = withheld()
    with CaptureQueriesContext(connection) as queries:
        answer(suggestion, ana)
    assert len([query for query in queries if "copilot_withheldtext" in query["sql"]]) == 2


def test_nobody_sees_it_at_any_door(
    client: Client, api: APIClient, ana: User, nadia: User, sana: User, team: Team
) -> None:
    suggestion = withheld(team)
    case: Case = suggestion.case
    pages = [
        f"/cases/{case.pk}/", f"/copilot/cases/{case.pk}/suggestion/", f"/copilot/suggestions/{suggestion.pk}/why/",
        f"/copilot/readiness/?case={case.pk}", "/", "/?q=secret",
    ]  # fmt: skip
    for person in (ana, nadia, sana):
        client.force_login(person)
        for page in pages:
            shown = client.get(page, follow=True)
            assert shown.status_code == 200, page
            said = shown.text
            assert "secret kind" not in said
            assert "Secret answer" not in said
    found = api.get(f"/api/cases/{case.pk}/suggestion/")
    assert found.status_code == 200
    assert (found.json()["text"], found.json()["answer"], found.json()["alternatives"]) == ("", None, [])
    assert "ecret" not in found.text
    client.force_login(ana)
    for event in ("displayed", "inserted"):
        posted = client.post(
            f"/copilot/suggestions/{suggestion.pk}/events/", {"type": event, "client_seq": event}
        )
        assert posted.status_code == 409


def test_a_turn_that_goes_on_never_compares_it(ana: User, team: Team) -> None:
    """It is superseded like any other, and unlike one that was on a screen it can't have been used."""
    suggestion = withheld(team)
    Suggestion.objects.filter(pk=suggestion.pk).update(state=State.SUPERSEDED)
    make_message("And the day after?", case_external_id=suggestion.case.external_id)
    assert not Match.objects.exists()


def test_figures_count_only_what_was_generated(ana: User) -> None:
    today, now = timezone.localdate(), timezone.now()
    offered = make_suggestion(make_case(), SECRET)
    answer(offered, ana)
    rolling.roll_day(today, now=now)
    before = _figures()
    for _ in range(3):
        answer(withheld(), ana)
    meaning.settle()
    rolling.roll_day(today, now=now)
    after = _figures()
    assert after["confidences"] == before["confidences"]
    assert after["turns"] == before["turns"] | {"n_turns": 4, "n_withheld": 3}


def _figures() -> dict[str, Any]:
    names = [field.name for field in TurnDay._meta.concrete_fields[9:]]
    return {
        "turns": TurnDay.objects.aggregate(**{name: Sum(name) for name in names}),
        "confidences": list(ConfidenceDay.objects.values_list("bin", "n", "n_matches")),
    }
