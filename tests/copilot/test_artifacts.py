"""Artifacts: whole or not at all, and only as they were saved."""

import json
from pathlib import Path

import numpy as np
import pytest

from copilot.artifacts import ARRAYS, CARD, ArtifactError, load, save

VALUES = {
    "weights": np.arange(6, dtype=np.float64).reshape(2, 3),
    "classes": np.array(["fees", "größe"]),
    "t": np.array(1.5),
}
DETAILS = {"seed": 7, "topics": ["fees"]}


def test_arrays_and_card_come_back(tmp_path: Path) -> None:
    sha256 = save(tmp_path / "topic", VALUES, DETAILS)
    loaded = load(tmp_path / "topic", sha256=sha256)

    assert loaded.sha256 == sha256
    assert loaded.card["seed"] == 7
    assert loaded.arrays.keys() == VALUES.keys()
    for name, array in VALUES.items():
        np.testing.assert_array_equal(loaded.arrays[name], array)
        assert loaded.arrays[name].dtype == array.dtype


def test_equal_arrays_give_equal_bytes_in_any_order(tmp_path: Path) -> None:
    one = save(tmp_path / "one", VALUES, DETAILS)
    other = save(tmp_path / "other", dict(reversed(VALUES.items())), {})

    assert one == other
    assert (tmp_path / "one" / ARRAYS).read_bytes() == (tmp_path / "other" / ARRAYS).read_bytes()


def test_saving_again_replaces_and_leaves_no_drafts(tmp_path: Path) -> None:
    save(tmp_path, VALUES, DETAILS)
    save(tmp_path, {"t": np.array(2.0)}, {})

    assert load(tmp_path).arrays.keys() == {"t"}
    assert sorted(path.name for path in tmp_path.iterdir()) == [ARRAYS, CARD]


def test_changed_bytes_are_refused(tmp_path: Path) -> None:
    save(tmp_path, VALUES, DETAILS)
    content = bytearray((tmp_path / ARRAYS).read_bytes())
    content[200] ^= 1
    (tmp_path / ARRAYS).write_bytes(content)

    with pytest.raises(
        ArtifactError, match=r"arrays have SHA-256 .*, its card says .*: the file was changed"
    ):
        load(tmp_path)


def test_another_artifact_than_the_release_names_is_refused(tmp_path: Path) -> None:
    save(tmp_path, VALUES, DETAILS)

    with pytest.raises(ArtifactError, match="the release says 0000"):
        load(tmp_path, sha256="0" * 64)


@pytest.mark.parametrize("name", [ARRAYS, CARD])
def test_a_missing_file_is_named(tmp_path: Path, name: str) -> None:
    save(tmp_path, VALUES, DETAILS)
    (tmp_path / name).unlink()

    with pytest.raises(ArtifactError, match=f"{name} cannot be read .*: restore it or train again"):
        load(tmp_path)


@pytest.mark.parametrize(
    ("content", "message"),
    [
        ("not json", "is not JSON"),
        ("[]", "format None"),
        ('{"format": 0}', "format 0, this version reads 1: train again"),
    ],
)
def test_an_unreadable_card_says_why(tmp_path: Path, content: str, message: str) -> None:
    save(tmp_path, VALUES, DETAILS)
    (tmp_path / CARD).write_text(content)

    with pytest.raises(ArtifactError, match=message):
        load(tmp_path)


def test_pickles_are_neither_saved_nor_loaded(tmp_path: Path) -> None:
    objects = {"classes": np.array([object()])}
    with pytest.raises(ArtifactError, match=r"arrays \['classes'\] hold Python objects"):
        save(tmp_path, objects, {})

    np.savez(tmp_path / ARRAYS, **objects)
    (tmp_path / CARD).write_text(json.dumps({"format": 1}))
    with pytest.raises(ArtifactError, match=r"cannot be read .*: train again"):
        load(tmp_path)
