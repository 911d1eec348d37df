"""A release on a dataset's test split: run through Pipeline.run once, stored row by row, compared at will."""

import logging
from collections.abc import Callable, Sequence
from contextlib import suppress
from datetime import datetime
from pathlib import Path

import numpy as np
from django.conf import settings
from django.db import IntegrityError, transaction
from threadpoolctl import threadpool_limits

from copilot import datasets, releases, shadowing
from copilot.code_version import code_version
from copilot.datasets import Dataset, DatasetError
from copilot.evaluation import comparison, gate
from copilot.evaluation.comparison import Comparison
from copilot.evaluation.rows import Row, as_lists, from_lists, judged_rows
from copilot.models import Evaluation, EvaluationOrder, Release, Topic
from copilot.pipeline.run import Pipeline
from copilot.pipeline.types import Catalog, HeadError, Question

logger = logging.getLogger(__name__)

BATCH = 64
N_TIMED = 200
WARM_UP = 5


def read_dataset(name: str) -> Dataset:
    """Read a dataset below DATASETS_ROOT.

    Raises:
        DatasetError: it is not there, was changed, or the name leads elsewhere.
    """
    return datasets.read(folder_of(name))


def fingerprint_of(name: str) -> str:
    """Return a dataset's fingerprint as its card says, without reading its examples.

    Raises:
        DatasetError: there is no such dataset.
    """
    return str(datasets.read_card(folder_of(name))["sha256"])


def folder_of(name: str) -> Path:
    """Return the folder of a dataset below DATASETS_ROOT.

    Raises:
        DatasetError: there is none, or the name leads elsewhere.
    """
    folder = Path(settings.DATASETS_ROOT) / name
    if not name or Path(name).name != name or name.startswith(".") or not folder.is_dir():
        raise DatasetError(f"there is no dataset {name!r}: name one of {', '.join(names()) or 'none yet'}")
    return folder


def names() -> list[str]:
    """Return the names of all datasets."""
    return sorted(card.parent.name for card in Path(settings.DATASETS_ROOT).glob(f"*/{datasets.CARD}"))


def evaluate(
    release: Release, name: str, *, now: datetime, done: Callable[[float], None] = lambda _: None
) -> Evaluation:
    """Return how a release does on a dataset's test split; run only if this code has not done that before.

    `done` is told the share that is finished.

    Raises:
        DatasetError, ReleaseError: one of them can't be loaded, or there is no test split.
        HeadError: a stage of the release can't work.
    """
    dataset = read_dataset(name)
    known = stored(release, dataset.sha256)
    if known and known.code == code_version():
        return known
    evaluation = run_over(release, dataset, name=name, now=now, done=done)
    evaluation.pk = known.pk if known else None
    with suppress(IntegrityError), transaction.atomic():  # another process was first
        evaluation.save()
    return stored(release, dataset.sha256) or evaluation


def order(release: Release, name: str, *, now: datetime) -> EvaluationOrder:
    """Have a worker evaluate a release on a dataset; what became of an earlier order is forgotten."""
    from copilot import tasks  # tasks import this module

    ordered, _ = EvaluationOrder.objects.update_or_create(
        release=release, dataset=name, defaults={"ordered_at": now, "problem": ""}
    )
    tasks.evaluate.delay_on_commit(order_id=ordered.pk)  # type: ignore[attr-defined]  # not in celery's stubs
    return ordered


def fulfil(order_id: int, *, now: datetime) -> None:
    """Do what was ordered, and note on the order why it can't be done; nothing if it is done already.

    An unforeseen error is noted too, and raised again.
    """
    ordered = EvaluationOrder.objects.filter(pk=order_id).first()
    if ordered is None:
        return
    this = EvaluationOrder.objects.filter(pk=order_id, ordered_at=ordered.ordered_at)
    try:
        evaluate(releases.get(ordered.release_id), ordered.dataset, now=now)
    except (DatasetError, HeadError, releases.ReleaseError) as error:
        logger.warning("%s failed: %s", ordered, error)
        this.update(problem=str(error))
    except Exception as error:
        this.update(problem=f"{type(error).__name__}: {error}"[:2000])
        raise
    else:
        this.delete()


def stored(release: Release, sha256: str) -> Evaluation | None:
    """Return what a release said on the test split of the dataset with this fingerprint, if it was run."""
    found = Evaluation.objects.filter(release=release, dataset_sha256=sha256, method=Evaluation.Method.TEST)
    return found.select_related("release").first()


def run_over(
    release: Release,
    dataset: Dataset,
    *,
    name: str,
    now: datetime,
    done: Callable[[float], None] = lambda _: None,
) -> Evaluation:
    """Run a release over the test split, and return its evaluation, not yet stored."""
    tested = dataset.judges()
    if not tested:
        raise DatasetError(f"{name} has no test split: freeze it again, or give one with --split test")
    pipeline = releases.pipeline_of(release)
    rows: list[Row] = []
    timed = [example.question for example in tested[:N_TIMED]]
    with threadpool_limits(1):  # as training does: matrices this small are slower on many
        for start in range(0, len(tested), BATCH):
            batch = tested[start : start + BATCH]
            outcomes = pipeline.run([example.question for example in batch], catalog=dataset.catalog)
            rows += judged_rows(batch, outcomes)
            done(len(rows) / len(tested))
        latency = latency_of(pipeline, timed, catalog=dataset.catalog)
    return Evaluation(
        release=release,
        dataset=name,
        dataset_sha256=dataset.sha256,
        rows=as_lists(rows),
        latency=latency,
        n_timed=len(timed),
        code=code_version(),
        evaluated_at=now,
    )


def latency_of(
    pipeline: Pipeline, questions: Sequence[Question], *, catalog: Catalog
) -> dict[str, list[float]]:
    """Return [p50, p95] milliseconds of one question by stage and of "all", as it is served: one at a time."""
    pipeline.run(questions[:WARM_UP], catalog=catalog)
    spent: dict[str, list[float]] = {"all": []}
    for question in questions:
        start = pipeline.timer()
        [outcome] = pipeline.run([question], catalog=catalog)
        spent["all"].append((pipeline.timer() - start) * 1000)
        for stage, milliseconds in outcome.milliseconds.items():
            spent.setdefault(stage, []).append(milliseconds)
    return {stage: np.percentile(each, [50, 95]).round(2).tolist() for stage, each in spent.items()}


def n_known(evaluation: Evaluation) -> int:
    """Return how many rows the encoder itself was tuned on: heads may be new to them, it is not."""
    learned = set(evaluation.release.encoder.card.get("learned_from", ()))
    return sum(row.key in learned for row in from_lists(evaluation.rows))


def rows_of(evaluation: Evaluation) -> list[Row]:
    """Return the rows that judge: on the test split, those that the release has not learned from by another head."""
    is_test = evaluation.method == Evaluation.Method.TEST
    learned = set(evaluation.release.learned_from if is_test else ())
    return [row for row in from_lists(evaluation.rows) if row.key not in learned]


def compare(old: Evaluation, new: Evaluation) -> Comparison:
    """Compare two releases by what they said of the same rows.

    Left out are rows that one of them was trained on, and those of topics that are retired since.

    Raises:
        ComparisonError: these are evaluations of different datasets, or by different code.
    """
    if old.dataset_sha256 != new.dataset_sha256:
        raise comparison.ComparisonError(
            f"{old} and {new} are of different datasets: evaluate both on the same one"
        )
    if old.code != new.code:
        raise comparison.ComparisonError(
            f"{old} and {new} were evaluated by different versions of the code: evaluate both again"
        )
    retired = set(Topic.objects.exclude(retired_at=None).values_list("slug", flat=True))
    learned = {*old.release.learned_from, *new.release.learned_from}
    old_rows, new_rows = (
        [row for row in from_lists(evaluation.rows) if row.key not in learned and row.topic not in retired]
        for evaluation in (old, new)
    )
    return comparison.compare(
        old_rows,
        new_rows,
        n_left_out=len(old.rows) - len(old_rows),
        latency=(old.latency, new.latency),
    )


def dataset_of(release: Release) -> str:
    """Return the name of the dataset on which a release is compared unless another is named."""
    if not release.dataset:
        raise DatasetError(f"{release.name} names no dataset: name one of {', '.join(names()) or 'none yet'}")
    return release.dataset


def findings(release: Release, live: Release, name: str, *, now: datetime) -> tuple[gate.Finding, ...]:
    """Return what the gate finds of a candidate beside the live release, evaluating what was not evaluated yet.

    A live release that can't be evaluated at all is no reason to keep it.

    Raises:
        DatasetError, ReleaseError, HeadError: the candidate can't be evaluated.
    """
    new = evaluate(release, name, now=now)
    try:
        old = evaluate(live, name, now=now)
    except releases.ReleaseError as error:
        return (gate.nothing_to_lose(error),)
    return (*gate.check(compare(old, new)), *shadowing.findings(live, release))
