"""Charts are read by pointer and by keys."""

from collections.abc import Callable

from playwright.sync_api import Page, expect

from helpdesk.models import User
from tests.copilot.test_views_accuracy import turns


def test_a_chart_is_read_by_keys_and_by_pointer(
    page: Page, sana: User, sign_in: Callable[[User], None]
) -> None:
    for agent in range(1, 7):
        turns(agent, n_near=1, topic=("Fees", "Payouts")[agent % 2])
    sign_in(sana)
    page.goto("/copilot/monitor/accuracy/?per=week")
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
    page.get_by_role("heading", name="Accuracy", exact=True).hover()
    page.keyboard.press("Tab")
    expect(reading).to_have_text("")
