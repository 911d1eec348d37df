"""Merging and escalating by keyboard, and the time that a case's page tells of, in a real browser."""

from collections.abc import Callable
from datetime import timedelta

import pytest
from django.utils import timezone
from playwright.sync_api import Page, Route, expect

from helpdesk.merging import merge_cases
from helpdesk.models import ActiveTime, Case, Team, User
from tests.making import make_case
from tests.processes import wait_until


@pytest.fixture
def case(team: Team) -> Case:
    return make_case("And the charger?", team=team, subject="Charger")


@pytest.fixture
def kept(team: Team) -> Case:
    return make_case("Where is my reader?", team=team, subject="Reader")


def milliseconds(case: Case) -> int:
    return sum(ActiveTime.objects.filter(case=case).values_list("milliseconds", flat=True))


def stop_the_clock(page: Page) -> None:
    """Let the page's time pass only when the test lets it, however long the page takes to open."""
    page.clock.install()
    page.clock.pause_at(timezone.now() + timedelta(seconds=1))


def test_a_case_is_merged_by_keyboard(
    page: Page, sign_in: Callable[[User], None], ana: User, case: Case, kept: Case
) -> None:
    sign_in(ana)
    page.goto(f"/cases/{case.pk}/?view=all")
    page.keyboard.press("Control+k")
    page.keyboard.type("merge into")
    page.keyboard.press("Enter")
    expect(page.get_by_role("button", name=f"#{kept.number} Reader")).to_be_focused()
    page.keyboard.press("Enter")
    page.wait_for_url(f"**/cases/{kept.pk}/?view=all")
    expect(page.locator(".timeline .message")).to_have_count(2)
    expect(page.locator(".toast")).to_have_text(f"#{case.number} goes on here, in #{kept.number}.")


def test_news_of_a_merge_does_not_take_away_what_is_said_of_it(
    page: Page, sign_in: Callable[[User], None], ana: User, case: Case, kept: Case
) -> None:
    asked: list[str] = []

    def merge_and_wait(route: Route) -> None:
        asked.append("merge")
        answer = route.fetch()
        while not any("/list/" in address for address in asked):  # the news come before the answer
            page.wait_for_timeout(20)
        route.fulfill(response=answer)

    sign_in(ana)
    page.goto(f"/cases/{case.pk}/")
    page.route("**/merge/", merge_and_wait)
    page.keyboard.press("m")
    expect(page.get_by_role("button", name=f"#{kept.number} Reader")).to_be_focused()
    page.on("request", lambda request: asked.append(request.url))
    page.keyboard.press("Enter")
    page.wait_for_url(f"**/cases/{kept.pk}/")
    expect(page.locator(".toast")).to_have_text(f"#{case.number} goes on here, in #{kept.number}.")
    after = asked[asked.index("merge") :]
    assert not [address for address in after if f"/cases/{case.pk}/timeline/" in address]
    assert sum(address.endswith(f"/cases/{kept.pk}/") for address in asked) == 1


def test_what_was_typed_goes_with_the_case(
    page: Page, sign_in: Callable[[User], None], ana: User, case: Case, kept: Case
) -> None:
    sign_in(ana)
    page.goto(f"/cases/{case.pk}/")
    page.keyboard.press("r")
    page.keyboard.type("Half a thought")
    page.keyboard.press("Escape")
    page.keyboard.press("m")
    page.keyboard.press("Enter")
    page.wait_for_url(f"**/cases/{kept.pk}/")
    expect(page.locator("#reply-body")).to_have_value("Half a thought")


def test_what_is_being_saved_goes_with_the_case(
    page: Page, sign_in: Callable[[User], None], ana: User, case: Case, kept: Case
) -> None:
    held: list[Route] = []
    page.route("**/draft/", lambda route: held.append(route))
    sign_in(ana)
    page.goto(f"/cases/{case.pk}/")
    page.keyboard.press("r")
    page.keyboard.type("Half a thought")
    wait_until(lambda: held or page.wait_for_timeout(20), "the words are on their way")
    with page.expect_response(lambda response: "/timeline/" in response.url):
        merge_cases(kept=kept, merged=case, actor=ana, now=timezone.now())
    page.wait_for_timeout(100)
    held[0].continue_()
    page.wait_for_url(f"**/cases/{kept.pk}/")
    expect(page.locator("#reply-body")).to_have_value("Half a thought")


def test_who_writes_while_somebody_else_merges_goes_on_writing_in_the_kept_case(
    page: Page, sign_in: Callable[[User], None], ana: User, case: Case, kept: Case
) -> None:
    sign_in(ana)
    page.goto(f"/cases/{case.pk}/")
    page.keyboard.press("r")
    page.keyboard.type("Half a thought")
    merge_cases(kept=kept, merged=case, actor=ana, now=timezone.now())
    page.wait_for_url(f"**/cases/{kept.pk}/")
    expect(page.locator("#reply-body")).to_have_value("Half a thought")


def test_a_case_is_escalated_and_settled_by_keyboard(
    page: Page, sign_in: Callable[[User], None], ana: User, case: Case
) -> None:
    sign_in(ana)
    page.goto(f"/cases/{case.pk}/")
    page.keyboard.press("!")
    page.keyboard.type("Legal threat")
    page.keyboard.press("Enter")
    expect(page.locator(".bar .chip", has_text="Escalated")).to_be_visible()
    page.keyboard.press("Control+k")
    page.keyboard.type("settle")
    page.keyboard.press("Enter")
    expect(page.locator(".bar .chip", has_text="Escalated")).to_have_count(0)


def test_a_page_tells_of_the_time_in_which_somebody_works(
    page: Page, sign_in: Callable[[User], None], ana: User, case: Case
) -> None:
    sign_in(ana)
    stop_the_clock(page)
    page.goto(f"/cases/{case.pk}/")
    with page.expect_response("**/beat/") as beat:
        page.clock.run_for(15_000)
    assert beat.value.status == 204
    assert 14_000 <= milliseconds(case) <= 15_500


def test_who_does_nothing_for_five_minutes_does_not_work(
    page: Page, sign_in: Callable[[User], None], ana: User, case: Case
) -> None:
    told: list[int] = []
    page.on(
        "request",
        lambda request: (
            told.append(int(request.post_data.split("=")[1])) if "/beat/" in request.url else None
        ),
    )
    sign_in(ana)
    stop_the_clock(page)
    page.goto(f"/cases/{case.pk}/")
    page.clock.run_for(360_000)
    wait_until(lambda: sum(told) >= 298_000 or page.wait_for_timeout(20), "five minutes are told")
    assert sum(told) <= 302_000
    page.mouse.move(300, 300)
    page.clock.run_for(15_000)
    wait_until(lambda: sum(told) >= 312_000 or page.wait_for_timeout(20), "a quarter more is told")
    assert sum(told) <= 317_000


def test_leaving_tells_of_the_rest(
    page: Page, sign_in: Callable[[User], None], ana: User, case: Case
) -> None:
    sign_in(ana)
    stop_the_clock(page)
    page.goto(f"/cases/{case.pk}/")
    page.clock.run_for(1200)
    page.goto("/cases/?view=all")
    wait_until(lambda: milliseconds(case), "the rest is told")
    assert 1000 <= milliseconds(case) <= 1500


def test_a_session_that_has_ended_is_nothing_to_see(
    page: Page, sign_in: Callable[[User], None], ana: User, case: Case
) -> None:
    sign_in(ana)
    page.route("**/beat/", lambda route: route.fulfill(status=302, headers={"Location": "/sign-in/"}))
    page.clock.install()
    page.goto(f"/cases/{case.pk}/")
    page.clock.run_for(31_000)
    expect(page.locator(".toast")).to_have_count(0)
