"""A suggestion for every turn, once, whatever happens."""

from datetime import datetime, timedelta
from pathlib import Path

import pytest
from django.utils import timezone
from pytest_django import Settings

from copilot import assigning, releases, suggesting
from copilot.evaluation.gate import Finding
from copilot.models import DecidingSentence, Guidance, Match, Release, Suggestion
from copilot.models.suggestion import Arm, Reason, State
from helpdesk.intake import receive_messages
from helpdesk.models import Case, Message, Team, User
from helpdesk.replying import send_reply
from tests.copilot.making import make_answer, make_topic
from tests.making import incoming, make_case, make_message, make_reply
from tests.releasing import make_release

pytestmark = pytest.mark.django_db

CLEAR = "When do my payouts arrive? Sales from yesterday, what time will they be in my bank account?"


@pytest.fixture(autouse=True)
def everything_is_offered(settings: Settings) -> None:
    settings.COPILOT_HOLDOUT_SHARE = 0.0


@pytest.fixture
def confident(release: Release) -> Release:
    """The trained release, with floors so low that whatever is ranked is offered."""
    Release.objects.update(validity_floor=0.3, topic_floor=0, answer_floor=0, confidence_floor=0)
    return release


def suggestion_for(body: str = CLEAR, **fields: object) -> Suggestion:
    message = make_message(body, announce=True, **fields)
    suggesting.suggest(suggestion_ids=[message.suggestion.pk], now=timezone.now())
    return Suggestion.objects.get(message=message)


def test_message_brings_its_pending_suggestion_along() -> None:
    suggestion = make_message(announce=True).suggestion
    assert (suggestion.state, suggestion.arm, suggestion.reason) == (State.PENDING, Arm.OFFER, "")


def test_clear_question_is_offered_its_answer(confident: Release, team: Team) -> None:
    Guidance.objects.create(
        team=team, greeting="Hi {{customer.first_name}},", closing="Happy selling,\n{{agent.name}}"
    )
    version = make_answer(topic=make_topic(team=team))
    suggestion = suggestion_for()
    assert (suggestion.state, suggestion.answer, suggestion.release) == (State.OFFERED, version, confident)
    assert suggestion.text == f"Hi Priya,\n\n{version.body}\n\nHappy selling,\n{{{{agent.name}}}}"
    assert [kind for kind, _, _ in suggestion.parts] == [
        "greeting", "variable", "greeting", "answer", "answer", "closing", "closing", "unfilled",
    ]  # fmt: skip
    assert suggestion.topic.slug == "payout-timing"  # type: ignore[union-attr]
    assert 0 < suggestion.confidence <= 1  # type: ignore[operator]
    assert all(took is not None and took >= 0 for took in suggestion.milliseconds.values())


def test_the_sentence_that_decided_is_noted(confident: Release) -> None:
    make_answer()
    suggestion = suggestion_for(f"We had a lovely day at the market. {CLEAR}")
    deciding = suggestion.deciding
    assert suggestion.question[deciding.start : deciding.end] in CLEAR


def test_a_single_sentence_needs_no_telling(confident: Release) -> None:
    make_answer()
    assert suggestion_for("When do my payouts from yesterday arrive?").state == State.OFFERED
    assert not DecidingSentence.objects.exists()


def test_holdout_is_computed_and_hidden(confident: Release, settings: Settings) -> None:
    settings.COPILOT_HOLDOUT_SHARE = 1.0
    make_answer()
    suggestion = suggestion_for()
    assert (suggestion.state, suggestion.reason, bool(suggestion.text)) == (
        State.SHADOW,
        Reason.HELD_OUT,
        True,
    )
    assert not DecidingSentence.objects.exists()


@pytest.mark.parametrize(
    ("body", "reason"),
    [
        ("thanks so much, all sorted now!", Reason.THANKS),
        (
            "Wann kommt meine Auszahlung auf dem Konto an? Ich warte schon seit Montag darauf.",
            Reason.OTHER_LANGUAGE,
        ),
        (
            "Automatic reply: I am out of the office until Monday and will read your mail then.",
            Reason.AUTO_REPLY,
        ),
    ],
)
def test_what_is_no_question_is_withheld(release: Release, body: str, reason: Reason) -> None:
    make_answer()
    suggestion = suggestion_for(body)
    assert (suggestion.state, suggestion.reason, suggestion.text) == (State.WITHHELD, reason, "")


def test_case_learns_its_language(release: Release) -> None:
    suggestion = suggestion_for(
        "Wann kommt meine Auszahlung auf dem Konto an? Ich warte schon seit Montag darauf."
    )
    assert suggestion.case.language == "de"


def test_an_unsure_topic_names_two_and_counts_all_that_are_plausible(confident: Release) -> None:
    Release.objects.update(topic_floor=1)
    for slug in confident.card["topics"]:
        make_topic(slug)
    suggestion = suggestion_for("Something is wrong with the money on my card, can you look?")
    assert (suggestion.state, suggestion.reason) == (State.WITHHELD, Reason.TOPIC_UNSURE)
    assert 2 < suggestion.n_topics <= len(confident.card["topics"])  # type: ignore[operator]
    assert suggestion.topic_probability >= suggestion.second_topic_probability > 0  # type: ignore[operator]


def test_topic_without_an_answer_is_withheld(confident: Release) -> None:
    suggestion = suggestion_for()
    assert (suggestion.state, suggestion.reason) == (State.WITHHELD, Reason.NO_ANSWER)


def test_expired_answer_is_withheld(confident: Release) -> None:
    make_answer(expires_on=timezone.localdate())
    suggestion = suggestion_for()
    assert (suggestion.state, suggestion.reason) == (State.WITHHELD, Reason.ANSWER_EXPIRED)


def test_conflicting_answers_are_withheld(confident: Release) -> None:
    one = make_answer("early", "Payouts are sent at 07:00 and arrive by 12:00.")
    other = make_answer("late", "Payouts are sent at 09:00 and arrive by 14:00.")
    one.answer.conflicts_with.add(other.answer)
    suggestion = suggestion_for()
    assert (suggestion.state, suggestion.reason) == (State.WITHHELD, Reason.CONFLICTING_ANSWERS)


def test_internal_answer_is_never_offered(confident: Release) -> None:
    make_answer(visibility="internal")
    assert suggestion_for().reason == Reason.NO_ANSWER


def test_running_twice_changes_nothing(confident: Release) -> None:
    make_answer()
    suggestion = suggestion_for()
    assert suggesting.suggest(suggestion_ids=[suggestion.pk], now=timezone.now()) == 0
    assert Suggestion.objects.get().finished_at == suggestion.finished_at


def test_newer_message_supersedes_and_the_question_is_the_whole_turn(
    confident: Release, now: datetime
) -> None:
    make_answer()
    first = suggestion_for("When do my payouts arrive?")
    receive_messages([incoming("I sold a lot yesterday.", case_id=first.case_id, sent_at=now)], now=now)
    second = Suggestion.objects.latest_for(first.case)
    suggesting.suggest(suggestion_ids=[second.pk], now=now)  # type: ignore[union-attr]
    first.refresh_from_db()
    second.refresh_from_db()  # type: ignore[union-attr]
    assert first.state == State.SUPERSEDED
    assert second.question == "When do my payouts arrive?\nI sold a lot yesterday."  # type: ignore[union-attr]


def test_message_after_a_reply_begins_a_new_turn(confident: Release, now: datetime) -> None:
    make_answer()
    first = suggestion_for()
    make_reply(first.case, "Tomorrow.", at=now - timedelta(minutes=5))
    receive_messages([incoming("And the day after?", case_id=first.case_id, sent_at=now)], now=now)
    first.refresh_from_db()
    assert first.state == State.OFFERED


def test_late_message_supersedes_nothing(confident: Release, now: datetime) -> None:
    make_answer()
    first = suggestion_for(sent_at=now)
    receive_messages([incoming("older", case_id=first.case_id, sent_at=now - timedelta(hours=2))], now=now)
    first.refresh_from_db()
    assert first.state == State.OFFERED
    assert Suggestion.objects.count() == 1


def test_without_a_live_release_the_reason_says_so() -> None:
    suggestion = suggestion_for()
    assert (suggestion.state, suggestion.reason) == (State.FAILED, Reason.NO_RELEASE)


def test_missing_artifact_is_a_reason_and_no_crash(release: Release) -> None:
    release.topics.folder, release.topics.sha256 = "topic-gone", "0" * 64
    release.topics.save()
    suggestion = suggestion_for()
    assert (suggestion.state, suggestion.reason) == (State.FAILED, Reason.RELEASE_BROKEN)
    assert "train again" in suggestion.detail


def test_a_promotion_serves_the_next_task(release: Release) -> None:
    assert suggestion_for().release == release
    candidate = make_release(Release.State.CANDIDATE)
    findings = (Finding(True, "all well"),)
    releases.promote(candidate, against=release, findings=findings, actor=None, now=timezone.now())
    assert suggestion_for().release == candidate


def test_changed_artifact_is_refused(release: Release, tmp_path: Path) -> None:
    release.topics.sha256 = "0" * 64
    release.topics.save()
    suggestion = suggestion_for()
    assert suggestion.reason == Reason.RELEASE_BROKEN
    assert "SHA-256" in suggestion.detail


def test_promotion_reaches_the_next_suggestion(confident: Release) -> None:
    make_answer()
    assert suggestion_for().release == confident
    Release.objects.update(state=Release.State.RETIRED)
    from tests.releasing import make_release

    newer = make_release()
    assert suggestion_for().release == newer


def test_lost_suggestion_is_swept_and_given_up_after_five_attempts(now: datetime) -> None:
    suggestion = make_message(announce=True).suggestion
    later = now + timedelta(hours=1)
    for attempt in range(1, 6):
        assert suggesting.sweep(now=later) == 1
        suggestion.refresh_from_db()
        assert suggestion.attempts == attempt
        assert suggesting.sweep(now=later) == 0, "it was just queued"
        later += timedelta(minutes=1)
    assert suggesting.sweep(now=later) == 0
    suggestion.refresh_from_db()
    assert (suggestion.state, suggestion.reason) == (State.FAILED, Reason.LOST)


def test_reply_sent_before_the_suggestion_was_ready_is_matched_later(
    confident: Release, ana: User, now: datetime
) -> None:
    version = make_answer()
    message = make_message(CLEAR, announce=True)
    send_reply(case=message.case, author=ana, body=version.body, client_key="k", now=now)
    assert not Match.objects.exists()
    suggesting.suggest(suggestion_ids=[message.suggestion.pk], now=now)
    assert Match.objects.get().kind == Match.Kind.EXACT


def test_every_turn_has_exactly_one_current_suggestion(confident: Release, now: datetime) -> None:
    make_answer()
    case = make_case("one", announce=True)
    for n in range(4):
        receive_messages(
            [incoming(f"more {n}", case_id=case.pk, sent_at=now + timedelta(minutes=n))], now=now
        )
    suggesting.suggest(suggestion_ids=list(Suggestion.objects.values_list("pk", flat=True)), now=now)
    assert Suggestion.objects.current().count() == 1
    assert Message.objects.count() == Suggestion.objects.count() == 5


def test_arm_never_changes(settings: Settings) -> None:
    settings.COPILOT_HOLDOUT_SHARE = 0.3
    arms = {pk: assigning.holdout_arm(pk) for pk in range(2000)}
    assert arms == {pk: assigning.holdout_arm(pk) for pk in range(2000)}
    assert 0.26 < sum(arm == Arm.SHADOW for arm in arms.values()) / 2000 < 0.34
    assert not Case.objects.exists()
