"""Pages that Django and the API bring along keep the content security policy and look as they should."""

from collections.abc import Callable

from playwright.sync_api import Page, expect

from helpdesk.models import Role, User
from tests.making import make_user

BACKGROUND = "getComputedStyle(document.querySelector('#header')).backgroundColor"


def test_the_api_is_described(page: Page, ana: User, sign_in: Callable[[User], None]) -> None:
    sign_in(ana)
    page.goto("/api/docs/")
    expect(page.get_by_text("/api/messages/", exact=True).first).to_be_visible()


def test_administration_is_styled(page: Page, sign_in: Callable[[User], None]) -> None:
    admin = make_user("admin", role=Role.ADMIN, is_staff=True, is_superuser=True)
    page.goto("/admin/")
    assert page.evaluate(BACKGROUND) != "rgba(0, 0, 0, 0)", "the sign-in page"
    sign_in(admin)
    page.goto("/admin/")
    expect(page.locator("#header")).to_be_visible()
    assert page.evaluate(BACKGROUND) != "rgba(0, 0, 0, 0)"
