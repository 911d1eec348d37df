"""Training judged by folds and by time, and the command that tells of both."""

import json
from dataclasses import replace
from datetime import datetime, timedelta
from pathlib import Path

import pytest
from django.core.management import call_command

from copilot import datasets
from copilot.datasets import Example, Source
from copilot.evaluation.rows import from_lists
from copilot.models import Evaluation, Release
from labeling import backtesting
from labeling.splitting import split_by_time
from labeling.training import crossfit
from tests.pipelines import CATALOG, START, FakeEncoder, make_dataset

pytestmark = pytest.mark.django_db


def dated() -> list[Example]:
    """One example an hour, each of its own case."""
    examples = make_dataset().examples
    return [
        replace(example, at=START + timedelta(hours=at), case=str(at), message=str(1000 + at))
        for at, example in enumerate(examples)
    ]


def test_the_latest_quarter_is_judged_by_what_came_before(monkeypatch: pytest.MonkeyPatch) -> None:
    examples = dated()
    learned: list[Example] = []
    prepare = backtesting.prepare

    def noting(dataset: datasets.Dataset, **options: object) -> object:
        learned.extend(dataset.examples)
        return prepare(dataset, **options)

    monkeypatch.setattr(backtesting, "prepare", noting)
    dataset = replace(make_dataset(), examples=tuple(examples))
    rows = backtesting.forward(dataset, encoder=FakeEncoder(), seed=1, languages=("en",))
    assert len(rows) == round(len(examples) / 4)
    judged = {int(row.case) for row in rows}
    assert min(judged) > max(int(example.case) for example in learned)
    assert {row.message for row in rows} == {str(1000 + case) for case in judged}


@pytest.mark.parametrize("why", [{"stale": ("topic",)}, {"anchored": True}, {"source": Source.WEAK}])
def test_what_may_not_judge_is_learned_from_in_both(
    release: Release, now: datetime, monkeypatch: pytest.MonkeyPatch, why: dict[str, object]
) -> None:
    examples = [replace(each, **why) if at % 10 == 0 else each for at, each in enumerate(dated())]
    n_learned: list[int] = []
    prepare = crossfit.prepare

    def noting(dataset: datasets.Dataset, **options: object) -> object:
        n_learned.append(len(dataset.examples))
        return prepare(dataset, **options)

    monkeypatch.setattr(crossfit, "prepare", noting)
    dataset = replace(make_dataset(), examples=tuple(examples))
    stored = backtesting.backtest_training(release, dataset, name="ours", seed=1, now=now)
    judged = {each.message for each in examples if each.may_judge}
    by_fold, by_time = ({row.message for row in from_lists(each.rows)} for each in stored)
    assert by_fold == judged
    assert by_time < judged
    assert n_learned == [len(examples)]


def test_evaluate_demo_tells_of_both_and_stores_them(
    release: Release, settings: object, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    settings.DATASETS_ROOT = tmp_path
    examples = split_by_time(dated(), share=0.1)
    datasets.write(tmp_path / "demo", examples, {}, catalog=CATALOG)
    call_command("evaluate", demo=True, json=True)
    told = json.loads(capsys.readouterr().out)
    assert list(told) == ["crossfit", "forward"]
    assert told["crossfit"]["n"] == len(examples), "the test split too"
    assert told["forward"]["n"] == round(len(examples) / 4)
    for each in told.values():
        cells = [cell["k"] for cell in each["ends"].values()]
        assert sum(cells) == next(iter(each["ends"].values()))["n"]
        assert each["meaning"].startswith("The interval covers")
    stored = {each.method: from_lists(each.rows) for each in Evaluation.objects.all()}
    assert {method: len(rows) for method, rows in stored.items()} == {
        "crossfit": len(examples), "forward": told["forward"]["n"],
    }  # fmt: skip
    call_command("evaluate", demo=True)
    assert "Which stage loses the questions" in capsys.readouterr().out
    assert Evaluation.objects.count() == 2


@pytest.mark.parametrize("card", [{}, {"target_risk": 0.05}])
def test_folds_are_trained_for_the_risk_that_the_release_was(
    release: Release,
    settings: object,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    card: dict[str, float],
) -> None:
    settings.DATASETS_ROOT = tmp_path
    datasets.write(tmp_path / "ours", dated(), {}, catalog=CATALOG)
    Release.objects.filter(pk=release.pk).update(card=card)
    risks: set[float] = set()
    fit = crossfit.fit

    def noting(prepared: object, *, target_risk: float, **options: object) -> object:
        risks.add(target_risk)
        return fit(prepared, target_risk=target_risk, **options)

    monkeypatch.setattr(crossfit, "fit", noting)
    call_command("evaluate", crossfit=True, dataset="ours", json=True)
    assert risks == {card.get("target_risk", backtesting.TARGET_RISK)}


def test_a_dataset_that_is_not_there_is_frozen(settings: object, tmp_path: Path, now: datetime) -> None:
    settings.DATASETS_ROOT = tmp_path
    assert backtesting.dataset_or_freeze("demo", now=now).examples == ()
    assert datasets.read_card(tmp_path / "demo")["source"] == "gold annotations"
