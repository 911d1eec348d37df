"""The pages about cases in both themes and on a phone; an experiment is started and ended there."""

from collections.abc import Callable

import pytest
from playwright.sync_api import Page, expect

from copilot.models import Experiment
from helpdesk.models import User
from tests.browser.test_looks import problems
from tests.browser.themes import THEMES
from tests.copilot.test_views_experiments import HALF, both, cases, make_experiment
from tests.copilot.test_views_support import cases as supported


@pytest.fixture
def addresses(transactional_db: None) -> dict[str, str]:
    """One address for each page and state worth looking at."""
    running = make_experiment(*HALF, name="A rather long name of an experiment " * 2, n_planned=500)
    both(running, change=-0.1)
    cases(running.variants.first(), 0, n=3)
    draft = make_experiment(name="Draft", runs=False)
    for agent in range(1, 9):
        supported(agent, n_rated=4, n_satisfied=3)
        supported(agent, weeks=1, n_rated=4, n_satisfied=2)
    where = "/copilot/monitor/experiments/"
    return {
        "list": where, "running": f"{where}{running.pk}/", "draft": f"{where}{draft.pk}/",
        "support": "/copilot/monitor/support/", "empty": "/copilot/monitor/support/?channel=none",
    }  # fmt: skip


@pytest.mark.parametrize("theme", THEMES)
def test_axe_finds_nothing_and_nothing_scrolls_sideways(
    page: Page, sign_in: Callable[[User], None], sana: User, addresses: dict[str, str], theme: str
) -> None:
    page.emulate_media(color_scheme=theme, reduced_motion="reduce")
    sign_in(sana)
    found: dict[str, object] = {}
    for name, address in addresses.items():
        page.set_viewport_size({"width": 1440, "height": 900})
        page.goto(address)
        found[name] = problems(page)
        page.set_viewport_size({"width": 360, "height": 800})
        found[f"{name} is wide"] = page.evaluate("document.documentElement.scrollWidth > innerWidth")
    assert {name: some for name, some in found.items() if some} == {}


def test_an_experiment_is_started_and_ended_by_keys(
    page: Page, sign_in: Callable[[User], None], sana: User
) -> None:
    draft = make_experiment(name="Draft", runs=False)
    sign_in(sana)
    page.goto("/copilot/monitor/experiments/")
    page.get_by_role("link", name="Draft").focus()
    page.keyboard.press("Enter")
    page.get_by_role("button", name="Start the experiment").focus()
    page.keyboard.press("Enter")
    expect(page.get_by_text("It runs: cases that are opened from now on are divided.")).to_be_visible()
    page.get_by_label("Reason").fill("Enough is known.")
    page.keyboard.press("Enter")
    expect(page.get_by_text("It has ended")).to_be_visible()
    draft.refresh_from_db()
    assert (draft.state, draft.end_reason) == (Experiment.State.ENDED, "Enough is known.")
