"""A variant with a release of its own is served by it; where that fails the live one stands in, and says so."""

import pytest
from django.utils import timezone
from pytest_django import Settings

from copilot import releases, suggesting
from copilot.experimenting import Treatment
from copilot.models import Artifact, Release, Suggestion, SuggestionEvent
from copilot.models.suggestion import Reason, State
from tests.copilot.making import make_answer, make_experiment
from tests.making import make_message
from tests.releasing import make_release

pytestmark = pytest.mark.django_db
CLEAR = "When do my payouts arrive? Sales from yesterday, what time will they be in my bank account?"


@pytest.fixture(autouse=True)
def nothing_is_held_out(settings: Settings) -> None:
    settings.COPILOT_HOLDOUT_SHARE = 0.0


@pytest.fixture
def candidate(release: Release) -> Release:
    """A second release; whatever is ranked is offered by both."""
    candidate = make_release(Release.State.CANDIDATE)
    Release.objects.update(validity_floor=0.3, topic_floor=0, answer_floor=0, confidence_floor=0)
    make_answer()
    return Release.objects.get(pk=candidate.pk)


def suggested(n: int) -> list[Suggestion]:
    messages = [make_message(CLEAR, announce=True, sent_at=timezone.now()) for _ in range(n)]
    ids = [message.suggestion.pk for message in messages]
    assert suggesting.suggest(suggestion_ids=ids, now=timezone.now()) == n
    return list(Suggestion.objects.filter(pk__in=ids).order_by("pk"))


def test_each_variant_is_served_by_its_release(release: Release, candidate: Release) -> None:
    make_experiment(Treatment("new", 500_000, "offer", candidate), Treatment("live", 500_000, "offer"))
    rows = suggested(10)
    assert {row.release for row in rows} == {release, candidate}
    for row in rows:
        assert row.state == State.OFFERED
        assert row.release == (row.case.assignment.variant.release or release)
    assert not SuggestionEvent.objects.exists()


def test_the_live_release_stands_in_for_one_that_cannot_be_loaded(
    release: Release, candidate: Release
) -> None:
    make_experiment(Treatment("new", 999_999, "offer", candidate), Treatment("live", 1, "offer"))
    broken = Artifact.objects.create(kind="topic", sha256="0" * 64, folder="gone", created_at=timezone.now())
    Release.objects.filter(pk=candidate.pk).update(topics=broken)
    [row] = suggested(1)
    assert (row.state, row.release) == (State.OFFERED, release)
    assert row.detail.startswith(f"{release.name} stood in: {candidate.name}: ")
    event = row.events.get()
    assert (event.type, event.actor) == (SuggestionEvent.Type.RELEASE_FALLBACK, None)
    assert row.case.assignment.variant.release == candidate


def test_nothing_stands_in_where_nothing_is_live(release: Release, candidate: Release) -> None:
    make_experiment(Treatment("new", 999_999, "offer", candidate), Treatment("live", 1, "offer"))
    Release.objects.filter(pk=release.pk).update(state=Release.State.RETIRED)
    [row] = suggested(1)
    assert (row.state, row.release) == (State.OFFERED, candidate)  # it needs no live one
    broken = Artifact.objects.create(kind="topic", sha256="0" * 64, folder="gone", created_at=timezone.now())
    Release.objects.filter(pk=candidate.pk).update(topics=broken)
    [row] = suggested(1)
    assert (row.state, row.reason) == (State.FAILED, Reason.NO_RELEASE)


def test_memory_holds_the_live_release_and_those_of_an_experiment(
    release: Release, candidate: Release
) -> None:
    assert releases._load.cache_info().maxsize == releases.MOST_LOADED == 3


def test_a_variant_in_the_shadow_is_computed_by_its_release(candidate: Release) -> None:
    make_experiment(Treatment("new", 999_999, "shadow", candidate), Treatment("live", 1, "offer"))
    [row] = suggested(1)
    assert (row.state, row.reason, row.release) == (State.SHADOW, Reason.HELD_OUT, candidate)
