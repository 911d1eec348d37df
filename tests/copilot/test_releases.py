"""Releases: one is live, the gate has its say, and every change is on record."""

from datetime import datetime, timedelta
from threading import Thread

import pytest
from django.db import IntegrityError, connection, transaction
from django.test.utils import CaptureQueriesContext

from copilot import releases
from copilot.evaluation.gate import Finding
from copilot.models import Promotion, Release
from helpdesk.models import User
from tests.releasing import make_release

pytestmark = pytest.mark.django_db

FINE = (Finding(True, "358 rows"), Finding(True, "topics: no clear difference"))
BAD = (Finding(True, "358 rows"), Finding(False, "topics: worse by 9 points"))


@pytest.fixture
def candidate(release: Release) -> Release:
    return make_release(Release.State.CANDIDATE)


def promote(release: Release, **options: object) -> Promotion:
    defaults = {
        "against": releases.live(),
        "findings": FINE,
        "actor": None,
        "now": datetime.now().astimezone(),
    }
    return releases.promote(release, **{**defaults, **options})


def states(*rows: Release) -> list[str]:
    return [Release.objects.get(pk=row.pk).state for row in rows]


def test_a_candidate_takes_the_live_ones_place(release: Release, candidate: Release, sana: User) -> None:
    promotion = promote(candidate, actor=sana, reason=" new labels ")

    assert states(release, candidate) == ["retired", "live"]
    assert (promotion.previous, promotion.actor, promotion.reason) == (release, sana, "new labels")
    assert promotion.findings == [[True, "358 rows"], [True, "topics: no clear difference"]]
    assert not promotion.is_override


def test_promotion_is_one_statement(release: Release, candidate: Release) -> None:
    with CaptureQueriesContext(connection) as captured:
        promote(candidate)
    updates = [query["sql"] for query in captured if query["sql"].startswith("UPDATE")]
    assert len(updates) == 1


def test_the_first_release_needs_no_comparison(db: None) -> None:
    first = make_release(Release.State.CANDIDATE)
    promotion = promote(first, findings=())
    assert states(first) == ["live"]
    assert promotion.previous is None


def test_what_was_not_compared_is_not_promoted(release: Release, candidate: Release) -> None:
    with pytest.raises(releases.ReleaseError, match="was not compared with release"):
        promote(candidate, findings=())
    assert states(release, candidate) == ["live", "candidate"]


def test_what_the_gate_refuses_is_not_promoted(release: Release, candidate: Release) -> None:
    with pytest.raises(releases.RefusedError, match="is not promoted: topics: worse by 9 points. Train"):
        promote(candidate, findings=BAD)
    assert states(release, candidate) == ["live", "candidate"]
    assert not Promotion.objects.exists()


def test_an_override_needs_a_reason_and_is_recorded(release: Release, candidate: Release, sana: User) -> None:
    with pytest.raises(releases.ReleaseError, match="an override needs a reason"):
        promote(candidate, findings=BAD, override=True, reason="  ")
    promotion = promote(candidate, findings=BAD, override=True, reason="A topic was retired.", actor=sana)
    assert promotion.is_override
    assert promotion.findings[1] == [False, "topics: worse by 9 points"]
    assert states(candidate) == ["live"]


def test_an_override_that_was_not_needed_is_none(release: Release, candidate: Release) -> None:
    assert not promote(candidate, override=True).is_override


def test_what_is_live_is_not_promoted_again(release: Release) -> None:
    with pytest.raises(releases.ReleaseError, match="is live already"):
        promote(release)


def test_a_comparison_with_another_than_the_live_one_is_stale(release: Release, candidate: Release) -> None:
    other = make_release(Release.State.CANDIDATE)
    promote(other)
    with pytest.raises(releases.ReleaseError, match="another release became live meanwhile"):
        promote(candidate, against=release)


def test_a_release_that_cannot_be_loaded_is_not_promoted(release: Release, candidate: Release) -> None:
    candidate.topics.sha256 = "0" * 64
    with pytest.raises(releases.ReleaseError, match="topic 00000000"):
        promote(candidate)
    assert states(release, candidate) == ["live", "candidate"]


def test_rolling_back_twice_goes_back_two(
    release: Release, candidate: Release, now: datetime, sana: User
) -> None:
    third = make_release(Release.State.CANDIDATE)
    promote(candidate)
    promote(third, now=datetime.now().astimezone() + timedelta(minutes=1))

    first = releases.roll_back(actor=sana, now=now + timedelta(hours=1), reason="agents complain")
    assert (first.release, first.previous, first.is_rollback) == (candidate, third, True)
    releases.roll_back(actor=sana, now=now + timedelta(hours=2))
    assert states(release, candidate, third) == ["live", "retired", "retired"]
    with pytest.raises(releases.ReleaseError, match="no earlier release to roll back to"):
        releases.roll_back(actor=sana, now=now + timedelta(hours=3))


def test_two_live_releases_are_impossible(release: Release, candidate: Release) -> None:
    with pytest.raises(IntegrityError, match="release_one_live"), transaction.atomic():
        Release.objects.filter(pk=candidate.pk).update(state=Release.State.LIVE)


def test_a_release_is_found_by_its_number(release: Release) -> None:
    assert releases.get(release.pk) == release
    with pytest.raises(
        releases.ReleaseError, match="there is no release 9999: `manage.py releases` lists them"
    ):
        releases.get(9999)


@pytest.mark.django_db(transaction=True)
def test_of_two_promotions_at_once_one_wins() -> None:
    live = make_release()
    rivals = [make_release(Release.State.CANDIDATE) for _ in range(2)]
    said: list[str] = []

    def try_it(rival: Release) -> None:
        try:
            promote(rival, against=live)
        except releases.ReleaseError as error:
            said.append(str(error))
        finally:
            connection.close()

    threads = [Thread(target=try_it, args=(rival,)) for rival in rivals]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    assert sorted(states(live, *rivals)) == ["candidate", "live", "retired"]
    assert len(said) == 1
    assert "became live meanwhile" in said[0]
    assert Promotion.objects.count() == 1
