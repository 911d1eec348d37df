"""History in the shadow: one suggestion for each answered turn, with the catalog of its day."""

import json
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from django.core.management import CommandError, call_command
from django.utils import timezone

from copilot import releases, replaying
from copilot.models import Match, Release, Suggestion
from copilot.models.suggestion import Arm, State
from helpdesk.models import Case
from tests.copilot.making import make_answer
from tests.making import make_case, make_message, make_reply

pytestmark = pytest.mark.django_db

CLEAR = "When do my payouts arrive? Sales from yesterday, what time will they be in my bank account?"


@pytest.fixture
def confident(release: Release) -> Release:
    Release.objects.update(validity_floor=0.3, topic_floor=0, answer_floor=0, confidence_floor=0)
    release.refresh_from_db()
    return release


def replay(release: Release) -> replaying.Replay:
    *_, total = replaying.replay(
        replaying.turns_to_replay(),
        pipeline=releases.pipeline_of(release),
        release=release,
        now=timezone.now(),
    )
    return total


def answered_case(reply: str, *, days_ago: int) -> Case:
    at = timezone.now() - timedelta(days=days_ago)
    case = make_case(CLEAR, sent_at=at)
    make_reply(case, reply, at=at + timedelta(hours=1))
    return case


def test_each_answered_turn_is_replayed_once(confident: Release) -> None:
    version = make_answer()
    case = answered_case(version.body, days_ago=2)
    make_message("and now?", case_id=case.pk)
    total = replay(confident)
    assert (total.n_turns, total.kinds) == (1, {"exact": 1})
    suggestion = Suggestion.objects.get()
    assert (suggestion.state, suggestion.arm, suggestion.release) == (State.SHADOW, Arm.SHADOW, confident)
    assert replaying.turns_to_replay() == []


def test_two_replies_in_a_row_answer_one_turn(confident: Release) -> None:
    version = make_answer()
    case = answered_case(version.body, days_ago=2)
    make_reply(case, "One more thing: have a good week.", at=timezone.now())
    assert replay(confident).n_turns == 1
    assert Match.objects.get().reply.body == version.body


def test_turn_sees_the_version_of_its_day(confident: Release) -> None:
    now = timezone.now()
    old = make_answer(
        body="Payouts arrive by 12:00 on the next working day.", approved_at=now - timedelta(days=30)
    )
    new = make_answer(
        body="Payouts arrive by 18:00 on the next working day.", approved_at=now - timedelta(days=10)
    )
    before, after = answered_case(new.body, days_ago=20), answered_case(new.body, days_ago=5)
    replay(confident)
    assert Suggestion.objects.get(case=before).answer == old
    assert Suggestion.objects.get(case=after).answer == new
    assert Match.objects.get(suggestion__case=before).kind == Match.Kind.CONFLICT
    assert Match.objects.get(suggestion__case=after).kind == Match.Kind.EXACT


def test_turn_older_than_the_catalog_sees_its_first_versions(confident: Release) -> None:
    version = make_answer(approved_at=timezone.now() - timedelta(days=5))
    case = answered_case("No idea.", days_ago=300)
    replay(confident)
    assert Suggestion.objects.get(case=case).answer == version


def test_import_replays_in_the_shadow_and_reports(
    confident: Release, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    make_answer()
    path = tmp_path / "cases.jsonl"
    at = datetime(2026, 6, 1, 10, tzinfo=UTC)
    entries = [
        {"external_id": "c-0", "from": "customer", "at": at.isoformat(), "body": CLEAR},
        {"external_id": "c-1", "from": "agent", "agent": "a@shop.example",
         "at": (at + timedelta(hours=1)).isoformat(), "body": "Tomorrow, I think, but I would have to look."},
        {"external_id": "c-2", "from": "customer", "at": (at + timedelta(hours=2)).isoformat(), "body": "And?"},
    ]  # fmt: skip
    customer = {"name": "P", "email": "p@x.example"}
    case = {
        "external_id": "c",
        "channel": "chat",
        "status": "open",
        "customer": customer,
        "messages": entries,
    }
    path.write_text(json.dumps(case))
    call_command("import_cases", str(path), shadow=True, suggest=True)
    out = capsys.readouterr().out
    assert "1 turns replayed" in out
    assert "1 suggestions queued" in out
    assert Suggestion.objects.filter(state=State.SHADOW).count() == 1
    assert Suggestion.objects.get(state=State.PENDING).message.body == "And?"
    call_command("import_cases", str(path), shadow=True, suggest=True)
    assert "0 turns replayed" in capsys.readouterr().out


def test_shadow_without_a_release_says_what_to_do(tmp_path: Path) -> None:
    path = tmp_path / "cases.jsonl"
    path.write_text("")
    with pytest.raises(CommandError, match="train and promote one"):
        call_command("import_cases", str(path), shadow=True)
