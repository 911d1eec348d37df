"""A real release for tests: trained once on the demo world, kept as long as neither the world nor the code changes.

Of several processes that share the tests, one trains it for all.
"""

import fcntl
import hashlib
import json
import shutil
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from functools import cache
from pathlib import Path

from django.conf import settings
from django.core.management import call_command
from django.db import transaction
from django.utils import timezone

from copilot import storing
from copilot.config.demo import loading
from copilot.config.demo.world import read_world
from copilot.models import Artifact, Release
from copilot.pipeline.encoder import CARD, TOKENIZER, digest

ROOT = Path(__file__).parents[1]
TRAINED_FROM = ("fixtures", "labeling/training", "labeling/freezing.py", "labeling/splitting.py", "copilot/storing.py",
                "copilot/models/release.py", "copilot/pipeline", "helpdesk/bodies", "copilot/config/demo")  # fmt: skip
ROWS = "rows.json"


class _UndoneError(Exception):
    """Ends a transaction whose work is thrown away."""


@cache
def trained_release() -> tuple[dict[str, object], list[dict[str, object]]]:
    """Return the fields of a release and of its artifacts, whose files lie in ARTIFACTS_ROOT.

    Needs the database; leaves nothing in it.
    """
    kept = settings.SHARED_DIR / f"trained-{_fingerprint()}"
    with _one_at_a_time(settings.SHARED_DIR):
        if not kept.exists():
            _train(kept)
    from django.core import serializers

    shutil.copytree(kept / "artifacts", settings.ARTIFACTS_ROOT, dirs_exist_ok=True)
    rows = [each.object for each in serializers.deserialize("json", (kept / ROWS).read_text("utf-8"))]
    artifacts = [_fields(row) for row in rows if isinstance(row, Artifact)]
    [release] = [_fields(row) for row in rows if isinstance(row, Release)]
    return release, artifacts


def make_release(state: Release.State = Release.State.LIVE) -> Release:
    """Store the trained release."""
    release, artifacts = trained_release()
    stored = {artifact["id"]: _stored(artifact).pk for artifact in artifacts}
    parts = {name: stored[release[name]] for name in ("encoder_id", "validity_id", "topics_id", "answers_id")}
    return Release.objects.create(**{**release, **parts, "id": None, "state": state})


def make_other_encoder(release: Release) -> Artifact:
    """Store a second real encoder: the release's own, but reading capitals as letters of their own."""
    with tempfile.TemporaryDirectory() as scratch:
        folder = Path(shutil.copytree(storing.fetch(release.encoder), Path(scratch, "encoder")))
        tokenizer = json.loads((folder / TOKENIZER).read_text("utf-8"))
        tokenizer["normalizer"]["lowercase"] = False
        (folder / TOKENIZER).write_text(json.dumps(tokenizer), "utf-8")
        (folder / CARD).write_text(json.dumps({**release.encoder.card, "sha256": digest(folder)}), "utf-8")
        return storing.store(folder, Artifact.Kind.ENCODER, now=timezone.now())


def _stored(artifact: dict[str, object]) -> Artifact:
    named = {name: artifact[name] for name in ("kind", "sha256")}
    return Artifact.objects.get_or_create(**named, defaults={**artifact, "id": None})[0]


@contextmanager
def _one_at_a_time(folder: Path) -> Iterator[None]:
    with (folder / "training.lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)  # let go with the file, however the process ends
        yield


def _train(kept: Path) -> None:
    """Train, and keep rows and files in a folder that is there only when it is whole."""
    from django.core import serializers

    for older in kept.parent.glob("trained-*"):
        shutil.rmtree(older)
    draft = kept.with_name("trained-unfinished")
    try:
        with transaction.atomic():
            loading.load_world(read_world(), now=timezone.now())
            call_command("freeze", "tests", verbosity=0)
            call_command("train", "all", dataset="tests", target_risk=0.3, promote=True, verbosity=0)
            artifacts = list(Artifact.objects.order_by("pk"))
            for artifact in artifacts:
                files = settings.ARTIFACTS_ROOT / artifact.folder
                shutil.copytree(files, draft / "artifacts" / artifact.folder)
            (draft / ROWS).write_text(
                serializers.serialize("json", [*artifacts, Release.objects.get()]), "utf-8"
            )
            raise _UndoneError
    except _UndoneError:
        draft.rename(kept)


def _fields(row: Artifact | Release) -> dict[str, object]:
    return {
        field.attname: getattr(row, field.attname)
        for field in row._meta.concrete_fields
        if not field.generated
    }


def _fingerprint() -> str:
    digest = hashlib.sha256()
    for name in TRAINED_FROM:
        path = ROOT / name
        for file in sorted(path.rglob("*.*") if path.is_dir() else [path]):
            if (
                file.suffix in {".py", ".yaml"} and "matching" not in file.parts
            ):  # labelled pairs teach no release
                digest.update(file.read_bytes())
    return digest.hexdigest()[:16]
