"""The catalog's and the freshness pages in a real browser: nothing that axe finds, and no mouse is needed."""

from collections.abc import Callable
from datetime import timedelta

import pytest
from django.utils import timezone
from playwright.sync_api import Browser, Page, expect

from copilot import approving, changing
from copilot.models import Answer
from helpdesk.models import User
from labeling import reshaping
from tests.browser.test_looks import problems
from tests.browser.themes import THEMES
from tests.copilot.making import make_answer, make_topic
from tests.labeling.making import make_label
from tests.making import make_message

OLD = "You can send it back within 30 days, and we pay the postage."


@pytest.fixture
def answer(nadia: User) -> Answer:
    day = timezone.localdate()
    return make_answer("Returns", OLD, topic=make_topic("Returns"), owner=nadia, review_on=day).answer


@pytest.fixture
def addresses(answer: Answer, nadia: User, sana: User) -> dict[str, str]:
    """One address for each page and state worth looking at."""
    now = timezone.now()
    body = OLD.replace("30", "14") + " See {{case.colour}} " + "averylongwordwithoutanybreak" * 5
    approving.draft(answer=answer, body=body, change="meaning", author=sana, now=now, note="Policy")
    changing.retire_answer(make_answer("Gone").answer, by=nadia, now=now)
    message = make_message("May I send it back? " * 30)
    make_label("returns", author=nadia, message=message)
    make_label("returns", author=sana, message=message, task="answer")
    changing.announce(kind="policy", topics=[answer.topic], since=now - timedelta(days=3), by=nadia, now=now)
    heirs = [make_topic("Labels"), make_topic("Refunds of what was sent back")]
    split = reshaping.begin(topic=answer.topic, kind="split", heirs=heirs, by=nadia, now=now)
    old = make_topic("Chargers")
    make_label("chargers", author=nadia, message=message, undone_at=now)
    make_label("chargers", author=nadia)
    merge = reshaping.begin(topic=old, kind="merged", heirs=heirs[:1], by=nadia, now=now)
    return {
        "catalog": "/copilot/catalog/", "waiting": "/copilot/catalog/waiting/", "retired": "/copilot/catalog/retired/",
        "answer": f"/copilot/catalog/answers/{answer.pk}/", "text": f"/copilot/catalog/answers/{answer.pk}/text/",
        "new answer": "/copilot/catalog/answers/new/", "new topic": "/copilot/catalog/topics/new/",
        "topic": f"/copilot/catalog/topics/{answer.topic_id}/", "freshness": "/labeling/freshness/",
        "announce": "/labeling/freshness/announce/", "reshape": f"/labeling/topics/{heirs[1].pk}/reshape/",
        "split": f"/labeling/topic-changes/{split.pk}/", "merge": f"/labeling/topic-changes/{merge.pk}/",
    }  # fmt: skip


@pytest.mark.parametrize("theme", THEMES)
def test_axe_finds_nothing_and_nothing_scrolls_sideways(
    page: Page, sign_in: Callable[[User], None], nadia: User, addresses: dict[str, str], theme: str
) -> None:
    page.emulate_media(color_scheme=theme, reduced_motion="reduce")
    sign_in(nadia)
    found, wide = {}, []
    for name, address in addresses.items():
        page.goto(address)
        found[name] = problems(page)
        page.set_viewport_size({"width": 360, "height": 800})
        if page.evaluate("document.documentElement.scrollWidth") > 360:
            wide.append(name)
        page.set_viewport_size({"width": 1440, "height": 900})
    assert not {name: rules for name, rules in found.items() if rules}
    assert not wide


def test_an_expert_edits_a_text_by_keyboard(
    page: Page, sign_in: Callable[[User], None], nadia: User, answer: Answer
) -> None:
    sign_in(nadia)
    page.goto(f"/copilot/catalog/answers/{answer.pk}/text/")
    page.get_by_label("What the answer says").fill("Send it back within 30 days; we pay the postage.")
    page.get_by_label("Only its wording has changed").focus()
    page.keyboard.press("Space")
    page.get_by_role("button", name="Save, and approve if I may").focus()
    page.keyboard.press("Enter")
    expect(page.get_by_text("Version 2 is in force since")).to_be_visible()
    expect(page.locator("ins").first).to_be_visible()


def test_a_preview_and_an_announcement_work_without_scripts(
    browser: Browser, site: str, nadia: User, answer: Answer
) -> None:
    make_label("returns", author=nadia, task="answer", days_ago=9)
    context = browser.new_context(base_url=site, java_script_enabled=False)
    page = context.new_page()
    page.goto("/sign-in/")
    page.fill("#id_username", nadia.username)
    page.fill("#id_password", "tillwren")
    page.get_by_role("button", name="Sign in").click()
    page.goto("/labeling/freshness/announce/")
    page.get_by_label("What is it").fill("14 days instead of 30")
    page.get_by_label("Returns").check()
    page.get_by_role("button", name="Show what it would do").click()
    expect(page.get_by_text("It would make 1 label stale")).to_be_visible()
    page.get_by_role("button", name="Announce it").click()
    expect(page.get_by_text("1 stale by it")).to_be_visible()
    page.get_by_role("button", name="Undo").click()
    expect(page.get_by_text("undone by Nadia")).to_be_visible()
    context.close()
