"""Artifacts in their storage: named by content, fetched once, refused if they are not what was stored."""

import json
import shutil
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from threading import Barrier

import numpy as np
import pytest
from django.core.files.base import ContentFile
from django.core.files.storage import storages
from django.utils import timezone

from copilot import storing
from copilot.artifacts import ARRAYS, CARD, ArtifactError, load, save
from copilot.models import Artifact

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def places(settings: object, tmp_path: Path) -> None:
    settings.ARTIFACTS_CACHE = tmp_path / "cache"
    settings.STORAGES = {
        **settings.STORAGES,
        "artifacts": {
            "BACKEND": "django.core.files.storage.FileSystemStorage",
            "OPTIONS": {"location": str(tmp_path / "storage")},
        },
    }


@pytest.fixture
def artifact(tmp_path: Path) -> Artifact:
    save(tmp_path / "head", {"weights": np.arange(3.0)}, {"seed": 1})
    return storing.store(tmp_path / "head", Artifact.Kind.TOPIC, now=timezone.now())


def test_what_is_stored_is_fetched(artifact: Artifact) -> None:
    folder = storing.fetch(artifact)

    assert load(folder, sha256=artifact.sha256).arrays["weights"].tolist() == [0, 1, 2]
    assert artifact.folder == f"topic/{artifact.sha256}"
    assert artifact.card["seed"] == 1


def test_the_same_content_is_stored_once(artifact: Artifact, tmp_path: Path) -> None:
    save(tmp_path / "again", {"weights": np.arange(3.0)}, {"seed": 2})
    again = storing.store(tmp_path / "again", Artifact.Kind.TOPIC, now=timezone.now())

    assert again == artifact
    assert len(list((tmp_path / "storage").rglob("*.npz"))) == 1


def test_a_half_written_file_of_a_killed_training_is_replaced(tmp_path: Path) -> None:
    sha256 = save(tmp_path / "head", {"weights": np.arange(3.0)}, {})
    storages["artifacts"].save(f"topic/{sha256}/{ARRAYS}", ContentFile(b"half"))

    artifact = storing.store(tmp_path / "head", Artifact.Kind.TOPIC, now=timezone.now())

    assert load(storing.fetch(artifact), sha256=sha256).sha256 == sha256


def test_a_copy_of_this_machine_needs_no_storage(artifact: Artifact) -> None:
    folder = storing.fetch(artifact)
    storages["artifacts"].delete(f"{artifact.folder}/{ARRAYS}")

    assert storing.fetch(artifact) == folder


def test_a_damaged_copy_is_fetched_anew(artifact: Artifact) -> None:
    folder = storing.fetch(artifact)
    (folder / ARRAYS).write_bytes(b"damaged")

    assert load(storing.fetch(artifact), sha256=artifact.sha256)


def test_workers_that_fetch_at_once_all_get_it_whole(artifact: Artifact) -> None:
    begin = Barrier(8)

    def fetched(_: int) -> bytes:
        begin.wait()
        return (storing.fetch(artifact) / ARRAYS).read_bytes()

    with ThreadPoolExecutor(8) as workers:
        for _ in range(20):
            assert len(set(workers.map(fetched, range(8)))) == 1
            shutil.rmtree(storing.fetch(artifact))


def test_a_missing_file_is_named_with_what_to_do(artifact: Artifact) -> None:
    storages["artifacts"].delete(f"{artifact.folder}/{ARRAYS}")

    with pytest.raises(ArtifactError, match=rf"{ARRAYS} can't be read .* train again, or roll back"):
        storing.fetch(artifact)


def test_a_changed_file_is_refused_with_what_to_do(artifact: Artifact) -> None:
    storages["artifacts"].delete(f"{artifact.folder}/{ARRAYS}")
    storages["artifacts"].save(f"{artifact.folder}/{ARRAYS}", ContentFile(b"other"))

    with pytest.raises(ArtifactError, match=r"it was changed; restore it .* or roll back"):
        storing.fetch(artifact)


def test_the_card_in_the_database_rules(artifact: Artifact) -> None:
    folder = storing.fetch(artifact)
    (folder / CARD).write_text(json.dumps({**artifact.card, "seed": 99}))

    assert json.loads((storing.fetch(artifact) / CARD).read_text())["seed"] == 1


def test_another_format_is_refused(artifact: Artifact) -> None:
    artifact.card["format"] = 99
    with pytest.raises(ArtifactError, match="format 99, this version reads 1: train again"):
        load(storing.fetch(artifact))
