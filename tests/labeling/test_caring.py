"""An active function that drifted goes back on trial, and its owner is told."""

from datetime import datetime, timedelta

import pytest
from django.core import mail

from helpdesk.models import User
from labeling.applying import apply_everything
from labeling.caring import care
from labeling.models import Annotation, FunctionVersion, Item, VoteShard
from tests.copilot.making import make_topic
from tests.labeling.making import make_function, make_gold, make_item

pytestmark = pytest.mark.django_db


@pytest.fixture
def function(nadia: User, now: datetime) -> FunctionVersion:
    """Nadia's function fires on a third of 90 messages a week for three weeks, and is right."""
    make_topic("Payout timing")
    nadia.email = "nadia@moss.example"
    nadia.save()
    for number in range(180):
        item = make_item(
            f"{'payout' if number % 3 == 0 else 'other'} {number}",
            sent_at=now - timedelta(weeks=number // 60, days=1),
        )
        if number < 60 and number % 3 == 0:
            make_gold(item, "payout-timing", author=nadia)
    version = make_function("payouts", by=nadia, state="active")
    apply_everything(now=now)
    return version


def test_one_that_is_as_it_was_stays(function: FunctionVersion, now: datetime) -> None:
    assert care(now=now) == []
    assert not mail.outbox


def test_one_that_fires_otherwise_than_before_is_put_on_trial(
    function: FunctionVersion, now: datetime
) -> None:
    recent = Item.objects.filter(sent_at__gt=now - timedelta(weeks=1)).exclude(text__startswith="payout")
    for item in recent:
        Item.objects.filter(pk=item.pk).update(text=f"payout {item.pk}")
    VoteShard.objects.all().delete()
    apply_everything(now=now)

    [drifted] = care(now=now)

    drifted.refresh_from_db()
    assert drifted.state == "trial"
    assert "it fires on 60 of 60 messages of the last week and on 40 of 120 before" in drifted.warning
    assert "standard errors more" in drifted.warning
    [message] = mail.outbox
    assert message.to == ["nadia@moss.example"]
    assert "payouts is back on trial" in message.subject


def test_one_that_is_no_longer_right_is_put_on_trial(
    function: FunctionVersion, now: datetime, nadia: User
) -> None:
    make_topic("Refunds")
    for item in Item.objects.filter(text__startswith="payout", message__annotations=None):
        make_gold(item, "refunds", author=nadia)
    [drifted] = care(now=now)
    drifted.refresh_from_db()
    assert "its precision may be as low as 23%" in drifted.warning
    assert care(now=now) == [], "told once"


def test_an_owner_without_address_breaks_nothing(
    function: FunctionVersion, now: datetime, nadia: User
) -> None:
    User.objects.update(email="")
    Annotation.objects.update(label="other")
    assert care(now=now) == [function.function]
    assert not mail.outbox
