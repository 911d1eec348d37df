"""Functions are written in versions that never change."""

from datetime import datetime

import pytest

from helpdesk.models import User
from labeling import writing
from labeling.functions.errors import SpecError
from labeling.models import FunctionVersion, LabelingFunction
from tests.copilot.making import make_topic
from tests.labeling.making import make_function

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def topic() -> None:
    make_topic("Payout timing")


def edit(version: FunctionVersion, words: list[str], now: datetime) -> FunctionVersion:
    return writing.edit(
        version.function,
        kind="keyword",
        label="payout-timing",
        spec={"any": words},
        by=None,
        now=now,
        note="",
    )


def test_a_new_function_is_its_authors_draft(nadia: User, now: datetime) -> None:
    version = writing.create(
        slug="late-payout", task="topic", kind="keyword", label="payout-timing", spec={"any": ["payout"]},
        by=nadia, now=now, note="Shops ask when money arrives.",
    )  # fmt: skip
    function = LabelingFunction.objects.get()
    assert (function.state, function.owner, version.number, version.author) == ("draft", nadia, 1, nadia)


@pytest.mark.parametrize("slug", ["", "Late payout", "é"])
def test_a_name_is_a_slug(slug: str) -> None:
    with pytest.raises(SpecError, match="use small letters, digits and hyphens"):
        make_function(slug or " ")


def test_a_name_is_given_once() -> None:
    make_function("late-payout")
    with pytest.raises(SpecError, match="name 'late-payout' is taken"):
        make_function("late-payout")


def test_an_edit_is_the_next_version_and_the_first_stays(now: datetime) -> None:
    first = make_function()
    second = edit(first, ["payouts"], now)
    assert second.number == 2
    assert FunctionVersion.objects.get(number=1).spec == {"any": ["payout"]}
    assert edit(first, ["payouts"], now) == second, "the same again"


def test_a_version_is_never_changed() -> None:
    version = make_function()
    version.label = "refunds"
    with pytest.raises(TypeError, match="is never changed: save the next version"):
        version.save()


def test_what_was_active_must_show_its_worth_anew(now: datetime) -> None:
    version = make_function(state="active")
    edit(version, ["payouts"], now)
    version.function.refresh_from_db()
    assert version.function.state == "trial"
