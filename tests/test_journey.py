"""The main job by the API, with the real web process, the real worker and the real release."""

from collections.abc import Iterator

import pytest
from pytest_django import Settings

from copilot.models import Match, Release
from helpdesk.models import Team, User
from tests.journey import TEXT, call, make_world, post_message
from tests.processes import wait_until, web, worker

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def site(settings: Settings, ana: User, team: Team) -> Iterator[str]:
    settings.COPILOT_HOLDOUT_SHARE = 0.0
    make_world(team)
    with worker(), web() as address:
        yield address


def test_message_in_suggestion_reply_match_by_api(site: str, ana: User) -> None:
    case = post_message(site, ana)
    path = f"/api/cases/{case}/suggestion/"
    wait_until(lambda: call(site, ana, path)["state"] != "pending", "the suggestion is there")
    suggestion = call(site, ana, path)
    assert suggestion["state"] == "offered"
    assert suggestion["text"] == TEXT
    assert suggestion["answer"] == {"slug": "payout-schedule", "name": "Payout schedule", "version": 1}
    assert suggestion["topic"] == "payout-timing"
    assert suggestion["release"] == Release.objects.get().pk
    assert min(suggestion["milliseconds"].values()) >= 0
    edited = suggestion["text"].replace("12:00", "14:00")
    call(site, ana, f"/api/cases/{case}/replies/", {"body": edited, "client_key": "k-1"})
    match = Match.objects.get()
    assert match.kind == Match.Kind.CONFLICT, "an agent who changes a fact disagrees"
    assert match.delta
