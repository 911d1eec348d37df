"""History compared anew: in chunks, once, to the end or not at all, and only then by the new version."""

import signal
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from typing import Any

import pytest
from django.core.management import CommandError, call_command
from django.db import connection
from django.utils import timezone

from copilot import match_versions, meaning, rematching, tasks
from copilot.match_versions import MatchVersionError
from copilot.models import Match, MatchVersion, Release, Suggestion
from copilot.rematching import State
from helpdesk.models import Case, Reply, User
from helpdesk.replying import send_reply
from tests.copilot.making import make_match_version, make_suggestion
from tests.making import make_case, make_user
from tests.processes import start_worker, wait_until, worker
from tests.releasing import make_release

pytestmark = pytest.mark.django_db

TEXT = (
    "Open Settings > Network and choose the shop's own Wi-Fi again, then wait for the green tick to appear."
)


@pytest.fixture(autouse=True)
def queued(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> list[int]:
    """What would go to the broker; the slow tests have a real one."""
    sent: list[int] = []
    if "worker" not in request.node.name:
        for name in ("delay", "delay_on_commit"):
            monkeypatch.setattr(tasks.rematch, name, lambda version_id: sent.append(version_id))
    return sent


def make_history(n: int, author: User | None = None) -> None:
    author = author or make_user("author")
    for number in range(n):
        case = make_case(f"Number {number}?")
        make_suggestion(case, TEXT)
        body = TEXT if number % 2 else "I would rather look at it myself with you, when there is time."
        send_reply(case=case, author=author, body=body, client_key=f"k{case.pk}", now=timezone.now())


def ordered(version: MatchVersion) -> MatchVersion:
    rematching.order(version, now=timezone.now())
    return version


def test_history_is_compared_and_the_version_becomes_current(ana: User) -> None:
    make_history(5, ana)
    first, version = match_versions.current(), ordered(make_match_version())
    rematching.rematch(version.pk)
    version.refresh_from_db()
    assert (match_versions.current(), version.state, version.n, version.n_done) == (
        version,
        State.COMPLETE,
        5,
        5,
    )
    kept = Match.objects.filter(version=first)
    assert sorted(kept.values_list("suggestion", "reply", "kind", "recorded_at")) == sorted(
        Match.objects.current().values_list("suggestion", "reply", "kind", "recorded_at")
    )


def test_it_goes_chunk_by_chunk_and_on_where_it_was_left(
    ana: User, queued: list[int], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(rematching, "CHUNK", 2)
    monkeypatch.setattr(rematching, "FEW", 0)
    make_history(5, ana)
    version = ordered(make_match_version())
    for n_done in (2, 4, 5):
        rematching.rematch(version.pk, seconds=0)
        version.refresh_from_db()
        assert (version.n_done, version.is_current, version.percent) == (n_done, False, 100 * n_done // 5)
    rematching.rematch(version.pk, seconds=0)
    assert match_versions.current() == version
    assert queued == [version.pk] * 4


def test_a_chunk_is_read_in_as_many_queries_whatever_its_size(
    ana: User, django_assert_max_num_queries: Callable[..., Any]
) -> None:
    make_history(30, ana)
    version = ordered(make_match_version())
    with django_assert_max_num_queries(12):
        assert rematching._compare_chunk(version.pk)
    assert version.matches.count() == 30


def test_erased_texts_keep_their_match_and_are_counted(ana: User) -> None:
    make_history(4, ana)
    kept = Match.objects.order_by("suggestion").values_list(
        "suggestion", "kind", "retained", "n_reply_tokens"
    )
    before = list(kept)
    Suggestion.objects.filter(pk=Suggestion.objects.first().pk).update(state="superseded", text="")
    Reply.objects.filter(pk=Reply.objects.last().pk).update(body="")
    version = ordered(make_match_version())
    rematching.rematch(version.pk)
    version.refresh_from_db()
    assert (version.is_current, version.n, version.n_done, version.n_erased) == (True, 4, 4, 2)
    assert list(kept.filter(version=version)) == before


def test_replies_sent_meanwhile_are_not_missing(ana: User, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(rematching, "FEW", 0)
    make_history(2, ana)
    version = ordered(make_match_version())
    rematching.rematch(version.pk, seconds=0)
    make_history(1, ana)
    rematching.rematch(version.pk)
    assert (match_versions.current(), Match.objects.current().count()) == (version, 3)
    make_history(1, ana)
    assert Match.objects.current().count() == 4


def test_what_words_leave_open_is_settled_on_the_way(ana: User) -> None:
    make_history(2, ana)
    Case.objects.update(language="en")
    version = ordered(make_match_version(encoder=make_release(Release.State.CANDIDATE).encoder, floor=0.0))
    rematching.rematch(version.pk)
    found = {(match.kind, match.is_pending, match.closeness is None) for match in Match.objects.current()}
    assert found == {("exact", False, True), ("semantic", False, False)}
    assert set(Match.objects.exclude(version=version).values_list("kind", flat=True)) == {"exact", "none"}


def test_one_runs_at_a_time_and_the_current_one_never(ana: User) -> None:
    first, version, other = match_versions.current(), make_match_version(), make_match_version()
    with pytest.raises(MatchVersionError, match=f"match version {first.pk} is current"):
        rematching.order(first, now=timezone.now())
    ordered(version)
    for each in (version, other):
        with pytest.raises(
            MatchVersionError, match=f"match version {version.pk} runs: wait for it, or cancel it"
        ):
            rematching.order(each, now=timezone.now())


def test_a_version_of_other_code_is_refused(db: None) -> None:
    with pytest.raises(MatchVersionError, match="made by other code: make a new one"):
        rematching.order(make_match_version(norm_version=99), now=timezone.now())


def test_a_cancelled_one_ends_and_goes_on_when_it_is_ordered_again(
    ana: User, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(rematching, "CHUNK", 2)
    monkeypatch.setattr(rematching, "FEW", 0)
    make_history(5, ana)
    version = ordered(make_match_version())
    rematching.rematch(version.pk, seconds=0)
    assert rematching.cancel(version, now=timezone.now())
    assert not rematching.cancel(version, now=timezone.now())
    rematching.rematch(version.pk)
    version.refresh_from_db()
    assert (version.state, version.n_done, version.is_current) == (State.CANCELLED, 2, False)
    ordered(version)
    rematching.rematch(version.pk)
    assert (match_versions.current(), version.matches.count()) == (version, 5)


@pytest.mark.django_db(transaction=True)
def test_a_cancel_during_a_chunk_undoes_it(monkeypatch: pytest.MonkeyPatch) -> None:
    make_history(30)
    version, columns = ordered(make_match_version()), rematching._columns

    def cancel() -> None:
        rematching.cancel(version, now=timezone.now())
        connection.close()

    def cancelling(*args: Any) -> list[dict[str, object]]:
        with ThreadPoolExecutor(1) as somebody:
            somebody.submit(cancel).result()
        return columns(*args)

    monkeypatch.setattr(rematching, "_columns", cancelling)
    rematching.rematch(version.pk)
    version.refresh_from_db()
    assert (version.state, version.matches.count()) == (State.CANCELLED, 0)


def test_renewing_makes_a_version_once_and_has_history_compared_by_it(
    ana: User, queued: list[int], release: Release
) -> None:
    make_history(1, ana)
    version = rematching.renew(now=timezone.now())
    assert version
    assert queued == [version.pk]
    rematching.rematch(version.pk)
    assert match_versions.current() == version
    assert rematching.renew(now=timezone.now()) is None
    assert queued == [version.pk]


def test_renewing_waits_for_a_release_and_for_the_one_that_runs(
    ana: User, queued: list[int], request: pytest.FixtureRequest
) -> None:
    assert rematching.renew(now=timezone.now()) is None
    request.getfixturevalue("release")
    running = ordered(make_match_version())
    assert rematching.renew(now=timezone.now()) is None
    assert queued == [running.pk]


def test_renewing_leaves_a_version_alone_that_somebody_cancelled(
    ana: User, queued: list[int], release: Release
) -> None:
    make_history(1, ana)
    version = rematching.renew(now=timezone.now())
    rematching.cancel(version, now=timezone.now())
    assert rematching.renew(now=timezone.now()) is None
    assert not match_versions.is_due()


def test_one_that_cannot_load_its_encoder_says_so(ana: User) -> None:
    make_history(2, ana)
    Case.objects.update(language="en")
    encoder = make_release(Release.State.CANDIDATE).encoder
    encoder.pk, encoder.sha256, encoder.folder = None, "0" * 64, "nowhere"
    encoder.save(force_insert=True)
    version = ordered(make_match_version(encoder=encoder, floor=0.5))
    rematching.rematch(version.pk)
    version.refresh_from_db()
    assert version.state == State.FAILED
    assert "can't be read from the storage of artifacts" in version.problem
    assert not version.matches.exists()


def test_a_sweep_queues_what_was_lost_and_gives_up_at_last(ana: User, queued: list[int]) -> None:
    version, now = ordered(make_match_version()), timezone.now()
    queued.clear()
    rematching.sweep(now=now)
    assert queued == []
    for _ in range(5):
        now += timedelta(minutes=2)
        rematching.sweep(now=now)
    assert queued == [version.pk] * 5
    rematching.sweep(now=now + timedelta(minutes=2))
    version.refresh_from_db()
    assert version.state == State.FAILED
    assert "given up after 5 attempts without progress" in version.problem


def test_the_command_lists_orders_and_cancels(ana: User, capsys: pytest.CaptureFixture[str]) -> None:
    version = make_match_version()
    call_command("rematch", number=version.pk)
    call_command("rematch")
    call_command("rematch", cancel=version.pk)
    call_command("rematch", cancel=version.pk)
    said = capsys.readouterr().out
    assert f"match version {version.pk}: a worker compares history by it." in said
    assert f"match version {match_versions.current().pk}: current, 100 %" in said
    assert f"match version {version.pk}: running" in said
    assert "Cancelled." in said
    assert said.endswith("does not run.\n")
    with pytest.raises(CommandError, match="there is no match version 99999"):
        call_command("rematch", "--version", "99999")


@pytest.mark.slow
@pytest.mark.django_db(transaction=True)
def test_a_killed_worker_loses_and_doubles_nothing() -> None:
    make_history(300)
    version = make_match_version()
    rematching.order(version, now=timezone.now())
    process = start_worker("work")
    wait_until(lambda: MatchVersion.objects.get(pk=version.pk).matches.exists(), "it begins", seconds=60)
    process.send_signal(signal.SIGKILL)
    process.wait()
    with worker("work"):
        deadline = time.monotonic() + 90
        while match_versions.current() != version:
            assert time.monotonic() < deadline
            rematching.sweep(now=timezone.now() + timedelta(minutes=5))
            time.sleep(2)
    assert Match.objects.current().count() == 300


@pytest.mark.django_db(transaction=True)
def test_a_worker_compares_history_by_the_version_that_the_command_names() -> None:
    make_history(25)
    version = make_match_version(encoder=make_release(Release.State.CANDIDATE).encoder, floor=0.3)
    Case.objects.update(language="en")
    with worker("work"):
        call_command("rematch", "--version", str(version.pk))
        wait_until(lambda: match_versions.current() == version, "the version is current", seconds=90)
    assert Match.objects.current().count() == 25
    assert not Match.objects.filter(is_pending=True).exists()
    assert meaning.settle() == 0
