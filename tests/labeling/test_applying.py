"""Votes are computed once a rule and shard; what grew or changed is computed again, and nothing else."""

from datetime import datetime, timedelta

import pytest
from django.utils import timezone

from helpdesk.models import Message
from labeling import applying, tasks, writing
from labeling.applying import apply_everything, votes_for
from labeling.models import SHARD, FunctionVersion, Item, LabelingFunction, VoteShard
from tests.copilot.making import make_topic
from tests.labeling.making import make_function, make_item

pytestmark = pytest.mark.django_db

TEXTS = ["my payout is late", "refund please", "payout and refund", "hello"]
BOTH = ("trial", "active")


@pytest.fixture(autouse=True)
def topics() -> None:
    make_topic("Payout timing")
    make_topic("Refunds")


@pytest.fixture
def items() -> list[Item]:
    return [make_item(text) for text in TEXTS]


def test_votes_are_read_as_one_matrix(items: list[Item], now: datetime) -> None:
    make_function("a-payout")
    make_function("b-refund", label="refunds", spec={"any": ["refund"]})
    make_function("c-draft", state="draft")

    apply_everything(now=now)
    said = votes_for("topic", states=BOTH)

    assert said.message_ids.tolist() == [item.pk for item in items]
    assert [version.function.slug for version in said.versions] == ["a-payout", "b-refund"]
    assert said.labels == ("payout-timing", "refunds")
    assert said.votes.to_matrix().tolist() == [[0, -1], [-1, 1], [0, 1], [-1, -1]]
    assert votes_for("topic").votes.m == 0, "none is active"
    assert votes_for("validity", states=BOTH).votes.to_matrix().shape == (4, 0)


def test_facts_of_case_and_customer_are_read(items: list[Item], now: datetime) -> None:
    customer = items[1].message.case.customer
    customer.attributes = {"plan": "Chain"}
    customer.save()
    make_function("chain", kind="field", spec={"path": "customer.plan", "op": "is", "value": "chain"})
    make_function("words", spec={"any": ["hello"]})
    apply_everything(now=now)
    assert votes_for("topic", states=BOTH).votes.to_matrix().tolist() == [
        [-1, -1],
        [0, -1],
        [-1, -1],
        [-1, 0],
    ]


def test_what_is_computed_is_not_computed_again(items: list[Item], now: datetime) -> None:
    make_function()
    assert apply_everything(now=now) == 1
    assert apply_everything(now=now + timedelta(days=1)) == 0
    assert VoteShard.objects.get().computed_at == now


def test_editing_one_function_computes_one_column(items: list[Item], now: datetime) -> None:
    kept, edited = make_function(), make_function(spec={"any": ["money"]})
    apply_everything(now=now)
    later = now + timedelta(hours=1)

    writing.edit(
        edited.function,
        kind="keyword",
        label="payout-timing",
        spec={"any": ["hello"]},
        by=None,
        now=later,
        note="",
    )
    apply_everything(now=later)

    assert VoteShard.objects.get(sha256=kept.sha256).computed_at == now
    assert VoteShard.objects.filter(computed_at=later).count() == 1
    assert votes_for("topic", states=BOTH).votes.to_matrix()[:, 1].tolist() == [-1, -1, -1, 0]


def test_a_new_item_has_only_its_own_shard_read_again(items: list[Item], now: datetime) -> None:
    make_function()
    far = make_item("another payout")
    Item.objects.filter(pk=far.pk).delete()
    apply_everything(now=now)
    far.message.pk = 3 * SHARD + 7
    far.message.external_id = "far"
    far.message.save(force_insert=True)
    make_item("another payout", message=far.message)
    later = now + timedelta(hours=1)

    apply_everything(now=later)

    assert dict(VoteShard.objects.values_list("shard", "computed_at"))[3] == later
    assert VoteShard.objects.filter(computed_at=now).count() == 1
    said = votes_for("topic", states=BOTH)
    assert said.message_ids[-1] == 3 * SHARD + 7
    assert said.votes.to_matrix()[:, 0].tolist() == [0, -1, 0, -1, 0]


def test_an_item_that_is_gone_takes_its_vote_along(items: list[Item], now: datetime) -> None:
    make_function()
    apply_everything(now=now)
    items[0].message.delete()
    assert votes_for("topic", states=BOTH).votes.to_matrix()[:, 0].tolist() == [-1, 0, -1]
    assert apply_everything(now=now) == 1, "the shard has changed"


def test_a_retired_label_is_no_class_any_more(items: list[Item], now: datetime) -> None:
    make_function()
    apply_everything(now=now)
    topic = make_topic("Payout timing")
    topic.retired_at = timezone.now()
    topic.save()
    said = votes_for("topic", states=BOTH)
    assert said.labels == ("refunds",)
    assert not len(said.votes.rows)


def test_two_functions_that_say_the_same_are_computed_once(items: list[Item], now: datetime) -> None:
    make_function()
    make_function()
    apply_everything(now=now)
    assert VoteShard.objects.count() == 1
    assert votes_for("topic", states=BOTH).votes.to_matrix().tolist()[0] == [0, 0]


def test_a_crash_names_function_and_stops_it_alone(
    items: list[Item], now: datetime, monkeypatch: pytest.MonkeyPatch
) -> None:
    make_function("good")
    bad = make_function("bad", kind="regex", spec={"pattern": r"\p{L}{300}x"})
    monkeypatch.setattr("labeling.functions.engine.MEMORY", 1_000_000)

    apply_everything(now=now)

    function = LabelingFunction.objects.get(slug="bad")
    assert function.problem.startswith("bad v1: the patterns together take too much memory")
    assert list(VoteShard.objects.values_list("sha256", flat=True)) != [bad.sha256]
    assert VoteShard.objects.count() == 1
    assert apply_everything(now=now) == 0, "it is not run again"

    writing.edit(
        function, kind="keyword", label="refunds", spec={"any": ["refund"]}, by=None, now=now, note=""
    )
    assert apply_everything(now=now) == 1, "until it is mended"


def test_progress_is_told_in_items(items: list[Item], now: datetime) -> None:
    version = make_function()
    assert applying.progress([version]) == {version.sha256: 0}
    apply_everything(now=now)
    assert applying.progress([version]) == {version.sha256: 4}


def test_what_is_missing_is_queued_newest_shard_first(
    items: list[Item], now: datetime, monkeypatch: pytest.MonkeyPatch
) -> None:
    version = make_function()
    queued = []
    monkeypatch.setattr(
        "labeling.tasks.apply_functions.apply_async", lambda **options: queued.append(options["kwargs"])
    )
    assert applying.expect(now=now) == 1
    assert queued == [{"shard": items[0].pk // SHARD, "version_ids": [version.pk]}]
    apply_everything(now=now)
    assert applying.expect(now=now) == 0


def test_the_tasks_do_what_was_queued(
    items: list[Item], now: datetime, monkeypatch: pytest.MonkeyPatch
) -> None:
    version = make_function()
    monkeypatch.setattr(
        "labeling.tasks.apply_functions.apply_async",
        lambda **options: tasks.apply_functions(**options["kwargs"]),
    )
    tasks.expect_votes()
    assert VoteShard.objects.get().sha256 == version.sha256
    assert not hasattr(FunctionVersion.objects.get(), "figures")
    tasks.expect_votes()
    assert FunctionVersion.objects.get().figures.n_hits == 2, "counted once nothing is missing"
    Message.objects.filter(pk=items[0].pk).update(body="x")
    Item.objects.filter(pk=items[0].pk).delete()
    tasks.collect_items()
    assert Item.objects.count() == 4
    tasks.care_for_functions()
