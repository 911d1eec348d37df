"""Every page in both themes: nothing that axe finds, and nothing that scrolls sideways on a phone."""

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest
from axe_playwright_python.sync_playwright import Axe
from django.utils import timezone
from playwright.sync_api import Page, expect

from copilot import datasets
from copilot.evaluation.rows import as_lists
from copilot.models import Evaluation, Promotion, Release, TurnDay
from copilot.models.suggestion import Reason, State
from copilot.monitor import alerting, rolling
from copilot.monitor.agents import agent_hash
from copilot.monitor.alerting import Check
from copilot.monitor.checks import Found
from copilot.monitor.rolling_sums import roll_sums
from helpdesk import casework
from helpdesk.models import Case, Note, Role, Team, User
from labeling.models import FrozenDataset, TrainingRun
from tests.browser.themes import THEMES
from tests.copilot.evaluation.test_gate import calibrated
from tests.copilot.making import make_alternative, make_answer, make_release, make_suggestion, make_topic
from tests.copilot.test_views_accuracy import monday, turns
from tests.labeling.test_views_judge import waiting
from tests.making import make_case, make_reply, make_user
from tests.pipelines import make_example
from tests.processes import wait_until

RATE = {"k": 31, "n": 40, "low": 0.62, "high": 0.88}
FLOOR = {"value": 0.5, "n": 40, "n_passed": 30, "n_wrong": 2, "upper_risk": 0.2, "is_bounded": True}
CARD = {
    "seed": 1,
    "dataset": "abcdef0123456789",
    "n_examples": 100,
    "n_test": 40,
    "topics": ["payouts", "reader"],
    "floors": {"topic": FLOOR},
    "target_risk": 0.3,
    "code": f"{'0' * 40}+changes.{'0' * 8}",
    "versions": {"numpy": "2"},
    "untaught": ["answer"],
    "topics_left_out": ["rare"],
    "baselines": {"topic": {"Majority class": RATE}},
    "trained_stage": "all",
    "test": {
        "n": 40,
        "figures": {"topic": RATE},
        "classes": {"payouts": RATE},
        "slices": {"language": {"en": {"topic": RATE}}},
        "calibration": {"error": 0.1, "null": {"upper": 0.12}, "n": 30},
        "latency_ms": {"all": [4.1, 6.2]},
        "n_timed": 40,
    },
}
RULES = {"runOnly": ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"]}


@pytest.fixture
def admin(team: Team) -> User:
    return make_user("ada", role=Role.ADMIN, team=team)


@pytest.fixture
def releases(admin: User, settings: object, tmp_path: Path) -> dict[str, str]:
    """The pages of the loop: a live release, a refused candidate, a training under way."""
    live, now = make_release(), timezone.now()
    candidate = Release.objects.create(
        **{field.attname: getattr(live, field.attname) for field in Release._meta.concrete_fields
           if not field.generated} | {"id": None, "state": "candidate", "card": CARD, "dataset": "ours"}
    )  # fmt: skip
    settings.DATASETS_ROOT = tmp_path
    sha256 = datasets.write(tmp_path / "ours", [make_example(1, "a text")], {})
    for release, rows in ((live, calibrated()), (candidate, calibrated())):
        is_right = release is live
        worse = [
            replace(row, is_topic_right=is_right, first_topic=row.topic if is_right else "topic-1")
            for row in rows
        ]
        Evaluation.objects.create(
            release=release, dataset="ours", dataset_sha256=sha256, rows=as_lists(worse), evaluated_at=now,
            latency={"all": [4.0, 6.0]}, n_timed=100, code=CARD["code"],
        )  # fmt: skip
    Promotion.objects.create(
        release=live,
        previous=candidate,
        actor=admin,
        at=now,
        reason="First of all",
        is_override=True,
        findings=[[True, "358 rows"], [False, "topics: worse"]],
    )
    order = {"dataset": "ours", "seed": 1, "target_risk": 0.3, "ordered_at": now}
    TrainingRun.objects.create(**order, stage="topic", state="running", step="Training topics", share=0.4)
    TrainingRun.objects.create(**order, stage="all", state="failed", problem="topic: label more")
    classes = {f"topic-{number}": {"train": 40 - 3 * number, "test": number % 3} for number in range(12)}
    datasets.write(
        tmp_path / "autumn", [make_example(1, "a text")],
        {
            "frozen_at": now.isoformat(), "manifest": "ab" * 32, "source": "gold annotations", "n_train": 282,
            "n_test": 12, "classes": classes, "ages": {"up to a month": 250, "older": 44},
            "left_out": {"stale": 3, "retired topic": 1},
            "agreement": {"validity": {"k": 57, "n": 60}, "topic": {"k": 0, "n": 0}},
            "holes": ["none in the test split, so nothing is known of its quality: topic-0, topic-3, topic-6, topic-9"],
        },
    )  # fmt: skip
    freeze = {"test_share": 0.1, "ordered_at": now}
    FrozenDataset.objects.create(**freeze, name="winter", state="running", step="Reading labels", share=0.4)
    FrozenDataset.objects.create(
        **freeze, name="weak", state="failed", problem="weak: there are no weak labels"
    )
    both = f"old={live.pk}&new={candidate.pk}"
    return {
        "releases": "/copilot/releases/", "release": f"/copilot/releases/{candidate.pk}/",
        "quality": f"/copilot/releases/{candidate.pk}/quality/",
        "compare": f"/copilot/releases/compare/?{both}&dataset=ours",
        "promote": f"/copilot/releases/{candidate.pk}/promote/", "trainings": "/labeling/trainings/",
        "datasets": "/labeling/datasets/", "dataset": "/labeling/datasets/autumn/",
    }  # fmt: skip


@pytest.fixture
def addresses(team: Team, admin: User, releases: dict[str, str]) -> dict[str, str]:
    """One address for each page and state worth looking at."""
    rich = make_case(
        "Hello,\n\nwhere is it?\n\n-- \nPriya\n\n> earlier", team=team, subject="A rather long subject " * 4
    )
    make_reply(rich, "Soon.", author=admin)
    Note.objects.create(case=rich, author=admin, body="checked", client_key="n", sent_at=timezone.now())
    casework.tag(case=rich, name="a-rather-long-tag-that-somebody-chose", actor=admin, now=timezone.now())
    offered = make_suggestion(rich, "Hi,\n\nsee {{payout.date}} " + "averylongwordwithoutanybreak" * 5)
    make_alternative(offered, "Other")
    make_alternative(offered, "For us", rank=2, name="Checks before answering", visibility="internal")
    unsure = make_case("And this?", team=team)
    make_suggestion(unsure, state=State.WITHHELD, reason=Reason.TOPIC_UNSURE, topic_probability=0.5,
                    second_topic=make_topic("Battery"), second_topic_probability=0.4)  # fmt: skip
    make_answer("Conflicting", review_on=timezone.localdate())
    Case.objects.filter(pk=unsure.pk).update(priority=4, assignee=admin)
    found = Found("Failed turns: 15 %", "30 of 200 turns today (15 %), where 2 % are allowed.")
    alerting.look(now=timezone.now(), all_checks=[Check("failures", "Failures", lambda now: [found])])
    rolling.roll_on(now=timezone.now())
    for agent in range(1, 7):
        turns(agent, n_near=3, n_none=2)
        turns(agent, arm="offer", n_near=4, n_conflict=1)
    turns(agent_hash(admin.pk), arm="offer", n_near=6, n_none=3, n_sent_edited=6, n_ignored=3)
    roll_sums(monday(), of=TurnDay)
    waiting(make_user("replier"))
    return {
        "inbox": "/cases/?view=all", "filters": "/cases/?view=all&status=open", "empty": "/cases/?view=snoozed",
        "case": f"/cases/{rich.pk}/?view=all", "withheld": f"/cases/{unsure.pk}/", "catalog": "/copilot/catalog/",
        "accuracy": "/copilot/monitor/accuracy/", "influence": "/copilot/monitor/influence/",
        "judge": "/labeling/judge/", "today": "/copilot/monitor/today/",
        "own figures": "/copilot/your-figures/", "not found": "/cases/999999/", **releases,
    }  # fmt: skip


def problems(page: Page) -> list[str]:
    found = Axe().run(page, options={"resultTypes": ["violations"], **RULES}).response["violations"]
    return [
        f"{rule['id']}: {node['target']} {node['failureSummary']}" for rule in found for node in rule["nodes"]
    ]


@pytest.mark.parametrize("theme", THEMES)
def test_axe_finds_nothing(
    page: Page, sign_in: Callable[[User], None], admin: User, addresses: dict[str, str], theme: str
) -> None:
    page.emulate_media(color_scheme=theme, reduced_motion="reduce")
    page.goto("/sign-in/")
    found = {"sign in": problems(page)}
    sign_in(admin)
    for name, address in addresses.items():
        if name != "not found":
            page.goto(address)
            page.wait_for_timeout(300)
            found[name] = problems(page)
    assert {name: some for name, some in found.items() if some} == {}


@pytest.mark.parametrize("theme", THEMES)
def test_axe_finds_nothing_in_what_opens(
    page: Page, sign_in: Callable[[User], None], admin: User, addresses: dict[str, str], theme: str
) -> None:
    page.emulate_media(color_scheme=theme, reduced_motion="reduce")
    sign_in(admin)
    page.goto(addresses["case"])
    page.wait_for_selector(".is-offered")
    found = {}
    for key in (".", "Escape", "?", "Control+k", "/", "a", "s", "t", "i", "n"):
        page.keyboard.press(key)
        page.wait_for_timeout(250)
        found[key] = problems(page)
        page.keyboard.press("." if key == "." else "Escape")
        page.evaluate("document.activeElement.blur()")
    assert {key: some for key, some in found.items() if some} == {}


def test_nothing_scrolls_sideways(
    page: Page, sign_in: Callable[[User], None], admin: User, addresses: dict[str, str]
) -> None:
    page.goto("/sign-in/")
    sign_in(admin)
    wide = []
    for name, address in addresses.items():
        if name == "not found":
            continue
        page.goto(address)
        page.wait_for_timeout(250)
        for width in (820, 360):
            page.set_viewport_size({"width": width, "height": 800})
            if page.evaluate("document.documentElement.scrollWidth > innerWidth"):
                wide.append((name, width))
    assert wide == []


def test_a_phone_shows_one_pane_at_a_time(
    page: Page, sign_in: Callable[[User], None], admin: User, addresses: dict[str, str]
) -> None:
    page.set_viewport_size({"width": 360, "height": 740})
    sign_in(admin)
    page.goto(addresses["case"])
    panes = [".pane-list", ".pane-case", ".pane-side"]
    shown = []
    for label in ("All open", "Case", "Details"):
        page.locator(".panes label", has_text=label).click()
        shown.append([page.locator(pane).is_visible() for pane in panes])
    assert shown == [[True, False, False], [False, True, False], [False, False, True]]


def test_a_chosen_theme_stays(page: Page, sign_in: Callable[[User], None], admin: User) -> None:
    sign_in(admin)
    page.goto("/cases/")
    page.click("[data-command=theme]")
    page.reload()
    assert page.evaluate("document.documentElement.dataset.theme") == "dark"


def test_no_template_holds_inline_style_or_script() -> None:
    for template in (Path(__file__).parents[2] / "templates").rglob("*.html"):
        text = template.read_text()
        for forbidden in (" style=", "<style", "onclick=", "hx-on", "js:", "javascript:"):
            assert forbidden not in text, f"{template}: {forbidden}"


@pytest.mark.parametrize("width", [360, 768])
def test_the_menu_names_what_it_holds(
    page: Page, sign_in: Callable[[User], None], admin: User, width: int
) -> None:
    page.set_viewport_size({"width": width, "height": 800})
    sign_in(admin)
    page.goto("/cases/")
    page.get_by_role("button", name="Menu").click()
    label = page.locator("#menu .rail-label", has_text="Awaiting reply")
    expect(label).to_be_visible()
    # The list's first news replaces the labels, perhaps just now.
    wait_until(
        lambda: label.evaluate("label => label.getBoundingClientRect().width") > 50, "the name is wide enough"
    )
