"""Charts are read by pointer and by keys."""

from collections.abc import Callable

from django.utils import timezone
from playwright.sync_api import Page, expect

from copilot import match_versions
from copilot.models import Match
from helpdesk.models import User
from tests.copilot.making import make_suggestion, make_topic
from tests.making import make_case, make_reply, make_user


def test_a_chart_is_read_by_keys_and_by_pointer(
    page: Page, sana: User, sign_in: Callable[[User], None]
) -> None:
    version = match_versions.current()
    for number in range(6):
        case = make_case()
        author = make_user(f"agent{number}")
        Match.objects.create(
            suggestion=make_suggestion(case, topic=make_topic(("Fees", "Payouts")[number % 2])),
            reply=make_reply(case, "It left today.", author=author), kind="near", similarity=0.9, retained=0.9,
            share=0.9, survival=0.9, kept_characters=9, n_reply_tokens=40, version=version, recorded_at=timezone.now(),
        )  # fmt: skip
    sign_in(sana)
    page.goto("/copilot/match-rate/?per=week")
    plot = page.locator("#chart-time .plot")
    reading = plot.locator(".reading")
    plot.focus()
    expect(reading).to_have_text("")
    page.keyboard.press("ArrowRight")
    expect(reading).to_contain_text("100 %")
    expect(reading).to_contain_text("n = 6")
    page.keyboard.press("Escape")
    expect(reading).to_have_text("")
    plot.locator("[data-told]").hover()
    expect(reading).to_contain_text("6 agents")
    page.get_by_role("heading", name="Match rate").hover()
    page.keyboard.press("Tab")
    expect(reading).to_have_text("")
