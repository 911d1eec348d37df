"""The case page in a real browser: insert, edit, undo, send, dismiss, and drafts that survive."""

import re
from collections.abc import Callable

import pytest
from django.utils import timezone
from playwright.sync_api import Page, Route, expect

from copilot.models import Suggestion
from copilot.models.suggestion import State
from helpdesk import live
from helpdesk.intake import receive_messages
from helpdesk.models import Case, Draft, Team, User
from tests.copilot.making import make_alternative, make_answer, make_suggestion
from tests.making import incoming, make_case
from tests.processes import wait_until

BEFORE_IT_ASKS = 12_000  # a page without a stream asks every 15 seconds
TEXT = "Hi Priya,\n\nyour payout left at 07:00.\n\nHappy selling,\nAna"

PRESS_AND_READ = """(key) => {
  document.body.dispatchEvent(new KeyboardEvent("keydown", {key, bubbles: true, cancelable: true}));
  return document.getElementById("reply-body").value;
}"""

PRESS_ON_ARRIVAL = """(key) => new MutationObserver((_, observer) => {
  if (!document.querySelector(".card-text")) return;
  observer.disconnect();
  document.body.dispatchEvent(new KeyboardEvent("keydown", {key, bubbles: true, cancelable: true}));
}).observe(document.body, {childList: true, subtree: true})"""

NOTE_ANSWERS_TO_THE_CARD = """() => document.addEventListener("htmx:afterRequest", ({target, detail}) => {
  if (target.matches(".suggestion")) document.body.dataset.answered = detail.xhr.status;
})"""


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
        page.goto(f"/cases/{case.pk}/?view=mine")
        page.wait_for_selector(".suggestion:not(.is-loading)", state="attached")

    return open_case


def composed(page: Page) -> str:
    return page.input_value("#reply-body")


def events(suggestion: Suggestion) -> list[str]:
    return list(suggestion.events.order_by("pk").values_list("type", flat=True))


def test_one_key_inserts_in_the_moment_the_card_arrives(
    page: Page, open_case: Callable[[], None], case: Case
) -> None:
    open_case()
    page.evaluate(PRESS_ON_ARRIVAL, "i")

    make_suggestion(case, TEXT)
    live.tell([case.pk])

    expect(page.locator("#reply-body")).to_have_value(TEXT)


def test_one_key_inserts_without_asking_the_server(
    page: Page, open_case: Callable[[], None], suggestion: Suggestion
) -> None:
    open_case()
    at_once = page.evaluate(PRESS_AND_READ, "i")  # within one task of the page, no answer can come in
    assert at_once == TEXT


def test_insertion_is_one_undoable_edit(
    page: Page, open_case: Callable[[], None], suggestion: Suggestion
) -> None:
    open_case()
    page.keyboard.press("r")
    page.keyboard.type("Hello!")
    page.keyboard.press("Escape")
    page.keyboard.press("i")
    assert composed(page) == f"Hello!\n\n{TEXT}"
    page.keyboard.press("Control+z")
    assert composed(page) == "Hello!"
    page.keyboard.press("Escape")
    page.keyboard.press("i")
    page.keyboard.type(" P.S.")
    page.keyboard.press("Escape")
    page.keyboard.press("u")
    assert composed(page) == "Hello! P.S."
    wait_until(lambda: events(suggestion).count("insertion_undone") == 2, "both undos are reported")
    wait_until(lambda: events(suggestion).count("inserted") == 2, "both insertions are reported")


def test_tab_inserts_the_ghost_and_after_escape_moves_on(
    page: Page, open_case: Callable[[], None], suggestion: Suggestion
) -> None:
    open_case()
    page.keyboard.press("r")
    expect(page.locator(".ghost")).to_contain_text("your payout left")
    page.keyboard.press("Tab")
    assert composed(page) == TEXT
    page.keyboard.press("Escape")
    page.keyboard.press("r")
    page.keyboard.press("Tab")
    assert page.evaluate("document.activeElement.id") != "reply-body"


def test_typing_into_the_suggestion_offers_the_rest(
    page: Page, open_case: Callable[[], None], suggestion: Suggestion
) -> None:
    open_case()
    page.keyboard.press("r")
    page.keyboard.type("Good news: your payout left")
    expect(page.locator(".ghost")).to_contain_text("at 07:00.")
    page.keyboard.press("Tab")
    assert composed(page) == "Good news: your payout left at 07:00.\n\nHappy selling,\nAna"


def test_nothing_half_filled_is_sent(page: Page, open_case: Callable[[], None], case: Case) -> None:
    make_suggestion(case, "Payout {{payout.date}} to {{bank.ending}}.")
    open_case()
    page.keyboard.press("i")
    expect(page.locator("#unfilled button")).to_have_text(["payout.date", "bank.ending"])
    page.keyboard.press("Control+Enter")
    page.wait_for_timeout(300)  # a reply would be sent by then
    assert not case.replies.exists()
    page.keyboard.type("Friday")
    page.keyboard.press("Tab")
    page.keyboard.type("4417")
    expect(page.locator("#unfilled button")).to_have_count(0)
    page.keyboard.press("Control+Enter")
    expect(page.locator(".reply .body")).to_have_text("Payout Friday to 4417.")
    assert composed(page) == ""


def test_send_and_close_opens_the_next_case(
    page: Page, open_case: Callable[[], None], case: Case, suggestion: Suggestion, ana: User, team: Team
) -> None:
    following = make_case("Older", team=team)
    Case.objects.filter(pk=following.pk).update(
        assignee=ana, last_activity_at=case.created_at - timezone.timedelta(days=1)
    )
    open_case()
    page.keyboard.press("i")
    page.keyboard.press("Control+Shift+Enter")
    page.wait_for_url(f"**/cases/{following.pk}/?view=mine")
    case.refresh_from_db()
    assert (case.status, case.replies.get().body) == ("closed", TEXT)
    assert not Draft.objects.exists()


def test_declining_takes_two_keys(page: Page, open_case: Callable[[], None], suggestion: Suggestion) -> None:
    open_case()
    page.keyboard.press("Escape")
    with page.expect_response(lambda response: "dismissed" in (response.request.post_data or "")):
        page.keyboard.press("o")
    expect(page.get_by_text("Dismissed: out of date.")).to_be_visible()
    assert suggestion.events.get(type="dismissed").dismiss_reason == "out_of_date"
    page.reload()
    expect(page.get_by_text("Dismissed: out of date.")).to_be_visible()


def test_news_that_change_nothing_do_not_take_the_letter_of_the_reason(
    page: Page, open_case: Callable[[], None], suggestion: Suggestion, case: Case
) -> None:
    open_case()
    page.evaluate(NOTE_ANSWERS_TO_THE_CARD)
    page.keyboard.press("Escape")
    live.tell([case.pk])
    expect(page.locator("body")).to_have_attribute("data-answered", "204")
    page.keyboard.press("o")
    expect(page.get_by_text("Dismissed: out of date.")).to_be_visible()


def test_alternatives_by_number_internal_ones_at_the_second_press(
    page: Page, open_case: Callable[[], None], suggestion: Suggestion
) -> None:
    make_alternative(suggestion, "Another way.", rank=1)
    make_alternative(suggestion, "For agents.", rank=2, visibility="internal")
    open_case()
    page.keyboard.press("1")
    assert composed(page) == "Another way."
    page.keyboard.press("Escape")
    page.keyboard.press("u")
    page.keyboard.press("Escape")
    page.keyboard.press("2")
    assert composed(page) == ""
    page.keyboard.press("2")
    assert composed(page) == "For agents."


def test_a_draft_survives_reload_and_another_browser(
    page: Page, open_case: Callable[[], None], case: Case, ana: User
) -> None:
    open_case()
    page.keyboard.press("r")
    page.keyboard.type("Half a thought")
    page.reload()  # at once: before the pause after which it is saved
    expect(page.locator("#reply-body")).to_have_value("Half a thought")
    expect(page.locator(".saved")).to_have_text("Draft saved")
    assert Draft.objects.get(author=ana).body == "Half a thought"


def test_words_that_travel_slowly_do_not_replace_later_ones(
    page: Page, open_case: Callable[[], None], ana: User
) -> None:
    held: list[Route] = []
    page.route("**/draft/", lambda route: route.continue_() if held else held.append(route))
    page.clock.install()
    open_case()
    page.keyboard.press("r")
    page.keyboard.type("Half")
    page.clock.run_for(1000)  # longer than the pause after which they are saved
    wait_until(lambda: held or page.wait_for_timeout(20), "the first words are on their way")
    page.keyboard.type(" a thought")
    page.clock.run_for(1000)
    page.wait_for_timeout(100)
    with page.expect_response(lambda response: "thought" in (response.request.post_data or "")):
        held[0].continue_()
    assert Draft.objects.get(author=ana).body == "Half a thought"


def test_what_is_typed_while_a_reply_is_sent_stays(
    page: Page, open_case: Callable[[], None], case: Case, ana: User
) -> None:
    held: list[Route] = []
    page.route("**/reply/", lambda route: held.append(route))
    open_case()
    page.keyboard.press("r")
    page.keyboard.type("Done.")
    page.keyboard.press("Control+Enter")
    wait_until(lambda: held or page.wait_for_timeout(20), "the reply is on its way")
    page.keyboard.type("P.S.")
    held[0].continue_()
    expect(page.locator(".reply .body")).to_have_text("Done.")
    expect(page.locator("#reply-body")).to_have_value("P.S.")
    expect(page.locator("#reply-body")).to_be_focused()
    page.keyboard.type(" More.")
    expect(page.locator(".saved")).to_have_text("Draft saved")
    page.reload()
    expect(page.locator("#reply-body")).to_have_value("P.S. More.")
    assert case.replies.get().body == "Done."


def test_a_save_that_ends_after_its_reply_forgets_no_later_words(
    page: Page, open_case: Callable[[], None], case: Case
) -> None:
    replies: list[Route] = []
    drafts: list[Route] = []
    page.route("**/reply/", lambda route: replies.append(route))
    page.route("**/draft/", lambda route: drafts.append(route))
    open_case()
    page.keyboard.press("r")
    page.keyboard.type("Done.")
    page.keyboard.press("Control+Enter")
    wait_until(lambda: replies or page.wait_for_timeout(20), "the reply is on its way")
    drafts.clear()
    page.keyboard.type("P.S.")
    wait_until(lambda: drafts or page.wait_for_timeout(20), "what was typed since is being saved")
    replies[0].continue_()
    expect(page.locator("#reply-body")).to_have_value("P.S.")
    with page.expect_response(lambda response: "Done.P.S." in (response.request.post_data or "")):
        drafts[0].continue_()
    page.wait_for_timeout(100)
    page.reload()
    expect(page.locator("#reply-body")).to_have_value("P.S.")


def test_what_is_typed_into_a_reply_that_is_refused_stays(
    page: Page, open_case: Callable[[], None], case: Case
) -> None:
    held: list[Route] = []
    page.route("**/reply/", lambda route: held.append(route))
    open_case()
    page.keyboard.press("r")
    page.keyboard.press("Control+Enter")
    wait_until(lambda: held or page.wait_for_timeout(20), "the reply is on its way")
    page.keyboard.type("Wait.")
    held[0].continue_()
    expect(page.get_by_role("alert")).to_have_text("Write something first: the reply is empty.")
    expect(page.locator("#reply-body")).to_have_value("Wait.")
    assert not case.replies.exists()


def test_a_suggestion_arrives_by_itself_and_leaves_typed_text_alone(
    page: Page, open_case: Callable[[], None], case: Case
) -> None:
    suggestion = make_suggestion(case, state=State.PENDING)
    open_case()
    expect(page.get_by_text("Looking for an answer")).to_be_visible()
    page.keyboard.press("r")
    page.keyboard.type("I am typing")
    Suggestion.objects.filter(pk=suggestion.pk).update(state=State.OFFERED, answer=make_answer(), text=TEXT)
    live.tell([case.pk])
    expect(page.locator(".card-text")).to_contain_text("your payout left", timeout=BEFORE_IT_ASKS)
    assert composed(page) == "I am typing"
    expect(page.locator("#reply-body")).to_be_focused()


def test_a_new_message_appears_by_itself(page: Page, open_case: Callable[[], None], case: Case) -> None:
    open_case()
    receive_messages([incoming("Are you there?", case_id=case.pk)], now=timezone.now())
    expect(page.locator(".timeline").get_by_text("Are you there?")).to_be_visible(timeout=BEFORE_IT_ASKS)


def test_answers_are_searched_and_inserted(page: Page, open_case: Callable[[], None], case: Case) -> None:
    make_answer("Wi-Fi for the Stand", "Dear {{customer.first_name}}, open Settings.")
    open_case()
    page.keyboard.press("/")
    page.keyboard.type("wifi")
    expect(page.locator("#answers-found [role=option]")).to_have_count(1)
    expect(page.locator("#answers-found [aria-selected=true]")).to_have_text(
        re.compile("Wi-Fi for the Stand")
    )
    page.keyboard.press("Enter")
    expect(page.locator("#reply-body")).to_have_value("Dear Priya, open Settings.")


def test_enter_waits_for_the_answers_to_what_was_typed(page: Page, open_case: Callable[[], None]) -> None:
    make_answer("Opening hours", "We are open.")
    make_answer("Wi-Fi for the Stand", "Open Settings.")
    held: list[Route] = []
    page.route("**/answers/?*q=wifi*", lambda route: held.append(route))
    open_case()
    page.keyboard.press("/")
    expect(page.locator("#answers-found [role=option]").first).to_contain_text("Opening hours")
    page.keyboard.type("wifi")
    page.keyboard.press("Enter")
    wait_until(lambda: held or page.wait_for_timeout(20), "the answers are asked for")
    assert composed(page) == ""
    held[0].continue_()
    expect(page.locator("#reply-body")).to_have_value("Open Settings.")


def test_a_case_is_moved_to_another_team_by_name(
    page: Page, open_case: Callable[[], None], case: Case, other_team: Team
) -> None:
    open_case()
    page.keyboard.press("Control+k")
    page.keyboard.type("move")
    page.keyboard.press("Enter")
    page.keyboard.press("Enter")
    page.wait_for_url("**/cases/?view=mine")
    expect(page.get_by_text(f"#{case.number} is with Money Desk now.")).to_be_visible()


def test_what_is_marked_is_as_wide_as_what_is_typed(page: Page, open_case: Callable[[], None]) -> None:
    open_case()
    page.fill("#reply-body", "{{case.order_id}}")
    with_marks = page.evaluate(
        "document.querySelector('.reply-form .backdrop mark').getBoundingClientRect().width"
    )
    plain = page.evaluate("""() => {
      const backdrop = document.querySelector('.reply-form .backdrop');
      const span = backdrop.appendChild(document.createElement('span'));
      span.textContent = '{{case.order_id}}';
      return span.getBoundingClientRect().width;
    }""")
    assert with_marks == pytest.approx(plain, abs=0.05)


def test_the_clock_stands_on_one_line(page: Page, open_case: Callable[[], None]) -> None:
    page.set_viewport_size({"width": 360, "height": 740})
    open_case()
    assert page.locator(".bar .clock").bounding_box()["height"] < 24


def test_assigning_tagging_and_closing_by_keyboard(
    page: Page, open_case: Callable[[], None], case: Case, ana: User
) -> None:
    open_case()
    page.keyboard.press("t")
    page.keyboard.type("payout")
    page.keyboard.press("Enter")
    expect(page.locator(".side .chip.tag")).to_contain_text("payout")
    page.keyboard.press("a")
    page.keyboard.type("nobody")
    page.keyboard.press("Enter")
    expect(page.locator(".bar-acts")).to_contain_text("Assign")
    expect(page.locator("#pick-assignee")).to_be_hidden()  # until then a letter is written into it
    page.keyboard.press("e")
    expect(page.locator(".bar-meta")).to_contain_text("Closed")
    case.refresh_from_db()
    assert (case.assignee, case.status) == (None, "closed")


def test_reply_and_note_work_without_javascript(page: Page, site: str, ana: User, case: Case) -> None:
    plain = page.context.browser.new_context(base_url=site, java_script_enabled=False)
    quiet = plain.new_page()
    quiet.goto("/sign-in/")
    quiet.fill("#id_username", "ana")
    quiet.fill("#id_password", "tillwren")
    quiet.click("button.primary")
    quiet.goto(f"/cases/{case.pk}/")
    quiet.fill("#reply-body", "By hand.")
    quiet.click(".reply-form [data-send=send]")
    expect(quiet.locator(".reply .body")).to_have_text("By hand.")
    quiet.click("label:has(#mode-note)")
    quiet.fill("#note-body", "For us.")
    quiet.click(".note-form [data-send=send]")
    expect(quiet.locator(".note .body")).to_have_text("For us.")
    plain.close()
