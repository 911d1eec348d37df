"""Topics and answers, conflicts and the method: in both themes, on a phone, by keys."""

from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from django.db.models import Model
from django.utils import timezone
from playwright.sync_api import Page, expect

from copilot import match_versions
from copilot.models import AnswerDay, Match, TurnDay
from copilot.monitor.rolling_sums import roll_sums
from helpdesk.models import User
from tests.browser.test_looks import problems
from tests.browser.themes import THEMES
from tests.copilot.making import make_answer, make_suggestion, make_topic
from tests.making import make_case, make_reply, make_user

TEXT = "You can send a reader back within 30 days of delivery, used or unused. We do not ask for a reason."


def zeros(model: type[Model]) -> dict[str, Any]:
    return {field.name: 0 for field in model._meta.concrete_fields[8:]}


@pytest.fixture
def addresses(sana: User, sign_in: Callable[[User], None]) -> dict[str, str]:
    """The pages with an answer that falls, an edit that three agents make, and the conflicts that these are."""
    version, today = make_answer("Returns", TEXT, topic=make_topic("Returning")), timezone.localdate()
    of_answer = {"version": version, "is_replayed": False, "n_suggested": 40, "n_shown": 40, "n_dismissed": 3}
    of_turn = {"topic": version.answer.topic, "n_turns": 50}
    for agent in range(1, 9):
        for weeks_ago, matches in ((6, 30), (5, 30), (0, 0)):
            at = {"day": today - timedelta(weeks=weeks_ago), "arm": "offer", "language": "en", "agent": agent}
            kinds = {"n_exact": matches, "n_conflict": 40 - matches}
            AnswerDay.objects.create(**(zeros(AnswerDay) | at | of_answer | kinds))
            TurnDay.objects.create(**(zeros(TurnDay) | at | of_turn | kinds))
    for weeks_ago in (6, 5, 0):
        for table in (TurnDay, AnswerDay):
            roll_sums(today - timedelta(weeks=weeks_ago), of=table)
    delta = {
        "suggested": [{"kind": "number", "value": "30 day"}],
        "sent": [{"kind": "number", "value": "14 day"}],
    }
    for number in range(3):
        case = make_case()
        Match.objects.create(
            suggestion=make_suggestion(case, TEXT, answer=version), kind="conflict", similarity=0.9, retained=0.9,
            reply=make_reply(case, TEXT.replace("30", "14"), author=make_user(f"agent{number}")), share=0.9,
            survival=0.9, kept_characters=9, n_reply_tokens=40, version=match_versions.current(), delta=delta,
            recorded_at=timezone.now(),
        )  # fmt: skip
    sign_in(sana)
    return {
        "answers": "/copilot/monitor/answers/", "answer": f"/copilot/monitor/answers/{version.answer_id}/",
        "conflicts": "/copilot/monitor/conflicts/", "method": "/copilot/monitor/method/",
        "dictionary": "/copilot/monitor/method/sql/",
    }  # fmt: skip


@pytest.mark.parametrize("theme", THEMES)
def test_axe_finds_nothing(page: Page, addresses: dict[str, str], theme: str) -> None:
    page.emulate_media(color_scheme=theme, reduced_motion="reduce")
    found = {}
    for name, address in addresses.items():
        page.goto(address)
        page.wait_for_timeout(200)
        found[name] = problems(page)
    assert {name: some for name, some in found.items() if some} == {}


@pytest.mark.parametrize("width", [360, 768])
def test_nothing_scrolls_sideways(page: Page, addresses: dict[str, str], width: int) -> None:
    page.set_viewport_size({"width": width, "height": 800})
    wide = []
    for name, address in addresses.items():
        page.goto(address)
        if page.evaluate("document.documentElement.scrollWidth > innerWidth"):
            wide.append(name)
    assert wide == []


def test_from_the_alarm_to_the_edit_that_puts_it_right(page: Page, addresses: dict[str, str]) -> None:
    page.goto(addresses["answers"])
    page.locator(".flatters").get_by_role("link", name="Returns").click()
    expect(page.locator(".kept-edits")).to_contain_text("By fewer than five agents")
    expect(page.locator(".kept-edits del")).to_have_text("30")
    page.get_by_role("link", name="Change the answer").click()
    expect(page.get_by_role("textbox").first).to_be_visible()
    page.goto(addresses["conflicts"])
    summary = page.locator("summary").nth(1)
    summary.focus()
    page.keyboard.press("Enter")
    expect(page.locator("details").nth(1).locator("ins").first).to_have_text("14")


def test_a_question_in_sql_is_copied_and_where_that_is_forbidden_selected(
    page: Page, addresses: dict[str, str]
) -> None:
    page.context.grant_permissions(["clipboard-read", "clipboard-write"])
    page.goto(addresses["dictionary"])
    example = page.get_by_role(
        "region", name="How often do replies match what was suggested and hidden, by week?"
    )
    button = page.get_by_role("button", name="Copy the SQL of: How often do replies match")
    button.press("Enter")
    expect(page.get_by_text("Copied.")).to_be_visible()
    assert page.evaluate("navigator.clipboard.readText()") == example.inner_text().strip()
    page.evaluate("delete Navigator.prototype.clipboard")
    button.click()
    expect(page.get_by_text("Selected: copy it with Ctrl+C.")).to_be_visible()
    assert page.evaluate("getSelection().toString()").startswith("SELECT date_trunc('week', day)")
