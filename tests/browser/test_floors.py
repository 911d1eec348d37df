"""The slider of floors says at once what a floor would do, also without a script; both pages pass axe."""

from collections.abc import Callable
from datetime import timedelta

import pytest
from axe_playwright_python.sync_playwright import Axe
from django.utils import timezone
from playwright.sync_api import Browser, Page, expect

from copilot.models import FloorDay, InputDay, TurnDay
from copilot.monitor.rolling_sums import roll_sums
from helpdesk.models import User
from tests.browser.test_looks import RULES
from tests.browser.themes import THEMES
from tests.copilot.making import make_release, make_topic

FLOORS, DRIFT = "/copilot/monitor/floors/", "/copilot/monitor/drift/"
COLUMNS = {field.name: 0 for field in TurnDay._meta.concrete_fields[8:]}


@pytest.fixture(autouse=True)
def days() -> None:
    """Eight weeks of a release, with held-out and withheld turns of ten agents."""
    release, topics = make_release(), [make_topic(name) for name in ("Payouts", "Fees")]
    for back in range(1, 57):
        on = timezone.localdate() - timedelta(days=back)
        for number in range(10):
            for in_bin, reason in ((80, ""), (90, ""), (65, "confidence_low")):
                FloorDay.objects.create(
                    day=on, release=release, reason=reason, arm="shadow", agent=number + 1, bin=in_bin, n_turns=2,
                    n_hidden=1, n_matches=(number + back) % 2,
                )  # fmt: skip
        for number, topic in enumerate(topics):
            TurnDay.objects.create(
                day=on, release=release, arm="offer", topic=topic, language="en", agent=1,
                **(COLUMNS | {"n_turns": 5 + number * (back % 4)}),
            )  # fmt: skip
        for table in (TurnDay, FloorDay):
            roll_sums(on, of=table)
        for part, value in (
            ("length", "20"), ("length", "80"), ("channel", "email"), ("channel", "web"),
            ("product", ""), ("product", "Wren Mini"), ("template", "yes"), ("template", "no"),
        ):  # fmt: skip
            InputDay.objects.create(day=on, release=release, part=part, value=value, n=9)


def test_the_slider_says_at_once_what_a_floor_would_do(
    page: Page, sana: User, sign_in: Callable[[User], None]
) -> None:
    sign_in(sana)
    page.goto(FLOORS)
    told = page.locator("#floor-told")
    expect(told).to_contain_text("At 0.70: the floor of this release")
    slider = page.get_by_role("slider", name="Floor")
    slider.focus()
    for _ in range(8):
        page.keyboard.press("ArrowLeft")
    expect(told).to_contain_text("At 0.62: 140 more suggestions a week, at most about 70 more wrong ones (")
    expect(page.locator("[data-floor-value]")).to_have_text("0.62")
    page.keyboard.press("End")
    expect(told).to_contain_text("fewer suggestions a week")


def test_the_slider_works_without_a_script(
    browser: Browser, site: str, page: Page, sana: User, sign_in: Callable[[User], None]
) -> None:
    sign_in(sana)
    context = browser.new_context(java_script_enabled=False, base_url=site)
    context.add_cookies(page.context.cookies())  # type: ignore[arg-type]  # the same keys
    plain = context.new_page()
    plain.goto(FLOORS)
    plain.get_by_role("slider", name="Floor").fill("0.62")
    plain.get_by_role("button", name="Show").click()
    expect(plain.locator("#floor-told")).to_contain_text("At 0.62: 140 more suggestions a week")
    context.close()


@pytest.mark.parametrize("theme", THEMES)
def test_axe_finds_nothing(page: Page, sana: User, sign_in: Callable[[User], None], theme: str) -> None:
    page.emulate_media(color_scheme=theme, reduced_motion="reduce")  # type: ignore[arg-type]  # one of both
    sign_in(sana)
    for address in (FLOORS, DRIFT):
        page.goto(address)
        page.wait_for_timeout(300)
        page.evaluate("document.querySelectorAll('details').forEach((each) => { each.open = true; })")
        found = Axe().run(page, options={"runOnly": RULES["runOnly"]})
        assert found.response["violations"] == [], address


@pytest.mark.parametrize("width", [360, 768])
def test_nothing_scrolls_sideways(
    page: Page, sana: User, sign_in: Callable[[User], None], width: int
) -> None:
    page.set_viewport_size({"width": width, "height": 800})
    sign_in(sana)
    for address in (FLOORS, DRIFT):
        page.goto(address)
        assert not page.evaluate("document.documentElement.scrollWidth > innerWidth"), address
