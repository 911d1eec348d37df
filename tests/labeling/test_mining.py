"""Suggested functions: mined from one half of the gold, judged on the other, stored as drafts only."""

from datetime import datetime

import pytest
from django.test import Client

from helpdesk.models import User
from labeling import exemplars, mining
from labeling.applying import apply_everything
from labeling.models import Item, LabelingFunction
from tests.copilot.making import make_release, make_topic
from tests.labeling.making import make_function, make_gold, make_item

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def gold(nadia: User) -> None:
    make_topic("Payout timing")
    make_topic("Refunds")
    for number in range(24):
        is_payout = number % 2 == 0
        text = f"zebra payout word{number}" if is_payout else f"lemon tree word{number}"
        make_gold(
            make_item(text, draw=number % 4 / 4), "payout-timing" if is_payout else "refunds", author=nadia
        )


def test_words_that_separate_a_label_are_found_and_judged_elsewhere() -> None:
    ideas = {idea.words: idea for idea in mining.suggest("topic")}
    assert set(ideas) == {"zebra", "payout", "lemon", "tree"}
    assert (ideas["zebra"].label, ideas["zebra"].n_mined) == ("payout-timing", 6)
    assert (ideas["zebra"].worth.estimate, ideas["zebra"].worth.n) == (1.0, 6)


def test_what_a_function_says_already_is_not_suggested() -> None:
    make_function(spec={"any": ["Zebra"]})
    assert "zebra" not in {idea.words for idea in mining.suggest("topic")}


def test_they_come_as_drafts_with_their_origin_and_once(nadia: User, now: datetime) -> None:
    assert len(mining.store("topic", by=nadia, now=now)) == 4
    function = LabelingFunction.objects.get(slug="payout-timing-zebra")
    assert (function.state, function.owner) == ("draft", nadia)
    assert (
        function.note
        == "Suggested: on 6 messages of one half of the gold, right on 100% of 6 on the other half."
    )
    assert mining.store("topic", by=nadia, now=now) == []
    assert mining.suggest("validity") == []


def test_labels_that_rules_hardly_reach_get_exemplars(nadia: User, now: datetime) -> None:
    assert exemplars.store("topic", by=nadia, now=now) == [], "no release is live"
    make_release()
    for number in range(8):
        make_gold(make_item(f"cherry {number}"), "refunds", author=nadia)
    make_function("trees", label="refunds", spec={"any": ["word1", "word3", "word5"]})
    apply_everything(now=now)

    [version] = exemplars.store("topic", by=nadia, now=now)

    assert (version.label, version.function.state) == ("refunds", "draft"), "payouts have too little gold"
    assert len(version.spec["exemplars"]) == 8
    assert not {item.pk for item in Item.objects.filter(text__endswith="word1")} & {
        *version.spec["exemplars"]
    }
    assert "rules reach 15% of this label's gold" in version.function.note
    assert exemplars.store("topic", by=nadia, now=now) == []


def test_the_page_asks_for_them(client: Client, nadia: User, ana: User) -> None:
    client.force_login(nadia)
    text = client.post("/labeling/functions/suggest/", {"task": "topic"}, follow=True).text
    assert "4 new drafts." in text
    assert "payout-timing-zebra" in text
    assert "Nothing new" in client.post("/labeling/functions/suggest/", {"task": "topic"}, follow=True).text
    assert client.post("/labeling/functions/suggest/", {"task": "mood"}).status_code == 404
    assert client.get("/labeling/functions/suggest/").status_code == 405
    client.force_login(ana)
    assert client.post("/labeling/functions/suggest/", {"task": "topic"}).status_code == 403
