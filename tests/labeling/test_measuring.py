"""Figures of functions: counted from votes and gold, with warnings and the gate."""

from datetime import datetime, timedelta

import pytest

from helpdesk.models import User
from labeling import gates, measuring
from labeling.applying import apply_everything
from labeling.models import FunctionFigures, FunctionVersion, Item
from tests.copilot.making import make_topic
from tests.labeling.making import make_function, make_gold, make_item

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def topics() -> None:
    make_topic("Payout timing")
    make_topic("Refunds")


@pytest.fixture
def items(nadia: User) -> list[Item]:
    """Twenty about payouts, one of them really about refunds, and twenty others."""
    items = [make_item(f"payout {n}") for n in range(20)] + [make_item(f"refund {n}") for n in range(20)]
    for number, item in enumerate(items):
        make_gold(item, "payout-timing" if number < 19 else "refunds", author=nadia)
    return items


def figures_of(version: FunctionVersion, now: datetime) -> FunctionFigures:
    apply_everything(now=now)
    measuring.measure("topic", now=now)
    return FunctionFigures.objects.get(version=version)


def test_coverage_and_precision_are_counted(items: list[Item], now: datetime) -> None:
    figures = figures_of(make_function(), now)
    assert (figures.n_items, figures.n_hits, figures.n_gold, figures.n_right) == (40, 20, 20, 19)
    precision = measuring.precision_of(figures)
    assert precision.estimate == 0.95
    assert precision.low == pytest.approx(0.764, abs=0.001)


def test_a_further_label_that_holds_is_right_too(items: list[Item], now: datetime) -> None:
    annotation = items[19].message.annotations.get()
    annotation.also = ["payout-timing"]
    annotation.save()
    assert figures_of(make_function(), now).n_right == 20


def test_stale_gold_judges_nobody(items: list[Item], now: datetime) -> None:
    items[0].message.annotations.update(stale_at=now)
    assert figures_of(make_function(), now).n_gold == 19


def test_who_was_told_a_topic_judges_no_function(items: list[Item], now: datetime) -> None:
    items[0].message.annotations.update(topic_filter="payout-timing")
    assert figures_of(make_function(), now).n_gold == 19


def test_who_says_the_same_or_otherwise_is_named(items: list[Item], now: datetime) -> None:
    version = make_function("payouts")
    make_function("numbers", spec={"any": ["1", "2", "3"]}, label="refunds")
    twin = make_function("twin", spec={"any": ["payout"], "none": ["19"]})
    figures = figures_of(version, now)
    assert (figures.n_overlaps, figures.n_conflicts, figures.n_alike) == (19, 3, 19)
    assert figures.alike == twin.function
    assert measuring.warnings_of(figures) == [
        "broad: one label for 50% of all messages", "redundant: twin says the same on 95% of its hits",
    ]  # fmt: skip


def test_one_that_never_fires_is_dead(items: list[Item], now: datetime) -> None:
    figures = figures_of(make_function(spec={"any": ["cheque"]}), now)
    assert measuring.warnings_of(figures) == ["dead: it fires on no message"]
    assert measuring.precision_of(figures) is None


def test_figures_are_counted_again_only_when_something_changed(
    items: list[Item], now: datetime, nadia: User
) -> None:
    version = make_function()
    apply_everything(now=now)
    later = now + timedelta(hours=1)
    for _ in range(2):
        measuring.measure_changed(now=later)
        later += timedelta(hours=1)
    figures = FunctionFigures.objects.get(version=version)
    assert figures.measured_at == now + timedelta(hours=1)
    items[0].message.annotations.update(undone_at=later)
    measuring.measure_changed(now=later + timedelta(hours=1))
    figures.refresh_from_db()
    assert figures.n_gold == 19


def test_a_good_one_may_become_active(items: list[Item], now: datetime) -> None:
    version = make_function()
    figures_of(version, now)
    gates.move(version.function, "active")
    version.function.refresh_from_db()
    assert version.function.state == "active"


@pytest.mark.parametrize(
    ("spec", "message"),
    [
        ({"any": ["payout"], "none": [str(n) for n in range(6)]}, "it has 14 hits with gold, 15 are needed"),
        ({"any": ["payout", "refund"]}, "as low as 33%, 60% is the bar"),
    ],
)
def test_one_that_has_not_shown_its_worth_stays_on_trial(
    items: list[Item], now: datetime, spec: dict[str, object], message: str
) -> None:
    version = make_function(spec=spec)
    figures_of(version, now)
    with pytest.raises(gates.RefusedError, match=message):
        gates.move(version.function, "active")


def test_without_figures_or_from_elsewhere_nothing_becomes_active() -> None:
    with pytest.raises(gates.RefusedError, match="not counted yet"):
        gates.move(make_function().function, "active")
    with pytest.raises(gates.RefusedError, match="is draft: it can't become 'active' from there"):
        gates.move(make_function(state="draft").function, "active")


def test_whoever_moves_second_is_told(items: list[Item]) -> None:
    function = make_function().function
    gates.move(function, "retired")
    with pytest.raises(gates.RefusedError, match="moved by somebody else"):
        gates.move(function, "draft")
