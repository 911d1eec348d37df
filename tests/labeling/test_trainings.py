"""Trainings: one of a stage at a time, cancelled between steps, and never left half done."""

import signal
import subprocess
import sys
from datetime import datetime
from pathlib import Path

import pytest
from django.core.management import CommandError, call_command
from django.utils import timezone

from copilot import datasets, releases
from copilot.datasets import Split, key_of
from copilot.evaluation.gate import Finding
from copilot.models import Evaluation, Release
from copilot.pipeline.types import Question
from labeling import trainings
from labeling.jobs import DIED
from labeling.models import TrainingRun
from labeling.splitting import split_by_time
from labeling.training.steps import Step
from tests.copilot.making import make_topic
from tests.pipelines import CATALOG, WITH_GIFTS, gift_text, make_dataset, make_example
from tests.processes import ROOT, environment, wait_until

pytestmark = pytest.mark.django_db


@pytest.fixture
def dataset(settings: object, tmp_path: Path) -> str:
    """The small world as a dataset with a test split; its topics are in the catalog."""
    settings.DATASETS_ROOT = tmp_path
    datasets.write(
        tmp_path / "small",
        split_by_time(make_dataset().examples, share=0.2),
        {"name": "small"},
        catalog=CATALOG,
    )
    for slug in ("payouts", "refunds", "reader"):
        make_topic(slug)
    return "small"


def order(dataset: str, stage: str = "all", **options: object) -> TrainingRun:
    fields = {"seed": 1, "target_risk": 0.3, "by": None, "now": timezone.now()}
    return trainings.order(stage=stage, dataset=dataset, **{**fields, **options})


def test_a_run_makes_a_candidate_with_its_card(release: Release, dataset: str) -> None:
    told: list[Step] = []

    run = trainings.run(order(dataset).pk, tell=lambda step, share: told.append(step))

    made = run.release
    assert (run.state, run.problem, made.state, made.dataset) == ("finished", "", "candidate", "small")
    assert list(dict.fromkeys(told)) == [
        Step.ENCODER, Step.READING, Step.TOPICS, Step.VALIDITY, Step.ANSWERS, Step.FLOORS, Step.SAVING, Step.BASELINES,
        Step.EVALUATING,
    ]  # fmt: skip
    assert made.card["test"]["figures"]["topic"]["n"] > 10
    assert set(made.card["baselines"]["topic"]) == {
        "Majority class", "TF-IDF and a linear model", "Nearest example", f"Live release {release.pk}",
    }  # fmt: skip
    assert made.card["floors"]["confidence"]["n"] >= 0
    assert made.card["code"]
    assert made.learned_from
    assert Evaluation.objects.filter(release__in=[made, release]).count() == 2


def test_the_same_order_gives_the_same_heads(release: Release, dataset: str) -> None:
    one, other = (trainings.run(order(dataset).pk).release for _ in range(2))
    assert {kind: part.sha256 for kind, part in one.parts.items()} == {
        kind: part.sha256 for kind, part in other.parts.items()
    }
    assert one.floors == other.floors


def test_a_topic_that_is_retired_is_left_out_and_named(release: Release, dataset: str, now: datetime) -> None:
    topic = make_topic("refunds")
    topic.retired_at = now
    topic.save()

    made = trainings.run(order(dataset).pk).release

    assert made.card["topics"] == ["payouts", "reader"]
    assert made.card["topics_not_in_catalog"] == ["refunds"]


def test_the_second_training_of_a_stage_is_refused(dataset: str) -> None:
    order(dataset, "topic")
    with pytest.raises(
        trainings.TrainingRefusedError, match=r"a training of topic is under way \(training \d+ of"
    ):
        order(dataset, "topic")
    order(dataset, "answer")


@pytest.mark.parametrize("risk", [0, 1, -0.1])
def test_a_target_risk_is_a_share(dataset: str, risk: float) -> None:
    with pytest.raises(trainings.TrainingRefusedError, match="a share between 0 and 1 is needed"):
        order(dataset, target_risk=risk)


def test_a_run_is_done_once(release: Release, dataset: str) -> None:
    run = trainings.run(order(dataset).pk)
    assert trainings.run(run.pk).release == run.release
    assert Release.objects.count() == 2


def test_a_waiting_run_is_cancelled_at_once(dataset: str, now: datetime) -> None:
    run = order(dataset)
    assert trainings.JOBS.cancel(run.pk, now=now)
    assert trainings.run(run.pk).state == "cancelled"
    assert not trainings.JOBS.cancel(run.pk, now=now)


def test_a_running_one_ends_at_its_next_sign_of_life(release: Release, dataset: str, now: datetime) -> None:
    run = order(dataset)

    def change_my_mind(step: Step, share: float) -> None:
        if step is Step.TOPICS:
            trainings.JOBS.cancel(run.pk, now=now)

    ended = trainings.run(run.pk, tell=change_my_mind)

    assert (ended.state, ended.step, ended.release) == ("cancelled", Step.TOPICS, None)
    assert Release.objects.count() == 1


@pytest.mark.parametrize("step", [Step.TOPICS, Step.VALIDITY, Step.ANSWERS])
def test_a_long_step_is_left_in_its_middle(release: Release, dataset: str, now: datetime, step: Step) -> None:
    run, told = order(dataset), []

    def change_my_mind(at: Step, share: float) -> None:
        told.append((at, share))
        if at is step and 0 < share < 0.7:
            trainings.JOBS.cancel(run.pk, now=now)

    ended = trainings.run(run.pk, tell=change_my_mind)

    assert (ended.state, ended.step, ended.release) == ("cancelled", step, None)
    assert [share for at, share in told if at is step][-1] < 0.7, "it did not go on with the step"


def test_a_long_step_gives_signs_of_life(release: Release, dataset: str) -> None:
    told: list[tuple[Step, float]] = []
    trainings.run(order(dataset).pk, tell=lambda step, share: told.append((step, share)))
    shares = {step: [share for at, share in told if at is step] for step in Step}
    for step, fewest in ((Step.TOPICS, 24), (Step.VALIDITY, 6), (Step.ANSWERS, 6)):
        assert len(shares[step]) >= fewest
        assert shares[step] == sorted(shares[step])
        assert max(shares[step]) < 1


def test_too_little_data_is_a_reason(release: Release, dataset: str, settings: object) -> None:
    kept = [example for example in make_dataset().examples if example.reason]
    datasets.write(settings.DATASETS_ROOT / "thin", kept, {}, catalog=CATALOG)
    run = trainings.run(order("thin").pk)
    assert (run.state, run.problem) == (
        "failed",
        "thin: topic: 0 topics have 3 cases, two are needed: label more",
    )


def test_without_a_live_release_all_must_be_trained(dataset: str) -> None:
    run = trainings.run(order(dataset, "answer").pk)
    assert run.problem == "no release is live to keep the other stages from: train all, not answer"


def test_one_stage_needs_the_topics_of_the_live_release(release: Release, dataset: str) -> None:
    run = trainings.run(order(dataset, "validity").pk)
    assert run.problem.startswith("small: the dataset and the live release know different topics (")
    assert run.problem.endswith("): train topic")


def test_one_stage_keeps_the_others_bit_for_bit(dataset: str, release: Release) -> None:
    live = trainings.run(order(dataset).pk).release
    findings = (Finding(True, "all well"),)
    releases.promote(live, against=release, findings=findings, actor=None, now=timezone.now())

    made = {
        stage: trainings.run(order(dataset, stage, target_risk=0.5).pk).release
        for stage in ("topic", "validity", "answer")
    }

    def changed(stage: str) -> set[str]:
        """The kinds of artifact that are not the live release's."""
        parts = made[stage].parts
        return {kind for kind, artifact in live.parts.items() if parts[kind] != artifact}

    # The same data and seed give the same heads again, whichever stage is trained.
    assert {stage: changed(stage) for stage in made} == {"topic": set(), "validity": set(), "answer": set()}
    assert made["validity"].topic_floor == live.topic_floor
    assert made["answer"].validity_floor == live.validity_floor
    assert made["answer"].card["kept_from"] == live.pk

    other = trainings.run(order(dataset, "answer", seed=2).pk).release
    assert {kind for kind, artifact in live.parts.items() if other.parts[kind] != artifact} == {"answer"}


@pytest.fixture
def with_gifts(dataset: str, release: Release, settings: object) -> str:
    """The small world is live; the dataset returned also knows a fourth topic, of which that knows nothing."""
    live = trainings.run(order(dataset).pk).release
    findings = (Finding(True, "all well"),)
    releases.promote(live, against=release, findings=findings, actor=None, now=timezone.now())
    examples = split_by_time(make_dataset().examples, share=0.2)
    texts = [gift_text(number) for number in range(12)]
    gifts = [
        make_example(500 + number, text, topic="gift-cards", answer="gift-sell",
                     split=Split.TRAIN if number < 8 else Split.TEST)
        for number, text in enumerate(texts)
    ]  # fmt: skip
    datasets.write(
        settings.DATASETS_ROOT / "gifts", [*examples, *gifts], {"name": "gifts"}, catalog=WITH_GIFTS
    )
    return "gifts"


def test_a_topic_is_added_and_all_else_is_kept(with_gifts: str, capsys: pytest.CaptureFixture[str]) -> None:
    live = releases.live()
    make_topic("gift-cards")

    call_command("train", "topic", add="gift-cards", dataset=with_gifts)

    made = Release.objects.latest("pk")
    assert capsys.readouterr().out.splitlines()[-1] == f"{made.name} is a candidate."
    assert made.card["topics"] == ["gift-cards", "payouts", "reader", "refunds"]
    assert made.card["grown"] == {
        "topic": "gift-cards", "n_examples": 8, "n_others": made.card["grown"]["n_others"], "n_answers": 1, "n_uses": 8,
        "kept": ["payouts", "reader", "refunds"],
    }  # fmt: skip
    assert made.card["grown"]["n_others"] > 40
    assert (made.card["kept_from"], made.floors, made.encoder) == (live.pk, live.floors, live.encoder)
    assert made.card["floors"] == live.card["floors"]
    assert made.card["test"]["classes"]["gift-cards"]["n"] == 4
    assert made.card["test"]["figures"]["topic"]["k"] >= 0
    assert made.note.startswith("topic gift-cards added on gifts (")
    assert TrainingRun.objects.latest("pk").adds == "gift-cards"
    outcome = releases.pipeline_of(made).run([Question(gift_text(8), "en")], catalog=WITH_GIFTS)[0]
    assert outcome.topic_candidates[0][0] == "gift-cards"


@pytest.mark.parametrize(
    ("topic", "is_listed", "problem"),
    [
        ("gift-cards", False, "topic gift-cards is not in the catalog, or retired: put it there first"),
        ("reader", True, r"Release \d+ knows topic reader already: train topic, without adding it"),
        ("stands", True, "gifts: topic stands has 0 cases, 3 are needed: label more"),
    ],
)
def test_a_topic_that_cannot_be_added_is_refused(
    with_gifts: str, topic: str, is_listed: bool, problem: str
) -> None:
    if is_listed:
        make_topic(topic)
    with pytest.raises(CommandError, match=f"(?i){problem}"):
        call_command("train", "topic", add=topic, dataset=with_gifts)


def test_a_topic_is_added_to_the_topic_stage_only(dataset: str) -> None:
    with pytest.raises(CommandError, match="a topic can't be added to all: train topic to add gift-cards"):
        call_command("train", "all", add="gift-cards", dataset=dataset)


def test_rows_that_a_kept_head_learned_from_are_no_test(dataset: str, release: Release) -> None:
    live = trainings.run(order(dataset).pk).release
    tested = [e for e in split_by_time(make_dataset().examples, share=0.2) if e.split is Split.TEST]
    Release.objects.filter(pk=live.pk).update(learned_from=[key_of(example.text) for example in tested[:4]])
    findings = (Finding(True, "all well"),)
    releases.promote(live, against=release, findings=findings, actor=None, now=timezone.now())

    card = trainings.run(order(dataset, "answer").pk).release.card

    assert (card["test"]["n"], card["test"]["n_left_out"]) == (len(tested) - 4, 4)
    others = card["baselines"]["recognised"].values()
    assert {rate["n"] for rate in others} == {len(tested) - 4}


def test_the_command_says_what_is_wrong(release: Release, dataset: str) -> None:
    with pytest.raises(CommandError, match="there is no dataset 'gone': name one of small"):
        call_command("train", "all", dataset="gone")
    order(dataset, "all")
    with pytest.raises(CommandError, match="a training of all is under way"):
        call_command("train", "all", dataset=dataset)


def test_a_release_remembers_what_it_learned_from(release: Release, dataset: str) -> None:
    made = trainings.run(order(dataset).pk).release
    examples = split_by_time(make_dataset().examples, share=0.2)
    trained = {key_of(example.text) for example in examples if example.split is Split.TRAIN}
    assert set(made.learned_from) == trained


@pytest.mark.parametrize("stage", ["encoder", "all"])
def test_one_topic_is_too_few_to_learn_from(
    release: Release, dataset: str, settings: object, stage: str
) -> None:
    kept = [example for example in make_dataset().examples if example.topic in {None, "reader"}]
    datasets.write(settings.DATASETS_ROOT / "thin", kept, {}, catalog=CATALOG)
    run = trainings.run(order("thin", stage).pk)
    assert run.state == "failed"
    assert run.problem in {
        "thin: encoder: examples of two topics are needed to tell them apart: label more",
        "thin: topic: 1 topics have 3 cases, two are needed: label more",
    }


@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize("step", [pytest.param(Step.ENCODER, marks=pytest.mark.slow), Step.BASELINES])
def test_a_killed_process_leaves_a_stage_free(
    dataset: str, release: Release, settings: object, step: Step
) -> None:
    """Killed before anything was stored, and when every artifact was: the next run begins anew and is whole."""
    run = order(dataset)
    code = (
        "import django, os, time; django.setup(); from labeling import trainings; "
        f"trainings.run({run.pk}, tell=lambda step, _: step == {str(step)!r} and time.sleep(60))"
    )
    here = environment(DATASETS_ROOT=str(settings.DATASETS_ROOT))
    process = subprocess.Popen([sys.executable, "-c", code], cwd=ROOT, env=here)
    try:
        wait_until(lambda: TrainingRun.objects.get().step == step, "the training is so far", seconds=90)
        assert trainings.JOBS.sweep(now=timezone.now()) == 0, "it is alive"
        process.send_signal(signal.SIGKILL)
        process.wait()
        wait_until(lambda: trainings.JOBS.sweep(now=timezone.now()) == 1, "its lock is free", seconds=20)
    finally:
        process.kill()
    assert TrainingRun.objects.get().problem == DIED
    assert Release.objects.get() == release
    again = trainings.run(order(dataset).pk)
    assert (again.state, Release.objects.count()) == ("finished", 2)
    releases.pipeline_of(again.release)
