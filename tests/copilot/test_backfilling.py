"""What older withheld suggestions would have said: kept once, only where it is decided as it was then."""

from datetime import timedelta
from typing import Any

import pytest
from django.core.management import call_command
from django.utils import timezone
from pytest_django import Settings

from copilot import backfilling, meaning, suggesting
from copilot.backfilling import Backfill
from copilot.models import AnswerVersion, Artifact, FloorDay, Release, Suggestion, WithheldText
from copilot.models.suggestion import Reason, State
from copilot.monitor import rolling
from helpdesk.models import User
from helpdesk.replying import send_reply
from tests.copilot.making import make_answer
from tests.making import make_message

pytestmark = pytest.mark.django_db
QUESTION = "When do my payouts arrive? Sales from yesterday, what time will they be in my bank account?"


@pytest.fixture(autouse=True)
def nothing_is_held_out(settings: Settings) -> None:
    settings.COPILOT_HOLDOUT_SHARE = 0.0


@pytest.fixture
def version(release: Release) -> AnswerVersion:
    """The answer to the question, which no confidence of the release lets pass."""
    Release.objects.update(validity_floor=0.3, topic_floor=0, answer_floor=0, confidence_floor=1)
    return make_answer()


def old(body: str = QUESTION) -> Suggestion:
    """A withheld suggestion from before its text was kept."""
    message = make_message(body, announce=True)
    suggesting.suggest(suggestion_ids=[message.suggestion.pk], now=timezone.now())
    WithheldText.objects.filter(suggestion=message.suggestion).delete()
    found = Suggestion.objects.get(message=message)
    assert (found.state, found.reason) == (State.WITHHELD, Reason.CONFIDENCE_LOW)
    return found


def answer(suggestion: Suggestion, agent: User, body: str) -> None:
    now = timezone.now()
    send_reply(case=suggestion.case, author=agent, body=body, client_key=f"k{suggestion.pk}", now=now)


def run() -> Backfill:
    *_, last = backfilling.backfill(now=timezone.now())
    return last


def test_a_text_is_kept_and_compared_with_the_reply_that_was_sent(version: AnswerVersion, ana: User) -> None:
    suggestion = old()
    answer(suggestion, ana, version.body)
    found = run()
    assert (found.n, found.n_done, found.n_kept, found.n_otherwise) == (1, 1, 1, 0)
    assert meaning.settle() == 1
    text = WithheldText.objects.get()
    assert (text.suggestion, text.answer, text.text, text.kind) == (
        suggestion,
        version,
        version.body,
        "exact",
    )
    rolling.roll_day(timezone.localdate(), now=timezone.now())
    assert list(FloorDay.objects.values_list("n_hidden", "n_matches")) == [(1, 1)]


def test_a_second_run_doubles_nothing(version: AnswerVersion) -> None:
    old()
    run()
    kept = list(WithheldText.objects.values())
    assert (run().n, list(WithheldText.objects.values())) == (0, kept)


def test_a_turn_that_waits_gets_its_reply_later(version: AnswerVersion, ana: User) -> None:
    suggestion = old()
    run()
    assert WithheldText.objects.get().reply is None
    answer(suggestion, ana, version.body)
    assert WithheldText.objects.get().is_pending


def test_a_run_that_was_killed_before_it_noted_the_reply_is_made_good(
    version: AnswerVersion, ana: User
) -> None:
    suggestion = old()
    answer(suggestion, ana, version.body)
    WithheldText.objects.create(suggestion=suggestion, answer=version, text=version.body)
    run()
    assert WithheldText.objects.get().is_pending


@pytest.mark.parametrize("changed", [{"confidence": 0.11}, {"reason": Reason.ANSWER_UNSURE}])
def test_what_is_decided_otherwise_today_keeps_nothing(
    version: AnswerVersion, changed: dict[str, Any]
) -> None:
    Suggestion.objects.filter(pk=old().pk).update(**changed)
    found = run()
    assert (found.n_kept, found.n_otherwise) == (0, 1)
    assert not WithheldText.objects.exists()


def test_an_answer_is_the_version_of_that_day(version: AnswerVersion) -> None:
    suggestion = old()
    long_ago = timezone.now() - timedelta(days=10)
    Suggestion.objects.filter(pk=suggestion.pk).update(created_at=long_ago)
    make_answer(
        body="Payouts are made when the moon is full.", approved_at=timezone.now() - timedelta(days=2)
    )
    run()
    assert WithheldText.objects.get().answer == version


def test_what_was_erased_or_withheld_for_another_reason_is_not_looked_at(version: AnswerVersion) -> None:
    Suggestion.objects.filter(pk=old().pk).update(question="")
    Suggestion.objects.filter(pk=old(f"{QUESTION} Please.").pk).update(reason=Reason.NO_ANSWER)
    assert run().n == 0


def test_it_goes_chunk_by_chunk_and_tells_how_far_it_is(
    version: AnswerVersion, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(backfilling, "CHUNK", 2)
    for number in range(3):
        old(f"{QUESTION} It is number {number} of the week.")
    assert [found.n_done for found in backfilling.backfill(now=timezone.now())] == [2, 3, 3]


def test_the_command_says_what_it_kept(version: AnswerVersion, capsys: pytest.CaptureFixture[str]) -> None:
    old()
    call_command("backfill_withheld")
    told = capsys.readouterr()
    assert "1 of 1 turns" in told.err
    assert "1 texts are kept and their replies compared by workers; 0 turns" in told.out


def test_a_release_that_cannot_be_loaded_is_named(
    version: AnswerVersion, capsys: pytest.CaptureFixture[str]
) -> None:
    old()
    release = Release.objects.get(state="live")
    broken = Artifact.objects.create(kind="answer", sha256="0" * 64, folder="gone", created_at=timezone.now())
    Release.objects.filter(pk=release.pk).update(answers=broken)
    call_command("backfill_withheld")
    assert "1 turns are left:" in capsys.readouterr().out
