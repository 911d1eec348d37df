"""The page of weak labels in a real browser: in both themes, on a phone, and up to date when a run has ended."""

import os
from collections.abc import Callable
from pathlib import Path

import pytest
from axe_playwright_python.sync_playwright import Axe
from django.utils import timezone
from playwright.sync_api import Page, expect

from helpdesk.models import User
from labeling import weak_runs
from labeling.applying import apply_everything
from labeling.models import WeakLabelRun
from tests.browser.themes import THEMES
from tests.copilot.making import make_topic
from tests.labeling.making import make_function, make_gold, make_item

PAGE = "/labeling/weak-labels/"
SIDEWAYS = "document.documentElement.scrollWidth - document.documentElement.clientWidth"


@pytest.fixture
def labelled(nadia: User) -> WeakLabelRun:
    """Forty messages of two topics, three functions, and what they come to."""
    now = timezone.now()
    make_topic("Payout timing")
    make_topic("Refunds")
    for number in range(40):
        item = make_item(f"{'payout' if number % 2 else 'refund'} {number} {'late' if number % 3 else ''}")
        make_gold(item, "payout-timing" if number % 2 or number % 10 == 0 else "refunds", author=nadia)
    make_function("says-payout", state="active")
    make_function("says-refund", state="active", label="refunds", spec={"any": ["refund"]})
    make_function("says-late", state="active", spec={"any": ["late"]})
    apply_everything(now=now)
    return weak_runs.run(weak_runs.order(task="topic", method="", seed=1, by=nadia, now=now).pk)


def shot(page: Page, name: str) -> None:
    """Keep a picture, if somebody asked for it."""
    if folder := os.environ.get("SCREENSHOTS"):
        page.screenshot(path=Path(folder) / f"weak-labels-{name}.png", full_page=True)


@pytest.mark.parametrize("theme", THEMES)
@pytest.mark.usefixtures("labelled")
def test_it_reads_well_in_every_width(
    page: Page, nadia: User, sign_in: Callable[[User], None], theme: str
) -> None:
    sign_in(nadia)
    page.emulate_media(color_scheme=theme, reduced_motion="reduce")
    for width in (1440, 768, 360):
        page.set_viewport_size({"width": width, "height": 900})
        page.goto(PAGE)
        expect(page.get_by_role("heading", name="Who should weigh the votes")).to_be_visible()
        shot(page, f"{theme}-{width}")
        assert page.evaluate(SIDEWAYS) <= 0, width
    page.locator("details summary").first.click()
    found = Axe().run(page)
    assert found.violations_count == 0, found.generate_report()


@pytest.mark.usefixtures("team")
def test_an_order_shows_its_progress_and_then_its_figures(
    page: Page, labelled: WeakLabelRun, nadia: User, sign_in: Callable[[User], None]
) -> None:
    WeakLabelRun.objects.all().delete()
    sign_in(nadia)
    page.goto(PAGE)
    expect(page.get_by_text("There are no weak labels of this task yet.")).to_be_visible()
    page.get_by_role("button", name="Make weak labels").click()
    expect(page.get_by_text("waits for a worker")).to_be_visible()
    shot(page, "waiting")

    weak_runs.run(WeakLabelRun.objects.get().pk)

    expect(page.get_by_role("heading", name="Who should weigh the votes")).to_be_visible(timeout=20_000)
