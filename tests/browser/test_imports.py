"""The page of imports in a real browser: a file is chosen and sent, followed, cancelled; in both themes, on a phone."""

import os
from collections.abc import Callable
from pathlib import Path

import pytest
from django.utils import timezone
from playwright.sync_api import Page, expect

from helpdesk.models import User
from labeling import importing
from labeling.models import TextImport
from tests.browser.test_looks import problems
from tests.browser.themes import THEMES

PAGE = "/labeling/imports/"
SIDEWAYS = "document.documentElement.scrollWidth - document.documentElement.clientWidth"


def shot(page: Page, name: str) -> None:
    """Keep a picture, if somebody asked for it."""
    if folder := os.environ.get("SCREENSHOTS"):
        page.screenshot(path=Path(folder) / f"imports-{name}.png", full_page=True)


@pytest.mark.usefixtures("media")
def test_a_file_is_sent_followed_and_its_refused_rows_are_read(
    page: Page, nadia: User, sign_in: Callable[[User], None], tmp_path: Path
) -> None:
    file = tmp_path / "texts.csv"
    file.write_bytes(b"text\none\n\xff\n")
    sign_in(nadia)
    page.goto(PAGE)
    expect(page.get_by_text("Nothing was imported yet.")).to_be_visible()
    page.get_by_label("JSON Lines or CSV").set_input_files(file)
    page.get_by_role("button", name="Import").click()
    expect(page.get_by_text("waits for a worker")).to_be_visible()

    importing.run(TextImport.objects.get().pk)
    page.get_by_role("link", name="1 row refused").click()
    expect(page.get_by_role("cell", name="text: not UTF-8")).to_be_visible()


@pytest.mark.parametrize("theme", THEMES)
def test_it_reads_well_in_every_width_and_is_cancelled_in_place(
    page: Page, nadia: User, sign_in: Callable[[User], None], theme: str
) -> None:
    for number, state in enumerate(("finished", "failed", "running")):
        TextImport.objects.create(
            name=f"texts-{number}.csv", format="csv", n_bytes=4_000_000, n_rows=9_000, n_stored=8_000,
            n_known=900, n_rejected=100, share=0.42, state=state, ordered_by=nadia, ordered_at=timezone.now(),
            problem="line 1: one named text is needed" if state == "failed" else "",
        )  # fmt: skip
    page.emulate_media(color_scheme=theme, reduced_motion="reduce")
    sign_in(nadia)
    page.goto(PAGE)
    assert problems(page) == []
    for width in (1440, 768, 360):
        page.set_viewport_size({"width": width, "height": 900})
        assert page.evaluate(SIDEWAYS) <= 0
        shot(page, f"{theme}-{width}")
    page.get_by_role("button", name="Cancel import of texts-2.csv").click()
    expect(page.get_by_text("ends at the next step")).to_be_visible()
