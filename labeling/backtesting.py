"""How good training is on what it never saw: judged by folds and by time, stored row by row beside the releases."""

from collections.abc import Callable, Mapping
from dataclasses import replace
from datetime import datetime
from pathlib import Path
from typing import TypedDict

from django.conf import settings
from threadpoolctl import threadpool_limits

from copilot import datasets, evaluating, releases
from copilot.code_version import code_version
from copilot.datasets import Dataset, DatasetError, Split
from copilot.evaluation.rows import Row, as_lists, judged_rows
from copilot.models import Evaluation, Release
from copilot.pipeline.encoder import Encoder
from copilot.pipeline.run import Pipeline
from copilot.pipeline.types import Outcome
from labeling.freezing import freeze
from labeling.splitting import drop_near_copies, split_by_time
from labeling.training.crossfit import crossfit
from labeling.training.judged import SCOPE_RISK
from labeling.training.prepared import N_FOLDS, prepare
from labeling.training.train import TARGET_RISK, fit

QUARTER = 0.25
N_TRAININGS = N_FOLDS + 1


def dataset_or_freeze(name: str, *, now: datetime) -> Dataset:
    """Read a dataset; freeze it from the gold labels if it is not there."""
    if not (Path(settings.DATASETS_ROOT) / name / datasets.CARD).exists():
        freeze(name, now=now)
    return evaluating.read_dataset(name)


def backtest_training(
    release: Release,
    dataset: Dataset,
    *,
    name: str,
    seed: int,
    now: datetime,
    done: Callable[[], None] = lambda: None,
) -> list[Evaluation]:
    """Judge how a release was trained on all rows by folds, and on the latest quarter by time; store both.

    The test split is among them, for nothing is chosen by these figures. The encoder, the languages and the
    risks are the release's. `done` is called after each training. What may judge nobody is trained on, and has no row.

    Raises:
        DatasetError: there is nothing to train on.
        ReleaseError, HeadError: the release's encoder can't be loaded.
    """
    if not dataset.examples:
        raise DatasetError(f"{name} has no examples: label messages and freeze it again")
    whole = replace(
        dataset, examples=tuple(replace(example, split=Split.TRAIN) for example in dataset.examples)
    )
    by_fold = judged_rows(whole.examples, crossfitted(release, whole, seed=seed, done=done))
    with threadpool_limits(1):
        by_time = forward(
            whole,
            encoder=releases.pipeline_of(release).encoder,
            seed=seed,
            languages=tuple(release.languages),
            **risks_of(release),
        )
    done()
    found: Mapping[Evaluation.Method, list[Row]] = {
        Evaluation.Method.CROSSFIT: by_fold,
        Evaluation.Method.FORWARD: by_time,
    }
    return [
        Evaluation.objects.update_or_create(
            release=release,
            dataset_sha256=dataset.sha256,
            method=method,
            defaults={
                "dataset": name,
                "rows": as_lists(rows),
                "evaluated_at": now,
                "code": code_version(),
            },
        )[0]
        for method, rows in found.items()
    ]


def crossfitted(
    release: Release, dataset: Dataset, *, seed: int, done: Callable[[], None] = lambda: None
) -> list[Outcome]:
    """Return an outcome for each training example, by heads trained as the release's were but without its case."""
    with threadpool_limits(1):
        return crossfit(
            dataset,
            encoder=releases.pipeline_of(release).encoder,
            seed=seed,
            languages=tuple(release.languages),
            **risks_of(release),
            done=lambda _: done(),
        )


class Risks(TypedDict):
    """Which share of offers may be wrong, and which share of what is out of scope may get one."""

    target_risk: float
    scope_risk: float


def risks_of(release: Release) -> Risks:
    """Return what the release was trained for."""
    scope = release.card.get("floors", {}).get("scope", {})
    return {
        "target_risk": release.card.get("target_risk", TARGET_RISK),
        "scope_risk": scope.get("target_risk", SCOPE_RISK),
    }


def forward(
    dataset: Dataset,
    *,
    encoder: Encoder,
    seed: int,
    languages: tuple[str, ...],
    target_risk: float = TARGET_RISK,
    scope_risk: float = SCOPE_RISK,
    share: float = QUARTER,
) -> list[Row]:
    """Train on the cases before the latest `share`, run the pipeline on those, and return their rows.

    A text of before that comes again in nearly the same words is not learned from.
    """
    examples, _ = drop_near_copies(split_by_time(dataset.examples, share=share))
    before = [example for example in examples if example.split is Split.TRAIN]
    after = [example for example in examples if example.split is Split.TEST]
    past = Dataset(tuple(before), dataset.catalog, dataset.card, dataset.sha256)
    fitted = fit(
        prepare(past, encoder=encoder, seed=seed),
        languages=languages,
        target_risk=target_risk,
        scope_risk=scope_risk,
    )
    pipeline = Pipeline(
        encoder=encoder,
        validity=fitted.validity,
        topics=fitted.topics,
        answers=fitted.answers,
        floors=fitted.floors,
        languages=languages,
    )
    outcomes = pipeline.run([example.question for example in after], catalog=dataset.catalog)
    return judged_rows(after, outcomes)
