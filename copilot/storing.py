"""Artifacts in their storage: saved under the name of their content, fetched into a folder of this machine, checked.

Any Django storage that all workers reach will do (STORAGES["artifacts"]). The row in the database rules: its SHA-256
says which bytes are right, and its card is written beside them, so that a card edited in the storage changes nothing.
"""

import hashlib
import json
import shutil
import tempfile
from collections.abc import Iterable
from datetime import datetime
from pathlib import Path

from django.conf import settings
from django.core.files.base import ContentFile
from django.core.files.storage import Storage, storages

from copilot.artifacts import ARRAYS, CARD, ArtifactError
from copilot.locking import one_at_a_time
from copilot.models import Artifact
from copilot.pipeline.encoder import MODEL, TOKENIZER

ENCODER_FILES = (MODEL, TOKENIZER)
HEAD_FILES = (ARRAYS,)


def files_of(kind: str) -> tuple[str, ...]:
    """Return the names of the files that an artifact's SHA-256 is over, in this order."""
    return ENCODER_FILES if kind == Artifact.Kind.ENCODER else HEAD_FILES


def store(folder: Path, kind: Artifact.Kind, *, now: datetime) -> Artifact:
    """Save what training wrote into `folder` and return its row; what is stored already is not stored again.

    The row comes last, so that nothing half-written can ever be named by a release.
    """
    card = json.loads((folder / CARD).read_text("utf-8"))
    contents = {name: (folder / name).read_bytes() for name in files_of(kind)}
    sha256 = _digest(contents.values())
    name = f"{kind}/{sha256}"
    storage = storages["artifacts"]
    for file, content in contents.items():
        _save(storage, f"{name}/{file}", content)
    artifact, _ = (
        Artifact.objects.update_or_create(  # an older format's card goes, with what else it may lack
            kind=kind,
            sha256=sha256,
            defaults={"folder": name, "card": card},
            create_defaults={"folder": name, "card": card, "created_at": now},
        )
    )
    return artifact


def fetch(artifact: Artifact) -> Path:
    """Return a folder of this machine with the artifact's files and card, fetched only if it is not there yet.

    Raises:
        ArtifactError: a file is missing in the storage or is not what was stored.
    """
    cache = Path(settings.ARTIFACTS_CACHE)
    folder = cache / f"{artifact.kind}-{artifact.sha256}"
    if not _is_whole(folder, artifact):
        cache.mkdir(parents=True, exist_ok=True)
        with one_at_a_time(cache):
            _fetch(artifact, folder)
    _write_card(folder, artifact)
    return folder


def _fetch(artifact: Artifact, folder: Path) -> None:
    if _is_whole(folder, artifact):  # another worker was first, and reads what would be removed
        return
    with tempfile.TemporaryDirectory(dir=folder.parent) as scratch:
        draft = Path(scratch, "draft")
        _download(artifact, draft)
        shutil.rmtree(folder, ignore_errors=True)
        draft.rename(folder)


def _download(artifact: Artifact, folder: Path) -> None:
    folder.mkdir()
    storage = storages["artifacts"]
    for name in files_of(artifact.kind):
        try:
            with storage.open(f"{artifact.folder}/{name}") as file:
                (folder / name).write_bytes(file.read())
        except OSError as error:
            raise ArtifactError(
                f"{artifact}: {artifact.folder}/{name} can't be read from the storage of artifacts ({error}): "
                "restore it from a backup, train again, or roll back"
            ) from error
    if not _is_whole(folder, artifact):
        raise ArtifactError(
            f"{artifact}: {artifact.folder} in the storage of artifacts does not have SHA-256 "
            f"{artifact.sha256[:12]}: it was changed; restore it from a backup, train again, or roll back"
        )


def _is_whole(folder: Path, artifact: Artifact) -> bool:
    try:
        found = _digest((folder / name).read_bytes() for name in files_of(artifact.kind))
    except FileNotFoundError:
        return False
    return found == artifact.sha256


def _write_card(folder: Path, artifact: Artifact) -> None:
    text = json.dumps(artifact.card, indent=2, sort_keys=True, ensure_ascii=False)
    card = folder / CARD
    if not card.exists() or card.read_text("utf-8") != text:
        with tempfile.NamedTemporaryFile("w", encoding="utf-8", dir=folder, delete=False) as draft:
            draft.write(text)
        Path(draft.name).replace(card)


def _save(storage: Storage, name: str, content: bytes) -> None:
    """Save under exactly this name; what a killed process left there half-written is replaced."""
    if storage.exists(name):
        with storage.open(name) as file:
            if file.read() == content:
                return
        storage.delete(name)
    storage.save(name, ContentFile(content))


def _digest(contents: Iterable[bytes]) -> str:
    whole = hashlib.sha256()
    for content in contents:
        whole.update(content)
    return whole.hexdigest()
