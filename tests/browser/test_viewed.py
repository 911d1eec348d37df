"""What pages report of the card, in a real browser: viewed means half of it, for a second, in the tab one works in."""

from collections.abc import Callable
from datetime import timedelta

import pytest
from django.utils import timezone
from playwright.sync_api import Page, expect

from copilot.models import Suggestion
from copilot.models.suggestion import State
from copilot.monitor.funnel import ScreenEvent, in_order
from helpdesk import live
from helpdesk.models import Case, Team, User
from tests.copilot.making import make_answer, make_suggestion
from tests.making import make_case
from tests.processes import wait_until

TEXT = "Hi Priya,\n\nyour payout left at 07:00.\n\nHappy selling,\nAna"
PRETEND = """
window.isFocused = true;
window.isHidden = false;
document.hasFocus = () => window.isFocused;
Object.defineProperty(document, "hidden", { get: () => window.isHidden });
"""

# Who observes later hears later: the page's own observer has heard by then.
OBSERVED = (
    "new Promise((done) => new IntersectionObserver(done).observe(document.querySelector('.suggestion')))"
)
LONG = 1500  # milliseconds, more than the second of a view


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
        page.clock.install()
        page.clock.pause_at(timezone.now() + timedelta(seconds=1))  # it passes only when a test lets it
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


def wait_for(suggestion: Suggestion, *types: str) -> None:
    wait_until(lambda: reported(suggestion) == [*types], f"reported: {', '.join(types)}")


def test_a_second_in_sight_is_a_view(
    page: Page, open_case: Callable[[], None], suggestion: Suggestion
) -> None:
    open_case()
    page.evaluate(OBSERVED)
    page.clock.run_for(900)
    wait_for(suggestion, "opened", "displayed")
    page.clock.run_for(200)
    wait_for(suggestion, "opened", "displayed", "viewed")


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
    page.evaluate(OBSERVED)
    for _ in range(2):  # more than half a second twice is no second
        page.clock.run_for(600)
        page.evaluate(leave)
        page.evaluate(OBSERVED)
        page.clock.run_for(LONG)
        wait_for(suggestion, "opened", "displayed")
        page.evaluate(come_back)
        page.evaluate(OBSERVED)
    page.clock.run_for(LONG)
    wait_for(suggestion, "opened", "displayed", "viewed")


def test_a_tab_counts_on_through_its_reloads(
    page: Page, open_case: Callable[[], None], suggestion: Suggestion
) -> None:
    open_case()
    page.evaluate(OBSERVED)
    page.clock.run_for(LONG)
    page.reload()
    page.wait_for_selector(".suggestion:not(.is-loading)", state="attached")
    page.evaluate(OBSERVED)
    page.clock.run_for(LONG)
    wait_until(lambda: suggestion.events.count() == 6, "all is reported")
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
    page.clock.resume()
    Suggestion.objects.filter(pk=suggestion.pk).update(state=State.OFFERED, answer=make_answer(), text=TEXT)
    live.tell([case.pk])
    expect(page.locator(".card-text")).to_contain_text("your payout left")
    wait_until(lambda: reported(suggestion)[:2] == ["awaited", "displayed"], "it was not there at first")
    assert suggestion.events.get(type="displayed").typed_before == len("I have begun without you")


def test_a_clock_that_is_an_hour_off_changes_no_time(
    page: Page, open_case: Callable[[], None], suggestion: Suggestion
) -> None:
    before = timezone.now()
    open_case()
    page.clock.set_fixed_time(before - timedelta(hours=1))
    page.reload()
    wait_until(lambda: suggestion.events.count() == 4, "both openings are reported")
    assert all(before <= event.at <= timezone.now() for event in suggestion.events.all())


def test_a_tab_closed_at_once_still_reports(
    page: Page, open_case: Callable[[], None], suggestion: Suggestion
) -> None:
    open_case()
    page.keyboard.press("i")
    page.goto("about:blank")
    wait_for(suggestion, "opened", "displayed", "inserted")


def test_what_is_hidden_reports_nothing(page: Page, open_case: Callable[[], None], case: Case) -> None:
    suggestion = make_suggestion(case, TEXT, state=State.SHADOW, reason="held_out", arm="shadow")
    open_case()
    expect(page.get_by_text("held out for measuring")).to_be_visible()
    page.clock.run_for(LONG)
    for key in ("i", ".", "u"):
        page.keyboard.press(key)
    page.wait_for_timeout(300)  # a report would have come by then
    assert reported(suggestion) == []
    assert page.input_value("#reply-body") == ""
