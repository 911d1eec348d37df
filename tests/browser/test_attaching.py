"""Files of a reply in a real browser: chosen, dropped, pasted, removed, sent and fetched again."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Browser, Page, expect

from helpdesk.attaching import IncomingAttachment
from helpdesk.models import Case, Team, User
from tests.making import make_case, make_message

PNG = {"name": "photo.png", "mimeType": "image/png", "buffer": b"\x89PNG"}
TEXT = {"name": "terms.txt", "mimeType": "text/plain", "buffer": b"terms" * 300}
BRING = """([type, target, names]) => {
  const brought = new DataTransfer();
  for (const name of names) brought.items.add(new File(["content of " + name], name, {type: "text/plain"}));
  const init = {bubbles: true, cancelable: true};
  const event = type === "paste"
    ? new ClipboardEvent(type, {...init, clipboardData: brought})
    : new DragEvent(type, {...init, dataTransfer: brought});
  return !document.querySelector(target).dispatchEvent(event);
}"""


@pytest.fixture(autouse=True)
def small_files(settings: Any, media: Path) -> None:
    settings.ATTACHMENT_MAX_BYTES = 2048


@pytest.fixture
def case(team: Team) -> Case:
    return make_case("Have you got the terms?", team=team)


@pytest.fixture
def open_case(page: Page, sign_in: Callable[[User], None], ana: User, case: Case) -> Callable[[], None]:
    def open_case() -> None:
        page.on("filechooser", lambda _: None)  # heard from now on: the first key may come at once
        sign_in(ana)
        page.goto(f"/cases/{case.pk}/?view=all")
        page.wait_for_selector(".suggestion:not(.is-loading)", state="attached")

    return open_case


def test_two_are_chosen_one_is_removed_and_the_other_sent(
    page: Page, open_case: Callable[[], None], case: Case
) -> None:
    open_case()
    with page.expect_file_chooser() as chooser:
        page.keyboard.press("f")
    chooser.value.set_files([PNG, TEXT])
    expect(page.locator(".chosen li")).to_have_text(["photo.png4 bytes", "terms.txt1.5 KB"])
    page.get_by_label("Remove photo.png").click()
    expect(page.locator(".chosen li")).to_have_text(["terms.txt1.5 KB"])
    expect(page.get_by_label("Remove terms.txt")).to_be_focused()
    page.fill("#reply-body", "Here they are.")
    page.locator("#reply-body").press("Control+Enter")
    link = page.locator(".reply .attachments a")
    expect(link).to_contain_text("terms.txt")
    expect(page.locator(".chosen li")).to_have_count(0)
    with page.expect_download() as download:
        link.click()
    assert download.value.suggested_filename == "terms.txt"
    assert Path(download.value.path()).read_bytes() == TEXT["buffer"]
    assert [file.name for file in case.replies.get().attachments.all()] == ["terms.txt"]


def test_they_are_chosen_one_after_another_and_dropped_and_pasted(
    page: Page, open_case: Callable[[], None], case: Case
) -> None:
    open_case()
    page.set_input_files("#reply-files", [PNG])
    page.set_input_files("#reply-files", [TEXT])
    page.evaluate(BRING, ["dragover", ".timeline", ["a.txt"]])
    expect(page.locator(".composer")).to_have_class("composer is-dropping")
    assert page.evaluate(BRING, ["drop", ".timeline", ["a.txt"]]), "else the file would replace the page"
    page.evaluate(BRING, ["paste", "#reply-body", ["b.txt"]])
    names = ["photo.png", "terms.txt", "a.txt", "b.txt"]
    expect(page.locator(".chosen li span")).to_have_text(names)
    page.fill("#reply-body", "All of them.")
    page.click("[data-send=send]")
    expect(page.locator(".reply .attachments a span")).to_have_text(names)


def test_a_file_that_is_too_large_is_told_before_it_is_sent(
    page: Page, open_case: Callable[[], None], case: Case
) -> None:
    open_case()
    page.set_input_files("#reply-files", [PNG, {**TEXT, "buffer": b"x" * 2049}, {**TEXT, "buffer": b""}])
    expect(page.locator(".not-added")).to_have_text(
        "terms.txt was not added: larger than 2.0 KB. terms.txt was not added: it is empty."
    )
    page.set_input_files("#reply-files", [{**PNG, "name": f"{n}.png"} for n in range(20)])
    expect(page.locator(".chosen li")).to_have_count(20)
    expect(page.locator(".not-added")).to_have_text("19.png was not added: more than 20 files.")
    assert page.evaluate("document.getElementById('reply-files').files.length") == 20


def test_files_stay_when_the_server_refuses_the_reply(
    page: Page, open_case: Callable[[], None], case: Case
) -> None:
    open_case()
    page.set_input_files("#reply-files", [PNG])
    page.click("[data-send=send]")
    expect(page.locator(".composer [role=alert]")).to_have_text("Write something first: the reply is empty.")
    expect(page.locator(".chosen li span")).to_have_text(["photo.png"])
    page.fill("#reply-body", "Now with words.")
    page.click("[data-send=send]")
    expect(page.locator(".reply .attachments a")).to_contain_text("photo.png")


def test_files_of_a_reply_outlast_a_note_and_do_not_go_with_it(
    page: Page, open_case: Callable[[], None], case: Case
) -> None:
    open_case()
    page.set_input_files("#reply-files", [PNG])
    page.keyboard.press("n")
    page.evaluate(BRING, ["drop", ".note-form", ["a.txt"]])
    expect(page.locator(".toast")).to_have_text("Files go with a reply, not with a note.")
    page.keyboard.type("just for us")
    page.keyboard.press("Control+Enter")
    expect(page.locator(".note")).to_contain_text("just for us")
    page.locator("label", has=page.locator("#mode-reply")).click()
    expect(page.locator(".chosen li span")).to_have_text(["photo.png"])


def test_the_palette_opens_the_chooser(page: Page, open_case: Callable[[], None]) -> None:
    open_case()
    page.keyboard.press("Control+k")
    page.keyboard.type("attach")
    with page.expect_file_chooser():
        page.keyboard.press("Enter")


def test_a_reply_takes_files_without_javascript(browser: Browser, site: str, ana: User, case: Case) -> None:
    context = browser.new_context(base_url=site, java_script_enabled=False)
    page = context.new_page()
    page.goto(f"/sign-in/?next=/cases/{case.pk}/")
    page.fill("#id_username", ana.username)
    page.fill("#id_password", "tillwren")
    page.click("text=Sign in >> nth=-1")
    expect(page.locator("#reply-files")).to_be_visible()
    page.set_input_files("#reply-files", [PNG, TEXT])
    page.fill("#reply-body", "Both.")
    page.click("[data-send=send]")
    expect(page.locator(".reply .attachments a span")).to_have_text(["photo.png", "terms.txt"])
    context.close()


def test_a_customers_file_is_shown_with_what_was_not_taken(
    page: Page, open_case: Callable[[], None], case: Case
) -> None:
    files = (
        IncomingAttachment("crack.jpg", b"jpg", "image/jpeg"),
        IncomingAttachment("film.mp4", b"x" * 4000),
    )
    make_message("Look at this.", case_id=case.pk, attachments=files)
    open_case()
    expect(page.locator(".attachments li")).to_have_text(
        ["crack.jpg3 bytes", "film.mp4 was not taken: larger than 2.0 KB"]
    )
