"""Pages of labeling functions: listed, written with a preview, moved, and refused in words."""

from collections.abc import Iterator
from datetime import datetime
from typing import Any

import pytest
from django.test import Client

from helpdesk.models import User
from labeling import measuring, samples
from labeling.applying import apply_everything
from labeling.models import FunctionVersion, Item, LabelingFunction
from tests.copilot.making import make_topic
from tests.labeling.making import make_function, make_gold, make_item

pytestmark = pytest.mark.django_db

LIST, NEW, PREVIEW = "/labeling/functions/", "/labeling/functions/new/", "/labeling/functions/preview/"
WRITTEN = {"slug": "late-payout", "label": "payout-timing", "any": "payout\nmoney", "field": "text"}


@pytest.fixture(autouse=True)
def topics() -> Iterator[None]:
    make_topic("Payout timing")
    make_topic("Refunds")
    samples._drawn.cache_clear()
    yield
    samples._drawn.cache_clear()


@pytest.fixture(autouse=True)
def queued(monkeypatch: pytest.MonkeyPatch) -> list[bool]:
    queued: list[bool] = []
    monkeypatch.setattr("labeling.tasks.expect_votes.delay_on_commit", lambda: queued.append(True))
    return queued


@pytest.fixture
def client(client: Client, nadia: User) -> Client:
    client.force_login(nadia)
    return client


@pytest.fixture
def items(nadia: User) -> list[Item]:
    items = [make_item(text) for text in ("my <b>payout</b> is late", "payout refund", "refund", "hello")]
    make_gold(items[0], "payout-timing", author=nadia)
    make_gold(items[1], "refunds", author=nadia)
    return items


def test_a_function_is_written_and_saved_as_a_draft(client: Client, nadia: User, queued: list[bool]) -> None:
    answer = client.post(NEW, WRITTEN)
    assert answer.url == "/labeling/functions/late-payout/"
    version = FunctionVersion.objects.get()
    assert (version.kind, version.label, version.spec) == (
        "keyword",
        "payout-timing",
        {"any": ["payout", "money"]},
    )
    assert (version.function.state, version.function.owner) == ("draft", nadia)
    assert queued
    assert "payout" in client.get(answer.url).text


def test_a_word_from_elsewhere_is_filled_in(client: Client) -> None:
    text = client.get(f"{NEW}?task=topic&label=payout-timing&keyword=late+money").text
    assert ">late money</textarea>" in text.replace("\n", "")
    assert 'value="payout-timing-late-money"' in text
    assert '<option value="payout-timing" selected>' in text


@pytest.mark.parametrize(
    ("kind", "fields", "spec"),
    [
        ("regex", {"pattern": r"pay\s?outs?", "none": "refund", "field": "subject"},
         {"pattern": r"pay\s?outs?", "none": ["refund"], "field": "subject"}),
        ("field", {"path": "channel", "op": "in", "value": "chat\nweb"},
         {"path": "channel", "op": "in", "value": ["chat", "web"]}),
        ("field", {"path": "channel", "op": "is there", "value": ""}, {"path": "channel", "op": "is there"}),
    ],
)  # fmt: skip
def test_every_kind_has_its_form(
    client: Client, kind: str, fields: dict[str, str], spec: dict[str, Any]
) -> None:
    client.post(f"{NEW}?kind={kind}", {"slug": "one", "label": "refunds", **fields})
    assert FunctionVersion.objects.get().spec == spec


@pytest.mark.parametrize(
    ("query", "change", "message"),
    [
        ("", {"any": ""}, "any has no words: name at least one"),
        ("", {"label": "cheques"}, "cheques is not one of the available choices"),
        ("", {"slug": "new"}, "is that of a page"),
        ("?kind=regex", {"pattern": "(?!x)y"}, "look-ahead, which takes more than linear time"),
        ("?kind=regex", {"pattern": r"(a)\1"}, "back-references take more than linear time"),
        ("?kind=field", {"path": "mood", "op": "is", "value": "x"}, "path is &#x27;mood&#x27;"),
    ],
)
def test_a_bad_function_says_why(client: Client, query: str, change: dict[str, str], message: str) -> None:
    answer = client.post(NEW + query, {**WRITTEN, **change})
    assert answer.status_code == 200
    assert message in answer.text
    assert not LabelingFunction.objects.exists()


def test_a_retired_topic_is_no_label(client: Client, now: datetime) -> None:
    topic = make_topic("Payout timing")
    topic.retired_at = now
    topic.save()
    assert "payout-timing is not one of the available choices" in client.post(NEW, WRITTEN).text


def test_the_preview_tells_coverage_precision_conflicts_and_spans(
    client: Client, items: list[Item], now: datetime
) -> None:
    make_function("refunds", label="refunds", spec={"any": ["refund"]})
    apply_everything(now=now)
    text = client.post(f"{PREVIEW}?task=topic&kind=keyword", {**WRITTEN, "any": "payout"}).text
    assert "Fires on 2 of 4 messages, and is right on 50 %" in text
    assert "my &lt;b&gt;<mark>payout</mark>&lt;/b&gt; is late" in text, "escaped, what fired marked"
    assert "gold says refunds" in text
    assert "refunds: refunds" in text
    assert not LabelingFunction.objects.filter(slug="late-payout").exists()


def test_a_functions_own_votes_are_no_conflict(client: Client, items: list[Item], now: datetime) -> None:
    make_function("refunds", label="refunds", spec={"any": ["refund"]})
    apply_everything(now=now)
    said = {**WRITTEN, "any": "payout"}
    assert "With which functions" in client.post(f"{PREVIEW}?task=topic", said).text
    assert "With which functions" not in client.post(f"{PREVIEW}?task=topic&itself=refunds", said).text


def test_the_preview_sees_new_messages_and_new_gold(client: Client, items: list[Item], nadia: User) -> None:
    said = {**WRITTEN, "any": "payout"}
    client.post(f"{PREVIEW}?task=topic", said)
    make_gold(make_item("another payout"), "payout-timing", author=nadia)
    assert "Fires on 3 of 5 messages, and is right on 67 %" in client.post(f"{PREVIEW}?task=topic", said).text


def test_an_unfinished_function_is_previewed_in_words(client: Client) -> None:
    answer = client.post(f"{PREVIEW}?task=topic&kind=regex", {"label": "refunds", "pattern": "(refund"})
    assert answer.status_code == 200
    assert "missing )" in answer.text
    assert "Votes for: This field is required." in client.post(PREVIEW, {"any": "payout"}).text


def test_the_list_shows_worth_and_warnings(client: Client, items: list[Item], now: datetime) -> None:
    make_function("payouts")
    make_function("dead-one", spec={"any": ["cheque"]})
    apply_everything(now=now)
    measuring.measure("topic", now=now)
    text = client.get(LIST).text
    assert "50 % (15–85 %)" in text
    assert "dead: it fires on no message" in text
    assert "broad: one label for 50% of all messages" in text
    assert "hx-trigger" not in text.split("<main")[1]
    assert "payouts" not in client.get(f"{LIST}?task=validity").text.split("<main")[1]
    assert "No function here yet" in client.get(f"{LIST}?state=retired").text


def test_the_list_shows_how_far_the_worker_is(client: Client, items: list[Item]) -> None:
    make_function("payouts")
    text = client.get(LIST).text
    assert "0 % read" in text
    assert 'hx-trigger="every 3s"' in text
    assert client.get(LIST, headers={"HX-Request": "true"}).text.lstrip().startswith('<div id="functions"')


def test_a_function_of_a_retired_topic_is_warned_of(client: Client, now: datetime) -> None:
    make_function("payouts")
    topic = make_topic("Payout timing")
    topic.retired_at = now
    topic.save()
    assert "its label payout-timing is retired" in client.get(LIST).text
    assert client.get(f"{LIST}payouts/").status_code == 200


def test_the_list_asks_as_much_for_many_as_for_one(
    client: Client, items: list[Item], django_assert_max_num_queries: Any
) -> None:
    for number in range(12):
        make_function(f"f{number}", spec={"any": [f"w{number}"]})
    with django_assert_max_num_queries(16):
        client.get(LIST)


def test_an_edit_is_a_new_version_and_ends_the_problem(client: Client) -> None:
    function = make_function("payouts").function
    LabelingFunction.objects.update(problem="payouts v1: message 7: it broke")
    assert "message 7: it broke" in client.get(f"{LIST}payouts/").text
    client.post(f"{LIST}payouts/", {**WRITTEN, "change": "money too", "note": "Shops say so."})
    function.refresh_from_db()
    assert (function.problem, function.note, function.versions.latest("number").note) == (
        "", "Shops say so.", "money too",
    )  # fmt: skip


def test_a_stopped_function_is_run_again(client: Client, queued: list[bool]) -> None:
    make_function("payouts")
    LabelingFunction.objects.update(problem="it broke")
    client.post(f"{LIST}payouts/again/")
    assert LabelingFunction.objects.get().problem == ""
    assert queued


def test_moving_obeys_the_gate(client: Client) -> None:
    make_function("payouts", state="draft")
    client.post(f"{LIST}payouts/state/", {"to": "trial"})
    assert LabelingFunction.objects.get().state == "trial"
    answer = client.post(f"{LIST}payouts/state/", {"to": "active"}, follow=True)
    assert "stays on trial: its votes are not counted yet" in answer.text
    assert "can&#x27;t become" in client.post(f"{LIST}payouts/state/", {"to": "gone"}, follow=True).text
    assert LabelingFunction.objects.get().state == "trial"


def test_agents_and_strangers_are_refused(client: Client, ana: User) -> None:
    make_function("payouts")
    gets = [LIST, NEW, f"{LIST}payouts/"]
    posts = [NEW, PREVIEW, f"{LIST}payouts/state/", f"{LIST}payouts/again/"]
    client.force_login(ana)
    assert {client.get(page).status_code for page in gets} == {403}
    assert {client.post(page).status_code for page in posts} == {403}
    client.logout()
    assert all("/sign-in/" in client.get(page).url for page in gets)


def test_other_verbs_and_unknown_names_are_refused(client: Client) -> None:
    make_function("payouts")
    assert client.post(LIST).status_code == 405
    assert client.delete(f"{LIST}payouts/").status_code == 405
    assert {
        client.get(page).status_code for page in (PREVIEW, f"{LIST}payouts/state/", f"{LIST}payouts/again/")
    } == {405}
    assert client.get(f"{LIST}gone/").status_code == 404
    assert client.post(f"{LIST}gone/state/").status_code == 404
