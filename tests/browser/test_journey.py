"""The main job as an agent does it: a message comes in, the suggestion is inserted, edited and sent, and matched."""

from collections.abc import Iterator

import pytest
from django.conf import global_settings
from playwright.sync_api import Page, expect
from pytest_django import Settings

from copilot.models import Match, Suggestion, SuggestionEvent
from copilot.models.suggestion import State
from helpdesk.models import Case, Reply, Team, User
from tests.journey import ANSWER, TEXT, make_world, post_message
from tests.processes import wait_until, web, worker


@pytest.fixture
def site(transactional_db: None, settings: Settings, ana: User, team: Team) -> Iterator[str]:
    """The product as it runs: web and worker in processes of their own."""
    settings.COPILOT_HOLDOUT_SHARE = 0.0
    settings.PASSWORD_HASHERS = global_settings.PASSWORD_HASHERS  # the web process knows no other
    ana.set_password("tillwren")
    ana.save()
    make_world(team)
    with worker(), web() as address:
        yield address


def test_message_in_insert_edit_send_match_by_browser(site: str, page: Page, ana: User) -> None:
    page.goto("/sign-in/")
    page.fill("#id_username", ana.username)
    page.fill("#id_password", "tillwren")
    page.click("text=Sign in >> nth=-1")
    page.wait_for_url("**/cases/**")
    page.goto("/cases/?view=all")
    post_message(site, ana)
    page.get_by_text("Priya Raman").first.wait_for()  # the list hears of it by itself
    page.keyboard.press("j")
    page.keyboard.press("o")
    page.wait_for_url("**/cases/*/?*")
    expect(page.get_by_text(ANSWER).first).to_be_visible(timeout=60_000)
    page.keyboard.press("i")
    composer = page.locator("#reply-body")
    expect(composer).to_have_value(TEXT)
    composer.press("Control+End")
    page.keyboard.type("\nP.S. Have a good week.")
    page.keyboard.press("Control+Enter")
    wait_until(Reply.objects.exists, "the reply is sent")
    match = Match.objects.get()
    assert match.kind in {Match.Kind.NEAR, Match.Kind.RETAINED}
    assert match.retained == 1
    suggestion = Suggestion.objects.get()
    assert suggestion.state == State.OFFERED
    for type_ in (SuggestionEvent.Type.DISPLAYED, SuggestionEvent.Type.INSERTED, SuggestionEvent.Type.SENT):
        wait_until(
            lambda asked=type_: suggestion.events.filter(type=asked).count() == 1, f"{type_} is told once"
        )
    assert Case.objects.get().assignee == ana
