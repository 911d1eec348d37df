"""Replies in other words: pending where they are sent, settled by a worker, by the current version's floor."""

from concurrent.futures import ThreadPoolExecutor
from datetime import datetime, timedelta
from typing import Any

import pytest
from django.db import connection
from django.db.models import Sum
from django.utils import timezone

from copilot import meaning, recording, rematching, tasks
from copilot.models import (
    AnswerDay,
    ConfidenceDay,
    Match,
    MatchVersion,
    Release,
    ShadowOutcome,
    Suggestion,
    TurnDay,
)
from copilot.models.suggestion import State
from copilot.monitor import rolling
from helpdesk.models import Case, User
from helpdesk.replying import send_reply
from tests.copilot.making import make_match_version, make_suggestion
from tests.making import make_case, make_user
from tests.processes import wait_until, worker
from tests.releasing import make_release

pytestmark = pytest.mark.django_db

SUGGESTED = "You can send the reader back within 14 days of delivery, used or unused, and you get the full price back."
SAME = "A reader that was used or unused can come home to us for 14 days after delivery. All of its price is refunded."
OTHER_FACT = SAME.replace("14", "30")
OTHER = "Please hold the power button for a while and then tell me which lights you see on the front."


@pytest.fixture
def version(release: Release) -> MatchVersion:
    """The current one: all that resembles the suggestion a little means the same."""
    return make_match_version(encoder=release.encoder, floor=0.5, is_current=True)


def answered(body: str, *, author: User, language: str = "en", **fields: Any) -> Match:
    case = make_case()
    Case.objects.filter(pk=case.pk).update(language=language)
    case.refresh_from_db()
    make_suggestion(case, SUGGESTED, **fields)
    send_reply(case=case, author=author, body=body, client_key=f"k{case.pk}", now=timezone.now())
    return Match.objects.get(reply__case=case)


@pytest.mark.parametrize(
    ("body", "kind"),
    [(SAME, Match.Kind.SEMANTIC), (OTHER_FACT, Match.Kind.CONFLICT), (OTHER, Match.Kind.NONE)],
)
def test_a_reply_in_other_words_is_settled(version: MatchVersion, ana: User, body: str, kind: str) -> None:
    match = answered(body, author=ana)
    assert (match.kind, match.is_pending, match.closeness, match.version) == (
        Match.Kind.NONE,
        True,
        None,
        version,
    )
    assert meaning.settle() == 1
    match.refresh_from_db()
    assert (match.kind, match.is_pending) == (kind, False)
    assert -1 <= match.closeness <= 1


def test_what_words_decide_does_not_wait(version: MatchVersion, ana: User) -> None:
    match = answered(SUGGESTED, author=ana)
    assert (match.kind, match.is_pending) == (Match.Kind.EXACT, False)


def test_a_language_without_a_floor_does_not_wait(version: MatchVersion, ana: User) -> None:
    assert not answered(SAME, author=ana, language="de").is_pending


def test_the_first_version_knows_words_only(db: None, ana: User) -> None:
    match = answered(SAME, author=ana)
    assert (match.kind, match.is_pending, match.version.encoder) == (Match.Kind.NONE, False, None)


def figures() -> dict[str, int]:
    """The day's figures, made anew."""
    rolling.roll_day(timezone.localdate(), now=timezone.now())
    columns = ("n_compared", "n_pending", "n_semantic")
    return TurnDay.objects.aggregate(**{name: Sum(name) for name in columns})


def test_pending_ones_are_no_match_until_they_are_settled(version: MatchVersion, ana: User) -> None:
    """Left out, they would leave a rate of matches alone while a worker is behind."""
    answered(SAME, author=ana)
    assert figures() == {"n_compared": 1, "n_pending": 1, "n_semantic": 0}
    assert AnswerDay.objects.get().n_compared == ConfidenceDay.objects.get().n == 1
    meaning.settle()
    assert figures() == {"n_compared": 1, "n_pending": 0, "n_semantic": 1}


def test_an_encoder_that_cannot_be_loaded_leaves_it_pending(version: MatchVersion, ana: User) -> None:
    match = answered(SAME, author=ana)
    artifact = version.encoder
    artifact.pk, artifact.sha256, artifact.folder = None, "0" * 64, "nowhere"
    artifact.save(force_insert=True)
    MatchVersion.objects.filter(pk=version.pk).update(encoder=artifact)
    assert meaning.settle() == 0
    match.refresh_from_db()
    assert match.is_pending


def test_a_sweep_takes_up_what_was_lost(
    version: MatchVersion, ana: User, now: datetime, monkeypatch: pytest.MonkeyPatch
) -> None:
    sent: list[bool] = []
    monkeypatch.setattr(tasks.settle_matches, "delay_on_commit", lambda: sent.append(True))
    answered(SAME, author=ana)
    meaning.sweep(now=now)
    assert sent == [True]  # by the reply itself
    meaning.sweep(now=timezone.now() + timedelta(minutes=1))
    assert sent == [True, True]


def test_a_candidates_text_is_settled_too(version: MatchVersion, release: Release, ana: User) -> None:
    case = make_case()
    Case.objects.filter(pk=case.pk).update(language="en")
    suggestion = make_suggestion(case, SUGGESTED)
    candidate = make_release(Release.State.CANDIDATE)
    ShadowOutcome.objects.create(
        suggestion=suggestion, release=candidate, text=SUGGESTED, created_at=timezone.now()
    )
    case.refresh_from_db()
    send_reply(case=case, author=ana, body=SAME, client_key="k", now=timezone.now())
    assert ShadowOutcome.objects.get().is_pending
    meaning.settle()
    found = ShadowOutcome.objects.get()
    assert (found.kind, found.is_pending) == (Match.Kind.SEMANTIC, False)


# What is kept of several suggestions


def test_the_reply_goes_to_the_suggestion_of_which_most_was_kept(ana: User) -> None:
    case = make_case()
    inserted = make_suggestion(case, SUGGESTED)
    for number in range(9):  # the customer goes on, and each message supersedes what was suggested before
        _write_again(case, number)
        make_suggestion(case, f"Number {number} is what you were looking for, as far as anybody knows.")
    newest = _supersede(case)
    send_reply(case=case, author=ana, body=SUGGESTED, client_key="k", now=timezone.now())
    match = Match.objects.get()
    assert (match.suggestion, match.closest, match.kind) == (newest, inserted, Match.Kind.EXACT)


def test_of_texts_that_were_both_left_the_newest_is_compared(ana: User) -> None:
    """However like the reply the letters of an older one are: a miss counts like a miss after one message."""
    case = make_case()
    make_suggestion(case, OTHER.replace("hold", "press").replace("while", "bit").replace("lights", "colours"))
    _write_again(case, 1)
    make_suggestion(case, SUGGESTED)
    newest = _supersede(case)
    send_reply(
        case=case, author=ana, body="Hold power and tell me the lights.", client_key="k", now=timezone.now()
    )
    match = Match.objects.get()
    assert (match.suggestion, match.closest, match.retained) == (newest, None, 0.0)


def test_the_one_that_was_inserted_is_compared_though_more_of_another_was_kept(ana: User) -> None:
    case = make_case()
    inserted = make_suggestion(case, f"{SUGGESTED} {OTHER}")
    recording.record_report(
        suggestion=inserted, actor=ana, at=timezone.now(), type="inserted", client_seq="1"
    )
    _write_again(case, 1)
    make_suggestion(case, SUGGESTED)
    newest = _supersede(case)
    send_reply(case=case, author=ana, body=SUGGESTED, client_key="k", now=timezone.now())
    match = Match.objects.get()
    assert (match.suggestion, match.closest, match.kind) == (newest, inserted, Match.Kind.RETAINED)
    rolling.roll_day(timezone.localdate(), now=timezone.now())
    turn = TurnDay.objects.get(n_turns=1)
    assert (turn.n_sent_edited, turn.n_retained) == (1, 1)


def test_the_older_text_is_the_one_that_is_compared_anew(ana: User) -> None:
    case = make_case()
    inserted = make_suggestion(case, SUGGESTED)
    _write_again(case, 1)
    make_suggestion(case, OTHER)
    _supersede(case)
    send_reply(case=case, author=ana, body=SUGGESTED, client_key="k", now=timezone.now())
    version = make_match_version()
    rematching.order(version, now=timezone.now())
    rematching.rematch(version.pk)
    match = Match.objects.current().get()
    assert (match.version, match.closest, match.kind) == (version, inserted, Match.Kind.EXACT)


def test_a_superseded_text_does_not_count_where_the_turn_ended_without_one(ana: User) -> None:
    case = make_case()
    make_suggestion(case, SUGGESTED)
    case.suggestions.update(state=State.SUPERSEDED)
    _write_again(case, 1)
    make_suggestion(case, "", state=State.WITHHELD, reason="no_request", answer=None)
    send_reply(case=case, author=ana, body=SUGGESTED, client_key="k", now=timezone.now())
    assert not Match.objects.exists()


def _supersede(case: Case) -> Suggestion:
    """Let all but the newest suggestion of a case be superseded, and return that."""
    newest = case.suggestions.order_by("-message__sent_at").first()
    case.suggestions.exclude(pk=newest.pk).update(state=State.SUPERSEDED)
    return newest


def _write_again(case: Case, number: int) -> None:
    at = case.messages.order_by("-sent_at").first().sent_at + timedelta(minutes=1)
    case.messages.create(
        channel="email", external_id=f"{case.pk}-again-{number}", body="Hello?", sent_at=at, received_at=at
    )


# Real processes and races


@pytest.mark.django_db(transaction=True)
def test_a_worker_settles_within_seconds() -> None:
    make_match_version(encoder=make_release().encoder, floor=0.5, is_current=True)
    agent = make_user("agent")
    with worker():
        match = answered(SAME, author=agent)
        wait_until(lambda: not Match.objects.get(pk=match.pk).is_pending, "the match is settled", seconds=60)
    assert Match.objects.get().kind == Match.Kind.SEMANTIC


@pytest.mark.django_db(transaction=True)
def test_workers_share_what_is_pending_and_double_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(meaning, "CHUNK", 4)
    make_match_version(encoder=make_release().encoder, floor=0.5, is_current=True)
    agent = make_user("agent")
    for _ in range(12):
        answered(SAME, author=agent)

    def settle() -> int:
        try:
            return meaning.settle()
        finally:
            connection.close()

    with ThreadPoolExecutor(3) as pool:
        counts = [future.result() for future in [pool.submit(settle) for _ in range(3)]]
    assert sum(counts) == Match.objects.filter(kind=Match.Kind.SEMANTIC, is_pending=False).count() == 12


@pytest.mark.django_db(transaction=True)
def test_a_reply_recorded_twice_at_once_has_one_match() -> None:
    agent, case = make_user("agent"), make_case()
    make_suggestion(case, SUGGESTED)
    reply, _ = send_reply(case=case, author=agent, body=SAME, client_key="k", now=timezone.now())
    Match.objects.all().delete()

    def record(_: int) -> bool:
        try:
            return bool(recording.record_replies([reply], now=timezone.now()))
        finally:
            connection.close()

    with ThreadPoolExecutor(4) as pool:
        assert sum(pool.map(record, range(4))) == 1
    assert Match.objects.count() == 1
