"""Labeling by keyboard alone: numbers, letters, Enter; skip, flag, note and undo; and without any script."""

from collections.abc import Callable

import pytest
from django.utils import timezone
from playwright.sync_api import Browser, Page, Route, expect

from helpdesk.models import Role, User
from labeling.models import Act, Annotation, QueueEntry
from labeling.settling import settle
from tests.browser.test_looks import problems
from tests.browser.themes import THEMES
from tests.copilot.making import make_topic
from tests.labeling.waiting import make_annotation, make_entry
from tests.making import make_user
from tests.processes import wait_until

PAGES = ("disagreements", "agreement", "queue")
PAGE = "/labeling/annotate/?task=topic"
TOPICS = [
    "Card fees", "Chargebacks", "Closing the account", "Gift cards", "Invoices", "Opening hours", "Payout timing",
    "Refunds", "Shipping", "Tips", "Unlocking the till",
]  # fmt: skip


@pytest.fixture
def entries(transactional_db: None) -> list[QueueEntry]:
    for name in TOPICS:
        topic = make_topic(name)
        topic.guideline = f"Whatever is about {name.lower()}."
        topic.save(update_fields=["guideline"])
    return [make_entry(f"Message number {n}: what about it?") for n in range(8)]


def shows(page: Page, n: int) -> None:
    expect(page.locator("[data-question]")).to_have_text(f"Message number {n}: what about it?")


def labels() -> list[str]:
    rows = Annotation.objects.standing().filter(task="topic").order_by("message")
    return list(rows.values_list("label", flat=True))


def test_five_are_labeled_two_undone_one_skipped_one_flagged_by_keys_alone(
    page: Page, nadia: User, sign_in: Callable[[User], None], entries: list[QueueEntry]
) -> None:
    sign_in(nadia)
    page.goto(PAGE)
    shows(page, 0)
    page.keyboard.press("2")
    expect(page.get_by_text("Whatever is about chargebacks.")).to_be_visible()
    page.keyboard.press("Enter")
    shows(page, 1)
    page.keyboard.type("refu")
    page.keyboard.press("Enter")
    shows(page, 2)
    page.keyboard.type("/ship")
    expect(page.locator("[data-label-row]:visible")).to_have_count(1)
    page.keyboard.press("Enter")
    shows(page, 3)
    page.keyboard.press("1")
    page.keyboard.press("n")
    page.keyboard.type("looks clear")
    page.keyboard.press("Enter")
    shows(page, 4)
    page.keyboard.press("t")
    shows(page, 5)
    assert labels() == ["chargebacks", "refunds", "shipping", "card-fees"]
    assert Annotation.objects.get(task="topic", label="card-fees").note == "looks clear"
    assert Annotation.objects.filter(task="validity", label="thanks").count() == 1

    page.keyboard.press("u")
    shows(page, 4)
    page.keyboard.press("u")
    shows(page, 3)
    expect(page.locator("input[value=card-fees]")).to_be_checked()
    assert labels() == ["chargebacks", "refunds", "shipping"]
    page.keyboard.press("s")
    shows(page, 4)
    page.keyboard.press("f")
    expect(page.get_by_text("Why can’t it be labeled?")).to_be_visible()
    page.keyboard.press("p")
    shows(page, 5)
    acts = Act.objects.standing().order_by("pk").values_list("kind", "flag")
    assert list(acts) == [("labeled", "")] * 3 + [("skipped", ""), ("flagged", "personal")]


def test_a_key_that_comes_before_the_next_message_does_nothing_to_the_last_one(
    page: Page, nadia: User, sign_in: Callable[[User], None], entries: list[QueueEntry]
) -> None:
    sign_in(nadia)
    held: list[Route] = []
    page.route("**/submit/", lambda route: held.append(route))
    page.goto(PAGE)
    page.keyboard.press("2")
    page.keyboard.press("Enter")
    wait_until(lambda: held or page.wait_for_timeout(20), "the label is on its way")
    page.keyboard.press("s")
    page.keyboard.press("Enter")
    page.wait_for_timeout(200)  # a skip would have been sent by then
    held[0].continue_()
    shows(page, 1)
    assert list(Act.objects.values_list("kind", flat=True)) == ["labeled"]


def test_arrows_move_and_escape_leaves_the_search(
    page: Page, nadia: User, sign_in: Callable[[User], None], entries: list[QueueEntry]
) -> None:
    sign_in(nadia)
    page.goto(PAGE)
    page.keyboard.type("card")
    page.keyboard.press("ArrowDown")
    expect(page.locator("input[value=gift-cards]")).to_be_checked()
    page.keyboard.press("Escape")
    expect(page.locator("[data-label-row]:visible")).to_have_count(len(TOPICS))
    page.keyboard.type("zebra")
    expect(page.get_by_text("No label is called that.")).to_be_visible()
    page.keyboard.press("Enter")
    assert labels() == []


@pytest.mark.parametrize("theme", THEMES)
def test_axe_finds_nothing_and_nothing_scrolls_sideways(
    page: Page,
    sana: User,
    nadia: User,
    sign_in: Callable[[User], None],
    entries: list[QueueEntry],
    theme: str,
) -> None:
    other = make_user("tomasz", role=Role.SME)
    for entry in entries:
        make_annotation(entry.message, nadia, "refunds" if entry.pk % 2 else "tips", note="a refund")
        make_annotation(entry.message, other, "refunds" if entry.pk % 3 else "tips")
        settle(message_id=entry.message_id, now=timezone.now())
    page.emulate_media(color_scheme=theme, reduced_motion="reduce")
    sign_in(sana)
    found, wide = {}, []
    for address in (PAGE, f"{PAGE}&mode=confirm", *(f"/labeling/annotate/{name}/" for name in PAGES)):
        page.goto(address)
        page.keyboard.press("2")
        found[address] = problems(page)
        for width in (360, 820, 1440):
            page.set_viewport_size({"width": width, "height": 900})
            if page.evaluate("document.documentElement.scrollWidth > innerWidth"):
                wide.append((address, width))
    assert {address: some for address, some in found.items() if some} == {}
    assert wide == []


def test_words_that_are_selected_can_become_a_function(
    page: Page, nadia: User, sign_in: Callable[[User], None], entries: list[QueueEntry]
) -> None:
    sign_in(nadia)
    page.goto(PAGE)
    page.keyboard.press("2")
    page.locator("[data-question]").dblclick(position={"x": 20, "y": 12})
    page.get_by_role("link", name="Make a function from the selection").click()
    expect(page.locator("[name=any]")).to_have_value("Message")
    expect(page.locator("[name=label]")).to_have_value("chargebacks")
    expect(page.locator("[name=slug]")).to_have_value("chargebacks-message")


def test_words_that_are_dragged_over_can_become_a_function(
    page: Page, nadia: User, sign_in: Callable[[User], None], entries: list[QueueEntry]
) -> None:
    sign_in(nadia)
    page.goto(PAGE)
    box = page.evaluate(
        "() => { const range = document.createRange();"
        " const words = document.querySelector('[data-question]').firstChild;"
        " range.setStart(words, 0); range.setEnd(words, 14); const { left, right, top, bottom } ="
        " range.getBoundingClientRect(); return { left, right, middle: (top + bottom) / 2 }; }"
    )
    page.mouse.move(box["left"] + 1, box["middle"])
    page.mouse.down()
    page.mouse.move(box["right"], box["middle"], steps=5)
    page.mouse.up()
    page.get_by_role("link", name="Make a function from the selection").click()
    expect(page.locator("[name=any]")).to_have_value("Message number")


def test_words_are_selected_and_become_a_function_by_keys_alone(
    page: Page, nadia: User, sign_in: Callable[[User], None], entries: list[QueueEntry]
) -> None:
    sign_in(nadia)
    page.goto(PAGE)
    page.keyboard.press("w")
    page.keyboard.press("w")
    expect(page.locator("#news")).to_have_text("number selected")
    page.keyboard.press("Shift+W")
    expect(page.locator("#news")).to_have_text("number 0 selected")
    page.keyboard.press("2")
    page.keyboard.press("x")
    expect(page.locator("[name=any]")).to_have_value("number 0")
    expect(page.locator("[name=label]")).to_have_value("chargebacks")


def test_words_elsewhere_on_the_page_make_no_function(
    page: Page, nadia: User, sign_in: Callable[[User], None], entries: list[QueueEntry]
) -> None:
    sign_in(nadia)
    page.goto(PAGE)
    page.locator(".why-picked").dblclick(position={"x": 60, "y": 8})
    expect(page.get_by_role("link", name="Make a function from the selection")).to_be_hidden()


def test_labeling_works_without_javascript(
    browser: Browser, site: str, nadia: User, entries: list[QueueEntry]
) -> None:
    context = browser.new_context(base_url=site, java_script_enabled=False)
    page = context.new_page()
    page.goto("/sign-in/")
    page.fill("#id_username", nadia.username)
    page.fill("#id_password", "tillwren")
    page.click("text=Sign in >> nth=-1")
    page.goto(PAGE)
    shows(page, 0)
    page.locator("[data-label-row]").get_by_text("Refunds", exact=True).click()
    page.get_by_role("button", name="Submit and next").click()
    shows(page, 1)
    page.get_by_role("button", name="Skip").click()
    shows(page, 2)
    page.get_by_role("button", name="Personal data").click()
    shows(page, 3)
    page.get_by_role("button", name="Undo").click()
    shows(page, 2)
    page.get_by_role("button", name="Thanks").click()
    shows(page, 3)
    context.close()
    assert labels() == ["refunds"]
