"""Trained arrays and their card in a folder: saved whole or not at all, loaded only if untouched.

Arrays are .npz without pickles, so a file from a stranger can be wrong but cannot run code. The card is JSON: data,
seed, versions, figures, floors. Where folders live is the caller's affair.
"""

import hashlib
import io
import json
import os
import tempfile
import zipfile
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

FORMAT = 1
ARRAYS, CARD = "arrays.npz", "card.json"
EPOCH = (1980, 1, 1, 0, 0, 0)  # the oldest time a zip can say: equal arrays give equal files


class ArtifactError(Exception):
    """An artifact cannot be saved or loaded; the message says which, why and what to do."""


@dataclass(frozen=True, eq=False)
class Loaded:
    """An artifact as it was saved; `sha256` names its arrays."""

    arrays: Mapping[str, NDArray[np.generic]]
    card: Mapping[str, object]
    sha256: str


def save(folder: Path, arrays: Mapping[str, NDArray[np.generic]], card: Mapping[str, object]) -> str:
    """Write arrays and card into `folder`, each to a temporary file that is then renamed; return the arrays' SHA-256.

    The same arrays give the same bytes, on any day and machine.
    """
    if unsafe := sorted(name for name, array in arrays.items() if array.dtype.hasobject):
        raise ArtifactError(f"{folder}: arrays {unsafe} hold Python objects: save numbers and strings only")
    folder.mkdir(parents=True, exist_ok=True)
    whole = _npz(arrays)
    sha256 = hashlib.sha256(whole).hexdigest()
    text = json.dumps(
        {**card, "format": FORMAT, "sha256": sha256}, indent=2, sort_keys=True, ensure_ascii=False
    )
    _replace(folder / ARRAYS, whole)
    _replace(folder / CARD, f"{text}\n".encode())
    return sha256


def load(folder: Path, *, sha256: str | None = None) -> Loaded:
    """Read what `save` wrote; refuse it if its bytes are not those of its card, or of `sha256` where that is given."""
    card = _card(folder)
    whole = _read(folder / ARRAYS)
    found = hashlib.sha256(whole).hexdigest()
    for source, expected in (("its card", card.get("sha256")), ("the release", sha256)):
        if expected is not None and expected != found:
            raise ArtifactError(
                f"{folder}: arrays have SHA-256 {found[:12]}, {source} says {str(expected)[:12]}: "
                "the file was changed, restore it or train again"
            )
    try:
        with np.load(io.BytesIO(whole), allow_pickle=False) as archive:
            arrays = {name: archive[name] for name in archive.files}
    except (ValueError, OSError, zipfile.BadZipFile) as error:
        raise ArtifactError(f"{folder}: {ARRAYS} cannot be read ({error}): train again") from error
    return Loaded(arrays=arrays, card=card, sha256=found)


def _npz(arrays: Mapping[str, NDArray[np.generic]]) -> bytes:
    """What np.savez writes, but without the time of day, in the order of names and each array row by row."""
    whole = io.BytesIO()
    with zipfile.ZipFile(whole, "w", zipfile.ZIP_STORED) as archive:
        for name in sorted(arrays):
            with archive.open(zipfile.ZipInfo(f"{name}.npy", date_time=EPOCH), "w") as member:
                np.lib.format.write_array(member, np.asarray(arrays[name], order="C"), allow_pickle=False)
    return whole.getvalue()


def _card(folder: Path) -> dict[str, object]:
    try:
        card = json.loads(_read(folder / CARD))
    except ValueError as error:
        raise ArtifactError(f"{folder}: {CARD} is not JSON ({error}): restore it or train again") from error
    if not isinstance(card, dict) or card.get("format") != FORMAT:
        found = card.get("format") if isinstance(card, dict) else None
        raise ArtifactError(f"{folder}: format {found}, this version reads {FORMAT}: train again")
    return card


def _read(path: Path) -> bytes:
    try:
        return path.read_bytes()
    except OSError as error:
        raise ArtifactError(
            f"{path.parent}: {path.name} cannot be read ({error.strerror}): restore it or train again"
        ) from error


def _replace(path: Path, content: bytes) -> None:
    """Write to a temporary file beside `path`, then rename: a reader sees the old file or the new one, never half."""
    with tempfile.NamedTemporaryFile(dir=path.parent, prefix=f".{path.name}.", delete=False) as draft:
        try:
            draft.write(content)
            draft.flush()
            os.fsync(draft.fileno())
            Path(draft.name).chmod(0o644)
            Path(draft.name).replace(path)
        except BaseException:
            Path(draft.name).unlink(missing_ok=True)
            raise
