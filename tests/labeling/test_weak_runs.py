"""Weak labels in the background: ordered once a task, made of votes, judged by gold, read by message."""

from datetime import datetime, timedelta
from types import SimpleNamespace

import numpy as np
import pytest
from django.db import connection

from helpdesk.models import User
from labeling import weak_examples, weak_runs
from labeling.applying import apply_everything
from labeling.jobs import DIED
from labeling.models import FunctionVersion, Item, WeakLabelRun, WeakLabelShard
from labeling.training.gold_only import said_by_gold_only
from labeling.weak_labels import weak_labels
from labeling.weak_runs import WeakLabelsRefusedError
from tests.copilot.making import make_topic
from tests.labeling.making import make_function, make_gold, make_item
from tests.pipelines import FakeEncoder

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def topics() -> None:
    make_topic("Payout timing")
    make_topic("Refunds")


@pytest.fixture
def items(nadia: User) -> list[Item]:
    """Twenty on payouts and twenty on refunds, all with gold, and two that nobody votes on."""
    texts = [f"payout {n}" for n in range(20)] + [f"refund {n}" for n in range(20)]
    items = [make_item(text) for text in texts]
    for number, item in enumerate(items):
        make_gold(item, "payout-timing" if number < 20 else "refunds", author=nadia)
    return [*items, make_item("hello"), make_item("good day")]


@pytest.fixture
def functions(items: list[Item], now: datetime) -> list[FunctionVersion]:
    """Two that are right, and one that takes some refunds for payouts."""
    made = [
        make_function("a-payout", state="active"),
        make_function("b-refund", state="active", label="refunds", spec={"any": ["refund"]}),
        make_function("c-wrong", state="active", spec={"any": ["30", "31", "refund 19"]}),
    ]
    make_function("d-on-trial", spec={"any": ["hello"]})
    apply_everything(now=now)
    return made


@pytest.fixture
def live(monkeypatch: pytest.MonkeyPatch) -> None:
    """A release whose encoder is a fake."""
    monkeypatch.setattr("labeling.weak_runs.releases.live", lambda: object())
    fake = SimpleNamespace(encoder=FakeEncoder())
    monkeypatch.setattr("labeling.weak_runs.releases.pipeline_of", lambda _: fake)


def made(now: datetime, *, task: str = "topic", method: str = "", seed: int = 1) -> WeakLabelRun:
    return weak_runs.run(weak_runs.order(task=task, method=method, seed=seed, by=None, now=now).pk)


def stored() -> dict[int, tuple[str, float]]:
    """The weak labels of topics, by message."""
    found = weak_labels("topic")
    assert found
    columns = (found.message_ids.tolist(), found.classes.tolist(), found.probabilities.tolist())
    return {message: (found.labels[number], sure) for message, number, sure in zip(*columns, strict=True)}


@pytest.mark.usefixtures("functions", "live")
def test_a_run_labels_what_functions_vote_on_and_nothing_else(items: list[Item], now: datetime) -> None:
    run = made(now)

    assert (run.state, run.problem) == ("finished", "")
    assert (run.n_items, run.n_covered, run.n_gold, run.n_gold_covered) == (42, 40, 40, 40)
    found = stored()
    assert found[items[0].pk][0] == "payout-timing"
    assert items[40].pk not in found
    assert items[41].pk not in found


@pytest.mark.usefixtures("functions", "live")
def test_a_tie_is_no_label(items: list[Item], now: datetime) -> None:
    run = made(now, method="majority")

    assert items[39].pk not in stored()  # "refund 19": two functions, two opinions
    assert run.n_labelled == 39


@pytest.mark.usefixtures("functions", "live")
def test_all_labels_come_as_columns(items: list[Item], now: datetime) -> None:
    run = made(now, method="gold_weighted")
    found = weak_labels("topic")

    assert found is not None
    assert found.run == run
    assert found.message_ids.tolist() == sorted(found.message_ids.tolist())
    said = {found.labels[number] for number in found.classes[:20]}
    assert said == {"payout-timing"}
    assert (found.probabilities > 0.5).all()
    assert stored()[items[0].pk] == ("payout-timing", float(found.probabilities[0]))


@pytest.mark.usefixtures("functions", "live")
def test_every_candidate_stands_beside_gold_only(now: datetime) -> None:
    run = made(now)

    candidates = {each.name: each for each in run.candidates.all()}
    assert set(candidates) == {"majority", "gold_weighted", "label_model", "gold_only"}
    assert candidates["majority"].difference is None
    assert candidates["gold_weighted"].low is not None
    assert candidates["gold_only"].n_gold == 40
    assert run.method in candidates
    assert {each.name for each in candidates.values() if each.problem} == set()


@pytest.mark.usefixtures("functions")
def test_without_a_release_gold_only_says_why_it_is_missing(now: datetime) -> None:
    run = made(now)

    assert run.candidates.get(name="gold_only").problem == (
        "no release is live, so no encoder reads the messages: promote one"
    )


@pytest.mark.usefixtures("functions", "live")
def test_figures_are_kept_by_function_label_and_pair(now: datetime) -> None:
    run = made(now, method="majority")

    wrong = run.functions.get(version__function__slug="c-wrong")
    assert (wrong.hits, wrong.overlaps, wrong.conflicts, wrong.n_gold, wrong.n_right) == (1, 1, 1, 1, 0)
    refunds = run.classes.get(label="refunds")
    assert (refunds.votes, refunds.n_gold, refunds.n_found, refunds.n_labelled) == (20, 20, 20, 19)
    assert run.confusions.get(gold="refunds", said="").n == 1
    assert [version.function.slug for version in run.versions.order_by("function__slug")] == [
        "a-payout", "b-refund", "c-wrong",
    ]  # fmt: skip


@pytest.mark.usefixtures("functions", "live")
def test_the_same_makes_the_same_and_earlier_labels_go_but_not_their_figures(
    now: datetime, items: list[Item], nadia: User
) -> None:
    first, again = made(now), made(now)
    assert first.sha256 == again.sha256

    item = items[40]
    make_gold(item, "refunds", author=nadia)
    third = made(now)

    assert third.sha256 != first.sha256
    assert set(WeakLabelShard.objects.values_list("run_id", flat=True)) == {third.pk}
    assert first.candidates.count() == 4


@pytest.mark.usefixtures("functions", "live")
def test_gold_that_is_stale_or_was_led_judges_nothing(now: datetime, items: list[Item]) -> None:
    items[0].message.annotations.update(stale_at=now)
    items[1].message.annotations.update(topic_filter="payout-timing")

    assert made(now).n_gold == 38


def test_a_task_without_active_functions_says_so(now: datetime) -> None:
    run = made(now, task="answer")

    assert run.state == "failed"
    assert run.problem == "no function of answer is active: activate some that gold speaks for"


@pytest.mark.usefixtures("live")
def test_a_method_that_cannot_be_fitted_fails_in_words(now: datetime, nadia: User) -> None:
    make_item("payout")
    make_function("only", state="active")
    apply_everything(now=now)

    assert "3 are needed" in made(now, method="label_model").problem
    assert "no gold to weigh votes by" in made(now, method="gold_weighted").problem


def test_one_run_of_a_task_at_a_time(now: datetime) -> None:
    weak_runs.order(task="topic", method="", seed=1, by=None, now=now)
    with pytest.raises(WeakLabelsRefusedError, match="weak labels of topic are being made already"):
        weak_runs.order(task="topic", method="", seed=1, by=None, now=now)
    weak_runs.order(task="validity", method="", seed=1, by=None, now=now)


@pytest.mark.parametrize(
    ("field", "error"),
    [({"task": "wording"}, "task is 'wording'"), ({"method": "magic"}, "method is 'magic'")],
)
def test_an_order_of_nothing_known_is_refused(now: datetime, field: dict[str, str], error: str) -> None:
    with pytest.raises(WeakLabelsRefusedError, match=error):
        weak_runs.order(**{"task": "topic", "method": "", "seed": 1, "by": None, "now": now, **field})


def test_a_run_whose_process_died_is_failed_and_a_lost_one_is_queued_again(
    now: datetime, monkeypatch: pytest.MonkeyPatch
) -> None:
    queued: list[int] = []
    monkeypatch.setattr("labeling.tasks.label_weakly.delay", lambda job_id: queued.append(job_id))
    died = WeakLabelRun.objects.create(task="topic", seed=1, state="running", ordered_at=now)
    lost = WeakLabelRun.objects.create(task="answer", seed=1, ordered_at=now - timedelta(minutes=5))

    assert weak_runs.JOBS.sweep(now=now) == 2

    died.refresh_from_db()
    assert (died.state, died.problem) == ("failed", DIED)
    assert queued == [lost.pk]


def test_a_run_that_ended_is_not_done_again(now: datetime) -> None:
    run = made(now)
    assert weak_runs.run(run.pk).ended_at == run.ended_at


def test_an_unforeseen_error_is_stored_and_raised(now: datetime, monkeypatch: pytest.MonkeyPatch) -> None:
    def crash(task: str) -> None:
        raise RuntimeError("no memory")

    monkeypatch.setattr("labeling.weak_runs.votes_for", crash)
    run = weak_runs.order(task="topic", method="", seed=1, by=None, now=now)

    with pytest.raises(RuntimeError):
        weak_runs.run(run.pk)

    run.refresh_from_db()
    assert (run.state, run.problem) == ("failed", "RuntimeError: no memory")


def test_no_run_no_labels() -> None:
    assert weak_labels("topic") is None


@pytest.mark.usefixtures("functions", "live")
def test_reading_labels_takes_two_queries(now: datetime, django_assert_num_queries: object) -> None:
    made(now)
    with django_assert_num_queries(2, connection=connection):
        weak_labels("topic")


def test_gold_only_learns_from_others_alone() -> None:
    rng = np.random.default_rng(1)
    vectors = rng.normal(size=(60, 8)).astype(np.float32)
    labels = ["a" if number % 2 else "b" for number in range(60)]
    separable = vectors + np.array([3.0 if label == "a" else -3.0 for label in labels])[:, None]

    assert said_by_gold_only(separable.astype(np.float32), labels, seed=1) == labels
    noise = said_by_gold_only(vectors, labels, seed=1)
    assert np.mean([one == two for one, two in zip(noise, labels, strict=True)]) < 0.8
    with pytest.raises(ValueError, match="two are needed to tell them apart"):
        said_by_gold_only(vectors, ["a"] * 60, seed=1)


@pytest.mark.usefixtures("functions", "live")
def test_datasets_take_the_labels_of_the_newest_run(items: list[Item], now: datetime) -> None:
    assert weak_examples.stored() is None
    run = made(now)
    weak = weak_examples.stored()
    assert weak is not None
    labels = {each.message_id: each for each in weak.labels}
    assert (labels[items[0].pk].task, labels[items[0].pk].label) == ("topic", "payout-timing")
    assert items[40].pk not in labels
    assert all(0 < each.weight <= 1 for each in weak.labels)
    assert set(weak.functions) == {"a-payout v1", "b-refund v1", "c-wrong v1"}
    assert weak.settings["topic"] == {"method": run.method, "seed": 1, "sha256": run.sha256}
