"""A labeling function is written in the browser: it answers while it is typed, saves, and axe finds nothing."""

from collections.abc import Callable, Iterator

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Page, expect

from helpdesk.models import User
from labeling import measuring, samples
from labeling.applying import apply_everything
from labeling.models import LabelingFunction
from tests.browser.themes import THEMES
from tests.copilot.making import make_topic
from tests.labeling.making import make_function, make_gold, make_item

RULES = {"runOnly": ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa"]}


@pytest.fixture(autouse=True)
def world(nadia: User, now: object) -> Iterator[None]:
    make_topic("Payout timing")
    make_topic("Refunds")
    for text in ("my payout is late", "no payout, no refund", "refund please", "hello"):
        make_gold(make_item(text), "refunds" if "refund" in text else "payout-timing", author=nadia)
    make_function("refund-words", label="refunds", spec={"any": ["refund"]})
    apply_everything(now=now)
    measuring.measure("topic", now=now)
    samples._drawn.cache_clear()
    yield
    samples._drawn.cache_clear()


def test_it_answers_while_it_is_typed_and_is_saved(
    page: Page, sign_in: Callable[[User], None], nadia: User
) -> None:
    sign_in(nadia)
    page.goto("/labeling/functions/new/?task=topic&label=payout-timing")
    page.get_by_role("textbox", name="Name").fill("late payouts")
    page.get_by_label("Any of these words").fill("payout")
    expect(page.locator("#preview .finding")).to_contain_text("Fires on 2 of 4 messages")
    expect(page.locator("#preview mark").first).to_have_text("payout")
    expect(page.locator("#news")).to_have_text("Fires on 2 of 4 messages, 1 of them disputed.")
    page.get_by_label("but none of these").fill("refund")
    expect(page.locator("#preview .finding")).to_contain_text("Fires on 1 of 4 messages")
    page.get_by_role("button", name="Save as draft").click()
    page.wait_for_url("**/functions/late-payouts/")
    assert LabelingFunction.objects.get(slug="late-payouts").state == "draft"
    page.get_by_role("button", name="On trial").click()
    expect(page.locator(".page-head .chip")).to_have_text("On trial")


@pytest.mark.parametrize("theme", THEMES)
def test_axe_finds_nothing_and_nothing_scrolls_sideways(
    page: Page, sign_in: Callable[[User], None], nadia: User, theme: str
) -> None:
    page.emulate_media(color_scheme=theme, reduced_motion="reduce")
    sign_in(nadia)
    found = {}
    for address in (
        "",
        "new/?keyword=payout&label=payout-timing",
        "refund-words/",
        "?state=retired",
        "new/?kind=outcome",
    ):
        page.set_viewport_size({"width": 1440, "height": 900})
        page.goto(f"/labeling/functions/{address}")
        page.wait_for_timeout(500)
        violations = Axe().run(page, options=RULES).response["violations"]
        found[address] = [f"{v['id']}: {v['nodes'][0]['html'][:120]}" for v in violations]
        page.set_viewport_size({"width": 360, "height": 780})
        page.wait_for_timeout(300)
        found[address] += ["scrolls"] * page.evaluate("document.documentElement.scrollWidth > innerWidth")
    assert {address: some for address, some in found.items() if some} == {}
