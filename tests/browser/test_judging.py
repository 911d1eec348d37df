"""Turns are judged by keys alone."""

from collections.abc import Callable

from playwright.sync_api import Page, expect

from copilot.models import Judgment
from helpdesk.models import User
from tests.labeling.test_views_judge import waiting


def test_an_expert_judges_skips_and_undoes_by_keys(
    page: Page, nadia: User, ana: User, sign_in: Callable[[User], None]
) -> None:
    waiting(ana, place=0)
    waiting(ana, place=1)
    sign_in(nadia)
    page.goto("/labeling/judge/")
    bar = page.locator(".annotator-bar")
    expect(bar).to_contain_text("0 judged today; 2 left for you")
    for key in ("1", "5", "Enter"):
        page.keyboard.press(key)
    expect(bar).to_contain_text("1 judged today; 1 left for you")
    expect(page.locator("#judged-head")).to_be_focused()
    found = Judgment.objects.get()
    assert {found.suggestion_verdict, found.reply_verdict} == {"yes", "no"}
    page.keyboard.press("s")
    expect(page.get_by_text("Nothing is left for you to judge.")).to_be_visible()
    page.keyboard.press("u")
    expect(bar).to_contain_text("1 left for you")
    page.keyboard.press("u")
    expect(bar).to_contain_text("0 judged today; 2 left for you")
    assert not Judgment.objects.exists()
    page.keyboard.press("1")
    page.keyboard.press("Enter")  # the other text is not judged yet: the browser asks for it
    expect(bar).to_contain_text("0 judged today; 2 left for you")
    page.keyboard.press("6")
    page.keyboard.press("Enter")
    expect(bar).to_contain_text("1 judged today; 1 left for you")
