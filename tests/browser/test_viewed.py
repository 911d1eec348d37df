"""What pages report of the card, in a real browser: viewed means half of it, for a second, in the tab one works in."""

from collections.abc import Callable
from datetime import timedelta

import pytest
from django.utils import timezone
from playwright.sync_api import Page, expect

from copilot.models import Suggestion, SuggestionEvent
from copilot.models.suggestion import State
from copilot.monitor.funnel import ScreenEvent, in_order
from helpdesk import live
from helpdesk.models import Case, Team, User
from tests.copilot.making import make_answer, make_suggestion
from tests.making import make_case

TEXT = "Hi Priya,\n\nyour payout left at 07:00.\n\nHappy selling,\nAna"
PRETEND = """
window.isFocused = true;
window.isHidden = false;
document.hasFocus = () => window.isFocused;
Object.defineProperty(document, "hidden", { get: () => window.isHidden });
"""


@pytest.fixture
def case(team: Team, ana: User) -> Case:
    case = make_case("Where is my payout?", subject="Payout", team=team)
    Case.objects.filter(pk=case.pk).update(assignee=ana)
    return case


@pytest.fixture
def suggestion(case: Case) -> Suggestion:
    return make_suggestion(case, TEXT)


@pytest.fixture
def open_case(page: Page, sign_in: Callable[[User], None], ana: User, case: Case) -> Callable[[], None]:
    def open_case() -> None:
        sign_in(ana)
        page.add_init_script(PRETEND)
        page.goto(f"/cases/{case.pk}/?view=mine")
        page.wait_for_selector(".suggestion:not(.is-loading)", state="attached")

    return open_case


def reported(suggestion: Suggestion) -> list[str]:
    return [
        each.type
        for each in in_order(
            ScreenEvent(row.type, row.actor_id, row.at, row.page, row.page_order)
            for row in suggestion.events.all()
        )
    ]


def test_a_second_in_sight_is_a_view(
    page: Page, open_case: Callable[[], None], suggestion: Suggestion
) -> None:
    open_case()
    page.wait_for_timeout(600)
    assert reported(suggestion) == ["opened", "displayed"]
    page.wait_for_timeout(900)
    assert reported(suggestion) == ["opened", "displayed", "viewed"]


@pytest.mark.parametrize(
    ("leave", "come_back"),
    [
        (
            "isFocused = false; dispatchEvent(new Event('blur'))",
            "isFocused = true; dispatchEvent(new Event('focus'))",
        ),
        (
            "isHidden = true; document.dispatchEvent(new Event('visibilitychange'))",
            "isHidden = false; document.dispatchEvent(new Event('visibilitychange'))",
        ),
        (
            "document.querySelector('.suggestion').style.marginTop = '3000px'",
            "document.querySelector('.suggestion').style.marginTop = ''",
        ),
    ],
    ids=["another window", "another tab", "scrolled away"],
)
def test_the_second_is_unbroken_and_in_the_tab_one_works_in(
    page: Page, open_case: Callable[[], None], suggestion: Suggestion, leave: str, come_back: str
) -> None:
    open_case()
    for _ in range(2):  # half a second twice is no second
        page.wait_for_timeout(300)
        page.evaluate(leave)
        page.wait_for_timeout(1300)
        assert reported(suggestion) == ["opened", "displayed"]
        page.evaluate(come_back)
    page.wait_for_timeout(1500)
    assert reported(suggestion) == ["opened", "displayed", "viewed"]


def test_a_tab_counts_on_through_its_reloads(
    page: Page, open_case: Callable[[], None], suggestion: Suggestion
) -> None:
    open_case()
    page.wait_for_timeout(1500)
    page.reload()
    page.wait_for_timeout(1500)
    rows = list(suggestion.events.order_by("page_order").values_list("type", "page_order", "page"))
    assert [row[:2] for row in rows] == [
        ("opened", 1), ("displayed", 2), ("viewed", 3), ("opened", 4), ("displayed", 5), ("viewed", 6)
    ]  # fmt: skip
    assert len({page for *_, page in rows}) == 1


def test_what_was_written_before_the_card_came_is_told_with_it(
    page: Page, open_case: Callable[[], None], case: Case
) -> None:
    suggestion = make_suggestion(case, state=State.PENDING)
    open_case()
    expect(page.get_by_text("Looking for an answer")).to_be_visible()
    page.keyboard.press("r")
    page.keyboard.type("I have begun without you")
    Suggestion.objects.filter(pk=suggestion.pk).update(state=State.OFFERED, answer=make_answer(), text=TEXT)
    live.tell([case.pk])
    expect(page.locator(".card-text")).to_contain_text("your payout left", timeout=2000)
    page.wait_for_timeout(300)
    assert suggestion.events.get(type="displayed").typed_before == len("I have begun without you")
    assert reported(suggestion)[:2] == ["awaited", "displayed"], "it was not there when the case was opened"


def test_a_clock_that_is_an_hour_off_changes_no_time(
    page: Page, open_case: Callable[[], None], suggestion: Suggestion
) -> None:
    page.clock.set_fixed_time(timezone.now() - timedelta(hours=1))
    open_case()
    page.wait_for_timeout(500)
    event = suggestion.events.get(type=SuggestionEvent.Type.DISPLAYED)
    assert timezone.now() - event.at < timedelta(seconds=30)


def test_a_tab_closed_at_once_still_reports(
    page: Page, open_case: Callable[[], None], suggestion: Suggestion
) -> None:
    open_case()
    page.wait_for_timeout(300)
    page.keyboard.press("i")
    page.goto("about:blank")
    page.wait_for_timeout(500)
    assert reported(suggestion) == ["opened", "displayed", "inserted"]


def test_what_is_hidden_reports_nothing(page: Page, open_case: Callable[[], None], case: Case) -> None:
    suggestion = make_suggestion(case, TEXT, state=State.SHADOW, reason="held_out", arm="shadow")
    open_case()
    expect(page.get_by_text("held out for measuring")).to_be_visible()
    page.wait_for_timeout(1500)
    for key in ("i", ".", "u"):
        page.keyboard.press(key)
    page.wait_for_timeout(300)
    assert reported(suggestion) == []
    assert page.input_value("#reply-body") == ""
