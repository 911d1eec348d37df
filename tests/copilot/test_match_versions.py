"""Versions of the matching: one is current, a new one is made of the code, the encoder and the pairs of today."""

from concurrent.futures import ThreadPoolExecutor
from datetime import datetime
from pathlib import Path

import pytest
from django.core.management import CommandError, call_command
from django.db import IntegrityError, connection

from copilot import match_versions
from copilot.match_versions import MatchVersionError
from copilot.matching.floors import PRECISION, choose_floor, judge, score
from copilot.matching.pairs import Half, read_pairs
from copilot.meaning import encoder_of
from copilot.models import Match, MatchVersion, Release
from helpdesk.models import User
from helpdesk.replying import send_reply
from tests.copilot.making import make_match_version, make_suggestion
from tests.making import make_case

pytestmark = pytest.mark.django_db


def test_the_first_version_matches_by_words(db: None) -> None:
    version = match_versions.current()
    assert (version.encoder, version.is_current, match_versions.floors_of(version)) == (None, True, {})
    assert match_versions.is_of_this_code(version)


def test_only_one_is_current(db: None) -> None:
    match_versions.current()
    with pytest.raises(IntegrityError, match="match_version_one_current"):
        MatchVersion.objects.create(
            norm_version=1, rules_version=1, created_at="2026-01-01T00:00Z", is_current=True
        )


def test_a_version_is_made_of_the_live_encoder_and_the_pairs(release: Release, now: datetime) -> None:
    version = match_versions.make(now=now)
    assert (version.encoder, version.is_current) == (release.encoder, False)
    english = version.floors.get(language="en")
    assert english.n_pairs >= 300
    assert english.floor is not None
    assert english.precision_low >= PRECISION
    assert "labelled pairs: at least 300 are needed" in version.floors.get(language="de").reason
    assert set(match_versions.floors_of(version)) == {"en"}
    assert match_versions.make(now=now) == version  # nothing it is made of has changed

    pairs = read_pairs(match_versions.PAIRS)
    scored = score(pairs, encoder_of(version).encode)
    again = choose_floor([each for each in scored if each.pair.half is Half.CHOOSING], language="en")
    assert (again.floor, again.n_above, again.n_right) == (english.floor, english.n_above, english.n_right)
    judged = judge(
        [each for each in scored if each.pair.half is Half.JUDGING], language="en", floor=again.floor
    )
    assert judged.n_right == judged.n_found  # few are found, and none wrongly
    stored = (english.n_same, english.n_found, english.n_found_right)
    assert stored == (judged.n_same, judged.n_found, judged.n_right)
    assert judged.n_vetoed / judged.n_changed > 0.9


def test_none_is_made_without_a_release(db: None, now: datetime) -> None:
    with pytest.raises(MatchVersionError, match="no release is live: .* train and promote one"):
        match_versions.make(now=now)
    with pytest.raises(CommandError, match="no release is live"):
        call_command("rematch", "--make")


def test_none_is_made_of_pairs_that_cannot_be_read(
    release: Release, now: datetime, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "pairs-choosing.yaml").write_text("just words")
    monkeypatch.setattr(match_versions, "PAIRS", tmp_path)
    with pytest.raises(MatchVersionError, match=r"no match version can be made: pairs-choosing\.yaml"):
        match_versions.make(now=now)


def test_a_reply_may_be_compared_under_several_and_is_read_under_one(ana: User, now: datetime) -> None:
    case = make_case()
    make_suggestion(case, "Open Settings > Network.")
    send_reply(case=case, author=ana, body="Open Settings > Network.", client_key="k", now=now)
    match = Match.objects.get()
    match.pk, match.version, match.kind = None, make_match_version(), Match.Kind.NONE
    match.save(force_insert=True)
    assert Match.objects.count() == 2
    assert Match.objects.current().get().kind == Match.Kind.EXACT
    match.pk = None
    with pytest.raises(IntegrityError, match="match_once_by"):
        match.save(force_insert=True)


@pytest.mark.django_db(transaction=True)
def test_processes_that_need_the_first_one_at_once_make_one() -> None:
    MatchVersion.objects.all().delete()

    def number(_: int) -> int:
        try:
            return match_versions.current().pk
        finally:
            connection.close()

    with ThreadPoolExecutor(4) as pool:
        assert len(set(pool.map(number, range(4)))) == 1
