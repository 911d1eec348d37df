"""From a dataset's name to a candidate release in the database.

1. Read the dataset, less the topics that the catalog no longer has.
2. Take the live release's encoder, or export one.
3. Train every stage; keep the live release's heads where they are not to be trained anew (STAGES).
4. Store the artifacts, run the candidate over the test split, and measure the baselines beside it.
5. Store the release with its card. It comes last: whatever ends a training before leaves nothing that could serve.
"""

import logging
import tempfile
from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import datetime
from functools import partial
from pathlib import Path

from django.conf import settings
from django.db import transaction
from threadpoolctl import threadpool_limits

from copilot import evaluating, releases, storing
from copilot.artifacts import ArtifactError
from copilot.datasets import Dataset, Split, key_of
from copilot.evaluation.backtest import Rate
from copilot.evaluation.rows import FIGURES, from_lists
from copilot.models import Artifact, Evaluation, Release, Topic
from copilot.models.vector import DIMENSIONS
from copilot.pipeline.encoder import Encoder
from copilot.pipeline.types import HeadError, Stage
from labeling.training.baselines import baselines
from labeling.training.cards import card_of
from labeling.training.growing import add_topic
from labeling.training.judged import SCOPE_RISK
from labeling.training.keeping import fitted_of, keeping
from labeling.training.reading import TellingEncoder
from labeling.training.steps import Step, Tell, nobody
from labeling.training.train import TrainedRelease, train

logger = logging.getLogger(__name__)

LANGUAGES = ("en",)
# What is trained anew with each stage: itself and every stage that reads it.
STAGES: Mapping[str, tuple[Artifact.Kind, ...]] = {
    "all": tuple(Artifact.Kind),
    "encoder": tuple(Artifact.Kind),
    "topic": (Artifact.Kind.TOPIC, Artifact.Kind.VALIDITY, Artifact.Kind.ANSWER),
    "validity": (Artifact.Kind.VALIDITY,),  # and the confidence that the answer head keeps
    "answer": (Artifact.Kind.ANSWER,),
}
HEADS = (Artifact.Kind.VALIDITY, Artifact.Kind.TOPIC, Artifact.Kind.ANSWER)
KEEPING = ("topic", "validity", "answer")  # what else they need is the live release's


class TrainingError(Exception):
    """A release can't be trained; the message says why and what to do."""


@dataclass(frozen=True)
class Order:
    """What to train: a stage of STAGES on a dataset, with a seed and the share of offers that may be wrong.

    `scope_risk` is the share of messages out of scope that may get an answer offered. `adds` names a topic that is all
    that is to be learned: the live release gets it, and keeps everything else.
    """

    stage: str
    dataset: str
    seed: int
    target_risk: float
    adds: str = ""
    scope_risk: float = SCOPE_RISK

    def __str__(self) -> str:
        return f"topic {self.adds} added" if self.adds else f"{self.stage} trained"


def train_release(order: Order, *, now: datetime, tell: Tell = nobody) -> Release:
    """Train a stage with all that read it, and store a candidate release.

    Raises:
        DatasetError: there is no such dataset, or it can't be read.
        TrainingError: the dataset does not teach enough, or what is to be kept does not fit.
        OSError: the artifacts can't be written.
    """
    dataset, missing = _of_the_catalog(evaluating.read_dataset(order.dataset))
    live = _live_for(order)
    if order.adds:
        _refuse_known_or_unlisted(order.adds, live)
    languages = tuple(live.languages) if live else LANGUAGES
    tell(Step.ENCODER, 0.0)
    encoder = _encoder(order, dataset, live, tell=tell, now=now)
    loaded = TellingEncoder(**vars(Encoder.load(storing.fetch(encoder), sha256=encoder.sha256)), tell=tell)
    if loaded.dimensions != DIMENSIONS:
        raise TrainingError(
            f"vectors of the encoder have {loaded.dimensions} numbers, questions are stored with {DIMENSIONS}: "
            "name another encoder in COPILOT_ENCODER"
        )
    # Matrices this small are slower on many threads, and far slower on a busy machine (measured: 16 s became 95 s).
    with threadpool_limits(1), tempfile.TemporaryDirectory() as scratch:
        try:
            trained = _trained(
                order, dataset, loaded, live, out=Path(scratch), languages=languages, tell=tell
            )
        except ValueError as error:  # too little of something; the message names it
            raise TrainingError(f"{order.dataset}: {error}") from error
        artifacts: dict[str, Artifact] = {Artifact.Kind.ENCODER: encoder}
        for kind in HEADS:
            artifacts[kind] = storing.store(trained.folders[Stage(kind)], kind, now=now)
        release = releases.assemble(
            artifacts,
            floors=trained.floors,
            languages=list(languages),
            dataset=order.dataset,
            note=f"{order} on {order.dataset} ({dataset.sha256[:12]}), seed {order.seed}",
            now=now,
        )
        release.learned_from = _learned_from(dataset, live if order.stage in KEEPING else None)
        tell(Step.BASELINES, 0.0)
        unknown = _unknown_to(release, dataset)
        beside = baselines(unknown, encoder=replace(loaded, step=Step.BASELINES), languages=languages)
        evaluation = _evaluated(release, dataset, order, now=now, tell=tell)
        release.card = card_of(
            trained.card,
            dataset=dataset,
            evaluation=evaluation,
            baselines=_with_live(beside, live, release, order, now=now) if evaluation else beside,
            trained_stage=order.stage,
            kept_from=live.pk if live and order.stage in KEEPING else None,
            topics_not_in_catalog=missing,
        )
    with transaction.atomic():
        release.save(force_insert=True)
        if evaluation:
            evaluation.release = release
            evaluation.save(force_insert=True)
    return release


def _trained(
    order: Order,
    dataset: Dataset,
    encoder: Encoder,
    live: Release | None,
    *,
    out: Path,
    languages: tuple[str, ...],
    tell: Tell,
) -> TrainedRelease:
    if order.adds and live:
        return add_topic(
            dataset,
            topic=order.adds,
            live=fitted_of(live),
            encoder=encoder,
            seed=order.seed,
            out=out,
            languages=languages,
            target_risk=live.card.get("target_risk", order.target_risk),
            tell=tell,
        )
    keep, kept_floors = keeping(order.stage, live)
    return train(
        dataset,
        encoder=encoder,
        seed=order.seed,
        out=out,
        languages=languages,
        target_risk=order.target_risk,
        scope_risk=order.scope_risk,
        keep=keep,
        kept_floors=kept_floors,
        tell=tell,
    )


def _learned_from(dataset: Dataset, kept: Release | None) -> list[str]:
    """Keys of every text that a part of the release was trained on."""
    own = {key_of(example.text) for example in dataset.only(Split.TRAIN).examples}
    return sorted(own.union(kept.learned_from if kept else ()))


def _unknown_to(release: Release, dataset: Dataset) -> Dataset:
    """Leave out the test examples that a head which the release keeps has learned from."""
    learned = set(release.learned_from)
    kept = (e for e in dataset.examples if e.split is not Split.TEST or key_of(e.text) not in learned)
    return replace(dataset, examples=tuple(kept))


def _evaluated(
    release: Release, dataset: Dataset, order: Order, *, now: datetime, tell: Tell
) -> Evaluation | None:
    """What the candidate says on the test split; None where there is none."""
    tell(Step.EVALUATING, 0.0)
    if not dataset.judges():
        return None
    return evaluating.run_over(
        release,
        dataset,
        name=order.dataset,
        now=now,
        done=lambda share: tell(Step.EVALUATING, share),
    )


def _with_live(
    beside: Mapping[str, Mapping[str, Rate]],
    live: Release | None,
    release: Release,
    order: Order,
    *,
    now: datetime,
) -> Mapping[str, Mapping[str, Rate]]:
    """The baselines and the live release, on the same rows."""
    if live is None:
        return beside
    try:
        said = from_lists(evaluating.evaluate(live, order.dataset, now=now).rows)
    except (releases.ReleaseError, HeadError):
        logger.exception("the live release can't be evaluated")
        return beside
    own, learned = set(release.learned_from), set(live.learned_from)
    rows = [row for row in said if row.key not in own]
    n_known = sum(row.key in learned for row in rows)
    name = f"Live {live.name}" + (f", which learned from {n_known} of the rows," if n_known else "")
    return {figure.name: {**beside.get(figure.name, {}), name: figure.rate(rows)} for figure in FIGURES}


def _of_the_catalog(dataset: Dataset) -> tuple[Dataset, list[str]]:
    """Leave out the training examples of topics that are retired or missing in the catalog, and name those topics.

    A dataset none of whose topics is in the catalog is a benchmark from elsewhere, and is trained on as it is.
    """
    named = {example.topic for example in dataset.examples if example.topic}
    known = set(Topic.objects.filter(slug__in=named, retired_at=None).values_list("slug", flat=True))
    retired = set(Topic.objects.filter(slug__in=named).values_list("slug", flat=True)) - known
    if not known and not retired:
        return dataset, []
    missing = named - known
    kept = tuple(e for e in dataset.examples if e.split is Split.TEST or e.topic not in missing)
    return replace(dataset, examples=kept), sorted(missing)


def _live_for(order: Order) -> Release | None:
    live = releases.live()
    if live is None and order.stage in KEEPING:
        raise TrainingError(f"no release is live to keep the other stages from: train all, not {order.stage}")
    return live


def _refuse_known_or_unlisted(topic: str, live: Release | None) -> None:
    if not Topic.objects.filter(slug=topic, retired_at=None).exists():
        raise TrainingError(f"topic {topic} is not in the catalog, or retired: put it there first")
    if live and topic in releases.pipeline_of(live).topics.classes:
        raise TrainingError(f"{live.name} knows topic {topic} already: train topic, without adding it")


def _encoder(order: Order, dataset: Dataset, live: Release | None, *, tell: Tell, now: datetime) -> Artifact:
    """The live release's encoder where its heads are kept; the configured one, tuned if that is what was ordered."""
    if live and order.stage in KEEPING:
        return live.encoder
    from labeling.training.encoder import (  # torch, seconds of it
        DEFAULT_MODEL,
        ExportError,
        export_encoder,
        export_tuned,
    )

    model = settings.COPILOT_ENCODER or DEFAULT_MODEL
    if order.stage != "encoder" and (exported := _exported(model)):
        return exported
    with tempfile.TemporaryDirectory() as scratch:
        folder = Path(scratch, "encoder")
        try:
            if order.stage == "encoder":
                examples = dataset.only(Split.TRAIN).examples
                progress = partial(tell, Step.ENCODER)
                export_tuned(folder, examples, model=model, seed=order.seed, progress=progress)
            else:
                export_encoder(folder, model=model)
        except (ExportError, OSError) as error:
            raise TrainingError(f"the encoder {model} can't be exported: {error}") from error
        except ValueError as error:  # too little to tune on; the message says of what
            raise TrainingError(f"{order.dataset}: {error}") from error
        return storing.store(folder, Artifact.Kind.ENCODER, now=now)


def _exported(model: str) -> Artifact | None:
    """The configured encoder as it was exported before, untuned; None if it must be exported again."""
    for artifact in Artifact.objects.filter(kind=Artifact.Kind.ENCODER, card__model=model):
        if artifact.card.get("learned_from"):
            continue
        try:
            Encoder.load(storing.fetch(artifact), sha256=artifact.sha256)
        except (HeadError, ArtifactError):  # damaged, or of an older format
            continue
        return artifact
    return None
