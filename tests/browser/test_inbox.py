"""The inbox by keyboard, and by itself."""

from collections.abc import Callable

import pytest
from django.utils import timezone
from playwright.sync_api import Page, Route, expect

from helpdesk import casework, live
from helpdesk.intake import receive_messages
from helpdesk.models import Case, Team, User
from tests.copilot.making import make_suggestion
from tests.making import incoming, make_case
from tests.processes import wait_until

BEFORE_IT_ASKS = 12_000  # a page without a stream asks every 15 seconds


@pytest.fixture
def cases(team: Team) -> list[Case]:
    return [make_case(f"Question {number}", subject=f"Case {number}", team=team) for number in range(3)]


def test_j_k_and_enter_go_through_the_list(
    page: Page, sign_in: Callable[[User], None], ana: User, cases: list[Case]
) -> None:
    sign_in(ana)
    page.goto("/cases/?view=all")
    for key in "jjk":
        page.keyboard.press(key)
    expect(page.locator(".row.is-at .row-subject")).to_have_text("Case 2")
    page.keyboard.press("j")
    page.keyboard.press("o")
    page.wait_for_url(f"**/cases/{cases[1].pk}/?view=all")
    page.keyboard.press("j")
    page.wait_for_url(f"**/cases/{cases[0].pk}/?view=all")


def test_j_goes_on_where_a_case_has_left_the_list(
    page: Page, sign_in: Callable[[User], None], ana: User, cases: list[Case]
) -> None:
    sign_in(ana)
    page.goto("/cases/?view=all")
    page.keyboard.press("j")
    page.keyboard.press("j")
    expect(page.locator(".row.is-at .row-subject")).to_have_text("Case 1")
    casework.close(case=cases[1], actor=ana, now=timezone.now())
    expect(page.locator(".row")).to_have_count(2)
    page.keyboard.press("j")
    expect(page.locator(".row.is-at .row-subject")).to_have_text("Case 0")


def test_after_closing_a_case_j_opens_the_next_one(
    page: Page, sign_in: Callable[[User], None], ana: User, cases: list[Case]
) -> None:
    sign_in(ana)
    page.goto(f"/cases/{cases[1].pk}/?view=all")
    page.keyboard.press("e")
    expect(page.locator(".cases li[data-case]")).to_have_count(2)
    page.keyboard.press("j")
    page.wait_for_url(f"**/cases/{cases[0].pk}/?view=all")


def test_keys_do_nothing_while_one_types(
    page: Page, sign_in: Callable[[User], None], ana: User, cases: list[Case]
) -> None:
    sign_in(ana)
    page.goto("/cases/?view=all")
    page.keyboard.press("/")
    page.keyboard.type("jo?")
    assert page.input_value("[name=q]") == "jo?"
    assert page.url.endswith("?view=all")


def test_keys_can_be_changed_and_switched_off(
    page: Page, sign_in: Callable[[User], None], ana: User, cases: list[Case]
) -> None:
    sign_in(ana)
    page.goto("/cases/?view=all")
    page.keyboard.press("?")
    page.get_by_label("Key for: Next case").fill("z")
    page.keyboard.press("Escape")
    page.keyboard.press("z")
    expect(page.locator(".row.is-at")).to_have_count(1)
    page.keyboard.press("?")
    page.uncheck("#keys-on")
    page.keyboard.press("Escape")
    page.reload()
    page.keyboard.press("z")
    expect(page.locator(".row.is-at")).to_have_count(0)


def test_everything_is_found_by_name(page: Page, sign_in: Callable[[User], None], ana: User) -> None:
    sign_in(ana)
    page.goto("/cases/")
    page.keyboard.press("Control+k")
    page.keyboard.type("snoo")
    page.keyboard.press("Enter")
    page.wait_for_url("**/cases/?view=snoozed")


def test_a_new_case_appears_by_itself_and_selection_stays(
    page: Page, sign_in: Callable[[User], None], ana: User, cases: list[Case]
) -> None:
    sign_in(ana)
    page.goto("/cases/?view=all")
    page.check(f"#select-{cases[0].pk}")
    receive_messages([incoming("Hello?", subject="Just in")], now=timezone.now())
    expect(page.get_by_text("Just in")).to_be_visible(timeout=BEFORE_IT_ASKS)
    expect(page.locator(f"#select-{cases[0].pk}")).to_be_checked()


def test_what_happens_while_a_page_opens_is_not_missed(
    page: Page, sign_in: Callable[[User], None], ana: User, cases: list[Case]
) -> None:
    sign_in(ana)
    earlier = page.context.new_page()  # for it the server listens already
    earlier.goto("/cases/?view=all")
    receive_messages([incoming("Hello?", subject="Before")], now=timezone.now())
    expect(earlier.get_by_text("Before")).to_be_visible(timeout=BEFORE_IT_ASKS)
    held: list[Route] = []
    page.route("**/events/**", lambda route: held.append(route))
    page.goto("/cases/?view=all")
    wait_until(lambda: held or page.wait_for_timeout(20), "the page asks for its stream")
    receive_messages([incoming("Hello?", subject="Just in")], now=timezone.now())
    expect(earlier.get_by_text("Just in")).to_be_visible(timeout=BEFORE_IT_ASKS)
    held[0].continue_()
    expect(page.get_by_text("Just in")).to_be_visible()
    earlier.goto("about:blank")


def test_cases_with_a_suggestion_ready_are_marked_and_stay_so_when_the_list_comes_anew(
    page: Page, sign_in: Callable[[User], None], ana: User, cases: list[Case]
) -> None:
    make_suggestion(cases[1])
    sign_in(ana)
    page.goto("/cases/?view=all")
    expect(page.get_by_text("Suggestion ready")).to_have_count(1)
    expect(page.locator(f"#ready-{cases[1].pk}")).to_have_text("Suggestion ready")
    make_suggestion(cases[0])
    live.tell([cases[0].pk])
    expect(page.get_by_text("Suggestion ready")).to_have_count(2, timeout=BEFORE_IT_ASKS)
    page.goto(f"/cases/{cases[0].pk}/?view=all")
    expect(page.get_by_text("Suggestion ready")).to_have_count(2)


def test_the_longest_waiting_come_first_on_demand(
    page: Page, sign_in: Callable[[User], None], ana: User, cases: list[Case]
) -> None:
    sign_in(ana)
    page.goto("/cases/?view=unassigned")
    page.get_by_role("link", name="Longest waiting").click()
    page.wait_for_url("**/cases/?view=unassigned&order=waiting")
    expect(page.locator(".row-subject")).to_have_text(["Case 0", "Case 1", "Case 2"])


def test_selected_cases_are_closed_together(
    page: Page, sign_in: Callable[[User], None], ana: User, cases: list[Case]
) -> None:
    sign_in(ana)
    page.goto("/cases/?view=all")
    page.keyboard.press("j")
    page.keyboard.press("x")
    expect(page.locator("#n-selected")).to_have_text("1 case")
    page.click("#bulk button[value=close]")
    expect(page.get_by_text("Closed 1 case.")).to_be_visible()
    expect(page.locator(".row")).to_have_count(2)
