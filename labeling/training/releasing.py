"""From a dataset's folder to a candidate release in the database."""

import json
import shutil
import tempfile
from collections.abc import Callable
from datetime import datetime
from pathlib import Path

from django.conf import settings
from threadpoolctl import threadpool_limits

from copilot import datasets, releases
from copilot.models import Artifact, Release
from copilot.pipeline.encoder import CARD, Encoder
from copilot.pipeline.types import Stage
from labeling.training.train import train

LANGUAGES = ("en",)
KINDS = {
    Stage.VALIDITY: Artifact.Kind.VALIDITY,
    Stage.TOPIC: Artifact.Kind.TOPIC,
    Stage.ANSWER: Artifact.Kind.ANSWER,
}


def train_release(
    folder: Path, *, seed: int, target_risk: float, now: datetime, progress: Callable[[str], object]
) -> Release:
    """Export the encoder if that was not done before, train every stage, and store a candidate release.

    Raises:
        DatasetError: the folder holds no dataset that can be trained on.
        OSError: the artifacts can't be written.
    """
    dataset = datasets.read(folder)
    root = Path(settings.ARTIFACTS_ROOT)
    root.mkdir(parents=True, exist_ok=True)
    encoder = _encoder(root, progress)
    progress(f"Training on {len(dataset.examples)} examples of {folder.name} ...")
    # Matrices this small are slower on many threads, and far slower on a busy machine (measured: 16 s became 95 s).
    with threadpool_limits(1), tempfile.TemporaryDirectory(dir=root) as scratch:
        trained = train(
            dataset,
            encoder=Encoder.load(root / encoder.folder),
            seed=seed,
            out=Path(scratch),
            languages=LANGUAGES,
            target_risk=target_risk,
        )
        artifacts = [encoder]
        for stage, kind in KINDS.items():
            sha256 = trained.sha256[stage]
            name = f"{kind.value}-{sha256[:12]}"
            if not (root / name).exists():
                shutil.copytree(trained.folders[stage], Path(scratch) / name)
                (Path(scratch) / name).rename(root / name)
            artifacts.append(releases.TrainedArtifact(kind, name, sha256, trained.card))
    return releases.create(
        artifacts,
        floors=trained.floors,
        languages=list(LANGUAGES),
        note=f"trained on {folder.name} ({dataset.sha256[:12]}), seed {seed}",
        now=now,
    )


def _encoder(root: Path, progress: Callable[[str], object]) -> releases.TrainedArtifact:
    from labeling.training.encoder import DEFAULT_MODEL, export_encoder  # torch, ten seconds of it

    model = settings.COPILOT_ENCODER or DEFAULT_MODEL
    name = "encoder-" + model.strip("/").split("/")[-1]
    if not (root / name / CARD).exists():
        progress(f"Exporting the encoder {model} ...")
        export_encoder(root / name, model=model)
    card = json.loads((root / name / CARD).read_text("utf-8"))
    return releases.TrainedArtifact(Artifact.Kind.ENCODER, name, card["sha256"], card)
